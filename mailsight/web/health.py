"""`/healthz`: whether the dashboard works, for monitoring and load balancers.

`200` with `{"status": "ok"}`, else `503` with `{"status": "no data yet"}` or `{"status": "problem", "reasons": [...]}`.
Anyone may ask, so the reasons are sentences without paths or data; the log and the Data page have the details.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from mailsight.errors import NoDatabase

from .answers import HEADERS

ANSWER_SECONDS = 0.8
# A report is good for this long, so that questions from many clients cost one check.
REPORT_SECONDS = 1.0

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Health:
    """Runs `check` in a thread of its own, one at a time, and never waits long for it.

    `check` returns what doesn't work in sentences, or raises `NoDatabase` if there is nothing to show yet.
    """

    check: Callable[[], list[str]]
    _report: dict[str, Any] = field(default_factory=dict)
    _checked_at: float = -REPORT_SECONDS
    _done: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_checking: bool = False

    async def answer(self, _: Request) -> JSONResponse:
        report = await run_in_threadpool(self.report)
        return JSONResponse(report, 200 if report["status"] == "ok" else 503, HEADERS)

    def report(self) -> dict[str, Any]:
        """The newest report: `{"status"}`, and `{"reasons"}` if there are problems."""
        with self._lock:
            if time.monotonic() - self._checked_at < REPORT_SECONDS:
                return self._report
            if not self._is_checking:
                self._is_checking = True
                self._done.clear()
                threading.Thread(target=self._run, name="health", daemon=True).start()
            done = self._done
        if not done.wait(ANSWER_SECONDS):
            return _problem(["The database or the disk does not respond."])
        return self._report

    def _run(self) -> None:
        try:
            reasons = self.check()
            report = _problem(reasons) if reasons else {"status": "ok"}
        except NoDatabase:
            report = {"status": "no data yet"}
        except Exception:  # noqa: BLE001  # whatever happens, the question is answered
            _log.exception("The health check failed")
            report = _problem(["The health check failed. The server log has the details."])
        with self._lock:
            if report != self._report and report["status"] == "problem":
                _log.warning("Health: %s", " ".join(report["reasons"]))
            self._report, self._checked_at, self._is_checking = report, time.monotonic(), False
            self._done.set()


def _problem(reasons: list[str]) -> dict[str, Any]:
    return {"status": "problem", "reasons": reasons}
