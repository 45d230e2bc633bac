"""Numbers, rates and times as people read them. Everything here returns text; None and NaN become a dash."""

import re
from datetime import UTC, datetime
from math import isnan
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from .metrics import Portion

NOTHING = "–"
# Said of a campaign that is planned, and of its customers who have no other reason.
NOT_SENT_YET = "Not sent yet"
NO_SUBJECT = "No subject"
NO_SENDING_DATE = "no date of sending"
# Keeps a number and its unit on one line.
_JOINED = "\N{NO-BREAK SPACE}"
_MINUS = "\N{MINUS SIGN}"
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What Markdown (CommonMark, section 2.4) and Streamlit (icons, colours, maths) would take for signs: some wherever they
# stand, some before other letters, some at the start of a line.
_SIGNS = re.compile(r"[\\`*_\[\]<>$~|{}]|:(?=\S)|&(?=[#\w])|(?<!.)[-+#=](?=[\s\-=#]|$)|(?<=\d)[.)](?=\s)")
# What becomes a link (GitHub's Markdown, section 6.9), an icon or an emoji by itself does so although it is escaped.
_BY_ITSELF = re.compile(r"(?i)(https?|ftp|mailto|xmpp|www|@)(?=[\\:.\w])|:(?=[a-z])")


def count(number: float | None) -> str:
    """3412 -> "3,412"."""
    return NOTHING if number is None or isnan(number) else f"{round(number):,}"


def percent(share: float | None) -> str:
    """0.379 -> "37.9 %"."""
    return NOTHING if share is None or isnan(share) else f"{share * 100:,.1f}{_JOINED}%"


def rate(made_of: Portion) -> str:
    """12 of 40 -> "30.0 %"; with its interval where that is small: 2 of 6 -> "33.3 % (9.7 – 70.0 %)"."""
    around = f" ({interval(made_of.interval)})" if made_of.is_small else ""
    return f"{percent(made_of.rate)}{around}"


def of(part: float, whole: float) -> str:
    """(3412, 9731) -> "3,412 of 9,731"."""
    return f"{count(part)} of {count(whole)}"


def interval(bounds: tuple[float, float] | None) -> str:
    """(0.3721, 0.3864) -> "37.2 – 38.6 %"."""
    if bounds is None:
        return NOTHING
    low, high = (f"{bound * 100:.1f}" for bound in bounds)
    return f"{low}{_JOINED}–{_JOINED}{high}{_JOINED}%"


def points(difference: float | None) -> str:
    """A difference of two shares, in percentage points: 0.021 -> "+2.1 pts", with a real minus sign."""
    if difference is None or isnan(difference):
        return NOTHING
    rounded = round(difference * 100, 1)
    sign = "+" if rounded > 0 else _MINUS if rounded < 0 else "±"
    return f"{sign}{abs(rounded):.1f}{_JOINED}pts"


def things(number: int, one: str, many: str | None = None) -> str:
    """(1, "customer") -> "1 customer"; (1200, "customer") -> "1,200 customers"."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def zone(name: str | None) -> ZoneInfo:
    """The time zone of that name, as a browser tells it; UTC when there is none of that name."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def moment(at: datetime | None, zone_name: str | None = None) -> str:
    """The time in that zone: "Tue 14 Apr 2026, 09:00"."""
    local = _local(at, zone_name)
    return f"{_WEEKDAYS[local.weekday()]} {short_moment(local, zone_name)}" if local else NOTHING


def short_moment(at: datetime | None, zone_name: str | None = None) -> str:
    """The time in that zone, for columns: "14 Apr 2026, 09:00"."""
    local = _local(at, zone_name)
    return f"{day(local, zone_name)}, {local:%H:%M}" if local else NOTHING


def precise_moment(at: datetime | None, zone_name: str | None = None) -> str:
    """The time in that zone to the second: "14 Apr 2026, 09:00:02"."""
    local = _local(at, zone_name)
    return f"{short_moment(local, zone_name)}:{local:%S}" if local else NOTHING


def day(at: datetime | None, zone_name: str | None = None) -> str:
    """The day in that zone: "14 Apr 2026"."""
    local = _local(at, zone_name)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year}" if local else NOTHING


def since(hours: int) -> str:
    """Hours since sending: "5 h", "1 day", "3 days 4 h"."""
    days, rest = divmod(hours, 24)
    parts = [things(days, "day")] * bool(days) + [f"{rest}{_JOINED}h"] * bool(rest or not days)
    return " ".join(parts)


def ago(seconds: float) -> str:
    """How long ago something was: "just now", "20 s ago", "3 min ago", "5 h ago", "3 days ago"."""
    minutes, hours, days = (int(max(seconds, 0)) // unit for unit in (60, 3600, 86_400))
    if not minutes:
        return f"{int(seconds)}{_JOINED}s ago" if seconds >= 2 else "just now"
    if not hours:
        return f"{minutes}{_JOINED}min ago"
    return f"{hours}{_JOINED}h ago" if hours < 48 else f"{things(days, 'day')} ago"


def size(size_bytes: int) -> str:
    """The size of a file: "820 bytes", "1.4 MB"."""
    for unit, times in (("GB", 1e-9), ("MB", 1e-6), ("kB", 1e-3)):
        if (units := size_bytes * times) >= 1:
            return f"{units:,.1f}{_JOINED}{unit}"
    return things(size_bytes, "byte")


def sender(name: str | None, address: str | None) -> str:
    """Who a mail is from, as mail programs write it: "Sunwise <news@sunwise.example>"."""
    return f"{name} <{address}>" if name and address else name or address or ""


def plain(text: object) -> str:
    """Text from outside, such that Markdown shows it letter by letter, on one line."""
    escaped = _SIGNS.sub(r"\\\g<0>", " ".join(str(text).split()))
    return _BY_ITSELF.sub("\\g<0>\N{WORD JOINER}", escaped)


def raw(text: str, most: int = 300) -> str:
    """Text from outside as it stands there, cut where it gets long, on one line: what nobody sees is spelled out.

    Control characters, and those that turn the direction of writing, could make a row look like another one.
    """
    cut = text[:most]
    shown = "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in cut.replace("\n", "↵"))
    return f"{shown}…" if len(text) > most else shown


def _local(at: datetime | None, zone_name: str | None) -> datetime | None:
    # NaT, which pandas puts where a time is missing, is a datetime to Python.
    if at is None or pd.isna(at):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(zone(zone_name))
