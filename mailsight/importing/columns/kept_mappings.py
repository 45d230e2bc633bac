"""Keeps mappings beside the database, so that the next file with the same header needs no questions.

They are in the folder `mailsight.mappings` beside `mailsight.duckdb`, one file per header.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mailsight.errors import ImportFailed
from mailsight.warehouse.files import PRIVATE_FOLDER, write_file

from .mapping import TableMapping, from_toml, key, to_toml

# Beyond this many, the oldest are forgotten.
MAX_KEPT = 1_000
# What differs from file to file.
_OF_FILE = ("campaign_id", "campaign_name", "sent_at")


def folder(database: Path) -> Path:
    """Where the mappings of a database are kept."""
    return database.with_name(f"{database.stem}.mappings")


def find(database: Path, header: Sequence[str]) -> TableMapping | None:
    """The mapping that was kept for tables with this header; None if there is none that can be used."""
    try:
        kept = from_toml((folder(database) / f"{key(header)}.toml").read_text(encoding="utf-8"))
        return kept.for_header(header)
    except (OSError, UnicodeError, ImportFailed):
        return None


def keep(database: Path, header: Sequence[str], mapping: TableMapping) -> None:
    """Keeps a mapping for tables with this header, in one atomic step; if the disk is full, the next file is new."""
    kept = replace(
        mapping,
        fixed={name: text for name, text in mapping.fixed.items() if name not in _OF_FILE},
        encoding=None,
    )
    place = folder(database)
    with suppress(OSError):
        place.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        write_file(place / f"{key(header)}.toml", to_toml(kept))
        files = sorted(place.glob("*.toml"), key=lambda file: file.stat().st_mtime_ns)
        for file in files[: max(len(files) - MAX_KEPT, 0)]:
            file.unlink(missing_ok=True)
