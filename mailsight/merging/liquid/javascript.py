"""Where LiquidJS differs from Shopify's Liquid: its numbers, comparisons and filters.

https://liquidjs.com/filters/overview.html (2026-11-26), and LiquidJS 10.30 where it does something else.
"""

import math
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from .filters import FILTERS, counting, number, property_of, searching, text

_MAX_EXACT = 2**53


def seen(value: Any) -> Any:
    """A value as JavaScript has it, where 2.0 is 2."""
    return (
        int(value) if isinstance(value, float) and value.is_integer() and abs(value) < _MAX_EXACT else value
    )


def compared(value: Any) -> float | None:
    """A value as a number to compare or calculate with; None if it can't be read as one."""
    if isinstance(value, bool):
        return int(value)
    return 0 if value == "" else number(value)


def _of_numbers(function: Callable[[float, float], float]) -> Callable[..., float]:
    """Arithmetic as in JavaScript. Raises `ArithmeticError` where that has no finite result."""
    return lambda value, other: function(compared(value) or 0, compared(other) or 0)


def _divided(value: Any, by: Any, whole: Any = False) -> float:
    quotient = (compared(value) or 0) / (compared(by) or 0)
    return math.floor(quotient) if whole else quotient


def _integer(value: Any) -> float:
    """A value as a number, which keeps its fraction. Raises `ValueError` if it isn't a number."""
    parsed = compared(value)
    if parsed is None:
        raise ValueError(value)
    return parsed


def _truncatewords(value: Any, count: Any = 15, end: Any = "...") -> str:
    words, count = re.split(r"\s+", text(value).lstrip()), max(int(count), 1)
    return " ".join(words[:count]) + (text(end) if len(words) >= count else "")


FILTERS_OF_JAVASCRIPT: Mapping[str, Callable[..., Any]] = {
    **FILTERS,
    **searching(property_of),
    **counting(compared),
    "plus": _of_numbers(operator.add),
    "minus": _of_numbers(operator.sub),
    "times": _of_numbers(operator.mul),
    "modulo": _of_numbers(operator.mod),
    "divided_by": _divided,
    "to_integer": _integer,
    "truncatewords": _truncatewords,
    "url_encode": lambda value: quote(text(value), safe=" ~!*'()").replace(" ", "+"),
}
