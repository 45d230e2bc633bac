"""Long answers are found once, whoever asks, and make room for others."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mailsight.warehouse.cache import Numbers, ResultCache
from tests.support.waiting import PATIENCE_SECONDS


def numbers(size: int) -> Numbers:
    return np.arange(size, dtype=np.int64)


def test_who_asks_while_an_answer_is_found_waits_for_it() -> None:
    kept, begun, go_on = ResultCache(1_000), threading.Event(), threading.Event()
    found = []

    def find() -> Numbers:
        found.append(1)
        begun.set()
        assert go_on.wait(PATIENCE_SECONDS)
        return numbers(3)

    with ThreadPoolExecutor() as threads:
        answers = [threads.submit(kept.get, "who clicked", find) for _ in range(4)]
        assert begun.wait(PATIENCE_SECONDS)
        go_on.set()
        assert [answer.result(PATIENCE_SECONDS).tolist() for answer in answers] == [[0, 1, 2]] * 4
    assert found == [1]


def test_what_was_not_asked_for_lately_makes_room() -> None:
    kept = ResultCache(max_bytes=2 * 80)
    found: list[str] = []

    def ask(question: str, size: int = 10) -> None:
        def find() -> Numbers:
            found.append(question)
            return numbers(size)

        kept.get(question, find)

    for question in ("a", "b", "a", "c", "a", "b"):
        ask(question)
    assert found == ["a", "b", "c", "b"]
    # One that is too long for all the room is kept until the next.
    for question in ("long", "long", "a"):
        ask(question, 1_000)
    assert found[4:] == ["long", "a"]


def test_a_failure_is_told_and_not_kept() -> None:
    kept = ResultCache(1_000)

    def fail() -> Numbers:
        raise ValueError("no such column")

    with pytest.raises(ValueError, match="no such column"):
        kept.get("sorted by nothing", fail)
    assert kept.get("sorted by nothing", lambda: numbers(2)).tolist() == [0, 1]
