"""Folders of backups, and which of them are complete.

    2026-11-23T16-34-23Z/             a backup, named by the time at which it was made
    2026-11-24T16-34-23Z.incomplete/  one that is being written or removed, or was interrupted; never restored
    lock                              held while a backup is written

A backup under any other name, such as `before-the-move`, is complete too, but never chosen or removed by itself.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from mailsight.errors import BackupFailed, BackupUnreadable
from mailsight.warehouse.files import PRIVATE_FILE, PRIVATE_FOLDER, alternatives, sync_folder

from . import manifest

_INCOMPLETE, _LOCK = ".incomplete", "lock"
_NAME = re.compile(r"\d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ(-\d+)?")


def complete(folder: Path) -> list[Path]:
    """The complete backups in a folder that are named by time, oldest first. Raises OSError."""
    return sorted(
        backup for backup in folder.iterdir() if _NAME.fullmatch(backup.name) and _is_backup(backup)
    )


def chosen(place: Path) -> Path:
    """The backup that `place` names: a backup, the newest one in a folder of backups, or a single database file.

    Raises `BackupUnreadable`.
    """
    try:
        if place.is_file() or (_is_backup(place) and place.suffix != _INCOMPLETE):
            return place
        if place.is_dir() and (backups := complete(place)):
            return backups[-1]
    except OSError as error:
        raise BackupUnreadable(f"{place} can't be read: {error.strerror}.") from error
    if place.suffix == _INCOMPLETE:
        raise BackupUnreadable(f"{place} is incomplete: the backup was interrupted.")
    raise BackupUnreadable(f"There is no complete backup in {place}.")


def newer(backup: Path) -> Path | None:
    """The newest backup in the same folder, if that is another one. Raises OSError."""
    newest = next(reversed(complete(backup.parent)), None) if _NAME.fullmatch(backup.name) else None
    return newest if newest and newest.name != backup.name else None


@contextmanager
def new(folder: Path, at: datetime) -> Iterator[Path]:
    """Yields a new folder to write a backup to, which becomes a complete one when the block ends without an error.

    Removes what interrupted backups left. Raises OSError, and `BackupFailed` if another backup is being written there.
    """
    if _is_backup(folder):
        raise BackupFailed(
            f"{folder} is a backup itself.", next_step="Name the folder that holds your backups."
        )
    is_new = not folder.exists()
    folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    try:
        with _draft(folder, at) as draft:
            yield draft
    except BaseException:
        if is_new:
            with suppress(OSError):  # another backup may be there by now
                (folder / _LOCK).unlink(missing_ok=True)
                folder.rmdir()
        raise


@contextmanager
def _draft(folder: Path, at: datetime) -> Iterator[Path]:
    with locked(folder / _LOCK, f"Another backup is being written to {folder}."):
        for leftover in folder.glob(f"*{_INCOMPLETE}"):
            shutil.rmtree(leftover, ignore_errors=True)
        names = alternatives(folder / f"{at:%Y-%m-%dT%H-%M-%S}Z")
        backup = next(name for name in names if not name.exists())
        draft = backup.with_name(f"{backup.name}{_INCOMPLETE}")
        draft.mkdir(PRIVATE_FOLDER)
        try:
            yield draft
            draft.rename(backup)
            sync_folder(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise


@contextmanager
def locked(lock: Path, otherwise: str) -> Iterator[None]:
    """Holds a lock within the block. Raises `BackupFailed` with this message if another backup or restore has it."""
    try:
        with FileLock(lock, mode=PRIVATE_FILE, timeout=0):
            yield
    except Timeout as error:
        raise BackupFailed(otherwise, next_step="Try again once it has finished.") from error


def rotate(folder: Path, keep: int) -> list[Path]:
    """Removes the oldest complete backups of a folder but the newest `keep`; returns those that were removed."""
    surplus = complete(folder)[:-keep]
    for backup in surplus:
        # Under a name that nobody takes for a complete backup, if the removal is interrupted.
        leftover = backup.rename(backup.with_name(f"{backup.name}{_INCOMPLETE}"))
        with suppress(OSError):
            shutil.rmtree(leftover)
    return surplus


def _is_backup(folder: Path) -> bool:
    return (folder / manifest.NAME).is_file()
