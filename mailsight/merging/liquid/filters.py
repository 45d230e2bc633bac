"""Liquid's filters: those of python-liquid, our own where Shopify's differ from them, and those that senders add."""

import hashlib
import hmac
import json
import math
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote, quote_plus
from zoneinfo import ZoneInfo

from babel import Locale
from babel.numbers import format_currency, format_decimal, get_territory_currencies
from liquid import Environment
from liquid.builtin.expressions.primitive import Blank, Empty
from liquid.filter import with_context

from mailsight.mail.expressions import compiled
from mailsight.mail.values import words
from mailsight.merging import dates
from mailsight.merging.limits import fits
from mailsight.merging.values import MISSING, Json, member

# Shopify's own expressions: https://github.com/Shopify/liquid/blob/main/lib/liquid/standardfilters.rb (2026-11-26).
_MARKUP = compiled(r"<script.*?</script>|<!--.*?-->|<style.*?</style>|<.*?>", dot_is_any=True)
_NEW_REFERENCE = re.compile(r"[\"'<>]|&(?![a-zA-Z]++;|#\d++;)")
_REFERENCES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;"}
_MAX_DIGITS = 100
_MAX_DECIMALS = 20
# https://github.com/Shopify/liquid/blob/main/lib/liquid/utils.rb (2026-11-26).
_DECIMAL = re.compile(r"\s*-?[0-9]{1,100}\.[0-9]{1,100}\s*")
_WHOLE = re.compile(r"\s*[+-]?[0-9]{1,100}(?![0-9])")
_LAST_DAY_OF_ALL_MONTHS = 28


def text(value: Any) -> str:
    """A value as Liquid writes it. Raises `TypeError` for an object: engines differ, and no mail shows one."""
    if value is None or isinstance(value, Empty | Blank):
        return ""
    if isinstance(value, datetime):
        return dates.written(value, "%Y-%m-%d %H:%M:%S %z")
    if isinstance(value, range):
        return f"{value.start}..{value.stop - 1}"
    if isinstance(value, list | tuple):
        return _joined(value, "")
    if not isinstance(value, str | int | float):
        raise TypeError(type(value).__name__)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _joined(items: Iterable[Any], separator: str) -> str:
    texts: list[str] = []
    length = 0
    for item in items:
        texts.append(text(item))
        length += len(texts[-1]) + len(separator)
        fits(length)
    return separator.join(texts)


def number(value: object) -> int | float | None:
    """A number, also one that is written as a text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        if len(value) > _MAX_DIGITS:
            return None
        try:
            return int(value)
        except ValueError:
            pass
        try:
            value = float(value)
        except ValueError:
            return None
    return value if math.isfinite(value) else None


def is_blank(value: object) -> bool:
    """Whether Rails calls it blank."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is False or (isinstance(value, Sequence | Mapping) and not value)


def _items(value: Any) -> list[Any]:
    """What array filters see of a value."""
    match value:
        case list() | tuple():
            return [inner for item in value for inner in (_items(item) if isinstance(item, list) else [item])]
        case range():
            return list(value)
    return [] if value is None else [value]


def property_of(item: Json, name: object) -> Json:
    value = member(item, str(name))
    return None if value is MISSING else value


def _escape(value: Any) -> str:
    return "".join(_REFERENCES.get(character, character) for character in text(value))


def _escape_once(value: Any) -> str:
    return _NEW_REFERENCE.sub(lambda character: _REFERENCES[character[0]], text(value))


def _replace(value: Any, old: Any, new: Any = "", count: int = -1) -> str:
    whole, old, new = text(value), text(old), text(new)
    occurrences = whole.count(old)
    fits(len(whole) + (occurrences if count < 0 else min(count, occurrences)) * len(new))
    return whole.replace(old, new, count)


def _replace_last(value: Any, old: Any, new: Any = "") -> str:
    before, match, after = text(value).rpartition(text(old)) if text(old) else (text(value), "", "")
    return before + text(new) + after if match or not text(old) else after


def _split(value: Any, separator: Any = " ") -> list[str]:
    whole, between = text(value), text(separator)
    if between == " ":
        return whole.split()
    parts = whole.split(between) if between else list(whole)
    while parts and not parts[-1]:  # as Ruby
        parts.pop()
    return parts


def _truncatewords(value: Any, count: Any = 15, end: Any = "...") -> str:
    whole, count = text(value), max(int(count), 1)
    words = whole.split()
    return " ".join(words[:count]) + text(end) if len(words) > count else whole


def _truncate(value: Any, length: Any = 50, end: Any = "...") -> str:
    whole, end = text(value), text(end)
    length = int(length)
    return whole if len(whole) <= length else whole[: max(length - len(end), 0)] + end


