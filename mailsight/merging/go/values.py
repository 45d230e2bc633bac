"""How Go prints, compares and formats values. Numbers of JSON are Go's float64, those of templates its int."""

import math
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailsight.merging.failures import EvaluationFailed

MAX_PRINTED = 1_000_000
_MAX_DEPTH = 50
_MAX_NUMBER = 10**308


@dataclass(frozen=True, slots=True)
class Absent:
    """A value that nobody knows."""

    name: str


class Html(str):
    """Text that is written without escaping."""

    __slots__ = ()


class TooLarge(EvaluationFailed):
    """A list or object that is too large to print."""


def from_json(value: Any) -> Any:
    """A value of a JSON document as Go reads it."""
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    return float(value) if abs(value) < _MAX_NUMBER else math.copysign(math.inf, value > 0 or -1)


def is_true(value: Any) -> bool:
    """Whether "if" takes a value for true: not if it is zero, empty or nil."""
    return not isinstance(value, Absent) and (isinstance(value, datetime) or bool(value))


def printed(value: Any) -> str:
    """A value as `print` and actions write it."""
    if isinstance(value, str):
        return value
    if value is None:
        return "<no value>"
    parts: list[str] = []
    _print(value, parts, 0)
    return "".join(parts)


def _print(value: Any, parts: list[str], depth: int) -> None:
    if depth > _MAX_DEPTH:
        raise EvaluationFailed
    if len(parts) > MAX_PRINTED:
        raise TooLarge
    match value:
        case list():
            _print_items("[", [("", item) for item in value], parts, depth)
        case dict():
            items = [(f"{name}:", value[name]) for name in sorted(value)]
            _print_items("map[", items, parts, depth)
        case float():
            parts.append(float_text(value))
        case datetime():
            parts.append(value.strftime("%Y-%m-%d %H:%M:%S %z %Z"))
        case None | bool() | int() | str():
            parts.append(_scalar(value))
        case _:
            raise EvaluationFailed


def _scalar(value: str | int | None) -> str:
    if value is None:
        return "<nil>"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _print_items(opening: str, items: list[tuple[str, Any]], parts: list[str], depth: int) -> None:
    parts.append(opening)
    for place, (name, item) in enumerate(items):
        parts.append(f" {name}" if place else name)
        _print(from_json(item), parts, depth + 1)
    parts.append("]")


def float_text(value: float) -> str:
    """A float as %v writes it: the shortest text that reads as the same number, with an exponent from a million on."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else "+Inf" if value > 0 else "-Inf"
    sign = "-" if math.copysign(1, value) < 0 else ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    if not digits:
        return f"{sign}0"
    if not -4 <= point - 1 < 6:
        tail = f".{digits[1:]}" if digits[1:] else ""
        return f"{sign}{digits[0]}{tail}e{point - 1:+03}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def is_equal(left: Any, right: Any) -> bool:
    """Whether two values are equal. Lists and objects can't be compared."""
    if isinstance(left, list | dict) or isinstance(right, list | dict):
        raise EvaluationFailed
    # In Python, 1 is True.
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def is_less(left: Any, right: Any) -> bool:
    """Whether a number or text comes before another."""
    if isinstance(left, bool) or isinstance(right, bool):
        raise EvaluationFailed
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left < right
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    raise EvaluationFailed


_VERB = re.compile(r"%(?:([-+# 0]*+)([0-9]{1,4}+)?(?:\.([0-9]{0,3}+))?([^%])|(%)|\Z)", re.DOTALL)


def formatted(layout: str, values: list[Any]) -> str:
    """As `printf` formats values."""
    rest = iter(values)

    def write(verb: re.Match[str]) -> str:
        flags, width, precision, letter, percent = verb.groups()
        if letter is None:
            return percent or "%!(NOVERB)"
        value = next(rest, rest)
        if value is rest:
            return f"%!{letter}(MISSING)"
        text = _formatted(letter, flags, None if precision is None else int(precision or 0), value)
        return _padded(text, flags, int(width or 0), is_number=isinstance(value, int | float))

    text = _VERB.sub(write, layout)
    extra = ", ".join(f"{_type(value)}={printed_in_list(value)}" for value in rest)
    return f"{text}%!(EXTRA {extra})" if extra else text


def _padded(text: str, flags: str, width: int, *, is_number: bool) -> str:
    if "-" in flags:
        return text.ljust(width)
    if "0" in flags and is_number:
        sign = text[:1] if text[:1] in "+-" else ""
        return sign + text[len(sign) :].rjust(width - len(sign), "0")
    return text.rjust(width)


