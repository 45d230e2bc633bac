"""The filters of Django's templates: Django's own, some of them within bounds, and those that Klaviyo adds."""

import hashlib
import json
import math
import operator
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote_plus, unquote, unquote_plus

from django.template import Library, defaultfilters

from mailsight.merging import dates
from mailsight.merging.limits import fits
from mailsight.merging.values import MISSING, member

# Filters whose result depends on chance or on the current time, or whose time is not linear.
_LEFT_OUT = frozenset({"pprint", "random", "timesince", "timeuntil", "urlize", "urlizetrunc"})
_MAX_WIDTH = 1_000
_CONDITION = re.compile(r"\s*([^<>=!]{1,200}?)\s*(==|!=|<=|>=|=>|=|<|>)\s*(.*?)\s*", re.DOTALL)
# The formats of dates that Klaviyo counts days from. The result has the format of the date.
_DATES = ("%Y-%m-%d", "%m-%d-%Y", "%Y-%m-%dT%H:%M:%S")
_MAX_PLACES = 9


def lookup(value: Any, name: Any) -> Any:
    """Klaviyo's: a member by its name, which may hold spaces."""
    item = member(value, str(name))
    return None if item is MISSING else item


def _number(value: Any) -> int | float:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    parsed = float(str(value).strip() or 0)
    return int(parsed) if parsed.is_integer() and "." not in str(value) else parsed


