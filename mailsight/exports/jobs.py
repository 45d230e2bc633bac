"""Writes exported files in the background, into temporary files without a name on disk.

So nothing is left behind when a page is closed or the server stops, even if it is killed.
"""

import logging
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from tempfile import TemporaryFile
from typing import BinaryIO

from mailsight.bounded.pool import while_waiting
from mailsight.errors import ExportCancelled, MailsightError, TooManyFiles
from mailsight.figures import locales
from mailsight.figures.locales import Locale

from .lists import Format

# More would be no faster on a small machine, and would slow the pages down.
MAX_WORKERS = 2
MAX_FILES = 40
MAX_BYTES = 4_000_000_000
RETENTION_SECONDS = 3600.0
_READING = threading.Lock()
_PART_BYTES = 2**20

_log = logging.getLogger(__name__)
# Takes the amount done and the total. Raises `ExportCancelled` if the file is no longer wanted.
OnProgress = Callable[[int, int], None]
# Writes the file, reports its progress and returns a note for the user, or an empty string.
Work = Callable[[BinaryIO, OnProgress], str]


class State(StrEnum):
    WAITING = "waiting"
    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"


@dataclass(eq=False)
class Job:
    """A file that is being written or was, in the locale of whoever started it.

    `note` is a remark for the user, or why writing failed.
    """

    id: str
    name: str
    form: Format
    state: State = State.WAITING
    done: int = 0
    total: int = 0
    size_bytes: int = 0
    note: str = ""
    locale: Locale = field(default_factory=locales.current)
    started_at: float = field(default_factory=time.time)
    _file: BinaryIO = field(default_factory=TemporaryFile, repr=False)
    _cancelled: threading.Event = field(default_factory=threading.Event, repr=False)

    def parts(self) -> Iterator[bytes]:
        """The file's bytes in chunks. Reading continues even if the job is removed meanwhile."""
        copy = os.dup(self._file.fileno())
        try:
            offset = 0
            while part := _read(copy, offset):
                offset += len(part)
                yield part
        finally:
            os.close(copy)


def _read(descriptor: int, offset: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, _PART_BYTES, offset)
    with _READING:  # On Windows, copies of a descriptor share one file position.
        os.lseek(descriptor, offset, os.SEEK_SET)
        return os.read(descriptor, _PART_BYTES)


class Jobs:
    """The files of everyone who uses this dashboard."""

    def __init__(
        self,
        *,
        max_files: int = MAX_FILES,
        max_bytes: int = MAX_BYTES,
        retention_seconds: float = RETENTION_SECONDS,
    ) -> None:
        self._max_files, self._max_bytes, self._retention_seconds = max_files, max_bytes, retention_seconds
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(MAX_WORKERS, thread_name_prefix="export")

    def start(self, name: str, form: Format, work: Work) -> Job:
        """Start writing a file. If there are too many, the oldest finished one is removed. Raises `TooManyFiles`."""
        with self._lock:
            while len(self._jobs) >= self._max_files:
                self._discard(self._oldest_finished())
            job = Job(secrets.token_urlsafe(16), name, form)
            self._jobs[job.id] = job
        self._pool.submit(self._write, job, work)
        timer = threading.Timer(self._retention_seconds, self.remove, [job])
        timer.daemon = True
        timer.start()
        return job

    def find(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def remove(self, job: Job) -> None:
        """Cancel the writing if it is still going on, and delete the file."""
        with self._lock:
            self._discard(job)

    def close(self) -> None:
        """Cancel and delete everything when the server stops."""
        with self._lock:
            for job in list(self._jobs.values()):
                self._discard(job)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _discard(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        job._cancelled.set()  # noqa: SLF001
        if job.state in (State.READY, State.FAILED):
            job._file.close()  # noqa: SLF001

    def _oldest_finished(self) -> Job:
        for job in self._jobs.values():
            if job.state in (State.READY, State.FAILED):
                return job
        raise TooManyFiles(f"{len(self._jobs)} files are being written or waiting.")

    def _write(self, job: Job, work: Work) -> None:
        def on_progress(done: int, total: int) -> None:
            if job._cancelled.is_set():  # noqa: SLF001
                raise ExportCancelled("This file is no longer wanted.")
            job.done, job.total = done, total
            job.size_bytes = os.fstat(job._file.fileno()).st_size  # noqa: SLF001
            self._make_room(job)

        try:
            on_progress(0, 0)
            job.state = State.WRITING
            with while_waiting(lambda: on_progress(job.done, job.total)), locales.using(job.locale):
                job.note = work(job._file, on_progress)  # noqa: SLF001
            job._file.flush()  # noqa: SLF001
            on_progress(job.total, job.total)
            job.state = State.READY
        except ExportCancelled:
            job.state = State.FAILED
        except MailsightError as error:
            job.state, job.note = State.FAILED, str(error)
        except Exception as error:  # noqa: BLE001
            # Whatever went wrong, the page says that there is no file; the details go to the log.
            _log.exception("An export failed")
            is_disk_error = isinstance(error, OSError)
            job.note = (
                "The server's disk may be full."
                if is_disk_error
                else "The file could not be written. The server's log says why."
            )
            job.state = State.FAILED
        with self._lock:
            if job.state is State.FAILED or job._cancelled.is_set():  # noqa: SLF001
                job.size_bytes = 0
                job._file.close()  # noqa: SLF001

    def _make_room(self, job: Job) -> None:
        """Remove older files while all together are too large. Raises `TooManyFiles` if that isn't enough."""
        with self._lock:
            while sum(other.size_bytes for other in self._jobs.values()) > self._max_bytes:
                finished = [
                    other for other in self._jobs.values() if other.state is State.READY and other is not job
                ]
                if not finished:
                    raise TooManyFiles(
                        "All exported files together are too large.",
                        next_step="Filter the list to export less, or try again later.",
                    )
                self._discard(finished[0])
