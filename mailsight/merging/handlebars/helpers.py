"""The helpers that senders add to Handlebars. They never ask for today's date, which is not that of the mail."""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote, quote_plus

from mailsight.mail import expressions
from mailsight.merging import javascript
from mailsight.merging.comparing import equal, in_order, number
from mailsight.merging.failures import EvaluationFailed
from mailsight.merging.javascript import is_list
from mailsight.merging.values import Json

from . import dates
from .numbers import locale_named, number_format

_MAX_WIDTH = 1_000


@dataclass(frozen=True, slots=True)
class Helper:
    """A helper that returns a value. With `takes_missing`, it has an answer for values that are not known: None."""

    function: Callable[..., Json]
    takes_missing: bool = False


def is_empty(value: Json) -> bool:
    """Whether handlebars.js considers a value empty. 0 is not."""
    is_zero = value == 0 and not isinstance(value, bool)
    return not (is_zero or javascript.is_filled(value))


def _equals(first: Json, second: Json, /) -> bool:
    return equal(first, second)


def _differs(first: Json, second: Json, /) -> bool:
    return not equal(first, second)


def _and(*values: Json) -> bool:
    return all(javascript.is_filled(value) for value in values)


def _or(*values: Json) -> bool:
    return any(javascript.is_filled(value) for value in values)


def _not(value: Json, /) -> bool:
    return not javascript.is_filled(value)


def _contains(items: Json, item: Json, /) -> bool:
    """Whether a list holds an item, or, for '{"name": "value"}', one with these members."""
    wanted = _object(item)
    return is_list(items) and any(
        equal(other, item) if wanted is None else _has_members(other, wanted) for other in items
    )


def _object(value: Json) -> Mapping[str, Json] | None:
    if not isinstance(value, str) or not value.startswith("{"):
        return None
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return read if isinstance(read, dict) else None


def _has_members(value: Json, wanted: Mapping[str, Json]) -> bool:
    return isinstance(value, Mapping) and all(
        name in value and equal(value[name], wanted[name]) for name in wanted
    )


def _contains_text(text: Json, part: Json, /) -> bool:
    return javascript.text(part) in javascript.text(text)


def _has_remainder(value: Json, divisor: Json, remainder: Json, /) -> bool:
    numbers = [number(part) for part in (value, divisor, remainder)]
    if None in numbers or not numbers[1]:
        return False
    return bool(numbers[0] % numbers[1] == numbers[2])  # type: ignore[operator]


def _matches(value: Json, pattern: Json, /) -> bool:
    try:
        expression = expressions.compiled(javascript.text(pattern), max_memory_bytes=1 << 20)
    except expressions.BadExpression:
        raise EvaluationFailed from None
    return expression.fullmatch(javascript.text(value)) is not None


#: Helpers that hold or don't, as blocks, in parentheses, or with `yes=` and `no=`.
CONDITIONS: Mapping[str | None, Callable[..., bool]] = {
    **dict.fromkeys(("equals", "equal", "eq", "ifEq", "isEqual"), _equals),
    **dict.fromkeys(("notEquals", "notEqual", "neq", "ne", "ifNotEq"), _differs),
    **dict.fromkeys(("greaterThan", "gt", "ifGt"), partial(in_order, ">")),
    **dict.fromkeys(("lessThan", "lt", "ifLt"), partial(in_order, "<")),
    **dict.fromkeys(("gte", "ifGte"), partial(in_order, ">=")),
    **dict.fromkeys(("lte", "ifLte"), partial(in_order, "<=")),
    "and": _and,
    "or": _or,
    "not": _not,
    "ifContains": _contains,
    "ifContainsStr": _contains_text,
    "ifMatchesRegexStr": _matches,
    "ifModEq": _has_remainder,
}


def _length(value: Json, /) -> Json:
    if isinstance(value, str) or is_list(value):
        return javascript.length(value)
    raise EvaluationFailed