def _width(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def within(value: Any, arg: Any) -> Any:
        fits(int(arg))
        return function(value, arg)

    return within


def _join(value: Any, arg: Any, autoescape: bool = True) -> Any:
    fits(sum(len(str(item)) for item in value) + len(value) * len(str(arg)))
    return defaultfilters.join(value, arg, autoescape)


def _stringformat(value: Any, arg: Any) -> Any:
    if any(int(digits) > _MAX_WIDTH for digits in re.findall(r"\d{1,9}", str(arg))) or "*" in str(arg):
        raise ValueError(arg)
    return defaultfilters.stringformat(value, arg)


def _pair(arg: Any) -> tuple[str, str]:
    """Klaviyo's: "old|new"."""
    old, _, new = str(arg).partition("|")
    return old, new


def _find_replace(value: Any, arg: Any) -> str:
    return _replaced(value, *_pair(arg))


def _replaced_last(value: Any, old: str, new: str) -> str:
    before, match, after = str(value).rpartition(old) if old else (str(value), "", "")
    return f"{before}{new}{after}" if match else before + after


def _replaced(value: Any, old: str, new: str, count: int = -1) -> str:
    whole = str(value)
    fits(len(whole) + whole.count(old) * len(new))
    return whole.replace(old, new, count)


def _date_of_text(value: Any) -> Any:
    """A date that Django's own filters can write."""
    return dates.read(value, None) or ""


def _later(value: Any, days: Any) -> Any:
    for pattern in _DATES:
        try:
            time = datetime.strptime(str(value), pattern)  # noqa: DTZ007
        except ValueError:
            continue
        return dates.written(time + timedelta(days=int(days)), pattern)
    time = _date_of_text(value)
    return time + timedelta(days=int(days)) if time else time


def _of_numbers(function: Callable[[float, float], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, other: function(_number(value), _number(other))


_ORDERS = {
    "<": _of_numbers(operator.lt),
    ">": _of_numbers(operator.gt),
    "<=": _of_numbers(operator.le),
    **dict.fromkeys((">=", "=>"), _of_numbers(operator.ge)),
}


def _of_floats(function: Callable[[float, float], float]) -> Callable[[Any, Any], float]:
    """Klaviyo's: its arithmetic gives decimals, so that 10 times 2 is 20.0."""
    return lambda value, other: function(float(_number(value)), float(_number(other)))


def _rounded(function: Callable[[Decimal], int]) -> Callable[..., float]:
    def rounded(value: Any, digits: Any = 0) -> float:
        scale: int = 10 ** _places(digits)
        return function(Decimal(str(_number(value))) * scale) / scale

    return rounded


def _percent(value: Any, digits: Any = 0) -> str:
    return f"{_number(value) * 100:.{_places(digits)}f}%"


def _places(digits: Any) -> int:
    return max(0, min(int(digits), _MAX_PLACES))


def _image(value: Any) -> Any:
    """An image. Raises `ValueError` for a missing one, where only Klaviyo can show its placeholder."""
    if not value:
        raise ValueError("no image")
    return value


def _hashed(kind: str) -> Callable[[Any], str]:
    return lambda value: hashlib.new(kind, str(value).encode(), usedforsecurity=False).hexdigest()


def _item_or_member(item: Any, name: Any) -> Any:
    return item if name is None else lookup(item, name)


def _unique(value: Any, name: Any = None) -> list[Any]:
    unique: dict[str, Any] = {}
    for item in value:
        unique.setdefault(json.dumps(_item_or_member(item, name)), item)
    return list(unique.values())


def _where(value: Any, name: Any) -> list[Any]:
    return [item for item in value if lookup(item, name)]


def _matching(value: Any, condition: Any) -> list[Any]:
    """Klaviyo's: "price>2", "colour=red"."""
    parts = _CONDITION.fullmatch(str(condition))
    if parts is None:
        raise ValueError(condition)
    name, sign, wanted = parts.groups()
    return [item for item in value if _holds(lookup(item, name), sign, wanted)]


def _holds(value: Any, sign: str, wanted: str) -> bool:
    if sign in ("=", "=="):
        return str(value) == wanted
    return str(value) != wanted if sign == "!=" else _ORDERS[sign](value, wanted)


def _mapped(value: Any, name: Any) -> list[Any]:
    return [lookup(item, name) for item in value]


def _sorted(value: Any, name: Any = None) -> list[Any]:
    return sorted(value, key=lambda item: _item_or_member(item, name))


def _sorted_naturally(value: Any, name: Any = None) -> list[Any]:
    return sorted(value, key=lambda item: str(_item_or_member(item, name)).lower())


def _sum(value: Any) -> float:
    return float(sum(map(_number, value)))


def _sentence(value: Any) -> str:
    *others, last = [str(item) for item in value] or [""]
    fits(sum(map(len, others)) + 2 * len(others) + len(last))
    return f"{', '.join(others)} and {last}" if others else last


#: The names of the functions that read a value item by item, and a text letter by letter.
OF_LISTS = frozenset(
    ("escapeseq", "safeseq", "unordered_list", "join", "make_list", "dictsort", "dictsortreversed")
) | frozenset(
    function.__name__
    for function in (_unique, _where, _matching, _mapped, _sorted, _sorted_naturally, _sum, _sentence)
)
_OWN: dict[str, Callable[..., Any]] = {
    "center": _width(defaultfilters.center),
    "ljust": _width(defaultfilters.ljust),
    "rjust": _width(defaultfilters.rjust),
    "stringformat": _stringformat,
    # Klaviyo: https://developers.klaviyo.com/en/docs/glossary_of_variable_filters (2026-11-26)
    "lookup": lookup,
    "abs": lambda value: abs(_number(value)),
    "append": lambda value, end: f"{value}{end}",
    "concat": lambda value, end: f"{value}{end}",
    "prepend": lambda value, start: f"{start}{value}",
    "at_least": lambda value, least: max(_number(value), _number(least)),
    "at_most": lambda value, most: min(_number(value), _number(most)),
    "base64_encode": lambda value: b64encode(str(value).encode()).decode(),
    "base64_decode": lambda value: b64decode(str(value)).decode(),
    "base64_url_safe_encode": lambda value: urlsafe_b64encode(str(value).encode()).decode(),
    "base64_url_safe_decode": lambda value: urlsafe_b64decode(str(value)).decode(),
    "capitalize": defaultfilters.capfirst,
    "compact": lambda value: [item for item in value if item is not None],
    **dict.fromkeys(("count", "size"), len),
    "days_later": _later,
    **dict.fromkeys(("divide", "divided_by"), _of_floats(operator.truediv)),
    **dict.fromkeys(("dictfilter", "list_where"), _matching),
    "downcase": defaultfilters.lower,
    "upcase": defaultfilters.upper,
    "find_replace": _find_replace,
    "replace_first": lambda value, arg: _replaced(value, *_pair(arg), 1),
    "replace_last": lambda value, arg: _replaced_last(value, *_pair(arg)),
    **dict.fromkeys(("floatadd", "plus"), _of_floats(operator.add)),
    **dict.fromkeys(("floatsub", "minus"), _of_floats(operator.sub)),
    **dict.fromkeys(("ceil", "round_up"), _rounded(math.ceil)),
    **dict.fromkeys(("floor", "round_down"), _rounded(math.floor)),
    "gt": _ORDERS[">"],
    "gte": _ORDERS[">="],
    "lt": _ORDERS["<"],
    "lte": _ORDERS["<="],
    **dict.fromkeys(("format_date_string", "format_datetime_string", "datetime_from_string"), _date_of_text),
    "index": lambda value, position: value[int(position)],
    "json": lambda value: json.dumps(value, ensure_ascii=False),
    "lstrip": lambda value: str(value).lstrip(),
    "rstrip": lambda value: str(value).rstrip(),
    "strip": lambda value: str(value).strip(),
    "list_to_string": _sentence,
    "map": _mapped,
    **dict.fromkeys(("md5", "md5_hash"), _hashed("md5")),
    **dict.fromkeys(("sha1", "sha_1"), _hashed("sha1")),
    **dict.fromkeys(("sha256", "sha_256"), _hashed("sha256")),
    **dict.fromkeys(("missing_image", "missing_product_image"), _image),
    **dict.fromkeys(("modulo", "remainder"), _of_floats(operator.mod)),
    **dict.fromkeys(("multiply", "times"), _of_floats(operator.mul)),
    "newline_to_br": defaultfilters.linebreaksbr,
    "percentize": _percent,
    "remove": lambda value, old: _replaced(value, str(old), ""),
    "remove_first": lambda value, old: _replaced(value, str(old), "", 1),
    "remove_last": lambda value, old: _replaced_last(value, str(old), ""),
    "reverse": lambda value: value[::-1],
    "round": lambda value, digits=0: round(_number(value), max(-_MAX_PLACES, min(int(digits), _MAX_PLACES))),
    "sort": _sorted,
    "sort_natural": _sorted_naturally,
    "split": lambda value, separator: str(value).split(str(separator)),
    "strip_html": defaultfilters.striptags,
    "strip_newlines": lambda value: re.sub(r"\r?\n", "", str(value)),
    "sum_list": _sum,
    "trim_slash": lambda value: str(value).rstrip("/"),
    "uniq": _unique,
    "urldecode": lambda value: unquote(str(value)),
    "urldecodeplus": lambda value: unquote_plus(str(value)),
    "urlencodeplus": lambda value: quote_plus(str(value), errors="replace"),
    "where": _where,
}


def filters() -> dict[str, Callable[..., Any]]:
    """The filters by their names, with the marks that Django reads."""
    library = Library()
    library.filter("join", _join, is_safe=True, needs_autoescape=True)
    own: dict[str, Callable[..., Any]] = library.filters | _OWN
    django = {
        name: function for name, function in defaultfilters.register.filters.items() if name not in _LEFT_OUT
    }
    return django | own
