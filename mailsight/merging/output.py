"""What a renderer writes, within limits, and what it notes on the way."""

import re
from collections.abc import Iterable

from mailsight.mail.merge_fields import Value, replaced

from .limits import Budget, TooCostly
from .rendering import Notes, Rendered
from .values import Json, Values

MAX_NOTES = 1_000
MAX_NOTE_LENGTH = 100
_SIZE_PER_STEP = 50


def filled(
    template: str, field: re.Pattern[str], value: Value, values: Values, notes: Notes, *, is_html: bool
) -> Rendered:
    """A template with a value in each field, until values become too long altogether: then fields stay in the text."""

    def bounded(match: re.Match[str]) -> str | None:
        text = value(match)
        try:
            values.budget.write(len(text or ""))
        except TooCostly:
            _note(notes.unsupported, match.group())
            return None
        return text

    return notes.rendered(replaced(template, field, bounded, escape=is_html))


class Output:
    """Collects the text of one template. Raises `TooCostly` once a loop has written or done too much."""

    def __init__(self, budget: Budget) -> None:
        self._parts: list[str] = []
        self._budget = budget
        self._notes = Notes()

    def write(self, text: str) -> None:
        self._budget.write(len(text))
        self._parts.append(text)

    def step(self, steps: int = 1) -> None:
        """Counts what a template does, so that a loop which writes nothing ends too."""
        self._budget.spend(steps)

    def read(self, arguments: Iterable[Json]) -> None:
        """Counts what a function reads of its arguments."""
        self.step(sum(len(value) for value in arguments if isinstance(value, str | list)) // _SIZE_PER_STEP)

    def mark(self) -> int:
        """The current place, for `cut` to take the text from."""
        return len(self._parts)

    def cut(self, mark: int) -> str:
        """Takes back what was written since the mark. It still counts towards the limit."""
        text = "".join(self._parts[mark:])
        del self._parts[mark:]
        return text

    def rest(self, text: str) -> None:
        """Writes a part of the template itself, which always has room."""
        self._parts.append(text)

    def unknown(self, name: str) -> None:
        _note(self._notes.unknown, name)

    def assumed(self, name: str) -> None:
        _note(self._notes.assumed, name)

    def unsupported(self, code: str) -> None:
        _note(self._notes.unsupported, code)

    def rendered(self) -> Rendered:
        return self._notes.rendered("".join(self._parts))


def _note(notes: dict[str, None], text: str) -> None:
    if len(notes) < MAX_NOTES:
        notes[text if len(text) <= MAX_NOTE_LENGTH else f"{text[:MAX_NOTE_LENGTH]}…"] = None
