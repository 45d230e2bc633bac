"""HubL's filters, tests and functions: Jinja's that are safe on hostile input, and those that HubSpot adds.

https://developers.hubspot.com/docs/reference/cms/hubl/filters (2026-11-26)
"""

import hashlib
import html
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from functools import wraps
from itertools import islice
from typing import Any
from urllib.parse import unquote_plus
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from jinja2 import filters, tests

from mailsight.mail.expressions import compiled
from mailsight.merging import dates
from mailsight.merging.limits import MAX_ITEMS, fits
from mailsight.merging.values import MISSING, member

# By chance, for developers, for objects of Python, or not linear in time.
_LEFT_OUT = frozenset({"attr", "pprint", "random", "urlize", "xmlattr"})
#: The filters that read a value item by item, and a text letter by letter.
OF_LISTS = frozenset(
    ("batch", "groupby", "join", "list", "map", "max", "min", "reject", "rejectattr", "select", "selectattr")
) | frozenset(("slice", "sort", "sum", "unique", "union", "intersect", "difference", "symmetric_difference"))
_MAX_DECIMALS = 30
_HOURS = re.compile(r"%([ehkl])")
_UNPADDED = {"e": "%-d", "h": "%I", "k": "%-H", "l": "%-I"}
_MAX_WIDTH = 1_000
_PLACE = re.compile(r"%(?:[-+0 ]{0,4}\d{0,3}(?:\.\d{1,2})?([sdf%])|)")
_MAX_NUMBER = 10_000  # of positions, columns or groups
_MILLISECONDS = 10**11  # larger numbers are milliseconds since 1970, as HubSpot's properties are
_UNITS = frozenset({"seconds", "minutes", "hours", "days", "weeks"})


def text(value: Any) -> str:
    """A value as HubL writes it: as Java does where that differs from Python."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return dates.written(value, "%Y-%m-%d %H:%M:%S")
    if isinstance(value, dict):
        raise TypeError("no mail shows an object")
    return _listed(value) if isinstance(value, list | tuple) else str(value)


def _listed(values: Iterable[Any]) -> str:
    """A list as HubL writes it. Raises `OverflowError` if that gets too long."""
    texts = [repr(value) if isinstance(value, str) else text(value) for value in values]
    fits(sum(map(len, texts)))
    return f"[{', '.join(texts)}]"


class _Rounded(float):
    """A number that is written with all its decimals: 9.50."""

    decimals = 0

    def __str__(self) -> str:
        return f"{Decimal(repr(float(self))):.{self.decimals}f}"


def _round(value: Any, decimals: int = 0, method: str = "common") -> int | _Rounded:
    decimals = max(0, min(int(decimals), _MAX_DECIMALS))
    rounding = {"ceil": ROUND_CEILING, "floor": ROUND_FLOOR}.get(method, ROUND_HALF_UP)
    exact = Decimal(str(value)).quantize(Decimal(1).scaleb(-decimals), rounding)
    if not decimals:
        return int(exact)
    rounded = _Rounded(exact)
    rounded.decimals = decimals
    return rounded


def _join(value: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    items = [item if attribute is None else member(item, attribute) for item in value]
    texts = ["" if item is MISSING else text(item) for item in items]
    fits(sum(map(len, texts)) + len(texts) * len(separator))
    return separator.join(texts)


def _replace(value: Any, old: str, new: str, count: int | None = None) -> str:
    whole = text(value)
    fits(len(whole) + whole.count(old) * len(new))
    return whole.replace(old, new, -1 if count is None else count)


_READ: Mapping[str, Callable[[Any], Any]] = {"s": text, "d": int, "f": float}


def _filled(pattern: Any, *arguments: Any) -> str:
    """A text with values in place of %s, %d, %f and the like. Raises `ValueError` for others, or too few values."""
    given = iter(arguments)

    def part(place: re.Match[str]) -> str:
        kind = place[1]
        if kind == "%":
            return "%"
        value = next(given, MISSING)
        if value is MISSING or not kind:
            raise ValueError(place.group())
        return str(place.group() % _READ[kind](value))

    whole = text(pattern)
    fits(len(whole) + whole.count("%") * _MAX_WIDTH)
    return _PLACE.sub(part, whole)


def _regex_replace(value: Any, pattern: str, new: str) -> str:
    whole = text(value)
    fits(len(whole) * (1 + len(new)))
    return compiled(pattern, max_memory_bytes=2**20).sub(new.replace("\\", r"\\"), whole)


def time_of(value: Any) -> datetime:
    """A date of HubSpot's: in milliseconds, or a text. Raises `ValueError` if it is none."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= _MILLISECONDS:
        value /= 1_000
    time = dates.read(value, None)
    if time is None:
        raise ValueError(f"no date: {value!r}")
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _in_zone(value: Any, zone: str | None) -> datetime:
    return time_of(value).astimezone(ZoneInfo(zone) if zone else UTC)


def _datetimeformat(
    value: Any, pattern: str = "%H:%M / %d-%m-%Y", zone: str | None = None, *_rest: Any
) -> str:
    # HubL writes these without the blanks that strftime puts before them, and %h is the hour.
    return dates.written(_in_zone(value, zone), _HOURS.sub(lambda hour: _UNPADDED[hour[1]], pattern))


def _formatted(function: Callable[..., str]) -> Callable[..., str]:
    def formatted(value: Any, pattern: str = "medium", zone: str | None = None, locale: str = "en-US") -> str:
        return function(_in_zone(value, zone), pattern, locale=_locale(locale))

    return formatted


def _locale(name: str) -> Locale:
    return Locale.parse(name.replace("_", "-"), sep="-")