# The verbs that Go has for each type. With another verb, it writes the value's type: `%!d(bool=true)`.
_VERBS = {bool: "tv", int: "bcdoOqUvxX", float: "beEfFgGvxX", type(None): "v"}
_OTHER_VERBS = "qsvxX"


def _formatted(letter: str, flags: str, precision: int | None, value: Any) -> str:
    """A value with a verb. Raises `EvaluationFailed` if Go has a form for it that isn't known here."""
    if letter == "T":
        return _type(value)
    if letter not in f"{_VERBS.get(type(value), _OTHER_VERBS)}[*" and not isinstance(value, list | dict):
        return f"%!{letter}({_type(value)}{f'={printed_in_list(value)}' if value is not None else ''})"
    text = _written(letter, precision, value)
    if text is None or set(flags) & set("# +" if letter in "cq" else "# "):
        raise EvaluationFailed
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return f"+{text}" if "+" in flags and is_number and text[:1] != "-" else text


def _written(letter: str, precision: int | None, value: Any) -> str | None:
    """A value with a verb, before flags and width; None if its form isn't known here."""
    text = None
    match letter, value:
        case "v", _ if precision is None:
            text = printed_in_list(value)
        case "s", str():
            text = value[:precision]
        case "q", str() if precision is None:
            text = quoted(value)
        case "t", bool():
            text = str(value).lower()
        case "c", int() if 0 <= value < 0xD800:
            text = chr(value)
        case "d" | "x" | "X" | "o" | "b", int() if precision is None:
            text = format(value, letter)
        case "g", float() if precision is None:
            text = float_text(value)
        case "f" | "F" | "e" | "E" | "g" | "G", float() if letter != "G" or precision:
            text = format(value, f".{6 if precision is None else precision}{letter}")
    return text


def printed_in_list(value: Any) -> str:
    return "<nil>" if value is None else printed(value)


def quoted(text: str) -> str:
    return '"' + re.sub(r"[\"\\]", r"\\\g<0>", text).replace("\n", "\\n").replace("\t", "\\t") + '"'


def _type(value: Any) -> str:
    names = {bool: "bool", str: "string", int: "int", float: "float64", type(None): "<nil>"}
    names |= {list: "[]interface {}", dict: "map[string]interface {}"}
    return names.get(type(value), "string" if isinstance(value, str) else "time.Time")


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
# https://pkg.go.dev/time#pkg-constants, 2026-11-26
_LAYOUT = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|Z07:00|Z0700|-07:00|-0700|-07|_2|002|01|02|03|04|05|06|15|PM|pm"
    r"|[.,][09]{1,9}+(?![0-9])|1|2|3|4|5"
)


def date_text(when: datetime, layout: str) -> str:
    """A time in Go's layout, which shows how a certain time would be written."""
    hour = when.hour % 12 or 12
    offset = when.strftime("%z")[:5] or "+0000"
    with_colon = f"{offset[:3]}:{offset[3:]}"
    is_utc = offset == "+0000"
    month, day = _MONTHS[when.month - 1], _DAYS[when.weekday()]
    texts: dict[str, object] = {
        "January": month, "Jan": month[:3], "1": when.month, "01": f"{when.month:02}", "Monday": day,
        "Mon": day[:3], "2": when.day, "_2": f"{when.day:2}", "02": f"{when.day:02}",
        "002": f"{when.timetuple().tm_yday:03}", "2006": f"{when.year:04}", "06": f"{when.year % 100:02}",
        "15": f"{when.hour:02}", "3": hour, "03": f"{hour:02}", "4": when.minute, "04": f"{when.minute:02}",
        "5": when.second, "05": f"{when.second:02}", "PM": "AM" if when.hour < 12 else "PM",
        "pm": "am" if when.hour < 12 else "pm", "MST": when.tzname() or "UTC", "-0700": offset,
        "-07:00": with_colon, "-07": offset[:3], "Z07:00": "Z" if is_utc else with_colon,
        "Z0700": "Z" if is_utc else offset,
    }  # fmt: skip

    def write(element: re.Match[str]) -> str:
        text = element.group()
        if text in texts:
            return str(texts[text])
        digits = f"{when.microsecond * 1000:09}"[: len(text) - 1]
        if text[1] == "9":
            digits = digits.rstrip("0")
            return text[0] + digits if digits else ""
        return text[0] + digits

    return _LAYOUT.sub(write, layout)
