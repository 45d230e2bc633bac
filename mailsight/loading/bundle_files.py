"""Bundle files: their names, columns and formats, and a tolerant reader that knows the line of every record.

DuckDB reads valid files fast (`queries/bundle.sql`). A file that it rejects is read here instead, record by record:
each bad record becomes a `BadRecord` with its line; the others are loaded.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mailsight.errors import NotABundle, UnreadableFile, UnusableMail

from . import file_checks, json_files
from .json_files import BadRecord, Value, as_text, is_text
from .refusing import Failure, tried

COLUMNS: dict[str, dict[str, str]] = {
    "campaigns": {
        "campaign_id": "the campaign's key; required",
        "name": "the campaign's name",
        "subject": "the subject line, with its merge fields unfilled",
        "preheader": "the preview text that e-mail clients show after the subject",
        "from_name": "the sender's name",
        "from_email": "the sender's address",
        "sent_at": "when sending started; empty if it is still planned",
        "tags": "a JSON list, or words separated by commas",
        "selection": "the criteria as JSON, or a sentence",
        "template": "path to the e-mail's HTML within the bundle",
    },
    "customers": {
        "customer_id": "the customer's key; required",
        "email": "the address",
        "name": "the name",
        "language": "the language, such as nl",
        "country": "the country, such as NL",
        "created_at": "when the customer was added",
    },
    "messages": {
        "campaign_id": "the campaign that selected the customer; required",
        "customer_id": "the selected customer; required",
        "message_id": "the provider's id of the message",
        "email": "the address it was sent to",
        "sent_at": "when it was sent; empty if it was not sent",
        "not_sent_reason": "why it was not sent, as one of the listed reasons",
        "not_sent_detail": "why it was not sent, in your own words",
        "merge_fields": "a JSON object with this customer's merge field values",
        "content": "path to the customer's archived copy (.html or .eml) within the bundle",
    },
    "events": {
        "event_id": "the provider's id of the event; repeated ids count once",
        "provider": "who reported it, such as sendgrid",
        "campaign_id": "the campaign",
        "customer_id": "the customer",
        "message_id": "the provider's id of the message",
        "recipient": "the address the message was sent to",
        "type": "what happened, as one of the listed event types; required",
        "occurred_at": "when it happened; required",
        "url": "the link that was clicked",
        "link_position": "the link's position in the e-mail, counted from 0",
        "bounce_type": "hard or soft",
        "reject_reason": "why it was rejected: invalid, bounced, spam, unsubscribed, blocked, timed_out or other",
        "smtp_status": "the enhanced status code, such as 5.1.1",
        "diagnostic": "the reply of the recipient's mail server",
        "user_agent": "the user agent that opened or clicked",
        "ip": "the IP address of the request",
        "provider_machine": "whether the provider says a machine did it: true or false",
        "payload": "the provider's original JSON",
        "method": "the HTTP method of the open or click, if known: GET, HEAD or POST",
    },
}
MAX_COLUMNS = 1_000
MAX_ROW_LINES = 10_000  # more lines in quotes are an unclosed quote
MAX_LINE_LENGTH = 2**24  # DuckDB's limit too (`read_csv_file`)
MAX_NAME_LENGTH = 200
FORMATS = (".csv", ".ndjson", ".jsonl", ".json", ".parquet")

_FILE_NAME = re.compile(rf"({'|'.join(COLUMNS)})(?:[-_.].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a bundle: what it holds, its path, the bundle's folder, and why it must not be read, if so."""

    kind: str
    path: Path
    root: Path
    problem: str | None = None

    @property
    def name(self) -> str:
        """The path relative to the bundle, as users see it."""
        return self.path.relative_to(self.root).as_posix()

    @property
    def size_bytes(self) -> int:
        return 0 if self.problem else self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file: the line it starts on (from 1), its values by column, and its original text."""

    line: int
    values: Mapping[str, object]
    text: str


def find(paths: Sequence[Path]) -> list[BundleFile]:
    """The bundle's files in reading order. Raises `NotABundle` for a path without any.

    Links lead anywhere if they are named, but not out of a folder that is.
    """
    files: dict[Path, BundleFile] = {}
    for path in paths:
        try:
            in_folder = _in_folder(path) if path.is_dir() else _named(path)
        except OSError as error:
            raise NotABundle(f"{path} can't be read: {error.strerror}.") from error
        if not in_folder:
            raise NotABundle(f"{path} contains nothing that can be loaded.")
        for file in in_folder:
            files.setdefault(file.path if file.problem else file.path.resolve(), file)
    return sorted(files.values(), key=lambda file: list(COLUMNS).index(file.kind))


def _in_folder(folder: Path) -> list[BundleFile]:
    root = folder.resolve()
    return [
        BundleFile(kind, file, root, file_checks.problem(file, root))
        for file in sorted(root.iterdir())
        if (kind := _kind_named(file)) and not file.is_dir()
    ]


def _named(path: Path) -> list[BundleFile]:
    if problem := file_checks.problem(path):
        raise NotABundle(f"{path} {problem}.")
    root = path.parent.resolve()
    kind = _kind_named(path)
    return [BundleFile(kind, root / path.name, root)] if kind else []


def kind_of(path: Path) -> str | None:
    """What a file holds, judging by its name (`events-2026-01.parquet`: events); None if it is not a bundle file."""
    return _kind_named(path) if path.is_file() else None


def _kind_named(path: Path) -> str | None:
    match = _FILE_NAME.fullmatch(path.stem) if path.suffix.lower() in FORMATS else None
    return match[1].lower() if match else None


def content_path(root: Path, path: str) -> Path:
    """The file that a `template` or `content` column names.

    Raises `UnusableMail` if it is not a file of the bundle.
    """
    try:
        inside = (root / path).resolve()
        if not inside.is_relative_to(root.resolve()):
            raise UnusableMail(f"the path {path!r} leads outside the bundle")
        if not inside.is_file():
            raise UnusableMail(f"there is no file {path!r} in the bundle")
    except RuntimeError as error:  # before Python 3.13
        raise UnusableMail(f"the path {path!r} is a link that leads in a circle") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = getattr(error, "strerror", None) or error
        raise UnusableMail(f"the path {path!r} can't be used: {reason}") from error
    return inside


def delimiter(path: Path) -> str:
    """The separator of a CSV file: a comma, or a semicolon or tab as some spreadsheets write."""
    with path.open("rb") as file:
        header = file.readline(1_000_000).decode("utf-8", "replace")
    return max(",;\t", key=header.count)


def records(path: Path) -> Iterator[Record | BadRecord]:
    """Every row of a text file with the line it starts on, even if other rows are broken.

    A Parquet file that DuckDB can't read yields a single bad record.
    """
    match path.suffix.lower():
        case ".csv":
            return _csv_records(path)
        case ".json":
            return _objects(json_files.values(path))
        case ".parquet":
            return iter([BadRecord(1, "not a Parquet file that can be read", "")])
        case _:
            return _objects(json_files.lines(path))


def column_name(name: str) -> str:
    """A CSV column name in canonical form: trimmed and lowercase."""
    return name.strip().lower()


def csv_header(path: Path) -> list[str]:
    """The column names of a CSV file as written."""
    with _open_csv(path) as file:
        return next(csv.reader(_Lines(file), delimiter=delimiter(path)), [])


def _open_csv(path: Path) -> TextIO:
    csv.field_size_limit(MAX_LINE_LENGTH)
    # Bytes that are not UTF-8 become lone surrogates: they mark a bad row and preserve its bytes.
    return path.open(encoding="utf-8-sig", errors="surrogateescape", newline="")


class _Lines:
    """The lines of a CSV file; `consumed` holds those that the current row was read from."""

    def __init__(self, file: TextIO) -> None:
        self.consumed: list[str] = []
        self._file = file
        self._again: deque[str] = deque()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._file.readline(MAX_LINE_LENGTH)
        if not line:
            raise StopIteration
        self.consumed.append(line)
        if len(self.consumed) > MAX_ROW_LINES:
            raise csv.Error(f"a row of more than {MAX_ROW_LINES:,} lines")
        if len(line) >= MAX_LINE_LENGTH:
            while (rest := self._file.readline(MAX_LINE_LENGTH)) and not rest.endswith("\n"):
                pass
            raise csv.Error(f"a line of more than {MAX_LINE_LENGTH:,} characters")
        return line

    def read_again(self) -> None:
        """Reads all lines of the current row but the first again."""
        self._again.extendleft(reversed(self.consumed[1:]))
        del self.consumed[1:]


def check_columns(file: BundleFile, columns: int, longest_name: int) -> None:
    """Raises `UnreadableFile` for a table that no one would write by hand: its names would be repeated in every row."""
    if columns > MAX_COLUMNS:
        raise UnreadableFile(
            f"{file.name} has {columns:,} columns; {MAX_COLUMNS:,} are allowed.", next_step=_COLUMNS_STEP
        )
    if longest_name > MAX_NAME_LENGTH:
        raise UnreadableFile(
            f"{file.name} has a column name of {longest_name:,} characters; {MAX_NAME_LENGTH:,} are allowed.",
            next_step=_COLUMNS_STEP,
        )


_COLUMNS_STEP = "Remove the columns that you don't need. The first line of a CSV file must name the columns."


def _csv_records(path: Path) -> Iterator[Record | BadRecord]:
    with _open_csv(path) as file:
        lines = _Lines(file)
        consumed = lines.consumed
        reader = csv.reader(lines, delimiter=delimiter(path), strict=True)
        header = [column_name(name) for name in next(reader, [])]
        if not is_text("".join(header)):
            yield BadRecord(1, "the header is not UTF-8, so no row can be read", as_text("".join(consumed)))
            return
        line = 1
        while True:
            line += len(consumed)
            consumed.clear()
            try:
                values = next(reader, None)
            except csv.Error as error:
                text = as_text("".join(consumed).rstrip("\r\n"))
                record: Record | BadRecord = BadRecord(line, f"not CSV: {error}", text)
            else:
                if values is None:
                    return
                if not values:
                    continue
                text = "".join(consumed).rstrip("\r\n")
                parsed = tried(_csv_record, line, text, header, values)
                record = (
                    BadRecord(line, parsed.reason, as_text(text)) if isinstance(parsed, Failure) else parsed
                )
            if isinstance(record, BadRecord) and len(consumed) > 1:
                # An unclosed quote swallows the rows below it. Reject only its own line and reread the rest.
                lines.read_again()
                record = BadRecord(line, "a quote that is not closed", as_text(consumed[0].rstrip("\r\n")))
            yield record


def _csv_record(line: int, text: str, header: list[str], values: list[str]) -> Record | BadRecord:
    if not is_text(text):
        return BadRecord(line, "not UTF-8", as_text(text))
    if len(values) != len(header):
        return BadRecord(line, f"{len(values)} values, but the header names {len(header)} columns", text)
    return Record(line, dict(zip(header, values, strict=True)), text)


def _objects(values: Iterator[Value | BadRecord]) -> Iterator[Record | BadRecord]:
    for value in values:
        if isinstance(value, BadRecord):
            yield value
        elif isinstance(value.value, dict):
            yield Record(value.line, value.value, value.text)
        else:
            yield BadRecord(value.line, "not a JSON object", value.text)
