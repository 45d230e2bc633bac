"""Formats numbers, rates and times for people, as their locale has it. None and NaN become a dash.

Every function returns text. The examples are British.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from math import isnan
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.numbers import format_currency

from . import locales
from .metrics import Portion

NOTHING = "–"
# Shown for planned campaigns, and for their customers without another reason.
NOT_SENT_YET = "Not sent yet"
NO_SUBJECT = "No subject"
NO_SENDING_DATE = "no send date"
# Keeps a number and its unit on one line.
_JOINED = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
# Shares below this have two decimals. It is the smallest that one decimal shows as 1.0% whatever the second.
BELOW_1_PERCENT = 0.00995
_SMALLEST_SHOWN, _ROUNDING_ERROR = 0.00005, 1e-9
_CURRENCY = re.compile(r"[A-Za-z]{3}")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# Characters with a special meaning in Markdown (CommonMark, section 2.4) and Streamlit (icons, colours, math): some
# everywhere, some before certain characters, some at the start of a line.
_SIGNS = re.compile(r"[\\`*_\[\]<>$~|{}]|:(?=\S)|&(?=[#\w])|(?<!.)[-+#=](?=[\s\-=#]|$)|(?<=\d)[.)](?=\s)")
# Letters that are written from right to left, and characters that change the direction: Unicode's bidirectional classes
# R and AL, and the explicit ones.
_RIGHT_TO_LEFT = re.compile(
    "[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]"
)
# Text that becomes a link (GitHub's Markdown, section 6.9), an icon or an emoji even if it is escaped.
_AUTOMATIC = re.compile(r"(?i)(https?|ftp|mailto|xmpp|www|@)(?=[\\:.\w])|:(?=[a-z])")


def count(number: float | None) -> str:
    """3412 -> "3,412"."""
    return NOTHING if number is None or isnan(number) else _localized(f"{round(number):,}")


def decimal(number: float, places: int) -> str:
    """(0.0312, 3) -> "0.031"."""
    return _localized(f"{number:,.{places}f}")


def money(amount: float, currency: str | None) -> str:
    """(1234.5, "EUR") -> "€1,234.50"; without the sign if the currency is unknown."""
    if not currency or not _CURRENCY.fullmatch(currency):
        return decimal(amount, 2)
    tag = locales.current().tag.replace("-", "_")
    return format_currency(amount, currency.upper(), locale=tag, numbering_system="latn")


def value(number: float) -> str:
    """A number of which nothing is known: 0.5 -> "0.5"; only from 10,000 with separators, because it may be a year."""
    return _localized(f"{number:,}" if abs(number) >= 10_000 else f"{number}")


def _localized(number: str) -> str:
    """A number with British separators in the viewer's locale."""
    locale = locales.current()
    if locale.group_digits == 2:
        whole, point, rest = number.replace(",", "").partition(".")
        number = re.sub(r"(?<=\d)(?=(\d\d)*\d{3}$)", ",", whole) + point + rest
    return number.translate({ord(","): locale.group, ord("."): locale.decimal})


def percent(share: float | None) -> str:
    """0.379 -> "37.9%"; below 1%, where one decimal would hide most differences, two: 0.0014 -> "0.14%"."""
    return NOTHING if share is None or isnan(share) else _percentage(_hundredths(share))


def whole_percent(hundredths: int) -> str:
    """95 -> "95%"."""
    return _percentage(str(hundredths))


def _percentage(number: str) -> str:
    return locales.current().percent.format(number)


def _hundredths(share: float) -> str:
    """The number of a percentage: "37.9", "0.14", and "<0.01" for what two decimals would show as nothing."""
    if 0 < share < _SMALLEST_SHOWN:
        return _localized("0.0" if share < _ROUNDING_ERROR else "<0.01")
    return decimal(share * 100, 2 if 0 < share < BELOW_1_PERCENT else 1)


def rate(portion: Portion) -> str:
    """12 of 40 -> "30.0%"; small samples include the interval: 2 of 6 -> "33.3% (9.7 – 70.0%)"."""
    bounds = f" ({interval(portion.interval)})" if portion.is_small else ""
    return f"{percent(portion.rate)}{bounds}"


def of(part: float | None, whole: float | None) -> str:
    """(3412, 9731) -> "3,412 of 9,731"; unknown counts are dashes."""
    return f"{count(part)} of {count(whole)}"


def interval(bounds: tuple[float, float] | None) -> str:
    """(0.3721, 0.3864) -> "37.2 – 38.6%"."""
    if bounds is None:
        return NOTHING
    low, high = (_hundredths(bound) for bound in bounds)
    return _percentage(f"{low}{_JOINED}–{_JOINED}{high}")


def points(difference: float | None) -> str:
    """A difference of two shares in percentage points, with a real minus sign: 0.021 -> "+2.1 pts".

    Where one decimal would show no difference, there are two: -0.0004 -> "−0.04 pts".
    """
    if difference is None or isnan(difference):
        return NOTHING
    decimals = 1 if round(difference * 100, 1) or not round(difference * 100, 2) else 2
    rounded = round(difference * 100, decimals)
    sign = "+" if rounded > 0 else _MINUS if rounded < 0 else "±"
    return f"{sign}{decimal(abs(rounded), decimals)}{_JOINED}pts"


def things(number: int, singular: str, plural: str | None = None) -> str:
    """(1, "customer") -> "1 customer"; (1200, "customer") -> "1,200 customers"."""
    return f"{count(number)} {singular if number == 1 else plural or singular + 's'}"


