"""Reads the values of exports: times in the ways that senders write them, counts, amounts, addresses."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailsight.errors import ImportFailed

# What exports write for "no value".
_NOTHING = frozenset(("", "na", "n/a", "null", "none", "nan", "-", "--", "—", "\\n"))
# Longer texts are no times, numbers or addresses. RFC 5321 allows 254 characters, and a name may come before them.
_MAX_LENGTH = 100
_MAX_ADDRESS_LENGTH = 1_000
_ADDRESS = re.compile(r"[^@\s<>\"(),;:]+@[^@\s<>\"(),;:]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH, _DAY, _REST = r"(?P<month>[a-z]{3,9})\.?", r"(?P<day>\d{1,2})", r",? +(?P<year>\d{4})(?P<clock>.*)"
_WORDS = (
    re.compile(rf"(?:[a-z]+,? +)??{_MONTH} +{_DAY}{_REST}", re.IGNORECASE),
    re.compile(rf"(?:[a-z]+,? +)?{_DAY} +{_MONTH}{_REST}", re.IGNORECASE),
)
_DIGITS = re.compile(
    r"(?P<first>\d{1,2})(?P<between>[-/.])(?P<second>\d{1,2})[-/.](?P<year>\d{4}|\d\d)(?P<clock>.*)"
)
_EITHER_ORDER = re.compile(r"(?<![\d/.-])(\d{1,2})([-/])(\d{1,2})\2\d{4}(?!\d)")
_CLOCK = re.compile(
    r"(?:,|\s|at)*(?:(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d+)?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?)?)?\s*(?P<zone>Z|UTC|GMT|[+-]\d\d:?\d\d)?",
    re.IGNORECASE,
)
_OFFSET = re.compile(r"([+-]\d\d):?(\d\d)$")
_COUNT = re.compile(r"(-?\d{1,3}(?:[.,'’\s\u00a0\u202f]\d{3})+|-?\d+)(?:[.,]0+)?(?![\d.,]*%)(?!\d)")
_AMOUNT = re.compile(r"-?\d(?:[\d.,'’\s\u00a0\u202f]*\d)?")


def known(text: str | None) -> str | None:
    """The text without blanks around it; None if it stands for no value."""
    plain = (text or "").strip()
    return None if plain.lower() in _NOTHING else plain


def address(text: str | None) -> str | None:
    """The e-mail address in the text, in lower case; None if there is none."""
    match = _ADDRESS.search(text) if text and len(text) <= _MAX_ADDRESS_LENGTH else None
    return match[0].strip(".'").lower() if match else None


def zone(options: Mapping[str, str]) -> tzinfo:
    """The time zone in which an export's times are, which its owner knows: UTC unless the option `timezone` names one.

    Raises `ImportFailed` for an unknown one.
    """
    name = options.get("timezone", "UTC")
    try:
        return UTC if name.upper() in ("UTC", "GMT", "Z") else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ImportFailed(
            f"There is no time zone {name!r}.",
            next_step="Name one like Europe/Amsterdam or America/New_York.",
        ) from error


def moment(text: str | None, zone: tzinfo = UTC, *, day_first: bool = False) -> datetime | None:
    """The time that the text names, in UTC; None if it names none. Times without a zone are in `zone`.

    It may be ISO 8601, digits in another order, English with the month's name, as in e-mail headers, or seconds since
    1970. If digits may be in either order, `day_first` decides; between dots, days always come first.
    """
    plain = _short(text)
    if not plain:
        return None
    try:
        return _utc(datetime.fromisoformat(plain), zone)
    except (ValueError, OverflowError):
        pass
    try:
        return _other(plain, zone, day_first)
    except (ValueError, OverflowError, OSError, TypeError, IndexError):
        return None


def days_come_first(text: str) -> bool | None:
    """Whether the dates in a table begin with the day; None if none of them proves it, or they contradict each other.

    No sender writes both orders, but spreadsheets store dates again as their owner's country writes them.
    """
    pairs = {(int(first), int(second)) for first, _, second in _EITHER_ORDER.findall(text)}
    proved = {first > 12 for first, second in pairs if (first > 12) != (second > 12)}
    return proved.pop() if len(proved) == 1 else None


def _other(text: str, zone: tzinfo, day_first: bool) -> datetime | None:
    if text.replace(".", "", 1).isdigit() and len(text.partition(".")[0]) in (10, 13):
        return datetime.fromtimestamp(float(text) / (1 if len(text.partition(".")[0]) == 10 else 1000), UTC)
    if match := _WORDS[0].fullmatch(text) or _WORDS[1].fullmatch(text):
        month = match["month"][:3].lower()
        if month in _MONTHS:
            return _timed(match, int(match["year"]), _MONTHS.index(month) + 1, int(match["day"]), zone)
    if match := _DIGITS.fullmatch(text):
        first, second, year = int(match["first"]), int(match["second"]), int(match["year"])
        day_first = first > 12 or ((day_first or "." in match["between"]) and second <= 12)
        day, month_number = (first, second) if day_first else (second, first)
        return _timed(match, year + 2000 if year < 100 else year, month_number, day, zone)
    iso = re.sub(r"\s*(UTC|GMT)$", "+00:00", _OFFSET.sub(r"\1:\2", text), flags=re.IGNORECASE)
    try:
        return _utc(datetime.fromisoformat(re.sub(r"\s+(?=[+-]\d\d:)", "", iso)), zone)
    except ValueError:
        return _utc(parsedate_to_datetime(text), zone)


def _timed(match: re.Match[str], year: int, month: int, day: int, zone: tzinfo) -> datetime | None:
    clock = _CLOCK.fullmatch(match["clock"].strip())
    if not clock:
        return None
    hour = int(clock["hour"] or 0)
    if clock["half"]:
        hour = hour % 12 + (12 if clock["half"].lower() == "p" else 0)
    naive = datetime(year, month, day, hour, int(clock["minute"] or 0), int(clock["second"] or 0))  # noqa: DTZ001
    if not clock["zone"]:
        return _utc(naive, zone)
    written = clock["zone"].upper()
    offset = "+00:00" if written in ("Z", "UTC", "GMT") else _OFFSET.sub(r"\1:\2", written)
    return _utc(datetime.fromisoformat(naive.isoformat() + offset), zone)


def _utc(time: datetime, zone: tzinfo) -> datetime:
    return (time if time.tzinfo else time.replace(tzinfo=zone)).astimezone(UTC)


def count(text: str | None) -> int | None:
    """A whole number, however its thousands are separated: 1751 of "1,751", "1.751" or "1 751 (35.2%)"; or None."""
    match = _COUNT.match(_short(text))
    return int(re.sub(r"[^\d-]", "", match[1])) if match else None


def amount(text: str | None) -> float | None:
    """An amount of money, with a decimal point or comma: 1234.5 of "€1.234,50" or "$1,234.50"; or None."""
    match = _AMOUNT.search(_short(text))
    if not match:
        return None
    digits = re.sub(r"[^\d.,-]", "", match[0])
    marks = [mark for mark in digits if mark in ".,"]
    last = max(digits.rfind("."), digits.rfind(","))
    # A mark is decimal if there is another kind of mark before it, or if it doesn't stand before exactly three digits.
    is_decimal = last >= 0 and (
        len(set(marks)) == 2
        or (len(marks) == 1 and (len(digits) - last - 1 != 3 or digits[:last] in ("0", "-0")))
    )
    whole = re.sub(r"[.,]", "", digits[:last] if is_decimal else digits)
    return float(f"{whole}.{digits[last + 1 :]}" if is_decimal else whole)


def _short(text: str | None) -> str:
    """The text, or an empty one if it stands for no value or is too long for one."""
    plain = known(text) or ""
    return plain if len(plain) <= _MAX_LENGTH else ""


def row_id(*columns: str | None) -> str:
    """An id for a row of an export without one: the same for the same columns."""
    text = "\x1f".join(column or "" for column in columns)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
