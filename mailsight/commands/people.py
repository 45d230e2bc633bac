"""Commands for people's requests about their own data. Their output names nobody."""

from pathlib import Path
from typing import Annotated

import typer

from mailsight import settings
from mailsight.errors import WrongUsage
from mailsight.figures import formats
from mailsight.privacy import erasure
from mailsight.state.audit import Action

from .console import Database, app, database_path, messages, progress_bar, recorded

_Named = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ADDRESS|CUSTOMER_ID]...", help="Whom: by address or customer id."),
]
_Listed = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        help="A text file with one address or customer id per line.",
        exists=True,
        dir_okay=False,
    ),
]


@app.command()
def erase(
    context: typer.Context,
    named: _Named = None,
    file: _Listed = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only count what would be erased; change nothing.")
    ] = False,
    shared: Annotated[
        bool,
        typer.Option("--shared", help="Erase everybody with the address, however many customers they are."),
    ] = False,
    forget: Annotated[
        bool,
        typer.Option(
            "--forget",
            help="Forget that they were erased, because they came back. Later loads store them again.",
        ),
    ] = False,
    finish: Annotated[
        bool, typer.Option("--finish", help="Finish an erasure that was interrupted; name nobody.")
    ] = False,
    database: Database = None,
) -> None:
    """Erase people from all tables and files for good. Figures stay as they are; later loads bring nobody back."""
    path = database_path(context, database)
    wait_seconds = settings.from_environment().load_wait_seconds
    people = [*(named or []), *_lines(file)]
    if bool(people) == finish:
        raise WrongUsage(
            "Name whom to erase.", next_step="Give addresses or customer ids, or a `--file` of them."
        )
    if forget:
        known = erasure.forget(path, people)
        messages.print(f"{formats.things(known, 'person', 'people')} taken off the list of erased people.")
        if known < len(people):
            raise typer.Exit(1)
        return
    with progress_bar("Erasing") as progress:
        if finish:
            done, rows = (
                "Erased what was left",
                erasure.finish(path, progress=progress, wait_seconds=wait_seconds),
            )
        else:
            erased = erasure.erase(
                path, people, may_share=shared, dry_run=dry_run, progress=progress, wait_seconds=wait_seconds
            )
            verb, rows = "Would erase" if dry_run else "Erased", erased.rows
            done = f"{verb} {formats.things(erased.people, 'person', 'people')}"
    if not dry_run:
        recorded(path, Action.ERASED, people=str(len(people)))
    counts = formats.listed(f"{formats.count(number)} {name}" for name, number in rows.items() if number)
    print(f"{done}: {counts or 'nothing is stored of them'}.")


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except UnicodeError as error:
        raise WrongUsage(f"{file} is not a text file in UTF-8.", next_step="Save it as UTF-8.") from error
