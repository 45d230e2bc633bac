"""Compares values that templates get from JSON, where a number may be a text."""

import operator
import re
from collections.abc import Callable, Mapping

from . import javascript
from .failures import EvaluationFailed
from .values import Json

#: The signs of an order.
ORDERS: Mapping[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def number(value: Json) -> float | None:
    """A value as a number, if it is or reads like one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = value.strip() if isinstance(value, str) and len(value) < 50 else ""
    if re.fullmatch(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?", text, re.ASCII):
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)
    return None


def equal(first: Json, second: Json) -> bool:
    """Whether two values say the same, as the number 100 and the text "100" do."""
    if first is None or second is None or isinstance(first, bool) != isinstance(second, bool):
        return first is second
    numbers = number(first), number(second)
    if None not in numbers:
        return numbers[0] == numbers[1]
    if javascript.is_list(first) or isinstance(first, Mapping):
        return bool(first == second)
    return javascript.text(first) == javascript.text(second)


def in_order(sign: str, first: Json, second: Json, /) -> bool:
    """Whether "<", ">", "<=" or ">=" holds between two values; not if one of them is null.

    Raises `EvaluationFailed` for values that have no order.
    """
    return first is not None and second is not None and ORDERS[sign](_compared(first, second), 0)


def _compared(first: Json, second: Json) -> int:
    """Below, at or above 0, as the first is below, at or above the second."""
    numbers = number(first), number(second)
    if numbers[0] is not None and numbers[1] is not None:
        return (numbers[0] > numbers[1]) - (numbers[0] < numbers[1])
    if isinstance(first, str) and isinstance(second, str):
        return (first > second) - (first < second)
    raise EvaluationFailed
