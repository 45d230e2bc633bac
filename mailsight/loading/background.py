"""The background loader: takes what waits in the spool into the database, while the dashboard is served."""

import logging
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from mailsight.errors import LoadRunning, MailsightError

from .payloads import ingest_spool
from .spool import Spool

# Loading copies the database: it may take a tenth of the time, so that the rest is the dashboard's.
PAUSE_AFTER_LOAD = 9
SHORTEST_PAUSE_SECONDS = 0.05
# After a failure the pause doubles: from 30 s to 16 min.
MOST_DOUBLINGS = 5
# How long the server waits at its end for a load that is running; one that is cut off begins again at the next start.
STOP_SECONDS = 10

_log = logging.getLogger(__name__)


class Loader:
    """Loads the spool every few seconds in a thread of its own, until it is stopped."""

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
        self._interval = max(interval_seconds, SHORTEST_PAUSE_SECONDS)
        self._load = load or partial(ingest_spool, wait_seconds=0)
        self._failures = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mailsight-loader", daemon=True)

    def start(self) -> None:
        """Begins, with what an earlier server left."""
        self._thread.start()

    def stop(self) -> None:
        """Ends, after the load that is running."""
        self._stopped.set()
        self._thread.join(STOP_SECONDS)

    def _run(self) -> None:
        pause = 0.0
        while not self._stopped.wait(pause):
            pause = self.step()

    def step(self) -> float:
        """Loads what waits, if anything does; how many seconds to pause then."""
        start = time.monotonic()
        try:
            if self._spool.state().size_bytes:
                self._load(self._database, self._spool)
            self._spool.note_error(None)
            self._failures = 0
        except LoadRunning:
            return self._interval
        except Exception as error:  # noqa: BLE001
            # Whatever it is: what waits stays in the spool, is shown on the page Data, and is tried again.
            _log.exception("The webhooks that wait could not be loaded")
            self._failures += 1
            self._note(error)
        spent = time.monotonic() - start
        return pause_seconds(self._interval, spent, self._failures)

    def _note(self, error: Exception) -> None:
        try:
            told = str(error) if isinstance(error, MailsightError) else f"{type(error).__name__}: {error}"
            self._spool.note_error(told)
        except OSError:
            _log.exception("The spool can't be written to")


def pause_seconds(interval: float, spent: float, failures: int) -> float:
    """How long to pause after a load that took so long, the last of so many failures in a row."""
    return max(interval * 2.0 ** min(failures, MOST_DOUBLINGS), PAUSE_AFTER_LOAD * spent)
