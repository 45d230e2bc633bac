"""Values as JavaScript sees them, for the languages whose own programs are written in it."""

import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache, reduce

from .values import MAX_DEPTH, MISSING, Json, Missing, Values

#: What `\s` matches.
WHITESPACE = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_MAX_SAFE_INTEGER = 2**53


def is_list(value: Json) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def is_true(value: Json) -> bool:
    """Whether `if (value)` holds: lists and objects always do, also empty ones."""
    if isinstance(value, float) and math.isnan(value):
        return False
    return is_list(value) or isinstance(value, Mapping) or bool(value)


def is_filled(value: Json) -> bool:
    """Whether a value is true to templates: an empty list is not."""
    return is_true(value) and not (is_list(value) and not value)


def text(value: Json, depth: int = 0) -> str:
    """A value as a string: `String(value)`, but "" for null and what is missing."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return number(value)
    if isinstance(value, Mapping):
        return "[object Object]"
    return ",".join(text(item, depth + 1) for item in value) if is_list(value) and depth < MAX_DEPTH else ""


def number(value: float) -> str:
    """A number as a string: `Number.prototype.toString`."""
    if isinstance(value, int) and abs(value) <= _MAX_SAFE_INTEGER:
        return str(int(value))
    try:
        value = float(value)
    except OverflowError:
        value = math.inf if value > 0 else -math.inf
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    sign = "-" if value < 0 else ""
    shortest = Decimal(repr(abs(value))).normalize()
    digits = "".join(map(str, shortest.as_tuple().digits))
    point = shortest.adjusted() + 1  # The decimal point comes after this many of the digits.
    if 0 < point <= 21:
        digits = digits.ljust(point, "0")
        return f"{sign}{digits[:point]}" + (f".{digits[point:]}" if digits[point:] else "")
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    rest = f".{digits[1:]}" if digits[1:] else ""
    return f"{sign}{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def keys(value: Mapping[str, Json]) -> list[str]:
    """The names of an object in their order: numbers first, by size, then the others as they came."""
    numbers = {name for name in value if name.isascii() and name.isdigit() and str(int(name[:10])) == name}
    return [*sorted(numbers, key=int), *(name for name in value if name not in numbers)]


Member = Callable[[Json | Missing, str], Json | Missing]


def inner(values: Values, start: Json | Missing, names: Sequence[str], member: Member) -> Json | Missing:
    """What names lead to from `start`, which may be all of a customer's values.

    `member` also has what is not among the values, such as the length of a list.
    """
    if start is not values or not names:
        return reduce(member, names, start)
    value = values.value_at(*names)
    if value is MISSING and len(names) > 1:
        return member(values.lookup(*names[:-1]), names[-1])
    return value


def length(value: Json) -> Json:
    """The length of a string or list; `MISSING` if it has none."""
    if isinstance(value, str):
        return _code_units(value)
    return len(value) if is_list(value) else MISSING


@lru_cache(maxsize=16)
def _code_units(value: str) -> int:
    return len(value.encode("utf-16-le", "surrogatepass")) // 2
