"""Reports, cached while the generation they were read from is served; a page reads all of its reports from one."""

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
    """What one run of a page, a fragment or a dialog reads from; nothing until it reads."""

    data: Snapshot | None = None


_run = ContextVar[_Run | None]("run", default=None)


@contextmanager
def one_generation() -> Iterator[None]:
    """Everything read in the block, or in the function that this decorates, comes from one generation.

    Pages run within such a block. Streamlit also runs fragments and dialogs by themselves: each needs a block of its
    own, which joins the page's where the page runs.
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
    """What this run of a page, fragment or dialog reads from. Raises `NoDatabase`."""
    run = _run.get()
    if run is None:
        return warehouse().snapshot()
    if run.data is None:
        run.data = warehouse().snapshot()
    return run.data


def read(report: Callable[Concatenate[Snapshot, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A report, from the cache while its generation is served. Raises what the report raises, and `NoDatabase`."""
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
    del generation, name  # Part of the cache's key only; the arguments with an underscore are not.
    return _report(_data, *args, **dict(kwargs))
