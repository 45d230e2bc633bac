"""Runs coroutines in a thread of their own: once a browser runs, Playwright keeps a loop running in the main thread."""

import functools
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import anyio

P = ParamSpec("P")
T = TypeVar("T")


def run(function: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of the function."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(anyio.run, functools.partial(function, *args, **kwargs)).result()


def in_a_loop(test: Callable[P, Awaitable[None]]) -> Callable[P, None]:
    """Makes a test of an asynchronous function, which passes whatever ran in this process before."""

    @functools.wraps(test)
    def in_a_thread(*args: P.args, **kwargs: P.kwargs) -> None:
        run(test, *args, **kwargs)

    return in_a_thread