def _round(value: Any, digits: Any = 0) -> int | float:
    given = number(value) or 0
    digits = max(-_MAX_DECIMALS, min(int(number(digits) or 0), _MAX_DECIMALS))
    if isinstance(given, int) and digits >= 0:
        return given
    rounded = Decimal(str(given)).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return float(rounded) if digits > 0 else int(rounded)


def _sorted(value: Any, name: Any = None, *, key: Callable[[Any], Any] = lambda item: item) -> list[Any]:
    """Sorted, with those without a value last. Raises `TypeError` for what has no order."""
    items = _items(value)
    by = [item if name is None else property_of(item, name) for item in items]
    order = sorted(range(len(items)), key=lambda at: (by[at] is None, 0 if by[at] is None else key(by[at])))
    return [items[at] for at in order]


def _unique(value: Any, name: Any = None) -> list[Any]:
    unique: dict[str, Any] = {}
    for item in _items(value):
        unique.setdefault(_json(item if name is None else property_of(item, name)), item)
    return list(unique.values())


def searching(value_of: Callable[[Json, Any], Json]) -> dict[str, Callable[..., Any]]:
    """The filters that look for items by what `value_of` says of them."""

    def matching(value: Any, name: Any, wanted: tuple[Any, ...], *, is_wanted: bool = True) -> Iterator[Json]:
        for item in _items(value):
            own = value_of(item, name)
            matches = own == wanted[0] if wanted and wanted[0] is not None else own not in (None, False)
            if matches == is_wanted:
                yield item

    def rejected(value: Any, name: Any, *wanted: Any) -> list[Json]:
        return list(matching(value, name, wanted, is_wanted=False))

    return {
        "where": lambda value, name, *wanted: list(matching(value, name, wanted)),
        "reject": rejected,
        "where_not": rejected,  # Customer.io's name for it
        "find": lambda value, name, *wanted: next(matching(value, name, wanted), None),
        "has": lambda value, name, *wanted: any(True for _ in matching(value, name, wanted)),
    }


def _part_or_property(item: Json, name: Any) -> Json:
    """What Ruby has in a text or an object by a name: a text's part, if it is in there."""
    return (name if name in item else None) if isinstance(item, str) else property_of(item, name)


def _json(value: Any, indent: Any = None) -> str:
    spaces = min(int(indent), 10) if indent else None
    return json.dumps(value, ensure_ascii=False, indent=spaces, separators=(",", ": " if spaces else ":"))


@with_context
def _date(value: Any, pattern: Any = "", zone: Any = None, *, context: Any) -> Any:
    time = dates.read(value, context.values.sent_at)
    if time is None or not pattern:
        return value
    return dates.written(time if zone is None else _in_zone(time, _zone(zone)), text(pattern))


def _zone(zone: Any) -> tzinfo:
    """LiquidJS: the zone of a name, or of an offset in minutes, as JavaScript counts them."""
    offset = number(zone)
    return ZoneInfo(text(zone)) if offset is None else timezone(timedelta(minutes=-offset))


def _in_zone(time: datetime, zone: tzinfo) -> datetime:
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(zone)


def _date_in(pattern: str, *, ordinal: str = "", american: str = "") -> Callable[..., Any]:
    @with_context
    def written(value: Any, kind: Any = "", style: Any = "", *, context: Any) -> Any:
        time = dates.read(value, context.values.sent_at)
        if time is None:
            return value
        ordinals = american if style == "US" else ordinal
        return dates.written(time, ordinals if ordinals and kind == "ordinal" else pattern)

    return written


def _shifted(unit: str, sign: int) -> Callable[[Any, Any], int]:
    """Customer.io: a time in seconds some days, months or years from another."""

    def shifted(value: Any, count: Any) -> int:
        time = datetime.fromtimestamp(int(value), UTC)
        amount = sign * int(count)
        if unit == "day":
            return int((time + timedelta(days=amount)).timestamp())
        if time.day > _LAST_DAY_OF_ALL_MONTHS:
            raise ValueError("Ruby and JavaScript disagree")
        return int(dates.months_later(time, amount * (12 if unit == "year" else 1)).timestamp())

    return shifted


@with_context
def _time_zone(value: Any, name: Any, *, context: Any) -> Any:
    time = dates.read(value, context.values.sent_at)
    return value if time is None else _in_zone(time, ZoneInfo(text(name)))


def _with_delimiter(value: Any, delimiter: Any = ",") -> str:
    whole, point, decimals = text(value).partition(".")
    return (
        re.sub(r"(?<=\d)(?=(?:\d{3})++\Z)", lambda _: text(delimiter), whole[:_MAX_DIGITS]) + point + decimals
    )


