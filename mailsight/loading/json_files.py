"""Tolerant readers for JSON files: every value with the line it starts on, even if other parts are broken.

Anything that is not JSON becomes a `BadRecord`. Memory use grows with the longest value, not with the file.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mailsight.providers.payload import first_of_each

from .refusing import Failure, tried

# Longer lines and values are rejected: parsing them would take many times their size in memory.
MAX_VALUE_LENGTH = 2**26
# A value with more commas and brackets than this is rejected: an empty object takes twenty times its length in memory.
MAX_PARTS = 8_000_000
WINDOW = 2**20

_SEPARATOR = re.compile(r"[\s,\[\]]*")
_BLANKS = re.compile(r"\s*")
_AFTER_WORD = re.compile(r"[\n,]\s*(?=[\[{])")
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_NEXT_VALUE = re.compile(r"\n\s*(?=[\[{])")


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value in a file: the line it starts on (from 1), the value, and its original text."""

    line: int
    value: object
    text: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A part of a file that can't be used: its line, the reason (shown to users), and its original text."""

    line: int
    reason: str
    text: str


def lines(path: Path) -> Iterator[Value | BadRecord]:
    """The values of a file with one value per line."""
    with _open(path) as file:
        line = 0
        while text := file.readline(MAX_VALUE_LENGTH):
            line += 1
            if not text.endswith("\n") and len(text) == MAX_VALUE_LENGTH:
                yield BadRecord(line, "a line that is too long", as_text(text))
                _skip_line(file)
            elif text.strip():
                yield value(line, text.strip())


def value(line: int, text: str) -> Value | BadRecord:
    """Parses a text that holds a single JSON value."""
    parsed = tried(_value, line, text)
    return BadRecord(line, parsed.reason, as_text(text)) if isinstance(parsed, Failure) else parsed


def _value(line: int, text: str) -> Value | BadRecord:
    if has_too_many_parts(text):
        return BadRecord(line, TOO_MANY_PARTS, as_text(text))
    try:
        return _checked(line, _DECODER.decode(text), text)
    except (ValueError, RecursionError) as error:
        return _bad(line, text, error)


def items(text: str) -> list[str]:
    """The texts of the items of a JSON array; the text itself for any other value. Raises ValueError for bad items."""
    texts, place = [], 0
    text = text.strip()
    if not text.startswith("["):
        return [text]
    while (place := _BLANKS.match(text, place + 1).end()) < len(text) - 1:  # type: ignore[union-attr]  # matches ""
        _, end = _DECODER.raw_decode(text, place)
        texts.append(text[place:end])
        place = _BLANKS.match(text, end).end()  # type: ignore[union-attr]
        if place < len(text) - 1 and text[place] != ",":
            raise ValueError("more than a JSON array")
    return texts


def values(path: Path) -> Iterator[Value | BadRecord]:
    """The elements of JSON arrays, and concatenated JSON values, on any number of lines each.

    After invalid JSON, reading resumes where the brackets of the value close, or else at the next line that starts an
    object or array.
    """
    with _open(path) as file:
        window = _Window(file)
        while window.skip(_SEPARATOR):
            parsed = tried(window.value)
            if isinstance(parsed, Failure):
                parsed = BadRecord(window.line, parsed.reason, ""), 0
            record, end = parsed
            if not end:
                is_bare = not window.text.startswith(("{", "["), window.place)
                resume = (_AFTER_WORD if is_bare else _NEXT_VALUE).search(window.text, window.place + 1)
                end = _closed(window.text, window.place, resume.end() if resume else len(window.text))
                text = window.text[window.place : end].strip()
                if isinstance(record, BadRecord):
                    record = BadRecord(record.line, record.reason, as_text(text))
            yield record
            window.advance(end)


def _closed(text: str, start: int, end: int) -> int:
    """Where the brackets of the value at `start` close, whatever is wrong within them; `end` if they don't."""
    depth = 0
    for token in _BRACKETS.finditer(text, start, end) if text.startswith(("{", "["), start) else ():
        depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(token[0], 0)
        if depth == 0:
            return token.end()
    return end


