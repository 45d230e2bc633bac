"""What a request to the API may ask for: each parameter with its values. Anything else is refused.

A parameter that is misspelt must not return more than was asked for.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from mailsight.errors import BadParameter
from mailsight.reports import grid
from mailsight.reports.search import ROWS_A_PAGE, SORTS
from mailsight.vocabulary import Audience, Status

MAX_TEXT_LENGTH = 500
MAX_TAGS = 50
MAX_PAGE = 1_000_000
MAX_CAMPAIGNS = 100
MAX_POSITION = 2**31 - 1
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
            raise BadParameter(
                f"The parameter {self.name} may be given {'once' if self.most == 1 else self.most}."
            )
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


def _choice(values: Iterable[str]) -> Callable[[str], str]:
    known = frozenset(values)

    def read(text: str) -> str:
        if text not in known:
            raise ValueError(text)
        return text

    return read


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"\d{1,10}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError(text)
        return int(text)

    return read


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


def _size(default: int, most: int) -> Parameter:
    schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return Parameter("size", "How many rows a page has.", schema, _number(1, most), default)


def _sort(keys: Iterable[str], default: str | None) -> Parameter:
    known = [sign + key for key in keys for sign in ("", "-")]
    schema = {"type": "string", "enum": known} | ({"default": default} if default else {})
    meaning = "What to sort by; with a minus, the highest or newest first. Missing values come last."
    return Parameter("sort", meaning, schema, _choice(known), default)


_STRING = {"type": "string", "maxLength": MAX_TEXT_LENGTH}
_DATE = {"type": "string", "format": "date"}

AUDIENCE = Parameter(
    "audience",
    "Whose opens and clicks to count: people's only, or all.",
    {"type": "string", "enum": [*map(str, Audience)], "default": Audience.HUMAN.value},
    Audience,
    Audience.HUMAN,
)
PAGE = Parameter(
    "page",
    "Which page of the rows, from 1.",
    {"type": "integer", "minimum": 1, "maximum": MAX_PAGE, "default": 1},
    _number(1, MAX_PAGE),
    1,
)
CAMPAIGNS = (
    AUDIENCE,
    Parameter("search", "Words that are all in the name, subject, id or tags.", _STRING, _text, ""),
    Parameter("tag", "A tag; may be given several times.", _STRING, _text, (), most=MAX_TAGS),
    Parameter(
        "tags",
        "Whether campaigns must have any or all of the tags.",
        {"type": "string", "enum": ["any", "all"], "default": "any"},
        _choice(["any", "all"]),
        "any",
    ),
    Parameter("since", "Only campaigns sent on this day or later (UTC).", _DATE, _day),
    Parameter("until", "Only campaigns sent on this day or earlier (UTC).", _DATE, _next_day),
    _sort(SORTS, "-sent_at"),
    PAGE,
    _size(ROWS_A_PAGE, MAX_CAMPAIGNS),
)
LINKS = (AUDIENCE, PAGE, _size(100, grid.MAX_BLOCK_ROWS))
CUSTOMERS = (
    AUDIENCE,
    Parameter(
        "status",
        "A status; may be given several times.",
        {"type": "string", "enum": [*map(str, Status)]},
        Status,
        (),
        most=len(Status),
    ),
    Parameter(
        "link",
        "Only customers who clicked the link at this position of the e-mail.",
        {"type": "integer", "minimum": 0, "maximum": MAX_POSITION},
        _number(0, MAX_POSITION),
    ),
    _sort([column.key for column in grid.COLUMNS], None),
    PAGE,
    _size(100, grid.MAX_BLOCK_ROWS),
)
