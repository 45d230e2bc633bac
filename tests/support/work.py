"""Work for worker processes: what untrusted contents may make ours do."""

import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from mailsight.bounded import pool, worker
from mailsight.bounded.pool import Lane
from mailsight.bounded.process import Limits
from mailsight.errors import UnreadableFile
from tests.support.faults import MARK

if TYPE_CHECKING:
    from mailsight.loading.merge import LoadSummary

MB = 2**20
# Limits that runaways reach quickly.
TIGHT = Limits(seconds=2.0, memory_bytes=200 * MB, answer_bytes=MB)


def double(number: int) -> int:
    return 2 * number


def spin() -> None:
    while True:
        pass


def allocate() -> None:
    blocks = []
    while True:
        blocks.append(bytes(16 * MB))


def recurse(depth: int = 0) -> int:
    return recurse(depth + 1)


def crash() -> None:
    os.abort()


def fail() -> None:
    raise ValueError("a bug")


def refuse() -> None:
    raise UnreadableFile("It is a picture.")


def write_much() -> bytes:
    return bytes(2 * MB)


def print_and_double(number: int) -> int:
    print("noise")
    os.write(1, b"more noise\n")
    return double(number)


def note_and_wait(notes: Path, release: Path) -> str:
    """Add a line to `notes`, and wait until `release` exists."""
    with notes.open("a") as file:
        file.write(f"{os.getpid()}\n")
    while not release.exists():
        time.sleep(0.02)
    return "released"


def count_up(until: int, report: Callable[..., None]) -> int:
    """Report every number; with the tight limits, the whole takes longer than one step may."""
    for number in range(until):
        time.sleep(TIGHT.seconds * 0.3)
        report(number, f"step {number}")
    return until


def run_away(notes: Path) -> None:
    """Run a pool whose process notes its id and then runs away. For a process that is killed meanwhile."""
    pool.run(partial(_note_and_spin, notes), lane=Lane("runaway", Limits(600.0, 200 * MB)))


def _note_and_spin(notes: Path) -> None:
    notes.write_text(str(os.getpid()))
    spin()


def load_forever(_: Callable[..., None]) -> None:
    spin()


def load_and_wait(notes: Path, _: Callable[..., None]) -> None:
    _note_and_spin(notes)


def load_upload(temporary: Path, notes: Path, _: Callable[..., None]) -> None:
    worker.if_abandoned.append(partial(shutil.rmtree, temporary))
    _note_and_spin(notes)


def load_bundle(database: Path, bundle: Path, progress: Callable[..., None]) -> None:
    from mailsight.loading import bundles  # here, so that other work starts quickly

    bundles.load(database, [bundle], progress=progress)


def load_deadly(
    load: "Callable[..., LoadSummary]", query: str, table: str, deed: Callable[[], None], **options: Any
) -> "LoadSummary":
    """Run a load in which the query does the deed whenever the table that it reads has a row with the mark."""
    from mailsight.warehouse.draft import Draft  # here, so that other work starts quickly

    original = Draft.run

    def run(self: Draft, name: str, /, **parameters: object) -> list[tuple[Any, ...]]:
        if name == query:
            marked = f"select count(*) from {table} as s where contains(cast(s as varchar), '{MARK}')"
            if self._connection.execute(marked).fetchall() != [(0,)]:
                deed()
        return original(self, name, **parameters)

    with patch.object(Draft, "run", run):
        return load(**options)


class Died(BaseException):
    """Nothing in a process can catch its end."""


def die() -> None:
    raise Died


def run_out_of_memory() -> None:
    raise MemoryError


def break_database() -> None:
    import duckdb

    raise duckdb.FatalException("The database was invalidated.")
