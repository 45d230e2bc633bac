"""The background loader: loads spooled webhooks into the database while the dashboard runs."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mailsight.bounded.process import Process
from mailsight.errors import LoadRunning, MailsightError

from . import child
from .spool import Spool

# Each load copies the database. Pausing nine times as long leaves 90% of the time to the dashboard.
PAUSE_AFTER_LOAD = 9
MIN_PAUSE_SECONDS = 0.05
# The pause doubles after each failure in a row; at the default interval, from 30 s up to 16 min.
MAX_DOUBLINGS = 5
# How long shutdown waits for a running load. An interrupted load is repeated at the next start.
STOP_SECONDS = 10

_log = logging.getLogger(__name__)


class Loader:
    """Loads the spool every few seconds on a background thread until stopped."""

    def __init__(
        self,
        database: Path,
        spool: Spool,
        interval_seconds: float,
        *,
        load: Callable[[Path, Spool], object] | None = None,
    ) -> None:
        self._database = database
        self._spool = spool
        self._interval = max(interval_seconds, MIN_PAUSE_SECONDS)
        self._child = Process(child.LIMITS)
        self._load = load or partial(child.ingest_spool, process=self._child)
        self._failures = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mailsight-loader", daemon=True)

    def start(self) -> None:
        """Starts the thread. Its first load picks up whatever an earlier server left in the spool."""
        self._thread.start()

    @property
    def is_running(self) -> bool:
        """Whether the thread is alive."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Stops after the current load; ends one that takes longer than `STOP_SECONDS`."""
        self._stopped.set()
        self._thread.join(STOP_SECONDS)
        self._child.kill()

    def _run(self) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = self.step()

    def step(self) -> float:
        """Loads the spool unless it is empty; returns the seconds to pause before the next load."""
        start = time.monotonic()
        try:
            if self._spool.state().size_bytes:
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
