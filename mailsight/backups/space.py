"""How much of the disk a database and the files beside it take, and when it was last backed up."""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mailsight.loading import spool
from mailsight.warehouse import generations
from mailsight.warehouse.files import write_file


@dataclass(frozen=True, slots=True)
class Space:
    """Bytes on disk, and when the last backup was made.

    `database_bytes` is the served database, `earlier_bytes` its predecessors; `webhooks_bytes` is what waits,
    `loaded_bytes` what was loaded since the last backup; `kept_bytes` is what updates and restored backups have kept.
    """

    database_bytes: int
    earlier_bytes: int
    webhooks_bytes: int
    loaded_bytes: int
    kept_bytes: int
    free_bytes: int
    last_backup_at: datetime | None = None


def space(database: Path) -> Space:
    """What a database takes. Raises `DatabaseUnreadable` and OSError."""
    home = generations.home(database)
    served = generations.served(home)
    waiting = spool.beside(database)
    kept = [*home.parent.glob(f"{home.stem}.version-*"), *home.parent.glob(f"{home.stem}.replaced-*")]
    seen: set[int] = set()  # so that hard links count once
    return Space(
        database_bytes=_size([served] if served else [], seen),
        earlier_bytes=_size((file for file in generations.beside(home) if file != served), seen),
        loaded_bytes=_size(waiting.loaded.files(), seen),
        webhooks_bytes=_size([waiting.folder], seen),
        kept_bytes=_size(kept, seen),
        free_bytes=shutil.disk_usage(home.parent).free,
        last_backup_at=_last_backup(home),
    )


def note_backup(home: Path, at: datetime) -> None:
    """Notes that a backup was made. Raises OSError."""
    write_file(_note(home), json.dumps({"at": at.isoformat()}))


def _last_backup(home: Path) -> datetime | None:
    try:
        return datetime.fromisoformat(json.loads(_note(home).read_text(encoding="utf-8"))["at"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _note(home: Path) -> Path:
    return home.with_name(f"{home.stem}.backup.json")


def _size(places: Iterable[Path], seen: set[int]) -> int:
    """The bytes of files and of all files in folders, without those seen before."""
    total = 0
    for place in places:
        files = (
            [place]
            if place.is_file()
            else [Path(folder, name) for folder, _, names in os.walk(place) for name in names]
        )
        for file in files:
            try:
                status = file.stat()
            except FileNotFoundError:
                continue  # loaded or removed meanwhile
            if status.st_ino not in seen:
                seen.add(status.st_ino)
                total += status.st_size
    return total