def _signed(kind: str, *, as_hex: bool) -> Callable[[Any, Any], str]:
    def signed(value: Any, key: Any) -> str:
        digest = hmac.new(text(key).encode(), text(value).encode(), kind)
        return digest.hexdigest() if as_hex else b64encode(digest.digest()).decode()

    return signed


def _hashed(kind: str) -> Callable[[Any], str]:
    return lambda value: hashlib.new(kind, text(value).encode(), usedforsecurity=False).hexdigest()


def _sentence(value: Any, joint: Any = "and") -> str:
    *others, last = [text(item) for item in _items(value)] or [""]
    if len(others) < 2:
        return f" {text(joint)} ".join([*others, last])
    return _joined(others, ", ") + f", {text(joint)} {last}"


def _locale(name: Any) -> Locale:
    return Locale.parse(text(name).replace("_", "-"), sep="-")


def _currency(value: Any, locale: Any = "en-us", currency: Any = None, pattern: str | None = None) -> str:
    parsed = _locale(locale)
    code = text(currency) or get_territory_currencies(parsed.territory or "US")[0]
    return format_currency(number(value) or 0, code, pattern, parsed, currency_digits=pattern is None)


def _rounded_currency(value: Any, locale: Any = "en-us", currency: Any = None) -> str:
    standard = _locale(locale).currency_formats["standard"].pattern
    return _currency(_round(value), locale, currency, re.sub(r"(?<=0)[.]0+", "", standard))


def _grouped(value: Any, name: Any) -> list[Any]:
    groups: dict[str, dict[str, Any]] = {}
    for item in _items(value):
        key = property_of(item, name)
        groups.setdefault(_json(key), {"name": key, "items": []})["items"].append(item)
    return list(groups.values())


def _handle(value: Any) -> str:
    return re.sub(r"[\W_]+", "-", text(value).lower()).strip("-")


