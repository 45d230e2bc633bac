"""The functions of Go templates: its own, and those of Sprig that e-mails use.

Sources: https://pkg.go.dev/text/template#hdr-Functions and https://masterminds.github.io/sprig/, 2026-11-26. A function
that gets what it can't use raises, as Go's do.
"""

import html
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from mailsight.mail.merge_fields import Encoded
from mailsight.merging.failures import EvaluationFailed

from .values import (
    MAX_PRINTED,
    Html,
    date_text,
    formatted,
    from_json,
    is_equal,
    is_less,
    is_true,
    printed,
    printed_in_list,
    quoted,
)

_MAX_ITEMS = 10_000


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise EvaluationFailed
    return value


def _escaped(*values: Any) -> str:
    text = html.escape(_print(*values), quote=False)
    return text.replace('"', "&#34;").replace("'", "&#39;").replace("\0", "\ufffd")


def _print(*values: Any) -> str:
    """As fmt.Sprint: with spaces between operands when neither is a text."""
    parts: list[str] = []
    for place, value in enumerate(values):
        if place and not isinstance(value, str) and not isinstance(values[place - 1], str):
            parts.append(" ")
        parts.append(printed_in_list(value))
    return "".join(parts)


def _index(value: Any, *keys: Any) -> Any:
    for key in keys:
        if isinstance(value, dict):
            value = value.get(_text(key))
        elif isinstance(value, list | str) and isinstance(key, int | float) and 0 <= int(key) < len(value):
            value = ord(value[int(key)]) if isinstance(value, str) else value[int(key)]
        else:
            raise EvaluationFailed
        value = from_json(value)
    return value


def _slice(value: Any, *places: Any) -> Any:
    if not isinstance(value, list | str):
        raise EvaluationFailed
    start, end = (*map(int, places), *(0, len(value))[len(places) :])
    if not 0 <= start <= end <= len(value):
        raise EvaluationFailed
    return value[start:end]


def _length(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode("utf-8", "replace"))
    if isinstance(value, list | dict):
        return len(value)
    raise EvaluationFailed


def _equal(first: Any, *others: Any) -> bool:
    if not others:
        raise EvaluationFailed
    return any(is_equal(first, other) for other in others)


def _repeat(count: Any, text: Any) -> str:
    if int(count) * len(_text(text)) > MAX_PRINTED:
        raise EvaluationFailed
    return _text(text) * int(count)


def _replaced(old: Any, new: Any, text: Any) -> str:
    if (_text(text).count(_text(old)) + 1) * len(_text(new)) > MAX_PRINTED:
        raise EvaluationFailed
    return _text(text).replace(old, new)


def _default(given: Any, value: Any = None) -> Any:
    return value if is_true(value) else given


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise EvaluationFailed
    return value


