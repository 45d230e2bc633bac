"""The functions of Go templates: its own, and those of Sprig that e-mails use.

Sources: https://pkg.go.dev/text/template#hdr-Functions and https://masterminds.github.io/sprig/, 2026-11-26. A function
that gets what it can't use raises, as Go's do.
"""

import hashlib
import html
import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import reduce
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
_MAX_DURATION = 100
_EXACT = Context(prec=100)
_QUOTIENT = Decimal("1e-16")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}
_DURATION_PART = re.compile(rf"([0-9]{{1,15}}(?:\.[0-9]{{0,15}})?|\.[0-9]{{1,15}})({'|'.join(_SECONDS)})")
_DURATION = re.compile(rf"[+-]?(?:{_DURATION_PART.pattern})*")


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
    scaled = _number(value) * scale
    return (math.ceil(scaled) if math.modf(scaled)[0] >= 0.5 else math.floor(scaled)) / scale


def _of_decimals(operate: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., float]:
    def fold(*values: Any) -> float:
        return float(reduce(operate, (Decimal(repr(float(_number(value)))) for value in values)))

    return fold


def _divided(left: Decimal, right: Decimal) -> Decimal:
    return _EXACT.divide(left, right).quantize(_QUOTIENT, ROUND_HALF_UP, _EXACT)


def _steps(start: int, stop: int, step: int) -> list[Any]:
    numbers = range(start, stop, step) if step else ()
    if len(numbers) > _MAX_ITEMS:
        raise EvaluationFailed
    return list(numbers)


def _until(count: Any) -> list[Any]:
    return _steps(0, _int(count), 1 if _int(count) > 0 else -1)


def _sequence(*numbers: Any) -> str:
    """As the program `seq` writes numbers: to an end, from a start to an end, or with steps between them."""
    if len(numbers) not in (1, 2, 3):
        return ""
    first, *between, last = (1, *map(_int, numbers))[-max(len(numbers), 2) :]
    direction = 1 if last >= first else -1
    (step,) = between or (direction,)
    return " ".join(map(str, _steps(first, last + direction, step)))


def _identity(value: Any) -> tuple[bool, Any]:
    """What equal values of a list have in common. In Python, 1 is also equal to True."""
    if isinstance(value, list | dict):
        raise EvaluationFailed
    return isinstance(value, bool), from_json(value)


def _without(values: Any, *omitted: Any) -> list[Any]:
    unwanted = set(map(_identity, omitted))
    return [value for value in _items(values) if _identity(value) not in unwanted]


def _chunks(size: Any, values: Any) -> list[Any]:
    items, step = _items(values), _int(size)
    return [items[at : at + step] for at in range(0, len(items), step)]


def _dug(*arguments: Any) -> Any:
    *names, fallback, value = arguments
    for name in names:
        if not isinstance(value, dict):
            raise EvaluationFailed
        if _text(name) not in value:
            return fallback
        value = from_json(value[name])
    return value


def _abbreviated(width: Any, text: Any) -> str:
    if not _text(text).isascii():  # it cuts bytes
        raise EvaluationFailed
    return text if _int(width) < 4 or len(text) <= _int(width) else f"{text[: _int(width) - 3]}..."


def _indented(spaces: Any, text: Any) -> str:
    margin = _repeat(spaces, " ")
    return margin + _replaced("\n", f"\n{margin}", text)


def _hashed(name: str) -> Callable[[Any], str]:
    def hashed(text: Any) -> str:
        if len(_text(text)) > _MAX_ITEMS:
            raise EvaluationFailed
        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    return hashed


def _moved(duration: Any, when: Any) -> datetime:
    """A time after a duration such as "-1h30m", or the time itself if the text is no duration."""
    text = _text(duration)
    if not isinstance(when, datetime) or len(text) > _MAX_DURATION:
        raise EvaluationFailed
    if not _DURATION.fullmatch(text):
        return when
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text))
    return when + timedelta(seconds=-seconds if text.startswith("-") else seconds)


def _object(*pairs: Any) -> dict[str, Any]:
    return {printed(name): value for name, value in zip(pairs[::2], (*pairs[1::2], ""), strict=False)}