class _Window:
    """The part of a file in memory; `place` is where the next value starts in `text`."""

    def __init__(self, file: TextIO) -> None:
        self.text, self.place, self.line, self.column = "", 0, 1, 1
        self._file = file
        self._at_end = False

    def skip(self, separator: re.Pattern[str]) -> bool:
        """Moves to the next value; returns False at the end of the file."""
        while True:
            self.advance(separator.match(self.text, self.place).end())  # type: ignore[union-attr]  # matches nothing too
            if self.place < len(self.text):
                return True
            if not self._read():
                return False

    def value(self) -> tuple[Value | BadRecord, int]:
        """The value at the current place, and where it ends (0 if it is not valid JSON)."""
        while True:
            if has_too_many_parts(self.text, self.place):
                return BadRecord(self.line, TOO_MANY_PARTS, ""), 0
            try:
                value, end = _DECODER.raw_decode(self.text, self.place)
            except (ValueError, RecursionError) as error:
                if not _is_cut_off(error, self.text) or not self._read():
                    return _bad(self.line, "", error, self.column - self.place), 0
            else:
                # A number at the very end of the window may continue in the unread part.
                if end < len(self.text) or not self._read():
                    return _checked(self.line, value, self.text[self.place : end]), end

    def advance(self, end: int) -> None:
        """Moves to a place in the text."""
        lines = self.text.count("\n", self.place, end)
        self.line += lines
        self.column = (
            end - self.text.rindex("\n", self.place, end) if lines else self.column + end - self.place
        )
        self.place = end

    def _read(self) -> bool:
        """Doubles the text in memory; returns False at the end of the file or at the size limit."""
        held = len(self.text) - self.place
        if self._at_end or held >= MAX_VALUE_LENGTH:
            return False
        more = self._file.read(max(held, WINDOW))
        self._at_end = not more
        self.text, self.place = self.text[self.place :] + more, 0
        return bool(more)


TOO_MANY_PARTS = f"a value with more than {MAX_PARTS:,} parts"


def has_too_many_parts(text: str, start: int = 0) -> bool:
    """Whether parsing a text as JSON, from `start` on, could take too much memory."""
    if len(text) - start <= MAX_PARTS:
        return False
    return sum(text.count(mark, start) for mark in ",[{") > MAX_PARTS


def is_text(text: str) -> bool:
    """Whether the text can be encoded as UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_text(text: str) -> str:
    r"""The text with bytes that are not UTF-8 written as \xNN, so that nothing is lost."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _open(path: Path) -> TextIO:
    # Bytes that are not UTF-8 become lone surrogates: they mark a bad value and preserve its bytes.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="\n")


def _skip_line(file: TextIO) -> None:
    while (rest := file.readline(MAX_VALUE_LENGTH)) and not rest.endswith("\n"):
        pass


def _reject_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not valid JSON")


# Python accepts NaN and Infinity, which are not JSON.
_DECODER = json.JSONDecoder(object_pairs_hook=first_of_each, parse_constant=_reject_constant)


def _checked(line: int, value: object, text: str) -> Value | BadRecord:
    try:
        # Valid text can hold an invalid value: the escape \\ud800 is half a character, and 1e999 overflows.
        valid = is_text(text) and is_text(json.dumps(value, ensure_ascii=False, allow_nan=False))
    except ValueError:
        return BadRecord(line, "a number that is too large", as_text(text))
    return Value(line, value, text) if valid else BadRecord(line, "not UTF-8", as_text(text))


def _bad(line: int, text: str, error: Exception, before: int = 1) -> BadRecord:
    """A bad record for a parse error; `before` is the column where the parsed text starts."""
    reason = f"not JSON: {error}"
    if isinstance(error, json.JSONDecodeError):
        line_end = error.doc.rfind("\n", 0, error.pos)
        column = error.pos - line_end if line_end >= 0 else error.pos + before
        reason = f"not JSON: {error.msg.removesuffix(' at')} at column {column}"
    elif isinstance(error, RecursionError):
        reason = "not JSON: nested too deeply"
    return BadRecord(line, reason, as_text(text))


def _is_cut_off(error: Exception, text: str) -> bool:
    """Whether more text could make it valid JSON: the error is an unterminated string, or is at the very end."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= len(text) - len("-Infinity")
