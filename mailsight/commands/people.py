"""Commands for people's requests about their own data. Their output names nobody."""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mailsight import settings
from mailsight.errors import CantWrite, WrongUsage
from mailsight.figures import formats
from mailsight.loading import spool
from mailsight.privacy import access, erasure, leftovers, retention
from mailsight.privacy.retention import Keep
from mailsight.state import audit as audits
from mailsight.state.audit import Action
from mailsight.warehouse.reader import Snapshot, Warehouse

from .console import Database, app, database_path, messages, progress_bar, recorded

_Named = Annotated[
    list[str] | None,
    typer.Argument(metavar="[ADDRESS|CUSTOMER_ID]...", help="Addresses or customer ids of the people."),
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
        typer.Option("--shared", help="Erase all customers with the address, if several share it."),
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
        audits.by_command(path, Action.UNLISTED, people=str(len(people)))
        known = erasure.forget(path, people)
        messages.print(f"{formats.things(known, 'person', 'people')} taken off the list of erased people.")
        if known < len(people):
            raise typer.Exit(1)
        return
    if people and not dry_run:
        # First, so that an erasure that is interrupted leaves a trace.
        audits.by_command(path, Action.ERASED, people=str(len(people)))
    with progress_bar("Erasing") as progress:
        if finish:
            rows = erasure.finish(path, progress=progress, wait_seconds=wait_seconds)
            done = "Erased what was left"
        else:
            erased = erasure.erase(
                path, people, may_share=shared, dry_run=dry_run, progress=progress, wait_seconds=wait_seconds
            )
            verb, rows = "Would erase" if dry_run else "Erased", erased.rows
            done = f"{verb} {formats.things(erased.people, 'person', 'people')}"
    if not dry_run:
        recorded(path, Action.ERASURE_DONE)
    counts = ", ".join(f"{name}: {formats.count(number)}" for name, number in rows.items() if number)
    print(f"{done} ({counts or 'nothing was stored'}).")


@app.command("customer")
def customer_(
    context: typer.Context,
    named: Annotated[str, typer.Argument(metavar="ADDRESS|CUSTOMER_ID", help="Whose data.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="A new folder or .zip file, for the data and all their e-mails."),
    ] = None,
    shared: Annotated[
        bool,
        typer.Option("--shared", help="Include all customers with the address, if several share it."),
    ] = False,
    database: Database = None,
) -> None:
    """Print everything that is known about a person as JSON, to answer their request for it."""
    path = database_path(context, database)
    audit = audits.beside(path, settings.from_environment().keep_audit_months)
    with Warehouse(path).snapshot() as data:
        answer = access.known(
            data, named, audit, spool.beside(path), notes=leftovers.notes(path), may_share=shared
        )
        form = "json" if output is None else output.suffix or "folder"
        # First, because nobody's data leaves without a trace.
        audits.by_command(path, Action.EXPORTED, list="person", format=form)
        if output is None:
            print(access.as_json(answer))
        else:
            mails = _write(data, answer, output)
            messages.print(f"Wrote the data and {formats.things(mails, 'e-mail')} to {output}.", markup=False)


@app.command("retention")
def retention_(
    context: typer.Context,
    months: Annotated[
        int | None,
        typer.Option(
            min=1, help="Take people out of messages after so many months, whatever the settings say."
        ),
    ] = None,
    database: Database = None,
) -> None:
    """Take people out of old data, as your settings say. Figures stay as they are. The server does so once a day."""
    chosen = settings.from_environment()
    keep = Keep.of(chosen) if months is None else Keep(events=months)
    if keep.is_forever:
        raise WrongUsage(
            "Nothing says how long to keep data.",
            next_step="Set `MAILSIGHT_KEEP_EVENTS_MONTHS` or another of these settings, or add `--months`.",
        )
    path = database_path(context, database)
    with progress_bar("Looking for what is old") as progress:
        done = retention.run(path, keep, progress=progress, wait_seconds=chosen.load_wait_seconds)
    recorded(path, Action.LOADED, command="retention")
    counts = ", ".join(f"{name}: {formats.count(number)}" for name, number in done.items() if number)
    print(f"Anonymous or removed: {counts or 'nothing was old enough'}.")


def _write(data: Snapshot, answer: Mapping[str, Any], output: Path) -> int:
    if output.exists():
        raise CantWrite(f"{output} exists already.")
    try:
        with tempfile.TemporaryDirectory(dir=output.absolute().parent, prefix=".mailsight-") as folder:
            written = Path(folder) / output.stem
            mails = access.write_folder(data, answer, written)
            if output.suffix.lower() == ".zip":
                written = Path(shutil.make_archive(str(written), "zip", written))
            written.rename(output)
    except OSError as error:
        raise CantWrite(f"{output} can't be written: {error.strerror or error}.") from error
    return mails


def _lines(file: Path | None) -> list[str]:
    if file is None:
        return []
    try:
        return [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    except UnicodeError as error:
        raise WrongUsage(f"{file} is not a text file in UTF-8.", next_step="Save it as UTF-8.") from error
