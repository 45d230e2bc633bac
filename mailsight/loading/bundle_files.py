"""Bundle files: which there are, what may stand in them, and an exact reader that knows every line.

DuckDB reads a sound file at speed (`queries/bundle.sql`). A file that it can't read whole is read here instead,
record by record: the bad ones come out as a `BadRecord`, with their line, and the rest goes through.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mailsight.errors import NotABundle

from . import json_files
from .json_files import BadRecord, Value, as_text, is_text

COLUMNS: dict[str, dict[str, str]] = {
    "campaigns": {
        "campaign_id": "the campaign's key; required",
        "name": "what people call it",
        "subject": "the subject line, with merge fields as they were written",
        "preheader": "the line that mail clients show after the subject",
        "from_name": "the sender's name",
        "from_email": "the sender's address",
        "sent_at": "when sending began; empty while it is planned",
        "tags": "a JSON list, or words with a comma between",
        "selection": "the criteria as JSON, or a sentence",
        "template": "path of the e-mail's HTML within the bundle",
    },
    "customers": {
        "customer_id": "the customer's key; required",
        "email": "the address",
        "name": "the name",
        "language": "the language, for instance nl",
        "country": "the country, for instance NL",
        "created_at": "when the customer became known",
    },
    "messages": {
        "campaign_id": "the campaign that selected the customer; required",
        "customer_id": "the selected customer; required",
        "message_id": "the provider's id of the message",
        "email": "the address as it was used",
        "sent_at": "when it was sent; empty = not sent",
        "not_sent_reason": "why it was not sent, a word of the vocabulary",
        "not_sent_detail": "the same in your own words",
        "merge_fields": "a JSON object: what this customer's merge fields were filled with",
        "content": "path of the customer's archived copy (.html or .eml) within the bundle",
    },
    "events": {
        "event_id": "the provider's id of the event; the same id twice is the same event",
        "provider": "who reported it, for instance sendgrid",
        "campaign_id": "the campaign",
        "customer_id": "the customer",
        "message_id": "the provider's id of the message",
        "recipient": "the address that was mailed",
        "type": "what happened, a word of the vocabulary; required",
        "occurred_at": "when it happened; required",
        "url": "the link that was clicked",
        "link_position": "which link of the mail that was, counted from 0",
        "bounce_type": "hard or soft",
        "reject_reason": "why the provider refused: invalid, bounced, spam, unsubscribed, blocked, timed_out, other",
        "smtp_status": "the enhanced status code, for instance 5.1.1",
        "diagnostic": "what the mailbox's server said",
        "user_agent": "the program that opened or clicked",
        "ip": "the address it came from",
        "provider_machine": "the provider's own verdict whether a machine did it: true or false",
        "payload": "the provider's own JSON",
        "method": "how the picture or the link was asked for, where that is known: GET, HEAD or POST",
    },
}
FORMATS = (".csv", ".ndjson", ".jsonl", ".json", ".parquet")

_FILE_NAME = re.compile(rf"({'|'.join(COLUMNS)})(?:[-_.].*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class BundleFile:
    """One file of a bundle: what it holds, where it lies, and its name for people, relative to the bundle."""

    kind: str
    path: Path
    root: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()

    @property
    def size_bytes(self) -> int:
        return self.path.stat().st_size


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file: the line where it begins (counted from 1), its values, and the text as it stands there."""

    line: int
    values: Mapping[str, object]
    text: str


def find(paths: Sequence[Path]) -> list[BundleFile]:
    """The bundle's files in the order in which they are read. Raises `NotABundle` for a path that holds none."""
    files: list[BundleFile] = []
    for path in paths:
        if not path.exists():
            raise NotABundle(f"There is nothing at {path}.")
        root = path if path.is_dir() else path.parent
        inside = sorted(path.iterdir()) if path.is_dir() else [path]
        found = [
            BundleFile(kind, file.resolve(), root.resolve()) for file in inside if (kind := kind_of(file))
        ]
        if not found:
            raise NotABundle(f"{path} holds nothing that can be loaded.")
        files += [file for file in found if file not in files]
    return sorted(files, key=lambda file: list(COLUMNS).index(file.kind))


