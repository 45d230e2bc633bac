"""Whether the dashboard works: `/healthz` for the people who run it, `/readyz` for load balancers and containers.

`/healthz` answers `200` with `{"status": "ok"}`, and with "warnings" of what will soon be a problem; else `503` with
`{"status": "no data yet"}` or `{"status": "problem", "reasons": [...]}`. `/readyz` answers `200` with
`{"status": "ready", "checks": {name: "ok", "not used" or what is wrong}}`, else `503` with the status "not ready".
Anyone may ask, so nothing contains paths or data; the log and the Data page have the details.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from mailsight.errors import NoDatabase
from mailsight.loading import health
from mailsight.loading.health import NOT_USED, OK

from .answers import HEADERS

ANSWER_SECONDS = 0.8
# A report is good for this long, so that questions from many clients cost one check.
REPORT_SECONDS = 1.0
WATCH_SECONDS = 60.0
# A check whose result is reported, but that every process answers alike: sending people elsewhere would not help them.
ERASURE = "erasure"

_NO_ANSWER = "The database or the disk does not respond."
_FAILED = "The health check failed. The server log has the details."

_log = logging.getLogger(__name__)
R = TypeVar("R")


@dataclass(slots=True)
class Probe(Generic[R]):
    """Runs `check` in a thread of its own, one at a time, and never waits long for it: the result is then `late`."""

    check: Callable[[], R]
    late: R
    _result: R | None = None
    _checked_at: float = 0.0
    _done: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_checking: bool = False

    def result(self) -> R:
        """The newest result."""
        with self._lock:
            if self._result is not None and time.monotonic() - self._checked_at < REPORT_SECONDS:
                return self._result
            if not self._is_checking:
                self._is_checking = True
                self._done.clear()
                threading.Thread(target=self._run, name="health", daemon=True).start()
            done = self._done
        if not done.wait(ANSWER_SECONDS) or self._result is None:
            return self.late
        return self._result

    def _run(self) -> None:
        result = self.late
        try:
            result = self.check()
        except Exception:  # noqa: BLE001  # whatever happens, the question is answered
            _log.exception("A check failed unexpectedly")
        with self._lock:
            self._result, self._checked_at, self._is_checking = result, time.monotonic(), False
            self._done.set()


class Health:
    """`/healthz`. `check` returns what doesn't work in sentences, or raises `NoDatabase` if there is nothing to show.

    `warnings` returns what will soon not work.
    """

    def __init__(self, check: Callable[[], list[str]], warnings: Callable[[], list[str]] = list) -> None:
        self._check = check
        self._warnings = warnings
        self._last: Mapping[str, Any] = {}
        self._probe = Probe(self._report, _problem([_NO_ANSWER]))

    async def answer(self, _: Request) -> JSONResponse:
        report = await run_in_threadpool(self._probe.result)
        return JSONResponse(report, 200 if report["status"] == "ok" else 503, HEADERS)

    def _report(self) -> dict[str, Any]:
        try:
            reasons = self._check()
            report: dict[str, Any] = _problem(reasons) if reasons else {"status": "ok"}
        except NoDatabase:
            report = {"status": "no data yet"}
        except Exception:  # noqa: BLE001  # whatever happens, the question is answered
            _log.exception("The health check failed")
            report = _problem([_FAILED])
        if report["status"] == "ok" and (warnings := self._warnings()):
            report["warnings"] = warnings
        if report != self._last and report["status"] == "problem":
            _log.warning("Health: %s", " ".join(report["reasons"]))
        self._last = report
        return report


class Readiness:
    """`/readyz`. `check` returns for each part `OK`, `NOT_USED`, or what is wrong."""

    def __init__(self, check: Callable[[], dict[str, str]]) -> None:
        self._probe = Probe(check, {"server": _NO_ANSWER})

    def checks(self) -> dict[str, str]:
        return self._probe.result()

    async def answer(self, _: Request) -> JSONResponse:
        checks = await run_in_threadpool(self.checks)
        is_ready = all(is_fine(result) for name, result in checks.items() if name != ERASURE)
        report = {"status": "ready" if is_ready else "not ready", "checks": checks}
        return JSONResponse(report, 200 if is_ready else 503, HEADERS)


def is_fine(result: str) -> bool:
    """Whether a check of `Readiness` found nothing wrong."""
    return result in (OK, NOT_USED)


def start_watch(database: Path) -> None:
    """Watch the disk on a thread of its own."""
    threading.Thread(target=watch, args=[database, threading.Event()], name="disk", daemon=True).start()


def watch(database: Path, stopped: threading.Event) -> None:
    """Log when the disk gets nearly full or read-only, even if nobody asks for the health of the server."""
    logged = {health.unwritable: False, health.warnings: False}
    while True:
        for check, is_known in logged.items():
            found = check(database)
            if found and not is_known:
                _log.warning("%s", found[0])
            logged[check] = bool(found)
        if stopped.wait(WATCH_SECONDS):
            return


def _problem(reasons: list[str]) -> dict[str, Any]:
    return {"status": "problem", "reasons": reasons}
