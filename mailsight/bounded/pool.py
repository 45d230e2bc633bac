"""Runs work on untrusted e-mails in worker processes, within limits, and caches its results.

Small e-mails never wait for large ones: work goes to a lane by its size, and each lane has processes of its own. What
turns out to be too much for its lane continues in the next one.
"""

import hashlib
import pickle
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from math import inf
from queue import Full, Queue
from typing import TypeVar, cast

from mailsight.errors import MailsightError, TooBusy, TooMuchWork

from .cache import ByteCache
from .process import Limits, Process

R = TypeVar("R")

CACHE_BYTES = 64 * 2**20
# Limits depend on how busy the machine is, so what exceeded them may be tried again later.
FAILURE_SECONDS = 600.0
# Larger work goes to the slow lane at once. E-mails that people send are smaller.
MAX_FAST_BYTES = 2**19
_POLL_SECONDS = 0.1
# How long work continues without anybody waiting for its result. A page that reruns waits for it again.
_ABANDONED_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Lane:
    """A queue of work with its own processes.

    With `reuse`, a process does one piece of work after another; otherwise a new one returns all memory. `then` is
    where work continues that exceeds the limits.
    """

    name: str
    limits: Limits
    processes: int = 1
    reuse: bool = False
    max_waiting: int = 40
    then: "Lane | None" = None


SLOW = Lane("slow", Limits(seconds=30.0, memory_bytes=600 * 2**20, nice=10))
FAST = Lane(
    "fast",
    Limits(seconds=3.0, memory_bytes=300 * 2**20),
    processes=2,
    reuse=True,
    max_waiting=200,
    then=SLOW,
)


@dataclass(frozen=True, slots=True)
class _Failure:
    """The outcome of work that raised an error."""

    error: MailsightError


@dataclass(eq=False, slots=True)
class _Task:
    """A piece of work, its pickled outcome, how many callers wait for it, and the process that does it."""

    key: bytes
    work: bytes
    outcome: Future[bytes] = field(default_factory=Future)
    waiting: int = 0
    process: Process | None = None


class Pool:
    """All lanes, and the cache of results. Thread-safe."""

    def __init__(self, cache_bytes: int = CACHE_BYTES) -> None:
        self._cache = ByteCache(cache_bytes)
        self._lock = threading.Lock()
        self._tasks: dict[bytes, _Task] = {}
        self._queues: dict[Lane, Queue[_Task]] = {}

    def run(
        self,
        work: Callable[[], R],
        *,
        lane: Lane | None = None,
        while_waiting: Callable[[], None] = lambda: None,
    ) -> R:
        """Return the result of the work, such as `partial(view, mail)`, or what it raised.

        Callers with the same work share one run. `while_waiting` is called again and again; if it raises, as when the
        user leaves the page, and nobody else waits for the work, the work is ended.

        Raises `TooMuchWork` if it exceeds the limits, `TooBusy` if the lane is full, and `WorkFailed`.
        """
        request = pickle.dumps(work)
        key = hashlib.sha256(request).digest()
        pickled = self._cache.get(key)
        if pickled is None:
            task = self._join(key, request, lane or (FAST if len(request) <= MAX_FAST_BYTES else SLOW))
            try:
                while not wait([task.outcome], _POLL_SECONDS).done:
                    while_waiting()
            finally:
                self._leave(task)
            pickled = task.outcome.result()
        outcome = pickle.loads(pickled)  # noqa: S301  # from our own process
        if isinstance(outcome, _Failure):
            raise outcome.error
        return cast(R, outcome)

    def waiting(self, lane: Lane) -> int:
        """How much work waits for a process of the lane."""
        return self._queues[lane].qsize() if lane in self._queues else 0

    def _join(self, key: bytes, work: bytes, lane: Lane) -> _Task:
        with self._lock:
            task = self._tasks.get(key)
            if task is None:
                task = _Task(key, work)
                self._put(task, lane)
                self._tasks[key] = task
            task.waiting += 1
            return task

    def _leave(self, task: _Task) -> None:
        with self._lock:
            task.waiting -= 1
            abandoned = not task.waiting and not task.outcome.done()
        if abandoned:
            timer = threading.Timer(_ABANDONED_SECONDS, self._end_abandoned, [task])
            timer.daemon = True
            timer.start()

    def _end_abandoned(self, task: _Task) -> None:
        with self._lock:
            if not task.waiting and not task.outcome.done():
                self._tasks.pop(task.key, None)
                if task.process is not None:
                    task.process.kill()

    def _put(self, task: _Task, lane: Lane) -> None:
        """Queue the task, and start the lane's threads with its first one. Raises `TooBusy`."""
        if lane not in self._queues:
            self._queues[lane] = Queue(lane.max_waiting)
            for _ in range(lane.processes):
                threading.Thread(
                    target=self._serve, args=[lane], name=f"bounded-{lane.name}", daemon=True
                ).start()
        try:
            self._queues[lane].put_nowait(task)
        except Full:
            raise TooBusy("Too many large e-mails are being processed.") from None

    def _serve(self, lane: Lane) -> None:
        process = Process(lane.limits)
        while True:
            task = self._queues[lane].get()
            with self._lock:
                if self._tasks.get(task.key) is not task:  # abandoned
                    continue
                task.process = process
            self._do(task, lane, process)
            if not lane.reuse:
                process.end()

    def _do(self, task: _Task, lane: Lane, process: Process) -> None:
        try:
            outcome, seconds = process.answer(task.work), inf
        except MailsightError as error:
            if isinstance(error, TooMuchWork) and lane.then and self._continue(task, lane.then):
                return
            outcome, seconds = pickle.dumps(_Failure(error)), FAILURE_SECONDS
        with self._lock:
            task.process = None
            if self._tasks.get(task.key) is task:
                del self._tasks[task.key]
                self._cache.put(task.key, outcome, seconds=seconds)
            else:  # abandoned, and the process has been or is being killed
                process.end()
            task.outcome.set_result(outcome)

    def _continue(self, task: _Task, lane: Lane) -> bool:
        with self._lock:
            task.process = None
            try:
                self._put(task, lane)
            except TooBusy:
                return False
            return True


run = Pool().run
