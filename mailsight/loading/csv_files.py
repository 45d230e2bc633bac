"""A tolerant reader for CSV files, which knows the line of every row. It defines what a CSV file says.

DuckDB reads large files faster (`queries/bundle.sql`). It reads a file that `is_plain` as this module does, or fails;
a test compares them.
"""

import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import re2

from mailsight.mime import text_encodings

from .json_files import BadRecord, as_text, is_text
from .refusing import Failure, tried

MAX_ROW_LINES = 10_000  # more lines in quotes are an unclosed quote
MAX_LINE_LENGTH = 2**24  # DuckDB's limit too (`read_csv_file`)
DELIMITERS = ",;\t|"
_MAX_HEADER_LINES = 20
_MAX_HEADER_LENGTH = 2**20
_CHUNK = 2**22
# The line by which a file tells Excel its delimiter.
_SEPARATOR_LINE = re.compile(r'\s*"?sep=([!#-/:-@\[-^`{-~\t])"?\s*', re.IGNORECASE)
_END_OF_FILE = "\x1a"  # of DOS
_QUOTE = re.compile(r' *"')
_IN_QUOTES = re.compile(r'[^"]*(?:""[^"]*)*')
_BYTES = re2.Options()
_BYTES.encoding = re2.Options.Encoding.LATIN1

ColumnNames = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is written: its encoding, its delimiter, the names in its header, and how many lines that ends.

    `header` has the names as they are written, without blanks and a byte order mark around them.
    """

    encoding: str
    delimiter: str
    names: Sequence[str]
    header_lines: int
    header: Sequence[str] = ()

    @property
    def is_simple(self) -> bool:
        """Whether the header is the first line and names every column once."""
        return self.header_lines == 1 and "" not in self.names and 1 < len(set(self.names)) == len(self.names)


@dataclass(frozen=True, slots=True)
class Row:
    """A row: the line it starts on (from 1), its values by column, and its original text."""

    line: int
    values: dict[str, str]
    text: str


def layout(
    path: Path, column_names: ColumnNames, *, title_lines: int = 0, encoding: str | None = None
) -> Layout:
    """How the file is written, in an `encoding` that is recognised unless it is given.

    `column_names` gives names their canonical form. The header follows `title_lines` lines, and blank ones.
    """
    encoding = encoding or encoding_of(path)
    with _open(path, encoding) as file:
        read = partial(file.readline, _MAX_HEADER_LENGTH)
        for _ in range(title_lines):
            read()
        header, line = read(), 1 + title_lines
        declared = _SEPARATOR_LINE.fullmatch(header)
        while header and (not header.strip() or (line == 1 and declared)):
            header, line = read(), line + 1
        lines = [header]
        # A name in quotes may have several lines.
        while "".join(lines).count('"') % 2 and len(lines) < _MAX_HEADER_LINES and (more := read()):
            lines.append(more)
    if "".join(lines).count('"') % 2:
        del lines[1:]
    header = "".join(lines).rstrip("\r\n")
    separator = declared[1] if declared else delimiter(header, column_names)
    written = _Parser(separator).all_of(header)
    names = column_names(written)
    while len(names) > 1 and not names[-1]:
        names.pop()
    plain = [name.strip().strip("\ufeff").strip() for name in written[: len(names)]]
    return Layout(encoding, separator, names, line + len(lines) - 1, plain)


def encoding_of(path: Path) -> str:
    """Python's name for the encoding in which the file seems to be written."""
    with path.open("rb") as file:
        return text_encodings.encoding_of(_chunks(file))


def characters(path: Path, encoding: str | None) -> float:
    """About how many characters a text file has."""
    return path.stat().st_size / (2 if (encoding or "").lower().startswith("utf-16") else 1)


def delimiter(header: str, column_names: ColumnNames) -> str:
    """The delimiter with which a header names the most columns in canonical form; otherwise the most frequent one."""

    def fit(separator: str) -> tuple[int, int]:
        names = _Parser(separator).all_of(header)
        return sum(name.isidentifier() for name in column_names(names)), len(names)

    return max(DELIMITERS, key=fit)


