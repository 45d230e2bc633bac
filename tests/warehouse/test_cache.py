"""Large results are computed once for all threads and evicted when space runs out."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mailsight.warehouse.cache import Numbers, ResultCache
from tests.support.waiting import PATIENCE_SECONDS


def numbers(size: int) -> Numbers:
    return np.arange(size, dtype=np.int64)


def test_a_result_is_computed_once_for_concurrent_requests() -> None:
    cache, begun, go_on = ResultCache(1_000), threading.Event(), threading.Event()
    computed = []

    def compute() -> Numbers:
        computed.append(1)
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return numbers(3)

    with ThreadPoolExecutor() as threads:
        answers = [threads.submit(cache.get, "who clicked", compute) for _ in range(4)]
        assert begun.wait(PATIENCE_SECONDS)
        go_on.set()
        assert [answer.result(PATIENCE_SECONDS).tolist() for answer in answers] == [[0, 1, 2]] * 4
    assert computed == [1]


def test_the_least_recently_used_result_is_evicted() -> None:
    cache = ResultCache(max_bytes=2 * 80)
    computed: list[str] = []

    def ask(question: str, size: int = 10) -> None:
        def compute() -> Numbers:
            computed.append(question)
            return numbers(size)

        cache.get(question, compute)

    for question in ("a", "b", "a", "c", "a", "b"):
        ask(question)
    assert computed == ["a", "b", "c", "b"]
    # A result larger than the whole cache remains until the next one.
    for question in ("long", "long", "a"):
        ask(question, 1_000)
    assert computed[4:] == ["long", "a"]


def test_a_failure_is_raised_and_not_cached() -> None:
    cache = ResultCache(1_000)

    def fail() -> Numbers:
        raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        cache.get("sorted by nothing", fail)
    assert cache.get("sorted by nothing", lambda: numbers(2)).tolist() == [0, 1]
