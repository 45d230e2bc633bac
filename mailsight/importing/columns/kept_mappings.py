"""Keeps mappings in the state, so that the next file with the same header needs no questions."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mailsight.errors import ImportFailed, StateUnreadable
from mailsight.state.mappings import Mappings

from .mapping import TableMapping, from_toml, key, to_toml

# What differs from file to file.
_OF_FILE = ("campaign_id", "campaign_name", "sent_at")


def find(database: Path, header: Sequence[str]) -> TableMapping | None:
    """The mapping that was kept for tables with this header; None if there is none that can be used."""
    with suppress(OSError, StateUnreadable, ImportFailed):
        if kept := Mappings.of(database).find(key(header)):
            return from_toml(kept).for_header(header)
    return None


def keep(database: Path, header: Sequence[str], mapping: TableMapping) -> None:
    """Keeps a mapping for tables with this header; if the disk is full, the next file is new."""
    kept = replace(
        mapping,
        fixed={name: text for name, text in mapping.fixed.items() if name not in _OF_FILE},
        encoding=None,
    )
    with suppress(OSError, StateUnreadable):
        Mappings.of(database).keep(key(header), to_toml(kept))