def is_plain(path: Path, written: Layout) -> bool:
    """Whether DuckDB, if it can read the file, reads it as `rows` does."""
    if not written.is_simple or written.encoding != text_encodings.UTF_8:
        return False
    odd_quotes = _odd_quotes(written.delimiter)
    feeds = returns = pairs = line_bytes = 0
    with path.open("rb") as file:
        for chunk in _chunks(file):
            unfinished = len(chunk) - chunk.rfind(b"\n") - 1
            line_bytes = unfinished if unfinished < len(chunk) else line_bytes + unfinished
            # DuckDB finds no row in a file of one line that is longer than its buffer.
            if line_bytes > MAX_LINE_LENGTH:
                return False
            if b"\0" in chunk or ((b' "' in chunk or b'" ' in chunk) and odd_quotes.search(chunk)):
                return False
            feeds, returns, pairs = (
                feeds + chunk.count(b"\n"),
                returns + chunk.count(b"\r"),
                pairs + chunk.count(b"\r\n"),
            )
    # With one kind of line end, DuckDB can't mistake it; within quotes, there may be others.
    return returns == 0 or returns == feeds == pairs


def _odd_quotes(delimiter: str) -> Any:  # google-re2 has no type hints
    """Quotes with blanks around them that DuckDB may read otherwise. The quotes of JSON in quotes are doubled."""
    ends = re2.escape(delimiter).encode() + rb"\r\n"
    before = rb"(^|[" + ends + rb"])"
    return re2.compile(
        before + rb' +"[^"]|' + before + rb'  +""[ ' + ends + rb"]|" + before + rb'"" +""|'
        rb'(^|[^"])("")*" +"|" +("")*"[^"]',
        _BYTES,
    )


def rows(path: Path, written: Layout) -> Iterator[Row | BadRecord]:
    """Every row with the line it starts on, even if other rows are broken. Blank lines are no rows."""
    with _open(path, written.encoding) as file:
        lines = _Lines(file)
        try:
            for _ in range(written.header_lines):
                lines.skip()
        except _Unreadable as error:
            yield BadRecord(written.header_lines, f"the header can't be read: {error}", "")
            return
        if not is_text("".join(written.names)):
            yield BadRecord(written.header_lines, "the header is not UTF-8, so no row can be read", "")
            return
        parser = _Parser(written.delimiter)
        while True:
            line = lines.next_number
            parsed = _values(lines, parser)
            text = "".join(lines.consumed).rstrip("\r\n")
            if parsed is None:
                return
            if not isinstance(parsed, Failure) and len(parsed) == 1 and not text.strip().strip(_END_OF_FILE):
                continue
            row = parsed if isinstance(parsed, Failure) else tried(_row, line, text, written.names, parsed)
            if isinstance(row, Failure):
                row = BadRecord(line, row.reason, as_text(text))
            if isinstance(row, BadRecord) and len(lines.consumed) > 1:
                # An unclosed quote swallows the lines below it. Reject only its own line and read the rest again.
                lines.read_again()
                row = BadRecord(line, "a quote that is not closed", as_text(lines.consumed[0].rstrip("\r\n")))
            yield row


def _values(lines: "_Lines", parser: "_Parser") -> list[str] | Failure | None:
    """The values of the next row; None at the end of the file."""
    lines.start_row()
    parser.start()
    try:
        while line := lines.read():
            complete = tried(_added, parser, line)
            if isinstance(complete, Failure):
                return complete
            if complete:
                return parser.values
    except _Unreadable as error:
        return Failure(f"not CSV: {error}")
    return Failure("a quote that is not closed") if lines.consumed else None


def _added(parser: "_Parser", line: str) -> bool | Failure:
    try:
        return parser.add(line)
    except _Unreadable as error:
        return Failure(f"not CSV: {error}")


class _Unreadable(Exception):
    """A line that is not CSV."""


