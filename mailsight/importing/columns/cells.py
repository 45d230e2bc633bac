"""Reads the cells of a row by the fields that its columns hold. Errors name the column."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from mailsight.importing import dates
from mailsight.importing.files.values import address, known
from mailsight.importing.words import yes_or_no

from . import amounts
from .fields import ATTRIBUTE, FIELDS, MERGE_FIELD
from .mapping import Column, TableMapping

_CLOCK = re.compile(r"\d{1,2}[:.h]\d\d([:.]\d\d)?( ?[ap]\.?m\.?)?", re.IGNORECASE)
_MIDNIGHT = re.compile(r"[T ]00:00(:00)?$")
Read = TypeVar("Read")


class Reading:
    """How the rows of a table are read: its mapping, prepared for many rows."""

    def __init__(self, mapping: TableMapping) -> None:
        self.kind, self.fixed, self.types = mapping.kind, mapping.fixed, mapping.types
        self.zone = mapping.zone
        self.columns: dict[str, list[tuple[str, Column]]] = {}
        self.others: list[str] = []
        for name, column in mapping.columns.items():
            if column.field in FIELDS[mapping.kind]:
                self.columns.setdefault(column.field, []).append((name, column))
            elif column.field in (ATTRIBUTE, MERGE_FIELD):
                self.others.append(name)
        sent_at = mapping.fixed.get("sent_at")
        self.sent_at = dates.moment(sent_at, zone=self.zone) if sent_at else None


class Cells:
    """The values of one row, by field."""

    __slots__ = ("_values", "reading")

    def __init__(self, reading: Reading, values: Mapping[str, str]) -> None:
        self.reading, self._values = reading, values

    def __contains__(self, field: str) -> bool:
        return field in self.reading.columns

    def text(self, field: str) -> str | None:
        for name, _ in self.reading.columns.get(field, ()):
            if text := known(self._values.get(name)):
                return text
        return self.reading.fixed.get(field) or None

    def read(self, field: str, read: Callable[[str, str, Column], Read]) -> list[Read]:
        """What the columns of a field say. Raises `ValueError`."""
        values = []
        for name, column in self.reading.columns.get(field, ()):
            if text := known(self._values.get(name)):
                try:
                    values.append(read(text, name, column))
                except ValueError as error:
                    raise ValueError(f"column {name!r}: {error}") from error
        return values

    def time(self, field: str) -> datetime | None:
        """A time, whose day and time of day may be in two columns. Raises `ValueError`."""
        texts = [
            (text, name, column)
            for name, column in self.reading.columns.get(field, ())
            if (text := known(self._values.get(name)))
        ]
        if not texts:
            return None
        (day, name, column), *clocks = sorted(texts, key=lambda text: _CLOCK.fullmatch(text[0]) is not None)
        if clocks:
            # Spreadsheets write a mere day as midnight.
            day = f"{_MIDNIGHT.sub('', day)} {' '.join(text for text, _, _ in clocks)}"
        try:
            return dates.moment(day, column.order, self.reading.zone)
        except ValueError as error:
            raise ValueError(f"column {name!r}: {error}") from error

    def count(self, field: str) -> int | None:
        return next(iter(self.read(field, lambda text, *_: amounts.count(text))), None)

    def amount(self, field: str) -> float | None:
        return next(
            iter(self.read(field, lambda text, _, column: amounts.amount(text, column.decimal))), None
        )

    def flag(self, field: str) -> bool | None:
        return next(iter(self.read(field, lambda text, *_: _flag(text))), None)

    def address(self, field: str) -> str | None:
        text = self.text(field)
        return address(text) or text

    def others(self) -> dict[str, str]:
        values = ((name, known(self._values.get(name))) for name in self.reading.others)
        return {name: value for name, value in values if value}

    def required(self, value: str | None, *fields: str) -> str:
        """The value. Raises `ValueError` if there is none."""
        if value is None:
            columns = [name for field in fields for name, _ in self.reading.columns.get(field, ())]
            if not columns:
                label = FIELDS[self.reading.kind][fields[0]].label
                raise ValueError(f"no column holds the {label}")
            raise ValueError(f"column {' or '.join(map(repr, columns))}: it is empty")
        return value


def _flag(text: str) -> bool:
    answer = yes_or_no(text)
    return amounts.count(text) > 0 if answer is None else answer