def _number(value: Any) -> float:
    """Sprig reads texts as numbers."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    try:
        return float(_text(value)) if len(value) < 400 else 0
    except ValueError:
        return 0


def _int(value: Any) -> int:
    number = _number(value)
    if not math.isfinite(number) or abs(number) >= 2**63:
        raise EvaluationFailed
    return int(number)


def _folded(operate: Callable[[int, int], int]) -> Callable[..., int]:
    def fold(*values: Any) -> int:
        result, *rest = map(_int, values)
        for value in rest:
            result = operate(result, value)
        return _int(result)

    return fold


def _rounded(value: Any, places: Any) -> float:
    scale = 10.0 ** min(max(_int(places), 0), 15)
    return math.floor(_number(value) * scale + 0.5) / scale


def _until(count: Any) -> list[Any]:
    if _int(count) > _MAX_ITEMS:
        raise EvaluationFailed
    return list(range(_int(count)))


def _object(*pairs: Any) -> dict[str, Any]:
    return {printed(name): value for name, value in zip(pairs[::2], (*pairs[1::2], ""), strict=False)}


def _date(layout: Any, when: Any) -> str:
    if not isinstance(when, datetime):
        raise EvaluationFailed
    return date_text(when, _text(layout))


def _title(text: Any) -> str:
    return re.sub(r"(?<!\w)\w", lambda letter: letter.group().upper(), _text(text))


def _listed(value: Any) -> list[str]:
    return [printed(item) for item in value] if isinstance(value, list) else [printed(value)]


def _truncated(length: Any, text: Any) -> str:
    count = _int(length)
    return _text(text)[:count] if count >= 0 else _text(text)[count:]


def _part(start: Any, end: Any, text: Any) -> str:
    first, last = _int(start), _int(end)
    return _text(text)[max(first, 0) : last if last >= 0 else None]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    # Go's
    "print": _print,
    "println": lambda *values: " ".join(map(printed_in_list, values)) + "\n",
    "printf": lambda layout, *values: formatted(_text(layout), list(values)),
    "html": _escaped,
    "urlquery": lambda *values: Encoded(quote_plus(_print(*values), safe="~")),
    "index": _index,
    "slice": _slice,
    "len": _length,
    "not": lambda value: not is_true(value),
    "eq": _equal,
    "ne": lambda left, right: not is_equal(left, right),
    "lt": is_less,
    "le": lambda left, right: not is_less(right, left),
    "gt": lambda left, right: is_less(right, left),
    "ge": lambda left, right: not is_less(left, right),
    # listmonk's
    "Safe": lambda text: Html(_text(text)),
    "TrackLink": lambda url, *_: _text(url),  # its target
    "TrackView": lambda *_: Html(""),  # an invisible picture
    # Sprig's: texts
    "upper": lambda text: _text(text).upper(),
    "lower": lambda text: _text(text).lower(),
    "title": _title,
    "untitle": lambda text: re.sub(r"\b\w", lambda letter: letter.group().lower(), _text(text)),
    "trim": lambda text: _text(text).strip(),
    "trimAll": lambda characters, text: _text(text).strip(_text(characters)),
    "trimPrefix": lambda prefix, text: _text(text).removeprefix(_text(prefix)),
    "trimSuffix": lambda suffix, text: _text(text).removesuffix(_text(suffix)),
    "nospace": lambda text: re.sub(r"\s", "", _text(text)),
    "replace": _replaced,
    "repeat": _repeat,
    "contains": lambda part, text: _text(part) in _text(text),
    "hasPrefix": lambda prefix, text: _text(text).startswith(_text(prefix)),
    "hasSuffix": lambda suffix, text: _text(text).endswith(_text(suffix)),
    "substr": _part,
    "trunc": _truncated,
    "cat": lambda *values: " ".join(printed(value) for value in values if value is not None),
    "quote": lambda *values: " ".join(quoted(printed(value)) for value in values if value is not None),
    "squote": lambda *values: " ".join(f"'{printed(value)}'" for value in values if value is not None),
    "plural": lambda single, several, count: single if _int(count) == 1 else several,
    "initials": lambda text: "".join(word[0] for word in _text(text).split()),
    "toString": printed,
    "urlquote": lambda text: quote(_text(text), safe=""),
    "urlunquote": lambda text: unquote_plus(_text(text)),
    # Sprig's: defaults
    "default": _default,
    "empty": lambda value: not is_true(value),
    "coalesce": lambda *values: next(filter(is_true, values), None),
    "ternary": lambda when_true, when_false, condition: when_true if is_true(condition) else when_false,
    # Sprig's: numbers
    "int": _int,
    "int64": _int,
    "float64": lambda value: float(_number(value)),
    "add": _folded(lambda left, right: left + right),
    "add1": lambda value: _int(value) + 1,
    "sub": _folded(lambda left, right: left - right),
    "mul": _folded(lambda left, right: left * right),
    "div": _folded(lambda left, right: int(left / right)),
    "mod": _folded(lambda left, right: int(math.fmod(left, right))),
    "max": _folded(max),
    "min": _folded(min),
    "floor": lambda value: float(math.floor(_number(value))),
    "ceil": lambda value: float(math.ceil(_number(value))),
    "round": _rounded,
    # Sprig's: lists and objects
    "list": lambda *values: list(values),
    "first": lambda values: from_json(_items(values)[0]),
    "last": lambda values: from_json(_items(values)[-1]),
    "rest": lambda values: _items(values)[1:],
    "initial": lambda values: _items(values)[:-1],
    "reverse": lambda values: _items(values)[::-1],
    "has": lambda item, values: any(is_equal(item, from_json(value)) for value in _items(values)),
    "join": lambda separator, values: _text(separator).join(_listed(values)),
    "splitList": lambda separator, text: _text(text).split(_text(separator)),
    "sortAlpha": lambda values: sorted(_listed(values)),
    "until": _until,
    "dict": _object,
    "get": lambda value, name: from_json(value.get(_text(name), "")),
    "hasKey": lambda value, name: _text(name) in value,
    # Sprig's: dates
    "date": _date,
    "htmlDate": lambda when: _date("2006-01-02", when),
}  # fmt: skip

#: Functions that may get a value that nobody knows and have an answer of their own for it.
FOR_ABSENT = frozenset(("default", "coalesce", "empty"))
#: Functions that take a value that nobody knows for nil.
CONDITIONS = frozenset(
    ("not", "eq", "ne", "lt", "le", "gt", "ge", "ternary", "contains", "hasPrefix", "hasSuffix", "has")
)
