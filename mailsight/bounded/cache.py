"""A cache of pickled results that is bounded by their size."""

import threading
import time
from collections import OrderedDict
from collections.abc import Hashable
from math import inf


class ByteCache:
    """Caches bytes by key; evicts the least recently used when they exceed `max_bytes`. Thread-safe."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[bytes, float]] = OrderedDict()
        self._size_bytes = 0

    def get(self, key: Hashable) -> bytes | None:
        with self._lock:
            content, until = self._entries.get(key, (None, inf))
            if content is None or time.monotonic() > until:
                return None
            self._entries.move_to_end(key)
            return content

    def put(self, key: Hashable, content: bytes, *, seconds: float = inf) -> None:
        """Cache the bytes, for a limited time if given. Bytes larger than half of the cache are not cached."""
        if len(content) > self.max_bytes // 2:
            return
        with self._lock:
            before, _ = self._entries.pop(key, (b"", inf))
            self._entries[key] = content, time.monotonic() + seconds
            self._size_bytes += len(content) - len(before)
            while self._size_bytes > self.max_bytes:
                _, (evicted, _) = self._entries.popitem(last=False)
                self._size_bytes -= len(evicted)