def _shifted(direction: int) -> Callable[[Any, int, str], datetime]:
    def shifted(value: Any, amount: int, unit: str = "days") -> datetime:
        unit = unit.removesuffix("s") + "s"
        if unit in _UNITS:
            return time_of(value) + direction * timedelta(**{unit: int(amount)})
        if unit not in ("months", "years"):
            raise ValueError(unit)
        return dates.months_later(time_of(value), direction * int(amount) * (12 if unit == "years" else 1))

    return shifted


def _currency(value: Any, locale: str = "en-US", currency: str = "USD", *_rest: Any) -> str:
    return format_currency(_number(value), currency, locale=_locale(locale))


def _number(value: Any) -> int | float:
    return value if isinstance(value, int | float) else float(value)


def _divide(value: Any, other: Any) -> int | float:
    quotient = _number(value) / _number(other)
    return int(quotient) if quotient.is_integer() else quotient


def _escaped_json(value: Any) -> str:
    return json.dumps(text(value), ensure_ascii=False)[1:-1]


def _unique(value: Iterable[Any], attribute: str | None = None) -> list[Any]:
    unique: dict[str, Any] = {}
    for item in value:
        by = item if attribute is None else member(item, attribute)
        by = None if by is MISSING else by.lower() if isinstance(by, str) else by
        unique.setdefault(json.dumps(by, sort_keys=True, default=str), item)
    return list(unique.values())


def _limited(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose numbers say how much it writes."""

    @wraps(function)  # with the mark that Jinja reads
    def limited(*arguments: Any, **named: Any) -> Any:
        for number in (*arguments[1:], *named.values()):
            if isinstance(number, int | float) and abs(number) > _MAX_NUMBER:
                raise OverflowError
        return function(*arguments, **named)

    return limited


def default(value: Any, otherwise: Any = "", truthy: Any = False) -> Any:
    """HubL's: null has none either."""
    return otherwise if value is None or (truthy and not value) else value


_OWN: dict[str, Callable[..., Any]] = {
    "default": default,
    "d": default,
    "join": _join,
    "replace": _replace,
    "center": _limited(filters.FILTERS["center"]),
    "batch": _limited(filters.FILTERS["batch"]),
    "unique": _unique,
    "string": text,
    "format": _filled,
    "add": lambda value, other: _number(value) + _number(other),
    "multiply": lambda value, other: _number(value) * _number(other),
    "divide": _divide,
    "round": _round,
    "union": lambda value, other: _unique([*value, *(other or ())]),
    "intersect": lambda value, other: [item for item in _unique(value) if item in (other or ())],
    "difference": lambda value, other: [item for item in _unique(value) if item not in (other or ())],
    "symmetric_difference": lambda value, other: [
        item for item in _unique([*value, *(other or ())]) if (item in value) is not (item in (other or ()))
    ],
    "attr": lambda value, name: None if (found := member(value, str(name))) is MISSING else found,
    "escapejs": _escaped_json,
    "escapejson": _escaped_json,
    "escape_jinjava": text,
    "unescape_html": lambda value: html.unescape(text(value)),
    "b64encode": lambda value: b64encode(text(value).encode()).decode(),
    "b64decode": lambda value: b64decode(text(value)).decode(),
    "divisible": lambda value, other: _number(value) % _number(other) == 0,
    "cut": lambda value, old: text(value).replace(text(old), ""),
    "split": lambda value, separator=" ", limit=0: text(value).split(separator, limit - 1),
    "md5": lambda value: hashlib.md5(text(value).encode(), usedforsecurity=False).hexdigest(),
    "urldecode": lambda value: unquote_plus(text(value)),
    "regex_replace": _regex_replace,
    "fromjson": lambda value: json.loads(text(value)),
    "bool": lambda value: text(value).lower() in ("true", "1"),
    "datetimeformat": _datetimeformat,
    "format_datetime": _formatted(format_datetime),
    "format_date": _formatted(format_date),
    "format_time": _formatted(format_time),
    "format_currency": _currency,
    "format_currency_value": _currency,
    "format_number": lambda value, locale="en-US", *_: format_decimal(_number(value), locale=_locale(locale)),
    "strtotime": lambda value, *_: time_of(value),
    "unixtimestamp": lambda value: int(time_of(value).timestamp() * 1_000),
    "plus_time": _shifted(1),
    "minus_time": _shifted(-1),
}

FILTERS: Mapping[str, Callable[..., Any]] = {
    name: _limited(function) if name in ("indent", "slice", "truncate", "wordwrap") else function
    for name, function in filters.FILTERS.items()
    if name not in _LEFT_OUT
} | _OWN


_TESTS: dict[str, Callable[..., Any]] = {
    "containing": lambda value, item: item in value,
    "containingall": lambda value, items: all(item in value for item in items),
    "string_containing": lambda value, part: text(part) in text(value),
    "string_startingwith": lambda value, start: text(value).startswith(text(start)),
    "iterable": lambda value: isinstance(value, Sequence | Mapping) and not isinstance(value, str),
    "truthy": bool,
    "within": lambda value, values: value in values,
}

_NO_TESTS = frozenset({"callable", "filter", "test"})
TESTS: Mapping[str, Any] = {
    name: test for name, test in tests.TESTS.items() if name not in _NO_TESTS
} | _TESTS


def items(value: Any) -> Any:
    """A value as it is, or the list of its items if a filter yields them one after the other."""
    if isinstance(value, Iterable) and not isinstance(value, str | Sequence | Mapping):
        listed = list(islice(value, MAX_ITEMS + 1))
        if len(listed) > MAX_ITEMS:
            raise OverflowError
        return listed
    return value
