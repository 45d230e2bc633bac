"""Runs a load in a process of its own, which can be ended and gives its memory back.

A load works on a private copy of the database, so ending it at any moment leaves the last good state.
"""

import logging
import pickle
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar, cast

from mailsight.bounded import worker
from mailsight.bounded.process import Limits, Process
from mailsight.errors import LoadBroken, MailsightError, WorkCrashed

from . import journal, payloads
from .derive import Progress
from .merge import LoadSummary, silent
from .spool import Spool

# A query over all events of a large database may run for minutes, and reports no progress meanwhile. DuckDB uses at
# most 1.2 GB of the memory.
LIMITS = Limits(seconds=1800.0, memory_bytes=3 * 2**30, answer_bytes=256 * 2**20, nice=5)
# Somebody watches a command, and its files may be very large.
COMMAND_LIMITS = replace(LIMITS, seconds=86_400.0)

# Finding a row to blame among n takes about log n attempts.
MAX_DEADLY_STEPS = 100

_log = logging.getLogger(__name__)

R = TypeVar("R")
Load = Callable[..., LoadSummary]


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


def load(load: Load, progress: Progress = silent) -> LoadSummary:
    """Run the load of a command, which takes `progress`, in a process of its own. What ends that is rejected."""
    with TemporaryDirectory(prefix="mailsight-") as folder:
        return load_upload(load, Path(folder), progress, COMMAND_LIMITS)


def load_upload(load: Load, folder: Path, progress: Progress, limits: Limits = LIMITS) -> LoadSummary:
    """As `load`, for an upload: its temporary folder is removed if the server is killed meanwhile.

    A load that crashes, or breaks for lack of memory, is repeated. If it does so again, the step that it was doing is
    left out of the next attempt, so parts of the data are halved until what is to blame is alone and is rejected.
    """
    try:
        return run(partial(_load, load, folder), progress, process=Process(limits))
    except (WorkCrashed, LoadBroken):
        _log.warning("The load is repeated to isolate the rows that ended it", exc_info=True)
    note, deadly = folder / "step", frozenset[int]()
    while True:
        journal.create(note)
        try:
            attempt = partial(_load_with_journal, load, folder, note, deadly)
            return run(attempt, progress, process=Process(limits))
        except (WorkCrashed, LoadBroken) as error:
            step = journal.last_step(note)
            if step == journal.NO_STEP or len(deadly) >= MAX_DEADLY_STEPS:
                raise _refused(error) from error
            deadly |= {step}


def _refused(error: MailsightError) -> MailsightError:
    if isinstance(error, LoadBroken):
        return error
    return LoadBroken(f"The load ended unexpectedly. {error.message}")


def ingest_spool(database: Path, spool: Spool, process: Process | None = None) -> LoadSummary | None:
    """Load the spooled webhooks in a process of its own. Raises `LoadRunning` if another load is running."""
    return run(partial(_ingest_spool, database, spool), process=process)


def _load(load: Load, folder: Path, progress: Progress) -> LoadSummary:
    worker.if_abandoned.append(partial(shutil.rmtree, folder, ignore_errors=True))
    return load(progress=progress)


def _load_with_journal(
    load: Load, folder: Path, note: Path, deadly: frozenset[int], progress: Progress
) -> LoadSummary:
    with journal.kept(note, deadly):
        return _load(load, folder, progress)


def _ingest_spool(database: Path, spool: Spool, progress: Progress) -> LoadSummary | None:
    return payloads.ingest_spool(database, spool, progress=progress, wait_seconds=0)