def _of_text(function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of texts that is given texts, as Liquid would write their values."""

    def applied(value: Any, *arguments: Any) -> Any:
        return function(text(value), *(text(argument) for argument in arguments))

    return applied


_escape_url = _of_text(lambda value: quote(value, safe="!#$&'()*+,/:;=?@[]~"))

_NOT_LIQUID = {"safe", "escapejs"}  # python-liquid's own


def _library() -> dict[str, Callable[..., Any]]:
    """python-liquid's filters."""
    environment = Environment()

    def bound(function: Callable[..., Any]) -> Callable[..., Any]:
        if not getattr(function, "with_environment", False):
            return function
        return lambda *arguments, **named: function(*arguments, **named, environment=environment)

    return {
        name: bound(function) for name, function in environment.filters.items() if name not in _NOT_LIQUID
    }


_LIBRARY = _library()
_OF_TEXTS = words("base64_decode base64_url_safe_encode base64_url_safe_decode squish url_encode url_decode")
_ARITHMETIC = words("abs at_least at_most ceil divided_by floor minus modulo plus times")


def counting(number_of: Callable[[Any], float | None]) -> dict[str, Callable[..., Any]]:
    """The filters of numbers, by the number that `number_of` makes of a text or a truth value."""

    def given(function: Callable[..., Any]) -> Callable[..., Any]:
        def applied(*values: Any) -> Any:
            return function(
                *(number_of(each) or 0 if isinstance(each, str | bool) else each for each in values)
            )

        return applied

    return {name: given(_LIBRARY[name]) for name in _ARITHMETIC} | {"round": given(_round)}


def _in_ruby(value: str | bool) -> float | None:
    """The number that a text starts with, as Ruby counts with it. Fractions count if there is nothing else."""
    if isinstance(value, bool):
        return None
    if _DECIMAL.fullmatch(value):
        return float(value)
    whole = _WHOLE.match(value)
    return int(whole[0]) if whole else None


_OWN: dict[str, Callable[..., Any]] = {
    **{name: _of_text(_LIBRARY[name]) for name in _OF_TEXTS},
    "append": _of_text(lambda value, end: value + end),
    "prepend": _of_text(lambda value, start: start + value),
    "capitalize": _of_text(lambda value: value[:1].upper() + value[1:].lower()),
    "downcase": _of_text(str.lower),
    "upcase": _of_text(str.upper),
    "strip": _of_text(str.strip),
    "lstrip": _of_text(str.lstrip),
    "rstrip": _of_text(str.rstrip),
    "escape": _escape,
    "h": _escape,
    "escape_once": _escape_once,
    "strip_html": _of_text(lambda value: _MARKUP.sub("", value)),
    "strip_newlines": _of_text(lambda value: re.sub(r"\r?\n", "", value)),
    "newline_to_br": _of_text(lambda value: re.sub(r"\r?\n", "<br />\n", value)),
    "replace": lambda value, old, new="": _replace(value, old, new),
    "replace_first": lambda value, old, new="": _replace(value, old, new, 1),
    "replace_last": _replace_last,
    "remove": _replace,
    "remove_first": lambda value, old: _replace(value, old, "", 1),
    "remove_last": _replace_last,
    "split": _split,
    "truncate": _truncate,
    "truncatewords": _truncatewords,
    "join": lambda value, separator=" ": _joined(_items(value), text(separator)),
    "map": lambda value, name: [property_of(item, name) for item in _items(value)],
    "sort": _sorted,
    "sort_natural": lambda value, name=None: _sorted(value, name, key=lambda item: text(item).lower()),
    "uniq": _unique,
    "compact": lambda value, name=None: [
        item for item in _items(value) if (item if name is None else property_of(item, name)) is not None
    ],
    **searching(_part_or_property),
    **counting(_in_ruby),
    "first": lambda value: value[:1] if isinstance(value, str) else _LIBRARY["first"](value),
    "last": lambda value: value[-1:] if isinstance(value, str) else _LIBRARY["last"](value),
    "date": _date,
    "json": _json,
    # Braze: https://www.braze.com/docs/user_guide/personalization_and_dynamic_content/liquid/advanced_filters
    "time_zone": _time_zone,
    "number_with_delimiter": _with_delimiter,
    "property_accessor": property_of,
    "json_escape": _of_text(lambda value: _json(value)[1:-1]),
    "as_json_string": _json,
    **dict.fromkeys(("json_parse", "from_json"), _of_text(json.loads)),
    "url_escape": _escape_url,
    "url_param_escape": _of_text(lambda value: quote(value, safe="~")),
    **dict.fromkeys(("base64_encode", "base64"), _of_text(lambda value: b64encode(value.encode()).decode())),
    "md5": _hashed("md5"),
    "sha1": _hashed("sha1"),
    "sha2": _hashed("sha256"),
    "sha256": _hashed("sha256"),
    "hmac_sha1": _signed("sha1", as_hex=True),
    "hmac_sha1_hex": _signed("sha1", as_hex=True),
    "hmac_sha1_base64": _signed("sha1", as_hex=False),
    "hmac_sha256": _signed("sha256", as_hex=True),
    "hmac_sha256_hex": _signed("sha256", as_hex=True),
    "hmac_sha256_base64": _signed("sha256", as_hex=False),
    "hmac_sha512": _signed("sha512", as_hex=True),
    # Customer.io: https://docs.customer.io/journeys/liquid-tag-list/ (2026-11-26)
    "currency": lambda value, locale="en-us", currency=None: _currency(value, locale, currency),
    "rounded_currency": _rounded_currency,
    **{
        f"{name}_{unit}": _shifted(unit, sign)
        for name, sign in (("add", 1), ("subtract", -1))
        for unit in ("day", "month", "year")
    },
    "timezone": _time_zone,
    "json_array_uniq": _unique,
    "format_number": lambda value, locale="en-us": format_decimal(number(value) or 0, locale=_locale(locale)),
    "titlecase": _of_text(lambda value: " ".join(word[:1].upper() + word[1:] for word in value.split(" "))),
    "to_json": _json,
    # LiquidJS: https://liquidjs.com/filters/overview.html (2026-11-26)
    "array_to_sentence_string": _sentence,
    "date_to_string": _date_in("%d %b %Y", ordinal="%-d%q %b %Y", american="%b %-d%q, %Y"),
    "date_to_long_string": _date_in("%d %B %Y", ordinal="%-d%q %B %Y", american="%B %-d%q, %Y"),
    "date_to_rfc822": _date_in("%a, %d %b %Y %H:%M:%S %z"),
    "date_to_xmlschema": _date_in("%Y-%m-%dT%H:%M:%S%:z"),
    "group_by": _grouped,
    "slugify": _of_text(lambda value: re.sub(r"[\W_]+", "-", value).strip("-").lower()),
    "cgi_escape": _of_text(quote_plus),
    "uri_escape": _escape_url,
    "xml_escape": _escape,
    "raw": lambda value: value,
    "normalize_whitespace": _of_text(lambda value: re.sub(r"\s+", " ", value)),
    "number_of_words": _of_text(lambda value: len(value.split())),
    "to_integer": lambda value: int(number(value) or 0),
    "push": lambda value, item: [*_items(value), item],
    "unshift": lambda value, item: [item, *_items(value)],
    "pop": lambda value: _items(value)[:-1],
    "shift": lambda value: _items(value)[1:],
    # Shopify
    "handle": _handle,
    "handleize": _handle,
    "pluralize": lambda value, singular, plural: text(singular if number(value) == 1 else plural),
}

#: Liquid's filters.
FILTERS = _LIBRARY | _OWN
