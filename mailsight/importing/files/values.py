"""Reads the values of exports: times in the ways that senders write them, counts, amounts, addresses."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from hashlib import blake2b
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from mailsight.errors import ImportFailed
from mailsight.importing import dates
from mailsight.importing.dates import Evidence, Order
from mailsight.mime import charsets

# What exports write for "no value".
_NOTHING = frozenset(("", "na", "n/a", "null", "none", "nan", "-", "--", "—", "\\n"))
# Longer texts are no times, numbers or addresses. RFC 5321 allows 254 characters, and a name may come before them.
_MAX_LENGTH = 100
_MAX_ADDRESS_LENGTH = 1_000
_ADDRESS = re.compile(r"[^@\s<>\"(),;:]+@[^@\s<>\"(),;:]+")
_EITHER_ORDER = re.compile(r"(?<![\d/.-])(\d{1,2})([-/])(\d{1,2})\2\d{4}(?!\d)")
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


def encoding(options: Mapping[str, object]) -> str | None:
    """Python's name for the encoding that the option `encoding` names; None if it is left to be recognised.

    Raises `ImportFailed` for an unknown one.
    """
    name = str(options.get("encoding") or "")
    python_name = charsets.encoding(name)
    if name and not python_name:
        raise ImportFailed(
            f"There is no encoding {name!r}.", next_step="Name one like windows-1250, iso-8859-2 or utf-8."
        )
    return python_name


def moment(text: str | None, zone: tzinfo = UTC, *, day_first: bool = False) -> datetime | None:
    """The time that the text names, in UTC; None if it names none. Times without a zone are in `zone`.

    If digits may be in either order, `day_first` decides; between dots, days always come first.
    """
    plain = _short(text)
    if not plain:
        return None
    order = Order.DAY_FIRST if day_first else Order.MONTH_FIRST
    try:
        return dates.moment(plain, order if dates.evidence(plain) is Evidence.EITHER else Order.CLEAR, zone)
    except (ValueError, OverflowError, OSError):
        return None


def days_come_first(text: str) -> bool | None:
    """Whether the dates in a table begin with the day; None if none of them proves it, or they contradict each other.

    No sender writes both orders, but spreadsheets store dates again as their owner's country writes them.
    """
    pairs = {(int(first), int(second)) for first, _, second in _EITHER_ORDER.findall(text)}
    proved = {first > 12 for first, second in pairs if (first > 12) != (second > 12)}
    return proved.pop() if len(proved) == 1 else None


def undecided_date(text: str) -> str | None:
    """The first date as spreadsheets write them that can be read either way, if no date in the table decides."""
    if days_come_first(text) is not None:
        return None
    dates_of_spreadsheets = (match for match in _EITHER_ORDER.finditer(text) if match[2] == "/")
    return next((match[0] for match in dates_of_spreadsheets if match[1] != match[3]), None)


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


def text_of(value: object) -> str:
    """A value in JSON as a cell of a CSV file would hold it."""
    match value:
        case str():
            return value
        case None:
            return ""
        case bool() | dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def _short(text: str | None) -> str:
    """The text, or an empty one if it stands for no value or is too long for one."""
    plain = known(text) or ""
    return plain if len(plain) <= _MAX_LENGTH else ""


def row_id(*columns: str | None) -> str:
    """An id for a row of an export without one: the same for the same columns."""
    text = "\x1f".join(column or "" for column in columns)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
