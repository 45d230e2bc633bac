"""The background loader: loads spooled webhooks into the database while the dashboard runs."""

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout

from mailsight import measures
from mailsight.bounded.process import Process
from mailsight.errors import LoadRunning, MailsightError
from mailsight.warehouse.files import PRIVATE_FILE

from . import child
from .spool import Spool

# Each load copies the database. Pausing nine times as long leaves 90% of the time to the dashboard.
PAUSE_AFTER_LOAD = 9
MIN_PAUSE_SECONDS = 0.05
# The pause doubles after each failure in a row; at the default interval, from 30 s up to 16 min.
MAX_DOUBLINGS = 5
# How often a server that waits for its turn tries again.
TURN_SECONDS = 1.0
# How long shutdown waits for a running load. An interrupted load is repeated at the next start.
STOP_SECONDS = 10

_log = logging.getLogger(__name__)


class Background(ABC):
    """Repeats a step on a background thread until stopped. Loads run in a process of their own.

    Of several servers on one database, only one does: the others wait until it ends, for `turn`, a lock file.
    """

    def __init__(self, thread_name: str, turn: Path) -> None:
        self._turn = turn
        self._child = Process(child.LIMITS)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._repeat, name=thread_name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stop after the current step; end one that takes longer than `STOP_SECONDS`. It is repeated later."""
        self._stopped.set()
        self._thread.join(STOP_SECONDS)
        self._child.kill()

    def _repeat(self) -> None:
        turn = FileLock(self._turn, mode=PRIVATE_FILE, poll_interval=TURN_SECONDS)
        while not self._stopped.is_set():
            try:
                with turn.acquire(cancel_check=self._stopped.is_set):
                    pause = 0.0
                    while not self._stopped.wait(pause):
                        pause = self.step()
            except Timeout:
                return  # stopped while it waited
            except OSError:
                _log.exception("The folder of the database can't be written to")
                self._stopped.wait(TURN_SECONDS)

    @abstractmethod
    def step(self) -> float:
        """Do what is due; return the seconds to pause before the next step."""


class Loader(Background):
    """Loads the spool every few seconds. The first load picks up whatever an earlier server left in it."""

    def __init__(
        self,
        database: Path,
        spool: Spool,
        interval_seconds: float,
        *,
        load: Callable[[Path, Spool], object] | None = None,
    ) -> None:
        super().__init__("mailsight-loader", database.with_name(f"{database.stem}.loader.lock"))
        self._database = database
        self._spool = spool
        self._interval = max(interval_seconds, MIN_PAUSE_SECONDS)
        self._load = load or partial(child.ingest_spool, process=self._child)
        self._failures = 0

    def step(self) -> float:
        """Loads the spool unless it is empty; returns the seconds to pause before the next load."""
        start = time.monotonic()
        try:
            if self._spool.state().size_bytes:
                with measures.load("webhooks"):
                    self._load(self._database, self._spool)
            self._spool.note_error(None)
            self._failures = 0
        except LoadRunning:
            return self._interval
        except Exception as error:  # noqa: BLE001
            # Whatever went wrong, the webhooks stay in the spool. The Data page shows the error; the load is retried.
            _log.exception("The waiting webhooks could not be loaded")
            self._failures += 1
            self._note(error)
        spent = time.monotonic() - start
        return pause_seconds(self._interval, spent, self._failures)

    def _note(self, error: Exception) -> None:
        try:
            message = str(error) if isinstance(error, MailsightError) else f"{type(error).__name__}: {error}"
            self._spool.note_error(message)
        except OSError:
            _log.exception("Can't write to the spool")


def pause_seconds(interval: float, spent: float, failures: int) -> float:
    """How long to pause after a load that took `spent` seconds, given the number of failures in a row."""
    return max(interval * 2.0 ** min(failures, MAX_DOUBLINGS), PAUSE_AFTER_LOAD * spent)
