"""The filters of Django's templates: Django's own, some of them within bounds, and those that Klaviyo adds."""

import hashlib
import json
import math
import re
from base64 import b64decode, b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_plus

from django.template import Library, defaultfilters

from mailsight.merging import dates
from mailsight.merging.limits import fits
from mailsight.merging.values import MISSING, member

# Filters whose result depends on chance or on the current time, or whose time is not linear.
_LEFT_OUT = frozenset({"pprint", "random", "timesince", "timeuntil", "urlize", "urlizetrunc"})
_MAX_WIDTH = 1_000


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


def _find_replace(value: Any, arg: Any) -> str:
    """Klaviyo's: "old|new"."""
    old, _, new = str(arg).partition("|")
    return _replaced(value, old, new)


def _replaced(value: Any, old: str, new: str, count: int = -1) -> str:
    whole = str(value)
    fits(len(whole) + whole.count(old) * len(new))
    return whole.replace(old, new, count)


def _date_of_text(value: Any) -> Any:
    """A date that Django's own filters can write."""
    return dates.read(value, None) or ""


def _later(value: Any, days: Any) -> Any:
    time = _date_of_text(value)
    return time + timedelta(days=int(days)) if time else time


def _divided(value: Any, by: Any) -> float:
    return _number(value) / _number(by)


def _hashed(kind: str) -> Callable[[Any], str]:
    return lambda value: hashlib.new(kind, str(value).encode(), usedforsecurity=False).hexdigest()


def _unique(value: Any) -> list[Any]:
    unique: dict[str, Any] = {}
    for item in value:
        unique.setdefault(json.dumps(item), item)
    return list(unique.values())


def _where(value: Any, name: Any) -> list[Any]:
    return [item for item in value if lookup(item, name)]


#: The names of the functions that read a value item by item, and a text letter by letter.
OF_LISTS = frozenset(
    ("escapeseq", "safeseq", "unordered_list", "join", "make_list", "dictsort", "dictsortreversed")
) | frozenset((_unique.__name__, _where.__name__))
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
    "count": len,
    "days_later": _later,
    "divide": _divided,
    "divided_by": _divided,
    "find_replace": _find_replace,
    "floatadd": lambda value, other: float(value) + float(other),
    "floor": lambda value: math.floor(_number(value)),
    "format_date_string": _date_of_text,
    "format_datetime_string": _date_of_text,
    "index": lambda value, position: value[int(position)],
    "json": lambda value: json.dumps(value, ensure_ascii=False),
    "lstrip": lambda value: str(value).lstrip(),
    "rstrip": lambda value: str(value).rstrip(),
    "strip": lambda value: str(value).strip(),
    "md5": _hashed("md5"),
    "sha1": _hashed("sha1"),
    "sha256": _hashed("sha256"),
    "minus": lambda value, other: _number(value) - _number(other),
    "plus": lambda value, other: _number(value) + _number(other),
    "modulo": lambda value, other: _number(value) % _number(other),
    "multiply": lambda value, other: _number(value) * _number(other),
    "times": lambda value, other: _number(value) * _number(other),
    "remove": lambda value, old: _replaced(value, str(old), ""),
    "remove_first": lambda value, old: _replaced(value, str(old), "", 1),
    "reverse": lambda value: value[::-1],
    "round": lambda value, digits=0: round(_number(value), max(-9, min(int(digits), 9))),
    "round_down": lambda value: math.floor(_number(value)),
    "round_up": lambda value: math.ceil(_number(value)),
    "split": lambda value, separator: str(value).split(str(separator)),
    "strip_html": defaultfilters.striptags,
    "trim_slash": lambda value: str(value).rstrip("/"),
    "uniq": _unique,
    "urldecode": lambda value: unquote_plus(str(value)),
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