def kind_of(path: Path) -> str | None:
    """What a file holds by its name (`events-2026-01.parquet` holds events); None for a file of another kind."""
    match = _FILE_NAME.fullmatch(path.stem) if path.suffix.lower() in FORMATS and path.is_file() else None
    return match[1].lower() if match else None


def content_path(root: Path, path: str) -> Path:
    """Where a `template` or a `content` lies. Raises ValueError, for people, when that is not a file of the bundle."""
    try:
        inside = (root / path).resolve()
        if not inside.is_relative_to(root.resolve()):
            raise ValueError(f"the path {path!r} leads outside the bundle")
        if not inside.is_file():
            raise ValueError(f"there is no file {path!r} in the bundle")
    except OSError as error:
        raise ValueError(f"the path {path!r} can't be used: {error.strerror}") from error
    return inside


def delimiter(path: Path) -> str:
    """What stands between the values of a CSV file: a comma, or a semicolon or a tab as spreadsheets write them."""
    with path.open("rb") as file:
        header = file.readline(1_000_000).decode("utf-8", "replace")
    return max(",;\t", key=header.count)


def records(path: Path) -> Iterator[Record | BadRecord]:
    """Every row of a text file with the line where it begins, whatever else is wrong with the file.

    Parquet is no text: a file that DuckDB can't read has no rows.
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
    """The name of a CSV file's column without blanks around it and in lower case, as people may write it."""
    return name.strip().lower()


def csv_header(path: Path) -> list[str]:
    """The column names of a CSV file as they stand there."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        return next(csv.reader(file, delimiter=delimiter(path)), [])


def _csv_records(path: Path) -> Iterator[Record | BadRecord]:
    csv.field_size_limit(2**31 - 1)
    ahead: deque[str] = deque()
    taken: list[str] = []

    def lines(file: Iterator[str]) -> Iterator[str]:
        while line := ahead.popleft() if ahead else next(file, ""):
            taken.append(line)
            yield line

    # Bytes that are not UTF-8 become lone surrogates here, which tell a bad row and give its bytes back.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        reader = csv.reader(lines(file), delimiter=delimiter(path), strict=True)
        header = [column_name(name) for name in next(reader, [])]
        if not is_text("".join(header)):
            yield BadRecord(1, "the header is not UTF-8, so no row can be read", as_text("".join(taken)))
            return
        line = 1
        while True:
            line += len(taken)
            taken.clear()
            try:
                values = next(reader, None)
            except csv.Error as error:
                text = as_text("".join(taken).rstrip("\r\n"))
                found: Record | BadRecord = BadRecord(line, f"not CSV: {error}", text)
            else:
                if values is None:
                    return
                if not values:
                    continue
                found = _csv_record(line, "".join(taken).rstrip("\r\n"), header, values)
            if isinstance(found, BadRecord) and len(taken) > 1:
                # A quote that nobody closed swallows the rows below: only its own line is bad, read on below it.
                ahead.extendleft(reversed(taken[1:]))
                del taken[1:]
                found = BadRecord(line, "a quote that is not closed", as_text(taken[0].rstrip("\r\n")))
            yield found


def _csv_record(line: int, text: str, header: list[str], values: list[str]) -> Record | BadRecord:
    if not is_text(text):
        return BadRecord(line, "not UTF-8", as_text(text))
    if len(values) != len(header):
        return BadRecord(line, f"{len(values)} values, but the header names {len(header)} columns", text)
    return Record(line, dict(zip(header, values, strict=True)), text)


def _objects(found: Iterator[Value | BadRecord]) -> Iterator[Record | BadRecord]:
    for one in found:
        if isinstance(one, BadRecord):
            yield one
        elif isinstance(one.value, dict):
            yield Record(one.line, one.value, one.text)
        else:
            yield BadRecord(one.line, "not a JSON object", one.text)
