"""Reads numbers as people and spreadsheets write them: `1,234.50`, `1.234,50 €`, `1 234`.

Whether `1.234` is a thousand or little more than one is decided for a column, as with dates.
"""

import re
from enum import Flag, StrEnum, auto


class Decimal(StrEnum):
    """The decimal mark of a column. `ASK`: its marks may as well separate thousands."""

    CLEAR = ""
    POINT = "."
    COMMA = ","
    ASK = "ask"


class Marks(Flag):
    """What a number proves about its column's decimal mark."""

    NONE = 0
    POINT = auto()
    COMMA = auto()
    EITHER = auto()


_AMOUNT = re.compile(r"[^\d,.'+−-]*([+−-]?)\s*[^\d,.'+−-]{0,5}([\d.,'’ \u00a0\u202f]*\d)[^\d]*")
_BLANKS = re.compile(r"['’ \u00a0\u202f]")
_THOUSANDS = re.compile(r"\d{1,3}([.,])\d{3}(?:\1\d{3})*")
_COUNT = re.compile(r"(\d{1,3}(?:[.,'’ \u00a0\u202f]\d{3})+|\d+)(?:[.,]0+)?(?:\s*\(\s*[\d.,]+\s*%\s*\))?")
_MAX_LENGTH = 60
_MAX_DIGITS = 18  # what fits into 64 bits


def marks(text: str) -> Marks:
    """What a number proves about the decimal mark of its column."""
    match = _AMOUNT.fullmatch(text.strip()[:_MAX_LENGTH])
    digits = _BLANKS.sub("", match[2]) if match else ""
    used = [mark for mark in digits if mark in ".,"]
    if not used:
        return Marks.NONE
    last = used[-1]
    if len(set(used)) == 1 and _THOUSANDS.fullmatch(digits):
        if len(used) > 1:
            return Marks.COMMA if last == "." else Marks.POINT
        return _of(last) if digits.startswith("0") else Marks.EITHER
    return _of(last)


def _of(mark: str) -> Marks:
    return Marks.POINT if mark == "." else Marks.COMMA


def amount(text: str, decimal: Decimal = Decimal.CLEAR) -> float:
    """A number with its currency or without. Raises ValueError if it is none, or can be two."""
    match = _AMOUNT.fullmatch(text.strip()) if len(text) <= _MAX_LENGTH else None
    if not match:
        raise ValueError(f"{text[:_MAX_LENGTH]!r} is not a number")
    digits = _BLANKS.sub("", match[2])
    mark = str(decimal) if decimal in (Decimal.POINT, Decimal.COMMA) else ""
    if not mark:
        proved = marks(text)
        if proved is Marks.EITHER:
            raise ValueError(f"{text!r} may have a decimal mark or thousands")
        mark = "," if proved is Marks.COMMA else "."
    whole, _, fraction = digits.partition(mark)
    other = "," if mark == "." else "."
    if mark in fraction or other in fraction:
        raise ValueError(f"{text!r} is not a number with {mark!r} as its decimal mark")
    if other in whole and not _THOUSANDS.fullmatch(whole):
        raise ValueError(f"{text!r} is not a number with {mark!r} as its decimal mark")
    number = float(f"{whole.replace(other, '') or '0'}.{fraction or '0'}")
    return -number if match[1] in ("-", "−") else number


def count(text: str) -> int:
    """A whole number, however its thousands are separated: "1.751", "1,751" or "1 751 (35.2%)". Raises ValueError."""
    match = _COUNT.fullmatch(text.strip()) if len(text) <= _MAX_LENGTH else None
    digits = re.sub(r"\D", "", match[1]) if match else ""
    if not digits or len(digits) > _MAX_DIGITS:
        raise ValueError(f"{text[:_MAX_LENGTH]!r} is not a whole number")
    return int(digits)
