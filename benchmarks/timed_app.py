"""The dashboard as `app.py` serves it, that tells how long its queries took: `streamlit run benchmarks/timed_app.py`.

`GET /bench/queries` has what was asked of the warehouse since the last time, in milliseconds, and forgets it.
`POST /bench/forget` empties the caches, so that the next page asks its queries again.
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

from mailsight.settings import PROJECT
from mailsight.warehouse.cache import Numbers, ResultCache
from mailsight.warehouse.reader import Warehouse
from mailsight.web.routes import loading, middleware, routes

asked: list[tuple[str, float]] = []
lock = threading.Lock()
forgotten = itertools.count(1)
era = 0
cached_get = ResultCache.get


def get_of_era(self: ResultCache, key: Hashable, compute: Callable[[], Numbers]) -> Numbers:
    """Keeps results cached before a reset apart: the era is part of the key."""
    return cached_get(self, (era, key), compute)


def timed(method: Any) -> Any:
    """The method of a warehouse, which notes how long it takes."""

    @wraps(method)
    def ask(self: Warehouse, name: str, /, *args: object, **parameters: object) -> Any:
        start = time.perf_counter()
        try:
            return method(self, name, *args, **parameters)
        finally:
            with lock:
                asked.append((name, 1000 * (time.perf_counter() - start)))

    return ask


async def queries(_: Request) -> JSONResponse:
    with lock:
        told = list(asked)
        asked.clear()
    return JSONResponse(told)


async def forget(_: Request) -> JSONResponse:
    global era  # noqa: PLW0603
    era = next(forgotten)
    st.cache_data.clear()
    return JSONResponse({})


# `row` asks through `rows`.
for name in ("rows", "frame", "numbers"):
    setattr(Warehouse, name, timed(getattr(Warehouse, name)))
setattr(ResultCache, "get", get_of_era)  # noqa: B010 (mypy knows methods as final)

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
