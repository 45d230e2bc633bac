"""Rate limits."""

import time

import pytest

from mailsight.web import rates
from mailsight.web.rates import Rate


def test_so_many_requests_at_once_and_then_at_a_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    rate = Rate(3, 60.0)
    assert [rate.wait("a") for _ in range(5)] == [0, 0, 0, 20, 20]
    assert rate.wait("b") == 0
    now[0] += 15
    assert rate.wait("a") == 5
    now[0] += 5
    assert [rate.wait("a"), rate.wait("a")] == [0, 20]
    now[0] += 1_000
    assert [rate.wait("a") for _ in range(4)] == [0, 0, 0, 20]


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "_MAX_KEYS", 2)
    rate = Rate(1, 60.0)
    for key in "abc":
        rate.wait(key)
    assert [bool(rate.wait(key)) for key in "cb"] == [True, True]
    assert rate.wait("a") == 0