def _insert(value: Json, default: Json = "default=", /) -> Json:
    """SendGrid's `{{insert name "default=there"}}`."""
    text = javascript.text(default)
    if not text.startswith("default="):
        raise EvaluationFailed
    return text.removeprefix("default=") if value is None or value == "" else value


def _default(value: Json, default: Json = "", /) -> Json:
    return default if is_empty(value) else value


def _format_date(value: Json, pattern: Json, zone: Json = None, /) -> str:
    """SendGrid's `{{formatDate date "MMMM DD, YYYY" "-0800"}}`."""
    return _dated(value, javascript.text(pattern), zone, dates.in_moment)


def _date_format(
    value: Json,
    pattern: Json = None,
    locale: Json = None,
    /,
    *,
    format: Json = None,  # noqa: A002
    tz: Json = None,
) -> str:
    """Iterable's `{{dateFormat date format="yyyy-MM-dd" tz="Europe/Oslo"}}`."""
    written = partial(dates.in_java, locale=locale_named(locale))
    return _dated(value, javascript.text(format or pattern or "medium"), tz, written)


def _date_math(
    value: Json,
    changes: Json,
    /,
    *,
    format: Json = "medium",  # noqa: A002
    tz: Json = None,
    locale: Json = None,
) -> str:
    """Iterable's `{{dateMath date "+1M-2d"}}`."""
    written = partial(dates.calculated, changes=javascript.text(changes), locale=locale_named(locale))
    return _dated(value, javascript.text(format), tz, written)


def _dated(value: Json, pattern: str, zone: Json, written: Callable[..., str]) -> str:
    if value is None or value == "":
        return ""
    try:
        moment = dates.read(value)
        return written(dates.moved(moment, javascript.text(zone)) if zone else moment, pattern)
    except ValueError:
        raise EvaluationFailed from None


def _capitalize(value: Json, /, *, fully: Json = False) -> str:
    text = javascript.text(value)
    return re.sub(r"(?<!\S)\S", lambda first: first.group().upper(), text.lower() if fully else text)


def _capitalize_first(value: Json, /) -> str:
    text = javascript.text(value)
    return text[:1].upper() + text[1:]


def _title(value: Json, /) -> str:
    return _capitalize(value, fully=True)


def _join(items: Json, *others: Json, prefix: Json = "", suffix: Json = "") -> str:
    if not others:
        raise EvaluationFailed
    *more, separator = others
    parts = items if is_list(items) and not more else [items, *more]
    text = javascript.text(separator).join(map(javascript.text, parts))
    return f"{javascript.text(prefix)}{text}{javascript.text(suffix)}"


def _replace(value: Json, old: Json, new: Json, /) -> str:
    text, target, replacement = (javascript.text(part) for part in (value, old, new))
    if not target or len(text) * len(replacement) > 10_000_000:
        raise EvaluationFailed
    return text.replace(target, replacement)


def _substring(value: Json, start: Json, end: Json = None, /) -> str:
    text = javascript.text(value)
    if not isinstance(start, int) or not isinstance(end, int | None) or min(start, end or 0) < 0:
        raise EvaluationFailed
    return text[start:end]


def _abbreviate(value: Json, width: Json, /) -> str:
    text = javascript.text(value)
    if not isinstance(width, int) or width < 4:
        raise EvaluationFailed
    return text if len(text) <= width else f"{text[: width - 3]}..."


def _cut(value: Json, part: Json = " ", /) -> str:
    return javascript.text(value).replace(javascript.text(part) or " ", "")


def _strip_tags(value: Json, /) -> str:
    return re.sub(r"<[^<>]*+>", "", javascript.text(value))


def _url(value: Json, /) -> str:
    return quote(javascript.text(value), safe="!'()*-._~", errors="replace")


def _concat(*values: Json) -> str:
    return "".join(map(javascript.text, values))


def _math(first: Json, sign: Json, second: Json, /) -> Json:
    left, right = number(first), number(second)
    if left is None or right is None or max(abs(left), abs(right)) > 1e15:
        raise EvaluationFailed
    match sign:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/" if right:
            return left / right
        case "%" if right:
            return left % right
    raise EvaluationFailed


