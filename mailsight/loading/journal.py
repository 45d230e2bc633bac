"""Notes which step of a load is running, so that a step that ends the process can be left out of the next attempt.

A load does the same steps in the same order each time, so their numbers tell them apart. The number of the current one
is in a file that other processes can read even after this one has crashed.
"""

import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path

NO_STEP = 0
_NUMBER = struct.Struct("q")


@dataclass(slots=True)
class Journal:
    """The steps of one load. `deadly` are those that must not be tried again."""

    note: mmap.mmap
    deadly: frozenset[int]
    started: int = 0

    def start(self) -> tuple[int, int]:
        """Notes that the next step is running; returns its number, and that of the step around it."""
        self.started += 1
        (outer,) = _NUMBER.unpack(self.note)
        self.resume(self.started)
        return self.started, outer

    def resume(self, number: int) -> None:
        """Notes that this step is running again, because the one within it is done."""
        self.note[:] = _NUMBER.pack(number)


current = ContextVar[Journal | None]("journal", default=None)


def create(file: Path) -> None:
    """Creates the file of a journal."""
    file.write_bytes(_NUMBER.pack(NO_STEP))


def last_step(file: Path) -> int:
    """The number of the step that was running when the process ended; `NO_STEP` if it was none."""
    (number,) = _NUMBER.unpack(file.read_bytes())
    return int(number)


@contextmanager
def kept(file: Path, deadly: frozenset[int]) -> Iterator[None]:
    """Within the block, the steps of a load are noted in the file."""
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), _NUMBER.size) as note:
        token = current.set(Journal(note, deadly))
        try:
            yield
        finally:
            current.reset(token)
