"""Restores a backup, also under a running server, without losing anything that is there.

The database of the backup becomes a new generation, which pages show at once. What it replaces is moved to a folder
beside it, `mailsight.replaced-2026-11-23T16-34-23Z`. The spool is not replaced: its requests, those of the backup and
those that were loaded since the backup was made are all loaded again. Each of them counts once, like any event.
"""

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailsight.errors import BackupFailed, BackupUnreadable, LoadRefused, RestoreFailed, StateUnreadable
from mailsight.loading import spool
from mailsight.loading.derive import Progress
from mailsight.loading.merge import silent
from mailsight.privacy import erasure
from mailsight.state import copies, erased, mappings, store
from mailsight.state.store import Store
from mailsight.warehouse import generations
from mailsight.warehouse.draft import replacement
from mailsight.warehouse.files import PRIVATE_FOLDER, replace_with_copy, sync_folder

from . import folders, making, manifest, verifying


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, the folder with what it replaced (None if nothing), and the requests that will be loaded.

    `notes` are sentences about what was not restored.
    """

    backup: Path
    aside: Path | None
    waiting_requests: int
    notes: Sequence[str] = ()


def warning(place: Path) -> str | None:
    """What a restored backup would lack, in sentences, if it is not the newest one. Raises `BackupUnreadable`."""
    try:
        newer = folders.newer(folders.chosen(place))
    except OSError as error:
        raise BackupUnreadable(f"{place} can't be read: {error.strerror}.") from error
    if newer is None:
        return None
    return (
        f"{newer.name} is newer. Webhooks that were loaded between these backups will be missing: neither this one nor "
        "the spool has them. To have them, restore the newest, or let your providers send them again."
    )


def restore(
    database: Path,
    place: Path,
    *,
    machines: Path | None = None,
    wait_seconds: float = 600.0,
    progress: Progress = silent,
) -> Restored:
    """Restores a backup, the newest one in a folder of backups, or a single database file, after checking it.

    `machines` is where the file with the rules for machines belongs. Raises `BackupUnreadable`, and `RestoreFailed` if
    it can't be written or a load doesn't end in time. Unless this returns, the database is as it was.
    """
    progress(0.0, "Checking the backup")
    checked = verifying.chosen(place)
    if checked.problems:
        raise BackupUnreadable(f"{checked.place}: {' '.join(checked.problems)}")
    progress(0.5, "Restoring")
    was_unfinished = _is_erasure_unfinished(database)
    try:
        restored = _restore(database, checked.place, machines, wait_seconds)
    except (LoadRefused, BackupFailed) as error:
        raise RestoreFailed(error.message, next_step=error.next_step) from error
    except OSError as error:
        raise RestoreFailed(f"{database.parent} can't be written to: {error.strerror or error}.") from error
    if was_unfinished and restored.aside:
        os.utime(
            restored.aside, (0, 0)
        )  # What was there may name erased people, so it counts as older than their erasure.
    progress(0.9, "Erasing who was erased since")
    erasure.finish(database, wait_seconds=wait_seconds)
    progress(1.0, "Done")
    return restored


def _restore(database: Path, backup: Path, machines: Path | None, wait_seconds: float) -> Restored:
    home = generations.home(database)
    aside = home.with_name(f"{home.stem}.replaced-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}")
    waiting = spool.beside(database)
    is_complete = backup.is_dir()
    file = backup / manifest.DATABASE if is_complete else backup
    notes: Sequence[str] = ()
    # Everything else before the database is published, so that nothing is missed if this is interrupted. No load runs
    # meanwhile.
    with making.apart(home), replacement(database, file, aside, wait_seconds=wait_seconds):
        if is_complete:
            waiting.take_in(sorted((backup / manifest.SPOOL).rglob("*.ndjson")))
            _restore_small_files(database, backup, aside, machines)
            notes = _restore_state(store.beside(database), backup / manifest.STATE, aside)
        # If this ends before they are erased from the backup, the next start of the server erases them.
        erased.reopen(Store.of(database))
        waiting.loaded.put_back()
    return Restored(backup, aside if aside.exists() else None, waiting.state().requests, notes)


def _is_erasure_unfinished(database: Path) -> bool:
    try:
        return erased.is_unfinished(Store.of(database))
    except StateUnreadable:
        return False  # It is restored, too.


def _restore_small_files(database: Path, backup: Path, aside: Path, machines: Path | None) -> None:
    earlier = backup / manifest.MAPPINGS
    if earlier.is_dir():
        target = mappings.folder(database)
        target.mkdir(PRIVATE_FOLDER, exist_ok=True)
        for file in sorted(earlier.iterdir()):
            _replace(target / file.name, file, aside / target.name)
    if machines and (backup / manifest.MACHINES).exists():
        _replace(machines, backup / manifest.MACHINES, aside)


def _restore_state(state: Path, stored: Path, aside: Path) -> Sequence[str]:
    """Restores the state, unless the one that is there is of the same installation, and so newer; says so then."""
    if not stored.exists():
        return ()
    if state.exists() and not copies.problem(state) and copies.is_same_installation(state, stored):
        return (f"{state.name} was kept, because it is newer than the backup's.",)
    for journal in state.parent.glob(f"{state.name}-*"):  # SQLite would apply it to the new file
        aside.mkdir(PRIVATE_FOLDER, exist_ok=True)
        journal.rename(aside / journal.name)
    _replace(state, stored, aside)
    return ()


def _replace(target: Path, source: Path, aside: Path) -> None:
    """Puts a copy of a file in the place of another, in one atomic step, and keeps the other if it differs."""
    if target.exists():
        if target.read_bytes() == source.read_bytes():
            return
        aside.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        shutil.copy2(target, aside / target.name)
        sync_folder(aside)
    replace_with_copy(target, source)
