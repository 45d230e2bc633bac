"""What PHP takes values for, for the merge languages whose programs are written in it."""

import operator
import re
from calendar import isleap, monthrange
from collections.abc import Callable
from datetime import datetime

from .values import Json, as_text

_NUMBER = re.compile(
    r"\s*[+-]?(?:[0-9]{1,300}+(?:\.[0-9]{0,300}+)?|\.[0-9]{1,300}+)(?:[eE][+-]?[0-9]{1,5}+)?\s*"
)

#: What each operator compares.
COMPARISONS: dict[str, Callable[[float | str, float | str], bool]] = {
    "=": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
    "<>": operator.ne,
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
}


def is_true(value: Json) -> bool:
    """Whether a condition takes the value for true. "0" isn't."""
    return bool(value) and value != "0"


def compared(value: Json, comparison: str, text: str) -> bool:
    """Compare a value with a text, both as numbers if they look like numbers."""
    # A list is no text, and equals none.
    left = "1" if value is True else "" if value is False else as_text(value)
    if left is None:
        return comparison in ("!=", "<>")
    compare = COMPARISONS[comparison]
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(text):
        return compare(float(left), float(text))
    return compare(left, text)


def _ordinal(day: int) -> str:
    return "th" if 11 <= day % 100 <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _offset(when: datetime, separator: str) -> str:
    text = when.strftime("%z")[:5] or "+0000"
    return text[:3] + separator + text[3:]


_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)

# https://www.php.net/manual/en/datetime.format.php, 2026-11-26
_FORMATS: dict[str, Callable[[datetime], object]] = {
    "d": lambda when: f"{when.day:02}",
    "D": lambda when: _DAYS[when.isoweekday() % 7][:3],
    "j": lambda when: when.day,
    "l": lambda when: _DAYS[when.isoweekday() % 7],
    "N": lambda when: when.isoweekday(),
    "S": lambda when: _ordinal(when.day),
    "w": lambda when: when.isoweekday() % 7,
    "z": lambda when: when.timetuple().tm_yday - 1,
    "W": lambda when: f"{when.isocalendar().week:02}",
    "F": lambda when: _MONTHS[when.month - 1],
    "m": lambda when: f"{when.month:02}",
    "M": lambda when: _MONTHS[when.month - 1][:3],
    "n": lambda when: when.month,
    "t": lambda when: monthrange(when.year, when.month)[1],
    "L": lambda when: int(isleap(when.year)),
    "o": lambda when: when.isocalendar().year,
    "Y": lambda when: f"{when.year:04}",
    "y": lambda when: f"{when.year % 100:02}",
    "a": lambda when: "am" if when.hour < 12 else "pm",
    "A": lambda when: "AM" if when.hour < 12 else "PM",
    "g": lambda when: when.hour % 12 or 12,
    "G": lambda when: when.hour,
    "h": lambda when: f"{when.hour % 12 or 12:02}",
    "H": lambda when: f"{when.hour:02}",
    "i": lambda when: f"{when.minute:02}",
    "s": lambda when: f"{when.second:02}",
    "u": lambda when: f"{when.microsecond:06}",
    "v": lambda when: f"{when.microsecond // 1000:03}",
    "e": lambda when: when.tzname() or "UTC",
    "T": lambda when: when.tzname() or "UTC",
    "I": lambda when: int(bool(when.dst())),
    "O": lambda when: _offset(when, ""),
    "P": lambda when: _offset(when, ":"),
    "Z": lambda when: int(offset.total_seconds()) if (offset := when.utcoffset()) else 0,
    "U": lambda when: int(when.timestamp()),
    "c": lambda when: formatted_date(when, "Y-m-d\\TH:i:sP"),
    "r": lambda when: formatted_date(when, "D, d M Y H:i:s O"),
}


def formatted_date(when: datetime, layout: str) -> str:
    """The time as PHP's `date` writes it."""
    return re.sub(r"\\(.)|[A-Za-z]", lambda character: _formatted(character, when), layout, flags=re.DOTALL)


def _formatted(character: re.Match[str], when: datetime) -> str:
    if character[1]:
        return character[1]
    write = _FORMATS.get(character.group())
    return str(write(when)) if write else character.group()
