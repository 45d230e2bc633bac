"""The command that imports history from other senders."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mailsight import settings
from mailsight.errors import WrongUsage
from mailsight.importing import engine, registry
from mailsight.importing.columns import csv
from mailsight.importing.columns import mapping as mappings
from mailsight.importing.columns.mapping import TableMapping
from mailsight.importing.files import values
from mailsight.state.audit import Action

from .console import Database, Strict, app, database_path, messages, print_summary, progress_bar, recorded


@app.command("import")
def import_(
    context: typer.Context,
    source: Annotated[str | None, typer.Argument(help="The sender's program or service.")] = None,
    where: Annotated[
        str | None, typer.Argument(help="The address of its database, or its exported files.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="An option of the source, as NAME=VALUE. Repeat it for several.")
    ] = None,
    map_file: Annotated[
        Path | None, typer.Option("--map", help="For csv: the file that says what the columns are.")
    ] = None,
    batch_rows: Annotated[int, typer.Option(min=1, help="How many rows are in memory at most.")] = (
        engine.BATCH_ROWS
    ),
    full: Annotated[
        bool, typer.Option("--full", help="Read everything again, not only what is new.")
    ] = False,
    strict: Strict = False,
    database: Database = None,
) -> None:
    """Load history from another sender, only what is new since the last import. Without arguments, list the sources."""
    if source is None:
        _print_sources()
        return
    chosen = registry.source(source)
    if where is None:
        raise WrongUsage(f"{chosen.label} needs one more argument: {chosen.where}.", next_step="Add it.")
    path, options = database_path(context, database), _options(option or [])
    if chosen is csv.SOURCE:
        mapping = _mapping(path, Path(where), map_file, options)
        if mapping is None:
            return
        run = partial(csv.load, path, Path(where), mapping)
    else:
        run = partial(engine.run, path, chosen, where, options=options, full=full)
    with progress_bar("Importing") as progress:
        summary = run(
            batch_rows=batch_rows,
            strict=strict,
            progress=progress,
            wait_seconds=settings.from_environment().load_wait_seconds,
        )
    recorded(path, Action.IMPORTED, source=chosen.name)
    print_summary(summary)
    for gap in chosen.gaps:
        messages.print(f"{chosen.label}: {gap.why}", markup=False)
    if summary.rejected or summary.passed_over:
        raise typer.Exit(1)


def _mapping(
    database: Path, where: Path, map_file: Path | None, options: Mapping[str, str]
) -> TableMapping | None:
    """What the columns of a table are: as `--map` says, or as in an earlier file. Otherwise, print a suggestion."""
    if map_file is not None:
        return csv.with_options(csv.read_mapping(map_file), options)
    suggestion = csv.suggest(where, database, sheet=options.get("sheet"), encoding=values.encoding(options))
    mapping = csv.with_options(suggestion.mapping, options)
    if suggestion.is_kept and not mappings.questions(mapping) and not mappings.fixed_fields(mapping):
        messages.print("These columns were imported before, so the same mapping is used.")
        return mapping
    print(replace(suggestion, mapping=mapping).toml(), end="")
    messages.print("Nothing was loaded. Save this mapping, check it, and name its file with --map.")
    return None


def _print_sources() -> None:
    table = Table("source", "", "where")
    for name in registry.NAMES:
        source = registry.source(name)
        table.add_row(name, source.label, source.where)
    Console().print(table)


def _options(given: list[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise WrongUsage(f"The option {text!r} has no value.", next_step="Write it as NAME=VALUE.")
        options[name] = value
    return options