def _slug(value: Json, /) -> str:
    """handlebars.java's: letters in lower case, and hyphens for white space. Digits are left out."""
    letters = ("-" if letter.isspace() else letter.lower() for letter in javascript.text(value).strip())
    return "".join(letter for letter in letters if letter == "-" or letter.isalpha())


def _center(value: Json, /, *, size: Json, pad: Json = " ") -> str:
    text, filler = javascript.text(value), javascript.text(pad) or " "
    padding = _width(size) - len(text)
    if padding <= 0:
        return text
    left, right = padding // 2, padding - padding // 2
    return (filler * left)[:left] + text + (filler * right)[:right]


def _width(value: Json) -> int:
    if not isinstance(value, int) or not 0 <= value <= _MAX_WIDTH:
        raise EvaluationFailed
    return value


def _url_encoded(value: Json, /) -> str:
    """As Java's URLEncoder."""
    return quote_plus(javascript.text(value), safe="*", errors="replace").replace("~", "%7E")


def _url_encoded_json(value: Json, /) -> str:
    try:
        return _url_encoded(json.dumps(value, ensure_ascii=False, separators=(",", ":")))
    except (TypeError, RecursionError):  # all of a customer's values
        raise EvaluationFailed from None


def _with_breaks(value: Json, /) -> str:
    return re.sub(r"\r?\n", "<br>", javascript.text(value))


def _hashed(kind: str) -> Callable[[Json], str]:
    def hashed(value: Json, /) -> str:
        raw = javascript.text(value).encode("utf-8", "replace")
        return hashlib.new(kind, raw, usedforsecurity=False).hexdigest()

    return hashed


def _base64(value: Json, /) -> str:
    return b64encode(javascript.text(value).encode("utf-8", "replace")).decode("ascii")


_HASHES: Mapping[str | None, Callable[[Json], str]] = {
    name: _hashed(name) for name in ("md5", "sha1", "sha256")
}
#: Blocks of Iterable's that change what is written in them.
CHANGES: Mapping[str | None, Callable[[Json], str]] = {
    "base64": _base64,
    "breaklines": _with_breaks,
    "urlEncode": _url_encoded,
    **_HASHES,
}


def _nothing(*_: Json, level: Json = None) -> str:  # noqa: ARG001
    return ""


#: Helpers that return a value, by name. With no arguments, each of these names is a field.
HELPERS: Mapping[str | None, Helper] = {
    "length": Helper(_length),
    "insert": Helper(_insert, takes_missing=True),
    "formatDate": Helper(_format_date),
    "dateFormat": Helper(_date_format),
    "dateMath": Helper(_date_math),
    "defaultIfEmpty": Helper(_default, takes_missing=True),
    "default": Helper(_default, takes_missing=True),
    "capitalize": Helper(_capitalize),
    "capitalizeFirst": Helper(_capitalize_first),
    "title": Helper(_title),
    **dict.fromkeys(("lower", "lowercase"), Helper(lambda value, /: javascript.text(value).lower())),
    **dict.fromkeys(("upper", "uppercase"), Helper(lambda value, /: javascript.text(value).upper())),
    "join": Helper(_join),
    "replace": Helper(_replace),
    "substring": Helper(_substring),
    "abbreviate": Helper(_abbreviate),
    "cut": Helper(_cut),
    **dict.fromkeys(("stripTags", "striptags"), Helper(_strip_tags)),
    **dict.fromkeys(("url", "urlEncode", "encodeURIComponent"), Helper(_url)),
    "concat": Helper(_concat),
    "math": Helper(_math),
    "numberFormat": Helper(number_format),
    "slugify": Helper(_slug),
    "center": Helper(_center),
    "toUrlEncodedJson": Helper(_url_encoded_json),
    **{name: Helper(function) for name, function in _HASHES.items()},
    "log": Helper(_nothing, takes_missing=True),
}
