"""Dates in templates: read as JSON has them, written in the patterns of moment.js and of Java."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime

from mailsight.merging.dates import months_later
from mailsight.merging.values import Json

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_OFFSET = re.compile(r"([+-])(\d\d):?(\d\d)")
_MOMENT = re.compile(
    r"\[[^\[\]]*+\]|Y{4}|YY|M{1,4}|Do|D{1,2}|d{3,4}|H{1,2}|h{1,2}|m{1,2}|s{1,2}|SSS|A|a|ZZ?|X|x"
)
_JAVA = re.compile(r"'(?:[^']|'')*+'|([A-Za-z])\1*+")
_CHANGE = re.compile(r"([+-])(\d{1,6})([yMwdhHms])")
_CHANGES = re.compile(rf"(?:{_CHANGE.pattern}){{1,20}}")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "H": "hours", "m": "minutes", "s": "seconds"}

Token = Callable[[datetime], str]

# The tokens that a language writes in its own words.
_NAMES = frozenset(("MMM", "MMMM", "LLL", "LLLL", "E", "EE", "EEE", "EEEE", "a"))


def read(value: Json) -> datetime:
    """A date from ISO 8601 text, or from seconds or milliseconds since 1970. Raises `ValueError`."""
    if isinstance(value, str) and re.fullmatch(r"-?\d{9,14}", value):
        value = int(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        seconds = value / 1000 if abs(value) >= 100_000_000_000 else value
        try:
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
        except OverflowError:
            raise ValueError(value) from None
    if not isinstance(value, str) or len(value) > 50:
        raise ValueError(value)
    moment = datetime.fromisoformat(value.strip().replace(" +", "+").removesuffix(" UTC"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def moved(moment: datetime, zone: str) -> datetime:
    """The same moment in a zone: `-0800`, `Europe/Oslo`. Raises `ValueError`."""
    offset = _OFFSET.fullmatch(zone)
    try:
        if offset is None:
            return moment.astimezone(ZoneInfo(zone))
        minutes = int(offset[2]) * 60 + int(offset[3])
        return moment.astimezone(timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes)))
    except (ZoneInfoNotFoundError, OverflowError, OSError):
        raise ValueError(zone) from None


def _ordinal(day: int) -> str:
    return f"{day}{'th' if 10 < day < 14 else {1: 'st', 2: 'nd', 3: 'rd'}.get(day % 10, 'th')}"


def _zone(moment: datetime) -> str:
    return f"{moment:%z}"[:5]


_MOMENT_TOKENS: Mapping[str, Token] = {
    "YYYY": lambda at: f"{at.year:04}",
    "YY": lambda at: f"{at.year % 100:02}",
    "MMMM": lambda at: _MONTHS[at.month - 1],
    "MMM": lambda at: _MONTHS[at.month - 1][:3],
    "MM": lambda at: f"{at.month:02}",
    "M": lambda at: str(at.month),
    "DD": lambda at: f"{at.day:02}",
    "Do": lambda at: _ordinal(at.day),
    "D": lambda at: str(at.day),
    "dddd": lambda at: _DAYS[at.weekday()],
    "ddd": lambda at: _DAYS[at.weekday()][:3],
    "HH": lambda at: f"{at.hour:02}",
    "H": lambda at: str(at.hour),
    "hh": lambda at: f"{at.hour % 12 or 12:02}",
    "h": lambda at: str(at.hour % 12 or 12),
    "mm": lambda at: f"{at.minute:02}",
    "m": lambda at: str(at.minute),
    "ss": lambda at: f"{at.second:02}",
    "s": lambda at: str(at.second),
    "SSS": lambda at: f"{at.microsecond // 1000:03}",
    "A": lambda at: "AM" if at.hour < 12 else "PM",
    "a": lambda at: "am" if at.hour < 12 else "pm",
    "ZZ": _zone,
    "Z": lambda at: f"{_zone(at)[:3]}:{_zone(at)[3:]}",
    "X": lambda at: str(int(at.timestamp())),
    "x": lambda at: str(int(at.timestamp() * 1000)),
}
_JAVA_TOKENS: Mapping[str, Token] = {
    **dict.fromkeys(("y", "yyy", "yyyy"), _MOMENT_TOKENS["YYYY"]),
    **dict.fromkeys(("u", "e"), lambda at: str(at.isoweekday())),
    "yy": _MOMENT_TOKENS["YY"],
    **{letter * count: _MOMENT_TOKENS["M" * count] for letter in "ML" for count in (1, 2, 3, 4)},
    "dd": _MOMENT_TOKENS["DD"],
    "d": _MOMENT_TOKENS["D"],
    **{"E" * count: _MOMENT_TOKENS["ddd"] for count in (1, 2, 3)},
    "EEEE": _MOMENT_TOKENS["dddd"],
    **{name: _MOMENT_TOKENS[name] for name in ("HH", "H", "hh", "h", "mm", "m", "ss", "s", "SSS")},
    "D": lambda at: str(at.timetuple().tm_yday),
    "DD": lambda at: f"{at.timetuple().tm_yday:02}",
    "DDD": lambda at: f"{at.timetuple().tm_yday:03}",
    "k": lambda at: str(at.hour or 24),
    "K": lambda at: str(at.hour % 12),
    "a": _MOMENT_TOKENS["A"],
    "z": lambda at: f"{at:%Z}",
    "Z": _zone,
    "XXX": _MOMENT_TOKENS["Z"],
}
_JAVA_STYLES = {
    "full": "EEEE, MMMM d, yyyy",
    "long": "MMMM d, yyyy",
    "medium": "MMM d, yyyy",
    "short": "M/d/yy",
}


def in_moment(moment: datetime, pattern: str) -> str:
    """A date in a pattern of moment.js, in English."""
    return _MOMENT.sub(
        lambda token: (
            token.group()[1:-1] if token.group().startswith("[") else _MOMENT_TOKENS[token.group()](moment)
        ),
        pattern,
    )


def in_java(moment: datetime, pattern: str, locale: Locale | None = None) -> str:
    """A date in a pattern or style of Java; in English without a locale. Raises `ValueError` for rare letters."""

    def written(token: re.Match[str]) -> str:
        text = token.group()
        if text.startswith("'"):
            return text[1:-1].replace("''", "'") or "'"
        if text not in _JAVA_TOKENS:
            raise ValueError(text)
        if locale and text in _NAMES:
            return format_datetime(moment, text, locale=locale)
        return _JAVA_TOKENS[text](moment)

    if locale and pattern in _JAVA_STYLES:
        return format_date(moment, pattern, locale=locale)
    return _JAVA.sub(written, _JAVA_STYLES.get(pattern, pattern))


def calculated(moment: datetime, pattern: str, *, changes: str, locale: Locale | None = None) -> str:
    """A date after changes such as "+1M-2d", one after the other, as `in_java` writes it. Raises `ValueError`."""
    if not _CHANGES.fullmatch(changes):
        raise ValueError(changes)
    # Changes may lead to years before 1. The calendar repeats every 400 years.
    at = moment.replace(year=moment.year % 400 + 4_000)
    earlier = at.year - moment.year
    try:
        for sign, digits, unit in _CHANGE.findall(changes):
            at = _later(at, int(digits) * (-1 if sign == "-" else 1), unit)
    except OverflowError:
        raise ValueError(changes) from None
    year = at.year - earlier
    if year > 0:
        return in_java(at.replace(year=year), pattern, locale)
    if pattern != "yy":  # by which Iterable's documentation calculates ages
        raise ValueError(year)
    return f"{-year % 100:02}"


def _later(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in _UNITS:
        return moment + timedelta(**{_UNITS[unit]: amount})
    return months_later(moment, amount * (12 if unit == "y" else 1))