def _row(line: int, text: str, names: Sequence[str], values: list[str]) -> Row | BadRecord:
    if not is_text(text):
        return BadRecord(line, "not UTF-8", as_text(text))
    if "\0" in text:
        return BadRecord(line, "a zero byte", text)
    if len(values) < len(names) or any(map(str.strip, values[len(names) :])):
        return BadRecord(line, f"{len(values)} values, but the header names {len(names)} columns", text)
    row: dict[str, str] = {}
    for name, value in zip(names, values, strict=False):
        if name and not row.get(name):  # of several columns with the same name, the first that has a value
            row[name] = value
    return Row(line, row, text)


class _Parser:
    """Splits the lines of a row into its values."""

    def __init__(self, delimiter: str) -> None:
        self.values: list[str] = []
        self._delimiter = delimiter
        self._quoted: list[str] | None = None  # the parts of a quoted value that is not closed yet

    def start(self) -> None:
        self.values, self._quoted = [], None

    def all_of(self, line: str) -> list[str]:
        """The values of a header; without its quotes if they are not closed."""
        self.start()
        with suppress(_Unreadable):
            if self.add(line):
                return self.values
        return line.replace('"', "").split(self._delimiter)

    def add(self, line: str) -> bool:
        """Reads a line with its line end; returns whether the row is complete. Raises `_Unreadable`."""
        if self._quoted is None and '"' not in line:
            self.values += line.rstrip("\r\n").split(self._delimiter)
            return True
        text = line.rstrip("\r\n")
        place = 0
        while True:
            if self._quoted is None:
                if not (quote := _QUOTE.match(text, place)):
                    end = text.find(self._delimiter, place)
                    self.values.append(text[place:] if end < 0 else text[place:end])
                    if end < 0:
                        return True
                    place = end + 1
                    continue
                self._quoted, place = [], quote.end()
            end = _IN_QUOTES.match(text, place).end()  # type: ignore[union-attr]  # matches nothing too
            if end == len(text):
                self._quoted.append(line[place:])
                return False
            self._quoted.append(text[place:end])
            self.values.append("".join(self._quoted).replace('""', '"'))
            self._quoted = None
            place = end + 1
            while text.startswith(" ", place):
                place += 1
            if place == len(text):
                return True
            if not text.startswith(self._delimiter, place):
                raise _Unreadable(f"{self._delimiter!r} expected after '\"'")
            place += 1


class _Lines:
    """The lines of a file; `consumed` holds those of the current row, `next_number` is the number of the next line."""

    def __init__(self, file: TextIO) -> None:
        self.consumed: list[str] = []
        self.next_number = 1
        self._file = file
        self._again: deque[str] = deque()

    def start_row(self) -> None:
        self.consumed = []

    def skip(self) -> None:
        self.start_row()
        self.read()

    def read(self) -> str:
        """The next line, or nothing at the end. Raises `_Unreadable` for too many lines, or too long a line."""
        line = self._again.popleft() if self._again else self._file.readline(MAX_LINE_LENGTH)
        if not line:
            return line
        self.consumed.append(line)
        self.next_number += 1
        if len(self.consumed) > MAX_ROW_LINES:
            raise _Unreadable(f"a row of more than {MAX_ROW_LINES:,} lines")
        if len(line) >= MAX_LINE_LENGTH:
            while (rest := self._file.readline(MAX_LINE_LENGTH)) and not rest.endswith(("\n", "\r")):
                pass
            raise _Unreadable(f"a line of more than {MAX_LINE_LENGTH:,} characters")
        return line

    def read_again(self) -> None:
        """Reads all lines of the current row but the first again."""
        self._again.extendleft(reversed(self.consumed[1:]))
        self.next_number -= len(self.consumed) - 1
        del self.consumed[1:]


def _open(path: Path, encoding: str) -> TextIO:
    # Bytes that are not UTF-8 become lone surrogates: they mark a bad row and preserve its bytes.
    return path.open(encoding=encoding, errors="surrogateescape", newline="")


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    """The file in chunks that end at line ends, unless a line is very long."""
    while chunk := file.read(_CHUNK):
        yield chunk + file.readline(_CHUNK)
