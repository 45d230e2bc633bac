"""Slots for webhooks: strangers can neither take all of them nor fill the memory."""

import time
from contextlib import ExitStack

import pytest

from mailsight.errors import TooManyRequests
from mailsight.web import slots
from mailsight.web.slots import Failures, Slots, client_key
from tests.support.event_loop import in_a_loop


@pytest.fixture
def opened() -> ExitStack:
    return ExitStack()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


@in_a_loop
async def test_proven_requests_always_find_a_slot_beside_strangers(
    opened: ExitStack, clock: list[float]
) -> None:
    waiting = Slots()
    with opened:
        for place in range(slots.MAX_UNPROVEN):
            opened.enter_context(waiting.taken(f"192.0.2.{place % 2}", is_proven=False))
        with pytest.raises(TooManyRequests):
            opened.enter_context(waiting.taken("198.51.100.1", is_proven=False))
        for _ in range(slots.MAX_REQUESTS - slots.MAX_UNPROVEN):
            opened.enter_context(waiting.taken("198.51.100.1", is_proven=True))
        clock[0] += 2
        # Old enough now: the strangers make room.
        for _ in range(slots.MAX_UNPROVEN):
            opened.enter_context(waiting.taken("198.51.100.1", is_proven=True))
        with pytest.raises(TooManyRequests):
            opened.enter_context(waiting.taken("198.51.100.1", is_proven=True))


@in_a_loop
async def test_the_slowest_stranger_makes_room(opened: ExitStack, clock: list[float]) -> None:
    waiting = Slots()
    with opened:
        taken = []
        for place in range(slots.MAX_UNPROVEN_PER_CLIENT):
            slot = opened.enter_context(waiting.taken("192.0.2.1", is_proven=False))
            waiting.grow(slot, 1_000 if place != 5 else 10)
            taken.append(slot)
        taken[0].is_received = True
        clock[0] += 2
        opened.enter_context(waiting.taken("192.0.2.1", is_proven=False))
        assert [place for place, slot in enumerate(taken) if slot.is_evicted] == [5]
        assert taken[5].scope.cancel_called


@in_a_loop
async def test_strangers_hold_a_bounded_number_of_bytes(opened: ExitStack, clock: list[float]) -> None:
    waiting = Slots()
    with opened:
        slow, fast = (opened.enter_context(waiting.taken(name, is_proven=False)) for name in "ab")
        waiting.grow(slow, 1_000)
        with pytest.raises(TooManyRequests):
            waiting.grow(fast, slots.MAX_UNPROVEN_BYTES)
        clock[0] += 2
        waiting.grow(fast, 0)
        assert slow.is_evicted
        with pytest.raises(TooManyRequests):
            waiting.grow(fast, 1)


@in_a_loop
async def test_proven_requests_hold_a_bounded_number_of_bytes(opened: ExitStack) -> None:
    waiting = Slots()
    with opened:
        proven = opened.enter_context(waiting.taken("a", is_proven=True))
        waiting.grow(proven, slots.MAX_BYTES)
        with pytest.raises(TooManyRequests):
            waiting.grow(proven, 1)


def test_failures_count_for_a_minute(clock: list[float]) -> None:
    failures = Failures()
    assert [failures.add("a") for _ in range(slots.MAX_FAILURES + 1)] == [False] * slots.MAX_FAILURES + [True]
    assert not failures.add("b")
    clock[0] += slots.FAILURE_SECONDS + 1
    assert not failures.add("a")


def test_failures_of_many_clients_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "_MAX_CLIENTS", 3)
    failures = Failures()
    for place in range(10):
        failures.add(str(place))
    assert list(failures._times) == ["7", "8", "9"]  # noqa: SLF001


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::9", "2001:db8:1:2::/64"),
        ("testclient", "testclient"),
        (None, ""),
    ],
)
def test_a_client_is_an_address_or_a_network(address: str | None, key: str) -> None:
    assert client_key(address) == key
