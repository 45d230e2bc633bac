"""Runs a load in a process of its own, which can be ended and gives its memory back.

A load works on a private copy of the database, so ending it at any moment leaves the last good state.
"""

import pickle
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from mailsight.bounded import worker
from mailsight.bounded.process import Limits, Process

from . import payloads
from .derive import Progress
from .merge import LoadSummary, silent
from .spool import Spool

# A query over all events of a large database may run for minutes, and reports no progress meanwhile. DuckDB uses at
# most 1.2 GB of the memory.
LIMITS = Limits(seconds=1800.0, memory_bytes=3 * 2**30, answer_bytes=256 * 2**20, nice=5)

R = TypeVar("R")


def run(load: Callable[[Progress], R], progress: Progress = silent, *, process: Process | None = None) -> R:
    """Return what the load returns, or raise its error.

    Raises `TooMuchWork` if it goes on for too long without progress, and `WorkFailed` if its process ends otherwise.
    Another thread may end it with `process.kill()`.
    """
    process = process or Process(LIMITS)
    try:
        answer = process.answer(pickle.dumps(load), progress)
    finally:
        process.end()
    return cast(R, pickle.loads(answer))  # noqa: S301  # from our own process


def load_upload(load: Callable[..., LoadSummary], folder: Path, progress: Progress) -> LoadSummary:
    """Run the load of an upload, which takes `progress`, in a process of its own.

    The upload's temporary folder is removed if the server is killed meanwhile.
    """
    return run(partial(_load_upload, load, folder), progress)


def ingest_spool(database: Path, spool: Spool, process: Process | None = None) -> LoadSummary | None:
    """Load the spooled webhooks in a process of its own. Raises `LoadRunning` if another load is running."""
    return run(partial(_ingest_spool, database, spool), process=process)


def _load_upload(load: Callable[..., LoadSummary], folder: Path, progress: Progress) -> LoadSummary:
    worker.if_abandoned.append(partial(shutil.rmtree, folder, ignore_errors=True))
    return load(progress=progress)


def _ingest_spool(database: Path, spool: Spool, progress: Progress) -> LoadSummary | None:
    return payloads.ingest_spool(database, spool, progress=progress, wait_seconds=0)
