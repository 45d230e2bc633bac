"""How often somebody may ask."""

import time
from collections import OrderedDict
from dataclasses import dataclass, field

_MAX_KEYS = 10_000


@dataclass(slots=True)
class Rate:
    """At most `requests` at once, and as many again every `seconds`, for each key. Belongs to one event loop."""

    requests: int
    seconds: float
    _left: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def wait(self, key: str) -> float:
        """Counts a request. Returns 0, or if there were too many, after how many seconds the next one may come."""
        now, pace = time.monotonic(), self.requests / self.seconds
        left, at = self._left.pop(key, (float(self.requests), now))
        left = min(float(self.requests), left + (now - at) * pace)
        wait = 0.0 if left >= 1 else (1 - left) / pace
        self._left[key] = (left if wait else left - 1, now)
        if len(self._left) > _MAX_KEYS:
            self._left.popitem(last=False)
        return wait
