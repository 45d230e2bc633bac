"""The segments of the spool that were loaded since the last backup, in its folder `loaded/`.

A restored backup lacks what was loaded after it was made, so webhooks are kept until the next one holds them. The first
backup creates the folder: without backups, nothing is kept.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mailsight.warehouse.files import PRIVATE_FOLDER

# How long segments are kept if no further backup is made.
MAX_AGE_SECONDS = 8 * 86_400.0


@dataclass(frozen=True, slots=True)
class LoadedSegments:
    """A folder of segments whose requests are in the database."""

    folder: Path

    @property
    def are_kept(self) -> bool:
        """Whether segments are kept: from the first backup on."""
        return self.folder.is_dir()

    def start(self) -> list[Path]:
        """Keeps segments that are loaded from now on; returns those that were kept until now."""
        self.folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        return self.files()

    def files(self) -> list[Path]:
        """The segments that were loaded since the last backup, oldest first."""
        return sorted(self.folder.glob("*.ndjson"))

    def add(self, segments: Iterable[Path]) -> None:
        """Keeps segments that have just been loaded, or deletes them if there was no backup."""
        if not self.are_kept:
            self.forget(segments)
            return
        for segment in segments:
            with suppress(FileNotFoundError):
                segment.rename(self.folder / segment.name)
        oldest = time.time() - MAX_AGE_SECONDS
        self.forget([file for file in self.files() if file.stat().st_mtime < oldest])

    def forget(self, segments: Iterable[Path]) -> None:
        """Deletes segments that are no longer needed."""
        for segment in segments:
            segment.unlink(missing_ok=True)

    def put_back(self) -> list[Path]:
        """Moves all segments back into the spool, to be loaded again; returns them."""
        return [segment.rename(self.folder.parent / segment.name) for segment in self.files()]
