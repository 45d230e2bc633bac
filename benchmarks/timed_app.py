"""The dashboard of `app.py`, with routes that report query times: `streamlit run benchmarks/timed_app.py`.

`GET /bench/queries` returns the queries since the last request, with the milliseconds of each. `POST /bench/forget`
empties the caches, so that the next page runs its queries again.
"""

import itertools
import threading
import time
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from mailsight.screens.cached import REPORTS
from mailsight.settings import PROJECT
from mailsight.warehouse.cache import Numbers, ResultCache
from mailsight.warehouse.reader import Snapshot
from mailsight.web import server
from mailsight.web.routes import loading, middleware, routes

query_times: list[tuple[str, float]] = []
lock = threading.Lock()
forgotten = itertools.count(1)
era = 0
cached_get = ResultCache.get


def get_of_era(self: ResultCache, key: Hashable, compute: Callable[[], Numbers]) -> Numbers:
    """Keeps results cached before a reset apart: the era is part of the key."""
    return cached_get(self, (era, key), compute)


def timed(method: Any) -> Any:
    """Wrap a method that runs a query so that it records its time."""

    @wraps(method)
    def run(self: Snapshot, name: str, /, *args: object, **parameters: object) -> Any:
        start = time.perf_counter()
        try:
            return method(self, name, *args, **parameters)
        finally:
            with lock:
                query_times.append((name, 1000 * (time.perf_counter() - start)))

    return run


async def queries(_: Request) -> JSONResponse:
    with lock:
        times = list(query_times)
        query_times.clear()
    return JSONResponse(times)


async def forget(_: Request) -> JSONResponse:
    global era  # noqa: PLW0603
    era = next(forgotten)
    REPORTS.clear()
    return JSONResponse({})


# `row` calls `rows`.
for name in ("rows", "frame", "numbers"):
    setattr(Snapshot, name, timed(getattr(Snapshot, name)))
setattr(ResultCache, "get", get_of_era)  # noqa: B010 (mypy knows methods as final)

server.return_large_memory()
app = st.App(
    str(PROJECT / "mailsight" / "shell.py"),
    routes=[
        *routes(),
        Route("/bench/queries", queries),
        Route("/bench/forget", forget, methods=["POST"]),
    ],
    lifespan=loading,
    middleware=middleware(),
)
