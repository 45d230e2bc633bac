"""A bounded, thread-safe cache for large query results that many small requests read from."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.int64]


class ResultCache:
    """Caches arrays by key; evicts the least recently used when they exceed `max_bytes`."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._results: OrderedDict[Hashable, Future[Numbers]] = OrderedDict()

    def get(self, key: Hashable, compute: Callable[[], Numbers]) -> Numbers:
        """The result for a key. Concurrent callers wait for a single `compute`, and all of them get what it raises."""
        with self._lock:
            future = self._results.get(key)
            is_new = future is None
            if future is None:
                future = self._results[key] = Future()
            self._results.move_to_end(key)
        if is_new:
            try:
                future.set_result(compute())
            except BaseException as error:
                with self._lock:
                    del self._results[key]
                future.set_exception(error)
                raise
            self._make_room()
        return future.result()

    def _make_room(self) -> None:
        with self._lock:
            done = {key: future.result() for key, future in self._results.items() if future.done()}
            cached_bytes = sum(numbers.nbytes for numbers in done.values())
            # The newest result always stays, even if it is larger than the limit.
            for key, numbers in list(done.items())[:-1]:
                if cached_bytes <= self.max_bytes:
                    return
                cached_bytes -= numbers.nbytes
                del self._results[key]
