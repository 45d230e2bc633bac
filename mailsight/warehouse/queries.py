"""The named queries of `queries/`."""

from functools import cache
from operator import attrgetter
from typing import Any

import aiosql

from mailsight.figures.metrics import RATES
from mailsight.settings import PROJECT

from .selection import GridQuery


@cache
def statement(name: str) -> str:
    """The text of a named query of `queries/`, with `$name` for parameters, and the rates where their keys stand."""
    text = str(_queries()[name].sql)
    for rate in RATES:
        text = text.replace(f"{{{rate.key}}}", rate.sql)
    return text


def statement_names() -> list[str]:
    """The names of all queries."""
    return sorted(name for name in _queries() if not name.endswith("_cursor"))


@cache
def _queries() -> dict[str, Any]:
    """The queries by their names, to which the folders within `queries/` add nothing."""
    queries = aiosql.from_path(PROJECT / "queries", "duckdb")
    return {name.rpartition(".")[2]: attrgetter(name)(queries) for name in queries.available_queries}


def bound(
    name: str, selection: GridQuery | None, parameters: dict[str, object]
) -> tuple[str, dict[str, object]]:
    """The text of a named query and all its parameters."""
    text = statement(name)
    if selection is None:
        return text, parameters
    # Fragments of an allow-list with bound values: grids.py.
    text = text.replace("{conditions}", selection.where).replace("{order}", selection.order_by)
    return text, parameters | dict(selection.parameters)