def _date(layout: Any, when: Any) -> str:
    if not isinstance(when, datetime):
        raise EvaluationFailed
    return date_text(when, _text(layout))


def _title(text: Any) -> str:
    return re.sub(r"(?<!\w)\w", lambda letter: letter.group().upper(), _text(text))


def _listed(value: Any) -> list[str]:
    return [printed(item) for item in (value if isinstance(value, list) else [value]) if item is not None]


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
    "abbrev": _abbreviated,
    "indent": _indented,
    "nindent": lambda spaces, text: "\n" + _indented(spaces, text),
    "b64enc": lambda text: b64encode(_text(text).encode()).decode(),
    "b64dec": lambda text: b64decode(_text(text), validate=True).decode(),
    "sha1sum": _hashed("sha1"),
    "sha256sum": _hashed("sha256"),
    "sha512sum": _hashed("sha512"),
    "urlquote": lambda text: quote(_text(text), safe=""),
    "urlunquote": lambda text: unquote_plus(_text(text)),
    # Sprig's: defaults
    "default": _default,
    "empty": lambda value: not is_true(value),
    "coalesce": lambda *values: next(filter(is_true, values), None),
    "all": lambda *values: all(map(is_true, values)),
    "any": lambda *values: any(map(is_true, values)),
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
    "biggest": _folded(max),
    "atoi": lambda text: int(text) if re.fullmatch(r"[+-]?[0-9]{1,18}", _text(text)) else 0,
    "addf": _of_decimals(_EXACT.add),
    "add1f": lambda value: _of_decimals(_EXACT.add)(value, 1),
    "subf": _of_decimals(_EXACT.subtract),
    "mulf": _of_decimals(_EXACT.multiply),
    "divf": _of_decimals(_divided),
    "maxf": lambda *values: float(max(map(_number, values))),
    "minf": lambda *values: float(min(map(_number, values))),
    "floor": lambda value: float(math.floor(_number(value))),
    "ceil": lambda value: float(math.ceil(_number(value))),
    "round": _rounded,
    # Sprig's: lists and objects
    **dict.fromkeys(("list", "tuple"), lambda *values: list(values)),
    "first": lambda values: from_json(_items(values)[0]),
    "last": lambda values: from_json(_items(values)[-1]),
    "rest": lambda values: _items(values)[1:],
    "initial": lambda values: _items(values)[:-1],
    "reverse": lambda values: _items(values)[::-1],
    "has": lambda item, values: _identity(item) in map(_identity, _items(values)),
    **dict.fromkeys(("append", "push"), lambda values, item: [*_items(values), item]),
    "prepend": lambda values, item: [item, *_items(values)],
    "concat": lambda *lists: [item for values in lists for item in _items(values)],
    "compact": lambda values: [value for value in _items(values) if is_true(from_json(value))],
    "uniq": lambda values: list({_identity(value): value for value in _items(values)}.values()),
    "without": _without,
    "chunk": _chunks,
    "toStrings": _listed,
    "join": lambda separator, values: _text(separator).join(_listed(values)),
    "split": lambda separator, text: {
        f"_{place}": part for place, part in enumerate(_text(text).split(_text(separator)))
    },
    "splitList": lambda separator, text: _text(text).split(_text(separator)),
    "sortAlpha": lambda values: sorted(_listed(values)),
    "until": _until,
    "untilStep": lambda start, stop, step: _steps(_int(start), _int(stop), _int(step)),
    "seq": _sequence,
    "dict": _object,
    "get": lambda value, name: from_json(value.get(_text(name), "")),
    "dig": _dug,
    "hasKey": lambda value, name: _text(name) in value,
    # Sprig's: dates
    "date": _date,
    "htmlDate": lambda when: _date("2006-01-02", when),
    **dict.fromkeys(("dateModify", "date_modify"), _moved),
}  # fmt: skip

#: Functions that may get a value that nobody knows and have an answer of their own for it.
FOR_ABSENT = frozenset(("default", "coalesce", "empty"))
#: Functions that take a value that nobody knows for nil.
CONDITIONS = frozenset(
    ("not", "eq", "ne", "lt", "le", "gt", "ge", "ternary", "contains", "hasPrefix", "hasSuffix", "has")
)
