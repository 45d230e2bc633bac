"""Exact readers of JSON files: every value with the line where it begins, whatever else is wrong with the file.

A part that is no JSON comes out as a `BadRecord` and the rest goes through. Memory follows the longest value.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

# A longer line or value is refused: it would need many times its size in memory.
LONGEST_VALUE = 2**27
WINDOW = 2**20

_SEPARATOR = re.compile(r"[\s,\[\]]*")
_NEXT_VALUE = re.compile(r"\n\s*(?=[\[{])")


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value of a file: the line where it begins (counted from 1), the value, and its text as it stands there."""

    line: int
    value: object
    text: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """Something in a file that can't be used: the line, the reason for people, and the text as it stands there."""

    line: int
    reason: str
    text: str


def lines(path: Path) -> Iterator[Value | BadRecord]:
    """The values of a file with one on each line."""
    with _open(path) as file:
        line = 0
        while text := file.readline(LONGEST_VALUE):
            line += 1
            if not text.endswith("\n") and len(text) == LONGEST_VALUE:
                yield BadRecord(line, "a line that is too long", as_text(text))
                _skip_line(file)
            elif text.strip():
                yield value(line, text.strip())


def value(line: int, text: str) -> Value | BadRecord:
    """The one JSON value that the text is."""
    try:
        return _checked(line, _DECODER.decode(text), text)
    except (ValueError, RecursionError) as error:
        return _bad(line, text, error)


def values(path: Path) -> Iterator[Value | BadRecord]:
    """The elements of JSON arrays, and JSON values one after the other, on however many lines.

    After something that is not JSON, it goes on at the next line that begins an object or an array.
    """
    with _open(path) as file:
        window = _Window(file)
        while window.skip(_SEPARATOR):
            found, end = window.value()
            if not end:
                resume = _NEXT_VALUE.search(window.text, window.place + 1)
                end = resume.end() if resume else len(window.text)
                text = window.text[window.place : end].strip()
                found = (
                    BadRecord(found.line, found.reason, as_text(text))
                    if isinstance(found, BadRecord)
                    else found
                )
            yield found
            window.advance(end)


class _Window:
    """The part of a file that is held in memory: `place` is where in `text` the next value begins."""

    def __init__(self, file: TextIO) -> None:
        self.text, self.place, self.line, self.column = "", 0, 1, 1
        self._file = file
        self._at_end = False

    def skip(self, separator: re.Pattern[str]) -> bool:
        """Goes to the next value; False at the end of the file."""
        while True:
            self.advance(separator.match(self.text, self.place).end())  # type: ignore[union-attr]  # matches nothing too
            if self.place < len(self.text):
                return True
            if not self._read():
                return False

    def value(self) -> tuple[Value | BadRecord, int]:
        """The value that begins here, and where it ends; 0 for something that is none."""
        while True:
            try:
                value, end = _DECODER.raw_decode(self.text, self.place)
            except (ValueError, RecursionError) as error:
                if not _breaks_off(error, self.text) or not self._read():
                    return _bad(self.line, "", error, self.column - self.place), 0
            else:
                # A number at the very end may go on in what was not read yet.
                if end < len(self.text) or not self._read():
                    return _checked(self.line, value, self.text[self.place : end]), end

    def advance(self, end: int) -> None:
        """Goes to a place in the text."""
        lines = self.text.count("\n", self.place, end)
        self.line += lines
        self.column = (
            end - self.text.rindex("\n", self.place, end) if lines else self.column + end - self.place
        )
        self.place = end

    def _read(self) -> bool:
        """Reads on, as much as is held already; False when there is nothing more, or it would be too much."""
        held = len(self.text) - self.place
        if self._at_end or held >= LONGEST_VALUE:
            return False
        more = self._file.read(max(held, WINDOW))
        self._at_end = not more
        self.text, self.place = self.text[self.place :] + more, 0
        return bool(more)


def is_text(text: str) -> bool:
    """Whether the text can be written as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(text: str) -> str:
    r"""The text with bytes that are not UTF-8 written as \xNN, so that nothing of it is lost."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _open(path: Path) -> TextIO:
    # Bytes that are not UTF-8 become lone surrogates here, which tell a bad value and give its bytes back.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n")


def _skip_line(file: TextIO) -> None:
    while (rest := file.readline(LONGEST_VALUE)) and not rest.endswith("\n"):
        pass


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


# Python would take NaN and Infinity, which are not JSON.
_DECODER = json.JSONDecoder(parse_constant=_no_number)


def _checked(line: int, value: object, text: str) -> Value | BadRecord:
    try:
        # The text may be sound and its value not: an escape such as \\ud800 is half a character, 1e999 no number.
        sound = is_text(text) and is_text(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except ValueError:
        return BadRecord(line, "a number that is too large", as_text(text))
    return Value(line, value, text) if sound else BadRecord(line, "not UTF-8", as_text(text))


def _bad(line: int, text: str, error: Exception, before: int = 1) -> BadRecord:
    """What is wrong with a value; `before` is the column of the first letter of what was read."""
    reason = f"not JSON: {error}"
    if isinstance(error, json.JSONDecodeError):
        line_end = error.doc.rfind("\n", 0, error.pos)
        column = error.pos - line_end if line_end >= 0 else error.pos + before
        reason = f"not JSON: {error.msg.removesuffix(' at')} at column {column}"
    elif isinstance(error, RecursionError):
        reason = "not JSON: nested too deeply"
    return BadRecord(line, reason, as_text(text))


def _breaks_off(error: Exception, text: str) -> bool:
    """Whether the text could still become JSON with what follows it: it breaks off in a string, or at its very end."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= len(text) - len("-Infinity")
