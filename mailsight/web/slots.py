"""Which requests may send their body at the same time, so that strangers can't keep real webhooks out.

A request is proven if its password was right. Others prove themselves by a signature of the body, which has to be read
first: they get fewer slots, and the slowest makes room for the next.
"""

import ipaddress
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import anyio

from mailsight.errors import TooManyRequests

MAX_REQUESTS = 32
MAX_UNPROVEN = 24
MAX_UNPROVEN_PER_CLIENT = 16
MAX_BYTES = 96 * 2**20
MAX_UNPROVEN_BYTES = 32 * 2**20
# A request that was just accepted isn't slow yet.
MIN_AGE_SECONDS = 1.0

MAX_FAILURES = 20
FAILURE_SECONDS = 60.0
_MAX_CLIENTS = 10_000


@dataclass(slots=True, eq=False)
class Slot:
    """A request whose body is being received or checked, since `started_at`."""

    client: str
    is_proven: bool
    started_at: float
    size_bytes: int = 0
    is_received: bool = False
    is_evicted: bool = False
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    def rate(self) -> float:
        """Bytes received per second."""
        return self.size_bytes / (time.monotonic() - self.started_at + 0.001)

    def evict(self) -> None:
        self.is_evicted = True
        self.scope.cancel()


@dataclass(frozen=True, slots=True)
class Slots:
    """The requests in progress. Belongs to one event loop."""

    _taken: list[Slot] = field(default_factory=list)

    @contextmanager
    def taken(self, client: str, *, is_proven: bool) -> Iterator[Slot]:
        """Takes a slot. Raises `TooManyRequests` if none is free and no slow request can make room."""
        slot = Slot(client, is_proven, time.monotonic())
        self._make_room(slot)
        self._taken.append(slot)
        try:
            yield slot
        finally:
            # An evicted slot was given away already.
            if slot in self._taken:
                self._taken.remove(slot)

    def grow(self, slot: Slot, size_bytes: int) -> None:
        """Counts received bytes. Raises `TooManyRequests` if all requests together hold too many."""
        slot.size_bytes += size_bytes
        unproven = [other for other in self._taken if not other.is_proven]
        while not slot.is_proven and sum(other.size_bytes for other in unproven) > MAX_UNPROVEN_BYTES:
            slowest = self._slowest(unproven)
            if slowest is None or slowest is slot:
                raise TooManyRequests("Too many large requests at once.")
            self._evict(slowest)
            unproven.remove(slowest)
        if sum(other.size_bytes for other in self._taken) > MAX_BYTES:
            raise TooManyRequests("Too many large requests at once.")

    def _make_room(self, slot: Slot) -> None:
        unproven = [other for other in self._taken if not other.is_proven]
        if not slot.is_proven:
            same = [other for other in unproven if other.client == slot.client]
            if len(same) >= MAX_UNPROVEN_PER_CLIENT:
                self._evict(self._slowest(same))
            elif len(unproven) >= MAX_UNPROVEN:
                self._evict(self._slowest(unproven))
        elif len(self._taken) >= MAX_REQUESTS:
            self._evict(self._slowest(unproven))

    def _slowest(self, slots: list[Slot]) -> Slot | None:
        oldest = time.monotonic() - MIN_AGE_SECONDS
        slow = [slot for slot in slots if slot.started_at <= oldest and not slot.is_received]
        return min(slow, key=Slot.rate, default=None)

    def _evict(self, slot: Slot | None) -> None:
        if slot is None:
            raise TooManyRequests("Too many requests at once.")
        self._taken.remove(slot)
        slot.evict()


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords and signatures by client, for the last minute."""

    _times: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def add(self, client: str) -> bool:
        """Counts a failure. Returns whether the client has had too many."""
        times = self._times.setdefault(client, deque(maxlen=MAX_FAILURES + 1))
        self._times.move_to_end(client)
        if len(self._times) > _MAX_CLIENTS:
            self._times.popitem(last=False)
        times.append(time.monotonic())
        return len(times) > MAX_FAILURES and times[0] > times[-1] - FAILURE_SECONDS


def client_key(address: str | None) -> str:
    """What counts as one client: an IPv4 address, or a network of IPv6 addresses that one customer is given."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return address or ""
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    return str(ip.ipv4_mapped or ipaddress.ip_network((int(ip), 64), strict=False))
