"""Cached reports. All reports of one page run come from the same generation of the data."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import streamlit as st

from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.served import warehouse

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(slots=True)
class _Run:
    """The snapshot that one run of a page, fragment or dialog reads from; None until its first read."""

    data: Snapshot | None = None


_run = ContextVar[_Run | None]("run", default=None)


@contextmanager
def one_generation() -> Iterator[None]:
    """Make all reads in the block, or in the decorated function, use one generation of the data.

    Pages run in such a block. Streamlit also reruns fragments and dialogs on their own, so decorate each of them;
    within a page run they use the page's generation.
    """
    if _run.get() is not None:
        yield
        return
    token = _run.set(_Run())
    try:
        yield
    finally:
        _run.reset(token)


def snapshot() -> Snapshot:
    """The snapshot that this run of a page, fragment or dialog reads from. Raises `NoDatabase`."""
    run = _run.get()
    if run is None:
        return warehouse().snapshot()
    if run.data is None:
        run.data = warehouse().snapshot()
    return run.data


def read(report: Callable[Concatenate[Snapshot, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a report, or get it from the cache if the data is the same. Raises the report's errors and `NoDatabase`."""
    name = f"{report.__module__}.{report.__name__}"
    data = snapshot()
    return cast(R, _read(data.generation, name, args, tuple(sorted(kwargs.items())), report, data))


@st.cache_data(max_entries=500, show_spinner=False)
def _read(
    generation: str,
    name: str,
    args: Sequence[Any],
    kwargs: Sequence[tuple[str, Any]],
    _report: Any,
    _data: Snapshot,
) -> Any:
    del (
        generation,
        name,
    )  # Only part of the cache key; Streamlit leaves arguments with an underscore out of it.
    return _report(_data, *args, **dict(kwargs))
