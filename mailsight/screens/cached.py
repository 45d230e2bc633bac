"""Cached reports. All reports of one page run come from the same generation, and from what its viewer may see."""

import pickle
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import MappingProxyType
from typing import Concatenate, ParamSpec, TypeVar, cast

import streamlit as st

from mailsight.bounded.cache import ByteCache
from mailsight.bounded.pool import while_waiting
from mailsight.errors import MailsightError
from mailsight.figures import locales
from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.served import warehouse
from mailsight.web import sessions
from mailsight.web.access import Right

P = ParamSpec("P")
R = TypeVar("R")

# What reports need, by their name or that of their module. All others are about single customers.
NEEDS = MappingProxyType(
    {
        "campaign": Right.FIGURES,
        "campaign.machine_examples": Right.CUSTOMERS,
        "campaigns": Right.FIGURES,
        "data.data": Right.LOADS,
        "data.refused": Right.KEPT_ROWS,
        "data.unattributed": Right.KEPT_ROWS,
        "mails.first_values": Right.FIGURES,
        "mails.of_campaign": Right.FIGURES,
        "mails.sample": Right.FIGURES,
        "patterns": Right.FIGURES,
    }
)
CACHE_BYTES = 64 * 2**20
REPORTS = ByteCache(CACHE_BYTES)


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
        with while_waiting(_stop_if_left):
            yield
    finally:
        _run.reset(token)


def _stop_if_left() -> None:
    """End this run if the user has left the page or clicked something else: Streamlit raises its own exception."""
    "any key" in st.session_state  # noqa: B015  # checks whether the run is still wanted


def snapshot() -> Snapshot:
    """The snapshot that this run of a page, fragment or dialog reads from: what its viewer may see now.

    Raises `NoDatabase` and `NotAllowed`.
    """
    run = _run.get()
    if run is None:
        return _newest()
    if run.data is None:
        run.data = _newest()
    return run.data


def needed(report: str) -> Right:
    """What a report with this full name needs."""
    _, _, name = report.partition(".reports.")
    return NEEDS.get(name) or NEEDS.get(name.partition(".")[0], Right.CUSTOMERS)


def newest_generation() -> str:
    """The name of the generation that a new run would read; empty if there is none."""
    try:
        return _newest().generation
    except MailsightError:
        return ""


def _newest() -> Snapshot:
    return warehouse().snapshot(sessions.current().scope)


def read(report: Callable[Concatenate[Snapshot, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a report, or get it from the cache if the data is the same.

    Raises the report's errors, `NoDatabase`, and `NotInRole` if the viewer may not see it. Some reports have numbers in
    words, so viewers in different locales don't share them.
    """
    name = f"{report.__module__}.{report.__name__}"
    sessions.require(needed(name))
    data = snapshot()
    key = pickle.dumps((data.generation, locales.current(), name, args, sorted(kwargs.items())))
    pickled = REPORTS.get(key)
    if pickled is None:
        result = report(data, *args, **kwargs)
        REPORTS.put(key, pickle.dumps(result))
        return result
    # Every reader gets a copy, so that none can change another's.
    return cast(R, pickle.loads(pickled))  # noqa: S301  # pickled above
