"""Reports, cached while the generation they were read from is served."""

from collections.abc import Callable, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

import streamlit as st

from mailsight.warehouse.reader import Warehouse
from mailsight.warehouse.served import warehouse

P = ParamSpec("P")


R = TypeVar("R")


def read(report: Callable[Concatenate[Warehouse, P], R], *args: P.args, **kwargs: P.kwargs) -> R:
    """A report, from the cache while the generation of the data is the same."""
    name = f"{report.__module__}.{report.__name__}"
    return cast(R, _read(warehouse().generation, name, args, tuple(sorted(kwargs.items())), report))


@st.cache_data(max_entries=500, show_spinner=False)
def _read(
    generation: str, name: str, args: Sequence[Any], kwargs: Sequence[tuple[str, Any]], _report: Any
) -> Any:
    del generation, name  # They only make another key of the cache; `_report` is none of it.
    return _report(warehouse(), *args, **dict(kwargs))
