"""Bundle files: their columns, and readers for every format that know the line of every record.

DuckDB reads valid files fast (`queries/bundle.sql`). What it rejects, or may read otherwise, is read here instead,
record by record: each bad record becomes a `BadRecord` with its line; the others are loaded.
"""

import glob
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from mailsight.errors import UnreadableFile, UnusableMail

from . import csv_files, json_files
from .csv_files import Layout
from .json_files import BadRecord, Value
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
        "source": "the program that it was imported from, such as listmonk",
        "merge_language": "the language of its merge fields, such as liquid, or its sender",
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
        "content": "path to the customer's archived copy (.html, .eml ...) within the bundle",
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
    "totals": {
        "campaign_id": "the campaign; required",
        "source": "who reports them, such as mailchimp; required",
        "as_of": "when they were counted",
        "recipients": "the customers whom the campaign selected",
        "sent": "the messages sent",
        "delivered": "the messages delivered",
        "bounces": "the messages that bounced",
        "hard_bounces": "the messages that bounced for good",
        "soft_bounces": "the messages that bounced for now",
        "opened": "the customers who opened",
        "opens": "all opens",
        "clicked": "the customers who clicked",
        "clicks": "all clicks",
        "unsubscribed": "the customers who unsubscribed",
        "complained": "the customers who reported spam",
        "orders": "the orders",
        "revenue": "the revenue",
        "currency": "its currency, such as EUR",
    },
}
# The columns of totals that are whole numbers.
COUNTS = tuple(
    column
    for column in COLUMNS["totals"]
    if column not in ("campaign_id", "source", "as_of", "revenue", "currency")
)
MAX_COLUMNS = 1_000
MAX_NAME_LENGTH = 200

_NOT_LETTERS = re.compile(r"[\W_]+")
_UNIT = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])$")


@dataclass(frozen=True)
class BundleFile:
    """A table of a bundle: what it holds, its file, and the bundle's folder.

    `readable` is the file to read it from, in the format `form`: csv, ndjson, json or parquet. For a packed file or a
    sheet of a workbook, it is a temporary one. `problem` is what went wrong while unpacking it, and `error` why it
    can't be read at all. If it is `forbidden`, nothing may open it (`file_checks`). `origin` tells where each line of a
    file that an import wrote comes from.
    """

    kind: str
    path: Path
    root: Path
    readable: Path
    form: str
    sheet: str | None = None
    problem: str | None = None
    error: UnreadableFile | None = None
    forbidden: bool = False
    origin: Callable[[int], tuple[str, int | None]] | None = None

    @cached_property
    def name(self) -> str:
        """The path relative to the bundle, as users see it."""
        name = self.path.relative_to(self.root).as_posix()
        return f"{name} [{self.sheet}]" if self.sheet else name

    def place(self, line: int) -> tuple[str, int | None]:
        """Where people find a line of the file: the name of a file or table, and the line in it if it has lines."""
        return self.origin(line) if self.origin else (self.name, line)

    @property
    def pattern(self) -> str:
        """`readable` as DuckDB takes it: to DuckDB, `events[1].csv` as it is would mean `events1.csv`."""
        return glob.escape(str(self.readable))

    @property
    def size_bytes(self) -> int:
        return 0 if self.forbidden else self.readable.stat().st_size

    @cached_property
    def layout(self) -> Layout:
        """How the file is written, if it is CSV."""
        return csv_files.layout(self.readable, self.column_names)

    def column_names(self, names: Sequence[str]) -> list[str]:
        """The names of the file's columns in canonical form."""
        return column_names(names, COLUMNS[self.kind])


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a file: the line it starts on (from 1), its original text, and the same as a JSON object."""

    line: int
    text: str
    json: str


def column_names(names: Sequence[str], known: Iterable[str]) -> list[str]:
    """Names in canonical form: the known column that each spells, otherwise trimmed and in lower case.

    "Customer ID", "customerId" and "Occurred at (UTC)" are known columns, unless another name spells them exactly.
    """
    trimmed = [name.strip().strip("\ufeff").strip('"').strip().lower() for name in names]
    by_letters = {_NOT_LETTERS.sub("", column): column for column in known if column not in trimmed}

    def canonical(name: str) -> str:
        spellings = (_NOT_LETTERS.sub("", spelling) for spelling in (name, _UNIT.sub("", name)))
        return next((by_letters[spelling] for spelling in spellings if spelling in by_letters), name)

    return list(map(canonical, trimmed))


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


def records(file: BundleFile) -> Iterator[Record | BadRecord]:
    """Every row of a text file with the line it starts on, even if other rows are broken.

    A Parquet file that DuckDB can't read yields a single bad record.
    """
    match file.form:
        case "csv":
            return _csv_records(file)
        case "json":
            return _objects(json_files.values(file.readable))
        case "parquet":
            return iter([BadRecord(1, "not a Parquet file that can be read", "")])
        case _:
            by_line = _has_line_feeds(file.readable)
            return _objects((json_files.lines if by_line else json_files.values)(file.readable))


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


def _has_line_feeds(path: Path) -> bool:
    """Whether the lines of a file don't end with carriage returns alone, which are blanks in JSON."""
    with path.open("rb") as file:
        start = file.readline(json_files.WINDOW)
    return start.endswith(b"\n") or b"\r" not in start


def _csv_records(file: BundleFile) -> Iterator[Record | BadRecord]:
    for row in csv_files.rows(file.readable, file.layout):
        if isinstance(row, BadRecord):
            yield row
            continue
        text = tried(json.dumps, row.values, ensure_ascii=False)
        yield (
            BadRecord(row.line, text.reason, row.text)
            if isinstance(text, Failure)
            else Record(row.line, row.text, text)
        )


def _objects(values: Iterator[Value | BadRecord]) -> Iterator[Record | BadRecord]:
    """JSON objects keep their text, so that DuckDB reads the same whether Python looked at them or not."""
    for value in values:
        if isinstance(value, BadRecord):
            yield value
        elif isinstance(value.value, dict):
            yield Record(value.line, value.text, value.text)
        else:
            yield BadRecord(value.line, "not a JSON object", value.text)
