"""The command line: `mailsight COMMAND`, or `python -m mailsight COMMAND`.

Results go to standard output, everything else to standard error.

Exit status: 0 on success, 1 if something failed, or was rejected or passed over, 2 for wrong usage.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from mailsight import __version__, settings
from mailsight.errors import StateUnreadable
from mailsight.figures import formats
from mailsight.loading.merge import LoadSummary
from mailsight.state import audit
from mailsight.state.audit import Action
from mailsight.vocabulary import Audience

app = typer.Typer(help=__doc__, add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)


MAX_PASSED_OVER = 100  # listed in a summary

messages = Console(stderr=True, highlight=False, soft_wrap=True)


Database = Annotated[
    Path | None,
    typer.Option(help="The database (default: $MAILSIGHT_DATABASE, else data/mailsight.duckdb)."),
]


Strict = Annotated[
    bool, typer.Option("--strict", help="Load nothing if any row is rejected or any file is passed over.")
]


PayloadFiles = Annotated[
    list[Path],
    typer.Argument(help="Files with JSON, NDJSON or captured requests, packed or not, or folders of them."),
]


FromProvider = Annotated[
    str, typer.Option("--provider", help="The provider they come from, such as sendgrid.")
]


Counted = Annotated[Audience, typer.Option(help="Whose opens and clicks to count: people's only, or all.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"mailsight {__version__}")
        raise typer.Exit


Version = Annotated[
    bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
]


@app.callback()
def main(context: typer.Context, database: Database = None, version: Version = False) -> None:  # noqa: ARG001
    """How did this campaign do?"""
    settings.from_environment()  # raises BadSetting, also for commands that use none
    context.obj = database


def database_path(context: typer.Context, database: Path | None) -> Path:
    """The database given to the command, else the one given before the command, else the setting."""
    chosen = database or context.obj or settings.from_environment().database
    return settings.database_file(Path(chosen))


def recorded(database: Path, action: Action, **details: str) -> None:
    """Record in the audit what a command has done. If that fails, it says so."""
    try:
        audit.by_command(database, action, **details)
    except StateUnreadable as error:
        messages.print(f"Not recorded in the audit: {error}", markup=False)


def print_summary(summary: LoadSummary) -> None:
    table = Table("", "rows", "new", "known", "rejected")
    for kind in summary.kinds:
        table.add_row(kind.kind, *map(formats.count, (kind.rows, kind.new, kind.known, kind.refused)))
    Console().print(table)
    for file, columns in summary.ignored_columns.items():
        messages.print(f"{file}: ignored unknown columns: {', '.join(columns)}", markup=False)
    for note in summary.notes:
        messages.print(note, markup=False)
    for passed_over in summary.passed_over[:MAX_PASSED_OVER]:
        messages.print(f"passed over {passed_over}", markup=False)
    if (more := len(summary.passed_over) - MAX_PASSED_OVER) > 0:
        messages.print(
            f"... and {formats.count(more)} more files were passed over; the table `refused` has all of them"
        )
    for refusal in summary.refusals:
        print(f"rejected {refusal}")
    if (more := summary.rejected - len(summary.refusals)) > 0:
        print(f"... and {formats.count(more)} more; the database table `refused` has all of them")
    if not summary.changed:
        messages.print("Everything was already loaded; nothing has changed.")


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[float, str], None]]:
    """Yields a function that updates a progress bar; without a terminal, nothing is shown."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=messages, transient=True, disable=not messages.is_terminal) as bar:
        task = bar.add_task(title, total=1.0)
        yield lambda done, doing: bar.update(task, completed=done, description=doing)
