"""Reads the times of tables of any origin: ISO 8601, digits in any order, months in words, spreadsheets' days.

`03/04/2026` may be in March or in April. Which of the two is decided for a column, never for a value: `evidence` says
what each value proves.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from enum import Flag, StrEnum, auto
from functools import cache

from babel.dates import get_month_names

from .headers import folded


class Order(StrEnum):
    """The order of day and month in a column. `ASK`: its dates are valid in both orders."""

    CLEAR = ""
    DAY_FIRST = "day first"
    MONTH_FIRST = "month first"
    ASK = "ask"


class Evidence(Flag):
    """What a date proves: nothing if the year is first or the month a word. `SAME`: day and month are the same."""

    NONE = 0
    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    EITHER = auto()
    SAME = auto()


_MAX_LENGTH = 80
# Times outside these years are numbers of another kind, or slips of the pen.
_FIRST, _LAST = datetime(1985, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001  # spreadsheets' days have no time zone
_DIGITS = re.compile(r"(\d{1,4}) ?([-/.]) ?(\d{1,2}) ?\2 ?(\d{4}|\d\d)\.?(?!\d)(.*)", re.DOTALL)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[T ]?(\d\d)(\d\d)(\d\d)?)?(.*)", re.DOTALL)
_NUMBER = re.compile(r"\d{5,19}(?:[.,]\d+)?")
# Dates with the month as a word, whatever comes first: 14 April 2026, April 14, 2026, and 2026. április 14.
_WORDS = (
    re.compile(
        r"(?:[^\W\d_]+\.?,? +)?(?P<day>\d{1,2})(?:st|nd|rd|th|er|º|°|\.)?[ /-]*(?:de |of |di )?(?P<month>[^\W\d_]{3,})"
        r"\.?[ ,/-]*(?:de |del )?(?P<year>\d{4}|\d\d)(?!\d)(?: ?[гр]\.)?(?P<clock>.*)",
        re.DOTALL | re.IGNORECASE,
    ),
    re.compile(
        r"(?:[^\W\d_]+\.?,? +)??(?P<month>[^\W\d_]{3,})\.? +(?P<day>\d{1,2})(?:st|nd|rd|th)?,? +(?P<year>\d{4})(?!\d)"
        r"(?P<clock>.*)",
        re.DOTALL | re.IGNORECASE,
    ),
    re.compile(
        r"(?P<year>\d{4})\.? +(?P<month>[^\W\d_]{3,})\.? +(?P<day>\d{1,2})\.?(?!\d)(?P<clock>.*)", re.DOTALL
    ),
)
_CLOCK = re.compile(
    r"[T,;\s]*(?:(?:um|at|à|a las|alle|alle ore|ore|om|kl\.?|o|v|às|-)\s+)?"
    r"(?:(?P<hour>\d{1,2})(?:\s?[:.h]\s?(?P<minute>\d\d)"
    r"(?:\s?[:.m]\s?(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?s?)?|\s?h|(?=\s*[ap]))"
    r"\s*(?:uhr|h|hrs)?\s*(?:(?P<half>[ap])\.?\s?m\.?)?)?"
    r"\s*(?P<zone>\(?(?:utc|gmt)?\s?[+-−]\d{1,2}(?::?\d\d)?\)?|z|[a-z]{3,4})?(?:\s*\([^()]*\))?\s*",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"\(?(?:utc|gmt)?\s?([+−-])(\d{1,2})(?::?(\d\d))?\)?", re.IGNORECASE)
_ZONES = {
    **dict.fromkeys(("z", "utc", "gmt", "wet"), 0),
    **dict.fromkeys(("cet", "mez", "bst", "west"), 1),
    **dict.fromkeys(("cest", "mesz", "eet"), 2),
    **dict.fromkeys(("eest", "msk"), 3),
    "est": -5,
    "edt": -4,
    "cst": -6,
    "cdt": -5,
    "mst": -7,
    "mdt": -6,
    "pst": -8,
    "pdt": -7,
}
# The languages whose names of months are known. Croatian would contradict Czech and Polish: its listopad is October.
_LANGUAGES = ("en", "de", "de_AT", "fr", "es", "it", "nl", "pt", "pl", "sv", "da", "nb", "cs", "sk", "sl", "fi", "hu",
              "ro", "ca", "tr", "lt", "lv", "et", "el", "ru", "uk", "bg")  # fmt: skip


@cache
def _months() -> Mapping[str, int]:
    """Months by name, and by each of its beginnings of three letters or more that no other month has."""
    names = {
        folded(name): month
        for language in _LANGUAGES
        for width in ("wide", "abbreviated")
        for context in ("format", "stand-alone")
        for month, name in get_month_names(width, context, language).items()
    }
    names |= dict.fromkeys(("maerz", "mrz"), 3)
    beginnings: dict[str, set[int]] = {}
    for name, month in names.items():
        for length in range(3, len(name)):
            beginnings.setdefault(name[:length], set()).add(month)
    return {start: months.pop() for start, months in beginnings.items() if len(months) == 1} | names


def evidence(text: str) -> Evidence:
    """What a date proves of the order in its column."""
    match = _DIGITS.fullmatch(text.strip())
    if not match or len(match[1]) > 2:
        return Evidence.NONE
    first, second = int(match[1]), int(match[3])
    if second > 12:
        return Evidence.MONTH_FIRST
    if first > 12 or match[2] == ".":  # between dots, days come first everywhere
        return Evidence.DAY_FIRST
    return Evidence.SAME if first == second else Evidence.EITHER


def moment(text: str, order: Order = Order.CLEAR, zone: tzinfo = UTC) -> datetime:
    """The time that the text says, in UTC. Times without a zone are in `zone`. Raises ValueError if it is none."""
    time = _parsed(text.strip(), order)
    try:
        aware = (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text!r} is not a date") from error
    if not _FIRST <= aware < _LAST:
        raise ValueError(f"{text!r} is not between 1985 and 2200")
    return aware


def is_zoned(text: str) -> bool:
    """Whether a time names its zone, or is a number of seconds, which needs none. Raises ValueError."""
    return _parsed(text.strip(), Order.DAY_FIRST).tzinfo is not None


def _parsed(text: str, order: Order) -> datetime:
    if len(text) > _MAX_LENGTH:
        raise ValueError(f"{text[:_MAX_LENGTH]!r}… is not a date")
    if text[4:5] == "-" and text[:4].isdigit() and "W" not in text:
        with suppress(ValueError):
            return datetime.fromisoformat(text)
    if _NUMBER.fullmatch(text) and (number := _of_number(text)):
        return number
    if match := _DIGITS.fullmatch(text):
        return _timed(_in_order(match, order, text), match[5], text)
    if match := next(filter(None, (words.fullmatch(text) for words in _WORDS)), None):
        return _timed(
            _date(match["year"], _month(match["month"], text), match["day"], text), match["clock"], text
        )
    if match := _COMPACT.fullmatch(text):
        clock = f"{match[4]}:{match[5]}:{match[6] or '00'}" if match[4] else ""
        return _timed(_date(match[1], int(match[2]), match[3], text), f"{clock}{match[7]}", text)
    raise ValueError(f"{text!r} is not a date")


def _of_number(text: str) -> datetime | None:
    """A time as a number: of seconds and their parts since 1970, or of days, as spreadsheets count them."""
    number = float(text.replace(",", "."))
    digits = len(re.split("[.,]", text)[0])
    if digits in (5, 6):
        # Spreadsheets store a day as a fraction, so seconds are rounded.
        return _DAY_0 + timedelta(seconds=round(number * 86_400))
    if digits in (9, 10):
        return datetime.fromtimestamp(number, UTC)
    if digits in (12, 13, 15, 16, 18, 19) and not (digits == 12 and text.startswith(("19", "20"))):
        return datetime.fromtimestamp(number / 10 ** (3 * ((digits - 10 + 2) // 3)), UTC)
    return None


def _in_order(match: re.Match[str], order: Order, text: str) -> date:
    first, second, third = match[1], match[3], match[4]
    if len(first) == 4:
        return _date(first, int(second), third, text)
    if len(first) == 3:
        raise ValueError(f"{text!r} is not a date")
    if order in (Order.CLEAR, Order.ASK):
        proved = evidence(match.string)
        if proved is Evidence.EITHER:
            raise ValueError(f"{text!r} may begin with the day or the month")
        order = Order.MONTH_FIRST if proved is Evidence.MONTH_FIRST else Order.DAY_FIRST
    if order is Order.DAY_FIRST:
        return _date(third, int(second), first, text)
    return _date(third, int(first), second, text)


def _month(name: str, text: str) -> int:
    month = _months().get(folded(name))
    if month is None:
        raise ValueError(f"{text!r} names no month that is known")
    return month


def _date(year: str, month: int, day: str, text: str) -> date:
    number = int(year)
    if len(year) == 2:
        number += 2000 if number < 70 else 1900
    try:
        return date(number, month, int(day))
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date") from error


def _timed(day: date, clock: str, text: str) -> datetime:
    match = _CLOCK.fullmatch(clock)
    if not match:
        raise ValueError(f"{text!r} has a time of day that can't be read")
    hour, minute, second = (int(match[part] or 0) for part in ("hour", "minute", "second"))
    if match["half"]:
        if hour > 12:
            raise ValueError(f"{text!r} has a time of day that can't be read")
        hour = hour % 12 + (12 if match["half"].lower() == "p" else 0)
    microsecond = int((match["part"] or "0").ljust(6, "0")[:6])
    try:
        time = datetime(day.year, day.month, day.day, hour, minute, second, microsecond)  # noqa: DTZ001  # see below
    except ValueError as error:
        raise ValueError(f"{text!r} has a time of day that can't be read") from error
    return time.replace(tzinfo=_zone(match["zone"], text)) if match["zone"] else time


def _zone(name: str, text: str) -> tzinfo:
    if name.lower() in _ZONES:
        return timezone(timedelta(hours=_ZONES[name.lower()]))
    match = _OFFSET.fullmatch(name)
    if not match:
        raise ValueError(f"{text!r} has a time zone that is not known")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
    if offset > timedelta(hours=15):
        raise ValueError(f"{text!r} has a time zone that is not known")
    return timezone(offset if match[1] == "+" else -offset)
