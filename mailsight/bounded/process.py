"""A worker process as its parent sees it."""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO, Self, cast

from mailsight.errors import MailsightError, TooMuchWork, WorkCrashed, WorkFailed

from . import worker


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a worker process.

    `seconds`: the processor time that work may take, or how long it may go on without progress if it reports any.
    `memory_bytes`, of its data, and `nice` hold where the platform has them. `answer_bytes` is the largest size of a
    pickled result.
    """

    seconds: float
    memory_bytes: int
    answer_bytes: int = 16 * 2**20
    nice: int = 0


# The signal that ends a process at its limit of processor time. Windows has neither.
_TOO_LONG = getattr(signal, "SIGXCPU", -1)
# The exit status of a process that somebody ended, or the system for lack of memory.
_ENDED_BY_OTHERS = [
    -signal.SIGTERM,
    -getattr(signal, "SIGKILL", 9),
    -signal.SIGINT,
    -getattr(signal, "SIGHUP", 1),
]
# Arrow's own allocator reserves a gigabyte of the memory that the limit allows.
_FRUGAL = {"ARROW_DEFAULT_MEMORY_POOL": "system"}
# On a busy machine, work takes longer than its processor time. It is also ended after this many times as long.
PATIENCE = 4


class Process:
    """A worker process. It starts with its first work and is replaced if it has ended.

    For one thread at a time, except `kill`.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0
        self._is_late = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.end()

    def answer(self, work: bytes, on_progress: Callable[..., None] | None = None) -> bytes:
        """Return the pickled result of pickled work, or raise the `MailsightError` that it ended with.

        With `on_progress`, the work gets a function that passes its arguments on to it.
        """
        try:
            process = self._running()
        except OSError as error:
            raise WorkFailed(f"No process could be started for it: {error.strerror}.") from error
        self._is_late = False
        self._renew(1 if on_progress else PATIENCE)
        answered = threading.Event()
        threading.Thread(target=self._watch, args=[process, answered], daemon=True).start()
        try:
            kind, content = self._converse(process, work, on_progress)
        except (OSError, EOFError) as error:
            self.end()
            raise self._reason(process) from error
        except BaseException:
            self.end()
            raise
        finally:
            answered.set()
        if kind == worker.RESULT:
            return content
        self.end()
        raise cast(MailsightError, pickle.loads(content))  # noqa: S301  # from our own process

    def end(self) -> None:
        """End the process, whatever it is doing, and wait until it has ended."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def kill(self) -> None:
        """Make `answer` return a failure now."""
        if self._process is not None:
            self._process.kill()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.end()
            limits = self._limits
            arguments = (limits.seconds, limits.memory_bytes, limits.answer_bytes, limits.nice)
            self._process = subprocess.Popen(
                [sys.executable, "-m", __package__ or "", *map(str, arguments)],
                env=os.environ
                | {"PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)), "PYTHONSAFEPATH": "1"}
                | _FRUGAL,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        return self._process

    def _converse(
        self, process: subprocess.Popen[bytes], work: bytes, on_progress: Callable[..., None] | None
    ) -> tuple[bytes, bytes]:
        requests, answers = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        worker.send(requests, worker.WORK if on_progress is None else worker.REPORTING_WORK, work)
        while True:
            kind, content = worker.receive(answers)
            if on_progress is None or kind != worker.PROGRESS:
                return kind, content
            self._renew()
            on_progress(*pickle.loads(content))  # noqa: S301  # from our own process

    def _renew(self, times: int = 1) -> None:
        self._deadline = time.monotonic() + times * self._limits.seconds

    def _watch(self, process: subprocess.Popen[bytes], answered: threading.Event) -> None:
        """Kill the process at its deadline. Only from outside: native code may keep it from noticing anything."""
        while not answered.wait(max(0.0, self._deadline - time.monotonic())):
            if time.monotonic() >= self._deadline:
                self._is_late = True
                process.kill()
                return

    def _reason(self, process: subprocess.Popen[bytes]) -> MailsightError:
        if self._is_late or process.returncode == -_TOO_LONG:
            return TooMuchWork(f"Processing takes longer than {self._limits.seconds:g} seconds.")
        kind = WorkFailed if process.returncode in _ENDED_BY_OTHERS else WorkCrashed
        return kind(f"Processing ended unexpectedly (exit status {process.returncode}).")
