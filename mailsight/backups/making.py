"""Makes a backup of a database and everything beside it, while a server serves and loads it.

What is copied when makes it consistent. A webhook is in the spool until the generation with its events is published, so
the spool is copied first, then the generation that is served after that: each webhook is in one of them, or in both,
which is harmless, because an event loaded twice counts once. The state is copied last. A person who is being erased is
noted there first, so they are not in the database, or their key is in the state.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailsight import __version__
from mailsight.errors import BackupFailed, BackupUnreadable, DatabaseUnreadable, NoDatabase, StateUnreadable
from mailsight.loading import spool
from mailsight.loading.derive import Progress
from mailsight.loading.merge import silent
from mailsight.loading.spool import Spool
from mailsight.state import copies, store
from mailsight.state.mappings import Mappings
from mailsight.warehouse import examination, generations
from mailsight.warehouse.files import (
    PRIVATE_FOLDER,
    copy_file,
    identity,
    make_read_only,
    sync_file,
    sync_folder,
)

from . import folders, manifest, space
from .manifest import Manifest

# How often a generation may be removed before it can be opened: by then, loads are faster than any real one.
MAX_TRIES = 100


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was made, and the older ones that were removed to make room."""

    folder: Path
    manifest: Manifest
    removed: Sequence[Path] = ()


def make(
    database: Path,
    folder: Path,
    *,
    machines: Path | None = None,
    keep: int | None = None,
    progress: Progress = silent,
) -> Backup:
    """Writes a backup to a new folder within `folder`, and then removes all but the newest `keep`.

    `machines` is the file with the rules for machines. Raises `NoDatabase`, and `BackupFailed` if the database is
    damaged or the backup can't be written; it is then removed.
    """
    at = datetime.now(UTC)
    try:
        place = generations.home(database)
        waiting = spool.beside(database)
        with apart(place), folders.new(folder, at) as draft:
            loaded = waiting.loaded.start()
            progress(0.0, "Copying the webhooks")
            _copy_spool(waiting, draft / manifest.SPOOL)
            progress(0.05, "Copying the database")
            generation = _copy_generation(database, place, draft / manifest.DATABASE, _newest(folder))
            _copy_small_files(database, draft, machines)
            progress(0.4, "Reading the copy")
            content = _described(draft, at, generation)
            progress(0.95, "Writing to disk")
            _sync(draft)
            manifest.write(draft, content)
            sync_folder(draft)
        waiting.loaded.forget(loaded)
        space.note_backup(place, at)
        removed = folders.rotate(folder, keep) if keep else []
    except OSError as error:
        raise BackupFailed(
            f"{folder} can't be written to: {error.strerror or error}.",
            next_step="Free some disk space, or choose another folder. Earlier backups are as they were.",
        ) from error
    except (DatabaseUnreadable, StateUnreadable) as error:
        raise BackupFailed(error.message, next_step=error.next_step) from error
    progress(1.0, "Done")
    return Backup(folder / draft.stem, content, removed)


@contextmanager
def apart(place: Path) -> Iterator[None]:
    """Keeps backups and restores of one database apart. Raises `BackupFailed` if another one is running."""
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = place.with_name(f"{place.stem}.backup.lock")
    with folders.locked(lock, "Another backup or restore of this database is running."):
        yield


def _newest(folder: Path) -> Path | None:
    return next(reversed(folders.complete(folder)), None)


def _copy_spool(waiting: Spool, target: Path) -> None:
    """Copies all requests that are in no generation yet."""
    wanted: set[str] | None = None  # all of those that are there first
    while True:
        missed = set()
        for file in waiting.unloaded():
            copied = target / file.relative_to(waiting.folder)
            is_wanted = wanted is None or any(
                file.stem == stem or file.stem.startswith(f"{stem}-") for stem in wanted
            )
            if is_wanted and not copied.exists() and not _copied(file, copied):
                missed.add(file.stem)
        if not missed:
            return
        # Each of them was loaded meanwhile, moved, or replaced by its halves, which have its name and a number.
        wanted = missed


def _copied(file: Path, target: Path) -> bool:
    """Copies a segment and why it was set aside, if it was; returns False if it is gone."""
    target.parent.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
    try:
        copy_file(file, target)
    except FileNotFoundError:
        return False
    with suppress(FileNotFoundError):
        copy_file(file.with_suffix(".json"), target.with_suffix(".json"))
    return True


def _copy_generation(database: Path, place: Path, target: Path, earlier: Path | None) -> str:
    """Copies the served generation, or links to an earlier backup's copy of it; returns what identifies it."""
    for _ in range(MAX_TRIES):
        served = generations.served(place)
        if served is None:
            raise NoDatabase(f"There is no database at {database}.")
        try:
            known = identity(served)
            generation = generations.identifier(served, known)
            if earlier and _linked(earlier, generation, target):
                return generation
            generations.copy(served, target)
            if not served.exists() or identity(served) == known:
                return generation
        except FileNotFoundError:
            continue  # Two loads have superseded it meanwhile.
    raise BackupFailed(
        f"{place} is being replaced or written to.", next_step="Try again when that is complete."
    )


def _linked(earlier: Path, generation: str, target: Path) -> bool:
    """Links to the database of an earlier backup, if that is the same generation and still as it was written.

    Nobody writes to a backup's files, so two of them may be the same file: removing one leaves the other.
    """
    file = earlier / manifest.DATABASE
    try:
        known = manifest.read(earlier)
        if known.generation != generation or manifest.stored_file(file) != known.files[manifest.DATABASE]:
            return False
        target.hardlink_to(file)  # not on every file system
    except (BackupUnreadable, OSError):
        return False
    return True


def _copy_small_files(database: Path, draft: Path, machines: Path | None) -> None:
    if machines and machines.exists():
        copy_file(machines, draft / manifest.MACHINES)
    Mappings.of(database)  # takes over those in files
    state = store.beside(database)
    if state.exists():
        copies.copy(state, draft / manifest.STATE)


def _described(draft: Path, at: datetime, generation: str) -> Manifest:
    """Reads all that was copied. Raises `DatabaseUnreadable` if the database is damaged."""
    examined = examination.examine(draft / manifest.DATABASE)
    files = {
        file.relative_to(draft).as_posix(): manifest.stored_file(file)
        for file in sorted(draft.rglob("*"))
        if file.is_file()
    }
    return Manifest(at, __version__, examined.schema_version, generation, examined.rows, files)


def _sync(draft: Path) -> None:
    for path in [draft, *sorted(draft.rglob("*"))]:
        if path.is_dir():
            sync_folder(path)
        elif path.stat().st_nlink == 1:
            sync_file(path)
            make_read_only(path)