def listed(texts: Iterable[str], before_last: str = " and ") -> str:
    """["a", "b", "c"] -> "a, b and c"."""
    *first, last = texts
    return f"{', '.join(first)}{before_last}{last}" if first else last


def line(number: float | None) -> str:
    """The line of a rejected row; empty for something that comes from no single line."""
    return "" if number is None or isnan(number) else f"line {count(number)}"


def zone(name: str | None) -> ZoneInfo:
    """The time zone with the name that a browser sent; UTC if there is none."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def moment(at: datetime | None, zone_name: str | None = None) -> str:
    """The time in a time zone: "Tue 14 Apr 2026, 09:00"."""
    local = _local(at, zone_name)
    if local is None:
        return NOTHING
    comma = "" if locales.current().date.startswith("{d") else ","
    return f"{locales.WEEKDAYS[local.weekday()][:3]}{comma} {short_moment(local, zone_name)}"


def short_moment(at: datetime | None, zone_name: str | None = None) -> str:
    """The time in a time zone, for columns: "14 Apr 2026, 09:00"."""
    local = _local(at, zone_name)
    return f"{day(local, zone_name)}, {_clock(local.hour, local.minute)}" if local else NOTHING


def precise_moment(at: datetime | None, zone_name: str | None = None) -> str:
    """The time in a time zone to the second: "14 Apr 2026, 09:00:02"."""
    local = _local(at, zone_name)
    if local is None:
        return NOTHING
    return f"{day(local, zone_name)}, {_clock(local.hour, local.minute, local.second)}"


def day(at: datetime | None, zone_name: str | None = None) -> str:
    """The day in a time zone: "14 Apr 2026"."""
    return _day(at, zone_name, [month[:3] for month in _MONTHS])


def long_day(at: datetime | None, zone_name: str | None = None) -> str:
    """The day in a time zone, for sentences: "14 April 2026"."""
    return _day(at, zone_name, _MONTHS)


def _day(at: datetime | None, zone_name: str | None, months: Sequence[str]) -> str:
    local = _local(at, zone_name)
    if local is None:
        return NOTHING
    day, month = local.day, local.month
    return locales.current().date.format(
        d=day, dd=f"{day:02}", M=month, MM=f"{month:02}", MMM=months[month - 1], y=local.year
    )


def hour(since_midnight: int) -> str:
    """9 -> "09:00", 24 -> "24:00"."""
    return _clock(since_midnight, 0)


def _clock(hour: int, *smaller: int) -> str:
    locale = locales.current()
    shown = (hour % 12 or 12) if locale.has_12_hours else hour
    time = locale.clock.join(
        [f"{shown:02}" if locale.has_long_hours else str(shown), *(f"{part:02}" for part in smaller)]
    )
    half = ("AM" if hour % 24 < 12 else "PM") if locale.has_12_hours else ""
    return f"{time}{_JOINED}{half}" if half else time


def since(hours: int) -> str:
    """Time since send: "5 h", "1 day", "3 days 4 h"."""
    days, rest = divmod(hours, 24)
    parts = [things(days, "day")] * bool(days) + [f"{rest}{_JOINED}h"] * bool(rest or not days)
    return " ".join(parts)


def ago(seconds: float) -> str:
    """How long ago something happened: "just now", "20 s ago", "3 min ago", "5 h ago", "3 days ago"."""
    minutes, hours, days = (int(max(seconds, 0)) // unit for unit in (60, 3600, 86_400))
    if not minutes:
        return f"{int(seconds)}{_JOINED}s ago" if seconds >= 2 else "just now"
    if not hours:
        return f"{minutes}{_JOINED}min ago"
    return f"{hours}{_JOINED}h ago" if hours < 48 else f"{things(days, 'day')} ago"


def size(size_bytes: int) -> str:
    """A file size: "820 bytes", "1.4 MB"."""
    for unit, times in (("GB", 1e-9), ("MB", 1e-6), ("kB", 1e-3)):
        if (units := size_bytes * times) >= 1:
            return f"{decimal(units, 1)}{_JOINED}{unit}"
    return things(size_bytes, "byte")


def sender(name: str | None, address: str | None) -> str:
    """The From header of an e-mail: "Sunwise <news@sunwise.example>"."""
    return f"{isolated(name)} <{address}>" if name and address else name or address or ""


def isolated(text: str) -> str:
    """Text that keeps its own direction among other text: "عرض 50%!" reads from right to left even in an English line.

    Where HTML isn't possible, Unicode's isolates do what `<bdi>` does. Text without such letters stays as it is.
    """
    if not _RIGHT_TO_LEFT.search(text):
        return text
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def plain(text: object) -> str:
    """Untrusted text, escaped so that Markdown shows it literally, on one line and in its own direction."""
    escaped = _SIGNS.sub(r"\\\g<0>", " ".join(str(text).split()))
    return isolated(_AUTOMATIC.sub("\\g<0>\N{WORD JOINER}", escaped))


def raw(text: str, max_length: int = 300) -> str:
    """Untrusted text, shortened and on one line, with invisible characters written as escapes.

    Control and bidirectional characters could otherwise make one row look like another.
    """
    cut = text[:max_length].replace("\n", "↵")
    shown = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in cut)
    return f"{shown}…" if len(text) > max_length else shown


def _local(at: datetime | None, zone_name: str | None) -> datetime | None:
    # NaT, which pandas uses for missing times, is a datetime whose year is NaN.
    if at is None or isnan(at.year):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone(zone_name))
