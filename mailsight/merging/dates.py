"""Dates in templates: read from texts and numbers, and written by strftime's directives with Ruby's flags."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from dateutil.parser import ParserError, parse

_MAX_LENGTH = 100
_DIRECTIVE = re.compile(r"%([-_0^#:]{0,3})(\d{0,2})([A-Za-z%+])")
_NUMBERS = frozenset("CdeGgHIjklLmMNsSuUVwWyY")
_NAMES = frozenset("aAbBhpPZ")
_SPACED = frozenset("ekl")
_WIDTHS = {"Y": 4, "G": 4, "j": 3, "L": 3, "N": 9, "s": 1, "u": 1, "w": 1}
_COMPOSED = {
    "c": "%a %b %e %H:%M:%S %Y",
    "D": "%m/%d/%y",
    "F": "%Y-%m-%d",
    "r": "%I:%M:%S %p",
    "R": "%H:%M",
    "T": "%H:%M:%S",
    "v": "%e-%^b-%Y",
    "x": "%m/%d/%y",
    "X": "%H:%M:%S",
    "+": "%a %b %e %H:%M:%S %Z %Y",
}
_FIXED = {"%": "%", "n": "\n", "t": "\t"}


def read(value: object, now: datetime | None) -> datetime | None:
    """A value as a date, or None if it is not one.

    "now" is the time of sending, and a date without a year is one of that year.
    Raises `ValueError` where it needs that time and it is not known.
    """
    match value:
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day, tzinfo=UTC)
        case bool():
            return None
        case int() | float():
            return datetime.fromtimestamp(value, UTC)
        case str() if len(value) <= _MAX_LENGTH:
            return _read_text(value.strip(), now)
    return None


def _read_text(text: str, now: datetime | None) -> datetime | None:
    if text.lower() in ("now", "today"):
        if now is None:
            raise ValueError("the time of sending is not known")
        return now
    if text.isascii() and text.isdigit() and len(text) > 4:
        return datetime.fromtimestamp(int(text), UTC)
    # They fill in what a text leaves out. If that makes a difference, the date is not complete.
    defaults = [datetime(2000, 1, 1), datetime(2001, 2, 2)] if now is None else [_midnight(now)]  # noqa: DTZ001
    try:
        read, *others = (parse(text, default=default, tzinfos=_zone) for default in defaults)
    except (ParserError, OverflowError):
        return None
    if any(other != read for other in others):
        raise ValueError("the time of sending is not known")
    complete: datetime = read
    return complete


def _midnight(time: datetime) -> datetime:
    return datetime(time.year, time.month, time.day)  # noqa: DTZ001


def _zone(_name: str | None, offset: int | None) -> tzinfo:
    return timezone(timedelta(seconds=offset or 0))


def months_later(time: datetime, months: int) -> datetime:
    """The same day some months later; in a month that has no such day, its last one. Raises `ValueError`."""
    month = time.year * 12 + time.month - 1 + months
    last = monthrange(month // 12, month % 12 + 1)[1]
    return time.replace(year=month // 12, month=month % 12 + 1, day=min(time.day, last))


def written(time: datetime, pattern: str) -> str:
    """A date by a pattern such as "%-d %B %Y"."""
    return _DIRECTIVE.sub(lambda directive: _directive(time, directive), pattern)


def _directive(time: datetime, directive: re.Match[str]) -> str:
    flags, width, letter = directive.groups()
    if letter in _COMPOSED:
        text = written(time, _COMPOSED[letter])
    elif letter in _FIXED:
        return _FIXED[letter]
    elif letter == "q":  # LiquidJS: st, nd, rd, th
        return "th" if 10 < time.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(time.day % 10, "th")
    elif letter == "z":
        return _offset(time, ":" in flags)
    elif letter in _NUMBERS:
        return _number(time, letter, flags, width)
    elif letter in _NAMES:
        text = _name(time, letter)
    else:
        return directive[0]
    if "^" in flags:
        text = text.upper()
    if "#" in flags:
        text = text.lower() if letter == "p" else text.upper()
    return text.rjust(int(width or 0), "0" if "0" in flags else " ")


def _name(time: datetime, letter: str) -> str:
    if letter == "P":
        return time.strftime("%p").lower()
    return (time.tzname() or "UTC") if letter == "Z" else time.strftime(f"%{letter}")


def _number(time: datetime, letter: str, flags: str, width: str) -> str:
    match letter:
        case "L":
            return f"{time.microsecond // 1000:03}"
        case "N":
            return f"{time.microsecond:06}000"[: int(width or 9)]
        case "s":
            aware = time if time.tzinfo else time.replace(tzinfo=UTC)
            return str(int(aware.timestamp()))
        case "C":
            number = time.year // 100
        case "Y":
            number = time.year
        case "k":
            number = time.hour
        case "l":
            number = time.hour % 12 or 12
        case "e":
            number = time.day
        case _:
            number = int(time.strftime(f"%{letter}"))
    if "-" in flags:
        return str(number)
    fill = " " if ("_" in flags or letter in _SPACED) and "0" not in flags else "0"
    return str(number).rjust(int(width or _WIDTHS.get(letter, 2)), fill)


def _offset(time: datetime, with_colon: bool) -> str:
    offset = time.strftime("%z") or "+0000"
    return f"{offset[:3]}:{offset[3:5]}" if with_colon else offset[:5]
