"""Files to take along, written in the background. None has a name on the disk: with what holds it, it is gone.

So nothing is left behind by a page that was closed, a server that ended, or one that was killed.
"""

import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from tempfile import TemporaryFile
from typing import BinaryIO

from mailsight.errors import ExportCancelled, MailsightError, TooManyFiles

from .lists import Format

# More at once would not be done sooner on a small machine, and pages want to be read meanwhile.
AT_ONCE = 2
MOST_FILES = 40
MOST_BYTES = 4_000_000_000
KEPT_SECONDS = 3600.0
_READING = threading.Lock()
_PART_BYTES = 2**20

_log = logging.getLogger(__name__)
# Told how much is done and how much there is in all; raises `ExportCancelled` where nobody wants the file any more.
Told = Callable[[int, int], None]
# Writes the file, tells how far it is, and returns what there is to know of it.
Work = Callable[[BinaryIO, Told], str]


class State(StrEnum):
    WAITING = "waiting"
    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"


@dataclass(eq=False)
class Job:
    """A file that is written now or was. `note`: what there is to know of it, or why it could not be written."""

    id: str
    name: str
    form: Format
    state: State = State.WAITING
    done: int = 0
    total: int = 0
    size_bytes: int = 0
    note: str = ""
    _file: BinaryIO = field(default_factory=TemporaryFile, repr=False)
    _ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def parts(self) -> Iterator[bytes]:
        """The file's bytes; they go on coming although the file is let go meanwhile."""
        copy = os.dup(self._file.fileno())
        try:
            place = 0
            while part := _read(copy, place):
                place += len(part)
                yield part
        finally:
            os.close(copy)


def _read(descriptor: int, place: int) -> bytes:
    if hasattr(os, "pread"):
        return os.pread(descriptor, _PART_BYTES, place)
    with _READING:  # Windows: copies of a descriptor share their place in the file.
        os.lseek(descriptor, place, os.SEEK_SET)
        return os.read(descriptor, _PART_BYTES)


class Jobs:
    """The files of all who look at this dashboard."""

    def __init__(
        self,
        *,
        most_files: int = MOST_FILES,
        most_bytes: int = MOST_BYTES,
        kept_seconds: float = KEPT_SECONDS,
    ) -> None:
        self._most_files, self._most_bytes, self._kept_seconds = most_files, most_bytes, kept_seconds
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="export")

    def start(self, name: str, form: Format, work: Work) -> Job:
        """Begins to write a file. Files that are ready make room, the oldest first. Raises `TooManyFiles`."""
        with self._lock:
            while len(self._jobs) >= self._most_files:
                self._let_go(self._oldest_ready())
            job = Job(secrets.token_urlsafe(16), name, form)
            self._jobs[job.id] = job
        self._pool.submit(self._write, job, work)
        timer = threading.Timer(self._kept_seconds, self.remove, [job])
        timer.daemon = True
        timer.start()
        return job

    def find(self, job_id: str) -> Job | None:
        return self._jobs.get(job_id)

    def remove(self, job: Job) -> None:
        """Ends the writing where it is going on, and lets the file go."""
        with self._lock:
            self._let_go(job)

    def close(self) -> None:
        """Ends all of it, with the server."""
        with self._lock:
            for job in list(self._jobs.values()):
                self._let_go(job)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _let_go(self, job: Job) -> None:
        self._jobs.pop(job.id, None)
        job._ended.set()  # noqa: SLF001
        if job.state in (State.READY, State.FAILED):
            job._file.close()  # noqa: SLF001

    def _oldest_ready(self) -> Job:
        for job in self._jobs.values():
            if job.state in (State.READY, State.FAILED):
                return job
        raise TooManyFiles(f"{len(self._jobs)} files are being written or wait for their turn.")

    def _write(self, job: Job, work: Work) -> None:
        def told(done: int, total: int) -> None:
            if job._ended.is_set():  # noqa: SLF001
                raise ExportCancelled("Nobody waits for this file any more.")
            job.done, job.total = done, total
            job.size_bytes = os.fstat(job._file.fileno()).st_size  # noqa: SLF001
            self._make_room(job)

        try:
            told(0, 0)
            job.state = State.WRITING
            job.note = work(job._file, told)  # noqa: SLF001
            job._file.flush()  # noqa: SLF001
            told(job.total, job.total)
            job.state = State.READY
        except ExportCancelled:
            job.state = State.FAILED
        except MailsightError as error:
            job.state, job.note = State.FAILED, str(error)
        except Exception as error:  # noqa: BLE001
            # Whatever it is, the page says that there is no file, and the log everything.
            _log.exception("A file to take along could not be written")
            full = isinstance(error, OSError)
            job.note = (
                "The disk has no room for it."
                if full
                else "It could not be written; the server's log says why."
            )
            job.state = State.FAILED
        with self._lock:
            if job.state is State.FAILED or job._ended.is_set():  # noqa: SLF001
                job.size_bytes = 0
                job._file.close()  # noqa: SLF001

    def _make_room(self, job: Job) -> None:
        """Lets older files go while all together are too large. Raises `TooManyFiles` where that is not enough."""
        with self._lock:
            while sum(one.size_bytes for one in self._jobs.values()) > self._most_bytes:
                others = [one for one in self._jobs.values() if one.state is State.READY and one is not job]
                if not others:
                    raise TooManyFiles(
                        "All files together are larger than they may be.",
                        next_step="Filter the list, or wait.",
                    )
                self._let_go(others[0])
