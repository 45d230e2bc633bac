"""Commands that back up the data, restore a backup, and check either."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from mailsight import settings
from mailsight.backups import making, restoring, verifying
from mailsight.backups.verifying import Verified
from mailsight.figures import formats
from mailsight.state.audit import Action

from .console import Database, app, database_path, messages, progress_bar, recorded


@app.command("backup")
def backup_(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="The folder for your backups. Each gets a folder in it.")],
    keep: Annotated[
        int | None, typer.Option(min=1, help="Remove all but the newest N backups afterwards.")
    ] = None,
    database: Database = None,
) -> None:
    """Back up everything, while the dashboard runs: database, waiting webhooks, rules and state."""
    config, path = settings.from_environment(), database_path(context, database)
    with progress_bar("Backing up") as progress:
        made = making.make(
            path,
            folder.expanduser().absolute(),
            machines=config.machines,
            keep=keep,
            progress=progress,
        )
    recorded(path, Action.EXPORTED, list="backup")
    print(made.folder)
    files = formats.things(len(made.manifest.files), "file")
    messages.print(f"Backed up {files} ({formats.size(made.manifest.size_bytes)}).")
    for removed in made.removed:
        messages.print(f"Removed {removed.name}.", markup=False)


@app.command("restore")
def restore_(
    context: typer.Context,
    backup: Annotated[
        Path,
        typer.Argument(help="A backup, a folder of backups (the newest is restored), or a database file."),
    ],
    database: Database = None,
) -> None:
    """Restore a backup after checking it, even while the dashboard runs. What was there is moved aside."""
    config = settings.from_environment()
    if warning := restoring.warning(backup.expanduser().absolute()):
        messages.print(warning, markup=False)
    path = database_path(context, database)
    # The rules of the dashboard stay if a backup is restored elsewhere.
    machines = config.machines if path == config.database else None
    with progress_bar("Restoring") as progress:
        restored = restoring.restore(
            path,
            backup.expanduser().absolute(),
            machines=machines or settings.usual_machines(path),
            wait_seconds=config.load_wait_seconds,
            progress=progress,
        )
    recorded(path, Action.LOADED, command="restore")
    messages.print(f"Restored {restored.backup}.", markup=False)
    if restored.aside:
        messages.print(f"What was there is now in {restored.aside}.", markup=False)
    for note in restored.notes:
        messages.print(note, markup=False)
    if waiting := restored.waiting_requests:
        requests = formats.things(waiting, "request")
        messages.print(f"The dashboard loads {requests} next.")


@app.command("verify")
def verify_(
    context: typer.Context,
    backup: Annotated[
        Path | None, typer.Argument(help="A backup, a folder of backups, or a database file.")
    ] = None,
    database: Database = None,
) -> None:
    """Check a backup, or the database: checksums, every row, counts and rules. Exit status 1 if anything is wrong."""
    if backup is None:
        checked = verifying.live(database_path(context, database))
    else:
        checked = verifying.chosen(backup.expanduser().absolute())
    _print(checked)
    if checked.problems:
        raise typer.Exit(1)
    print("ok")


def _print(checked: Verified) -> None:
    if known := checked.manifest:
        made_at = f"{known.created_at:%Y-%m-%d %H:%M:%S} UTC"
        print(f"{checked.place}: made at {made_at} by Mailsight {known.mailsight}")
    else:
        print(checked.place)
    table = Table("table", "rows")
    for name, rows in checked.rows.items():
        table.add_row(name, formats.count(rows))
    if checked.rows:
        Console().print(table)
    for problem in checked.problems:
        print(problem)
