"""The named queries in `queries/`."""

import re
from functools import cache
from operator import attrgetter
from typing import Any

import aiosql

from mailsight.figures.metrics import RATES
from mailsight.settings import PROJECT

from .selection import GridQuery, plain


@cache
def statement(name: str) -> str:
    """The SQL of a named query, with `$name` parameters.

    `{query name}` is replaced by another query.

    `{key}` of a rate is replaced by its formula, `{key.numerator}` and `{key.denominator}` by its counts, and
    `{plain ...}` by the text without case and accents.
    """
    text = str(_queries()[name].sql)
    for rate in RATES:
        text = text.replace(f"{{{rate.key}}}", rate.sql)
        for side in ("numerator", "denominator"):
            text = text.replace(f"{{{rate.key}.{side}}}", getattr(rate, side))
    text = re.sub(r"\{query (\w+)\}", lambda match: statement(match[1]).rstrip("\n ;"), text)
    return re.sub(r"\{plain ([^{}]+)\}", lambda match: plain(match[1]), text)


def statement_names() -> list[str]:
    return sorted(name for name in _queries() if not name.endswith("_cursor"))


@cache
def _queries() -> dict[str, Any]:
    """The queries by name, regardless of their folder within `queries/`."""
    queries = aiosql.from_path(PROJECT / "queries", "duckdb")
    return {name.rpartition(".")[2]: attrgetter(name)(queries) for name in queries.available_queries}


def bound(
    name: str, selection: GridQuery | None, parameters: dict[str, object]
) -> tuple[str, dict[str, object]]:
    """The SQL of a named query with a selection's conditions and order filled in, and all parameters."""
    text = statement(name)
    if selection is None:
        return text, parameters
    # These fragments come from an allow-list and bind their values (`reports/grid.py`).
    text = text.replace("{conditions}", selection.where).replace("{order}", selection.order_by)
    return text, parameters | dict(selection.bound)
