"""What a request to the API may ask for: each parameter with its values. Anything else is refused.

A parameter that is misspelt must not return more than was asked for.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any

from mailsight.audience import zones
from mailsight.errors import BadParameter
from mailsight.reports import grid
from mailsight.reports.search import ROWS_A_PAGE, SORTS
from mailsight.vocabulary import Audience, Status
from mailsight.web.parameters import MAX_PAGE, option, whole_number

MAX_TEXT_LENGTH = 500
MAX_TAGS = 50
MAX_CAMPAIGNS = 100
MAX_POSITION = 2**31 - 1
MAX_DIGITS = 10
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query: its name, what it means, its values as a JSON schema, and how they are read.

    `most`: how often it may be given. If it is more than once, its value is a tuple.
    """

    name: str
    meaning: str
    schema: Mapping[str, Any]
    read: Callable[[str], Any]
    default: Any = None
    most: int = 1

    def value(self, texts: list[str]) -> Any:
        """What was given, or the default. Raises `BadParameter`."""
        if len(texts) > self.most:
            often = "once" if self.most == 1 else f"{self.most} times"
            raise BadParameter(f"The parameter {self.name} may be given {often} at most.")
        try:
            values = tuple(map(self.read, texts))
        except (ValueError, OverflowError) as error:
            raise BadParameter(f"The parameter {self.name} can't have this value.") from error
        if self.most > 1:
            return values
        return values[0] if values else self.default


def values(parameters: Iterable[Parameter], given: Iterable[tuple[str, str]]) -> Values:
    """The value of each parameter. Raises `BadParameter`."""
    texts: dict[str, list[str]] = {parameter.name: [] for parameter in parameters}
    for name, text in given:
        if name not in texts:
            raise BadParameter(f"There is no parameter {name[:40]!r} here.")
        texts[name].append(text)
    return {parameter.name: parameter.value(texts[parameter.name]) for parameter in parameters}


def _text(text: str) -> str:
    if len(text) > MAX_TEXT_LENGTH or "\0" in text:
        raise ValueError(text)
    return text


def _day(text: str, *, days: int = 0) -> datetime:
    """The first moment of a day, plus `days`."""
    if not _DAY.fullmatch(text):
        raise ValueError(text)
    return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), UTC)


def _next_day(text: str) -> datetime:
    return _day(text, days=1)


def _time_zone(text: str) -> str:
    if not (name := zones.known(text)):
        raise ValueError(text)
    return name


def _one_of(name: str, meaning: str, options: Iterable[str], default: str | None = None) -> Parameter:
    by_value = {str(each): each for each in options}
    schema = {"type": "string", "enum": list(by_value)} | ({"default": str(default)} if default else {})
    return Parameter(name, meaning, schema, partial(option, by_value), default)


def _number(name: str, meaning: str, least: int, most: int, default: int | None = None) -> Parameter:
    def read(text: str) -> int:
        number = whole_number(text, MAX_DIGITS)
        if not least <= number <= most:
            raise ValueError(text)
        return number

    schema = {"type": "integer", "minimum": least, "maximum": most} | (
        {"default": default} if default else {}
    )
    return Parameter(name, meaning, schema, read, default)


def _size(default: int, most: int) -> Parameter:
    return _number("size", "How many rows a page has.", 1, most, default)


def _sort(keys: Iterable[str], default: str | None) -> Parameter:
    meaning = "What to sort by; with a minus, the highest or newest first. Missing values come last."
    return _one_of("sort", meaning, [sign + key for key in keys for sign in ("", "-")], default)


_STRING = {"type": "string", "maxLength": MAX_TEXT_LENGTH}
_DATE = {"type": "string", "format": "date"}

AUDIENCE = _one_of(
    "audience", "Whose opens and clicks to count: people's only, or all.", Audience, Audience.HUMAN
)
PAGE = _number("page", "Which page of the rows, from 1.", 1, MAX_PAGE, 1)
CAMPAIGNS = (
    AUDIENCE,
    Parameter("search", "Words that are all in the name, subject, id or tags.", _STRING, _text, ""),
    Parameter("tag", "A tag; may be given several times.", _STRING, _text, most=MAX_TAGS),
    _one_of("tags", "Whether campaigns must have any or all of the tags.", ["any", "all"], "any"),
    Parameter("since", "Only campaigns sent on this day or later (UTC).", _DATE, _day),
    Parameter("until", "Only campaigns sent on this day or earlier (UTC).", _DATE, _next_day),
    _sort(SORTS, "-sent_at"),
    PAGE,
    _size(ROWS_A_PAGE, MAX_CAMPAIGNS),
)
WEEK = (
    AUDIENCE,
    Parameter(
        "time_zone",
        "The time zone, such as Europe/Rome, of customers whose own is not known; without it, UTC.",
        _STRING,
        _time_zone,
        "UTC",
    ),
)
LINKS = (AUDIENCE, PAGE, _size(100, grid.MAX_BLOCK_ROWS))
CUSTOMERS = (
    AUDIENCE,
    replace(_one_of("status", "A status; may be given several times.", Status), most=len(Status)),
    _number("link", "Only customers who clicked the link at this position of the e-mail.", 0, MAX_POSITION),
    _sort([column.key for column in grid.COLUMNS], None),
    PAGE,
    _size(100, grid.MAX_BLOCK_ROWS),
)
