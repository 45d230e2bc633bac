"""Many small pieces of work in one call of a worker process."""

from collections.abc import Callable, Iterable
from time import process_time
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

# The fast lane's limit is three (`pool.FAST`).
_MAX_SECONDS = 2.0


def first_results(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """The results for the first items: at least one, and as many as take two seconds. Call again for the others."""
    end = process_time() + _MAX_SECONDS
    results: list[R] = []
    for item in items:
        if results and process_time() > end:
            break
        results.append(work(item))
    return results
