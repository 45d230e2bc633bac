"""Opens the files that senders export: single files, folders and zips, CSV, workbooks and JSON, packed or not."""

import re
import shutil
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TypeVar

from mailsight.bounded.process import Process
from mailsight.errors import BadUpload, ImportFailed, UnreadableFile
from mailsight.figures import formats
from mailsight.importing import dates
from mailsight.importing.headers import Kind, folded, kind_of
from mailsight.importing.sources import (
    BATCH_CHARACTERS,
    Item,
    Note,
    Position,
    Request,
    Row,
    Rows,
    Unusable,
    watched,
)
from mailsight.importing.words import SUM, Sums, figures_in
from mailsight.loading import csv_files, file_checks, finding, json_files, unpacking, uploads
from mailsight.loading.json_files import BadRecord, Value
from mailsight.loading.refusing import Failure, tried
from mailsight.mime import text_encodings

from . import values
from .values import known

# How much of a file is looked at for its columns.
BEGINNING_BYTES = 2**16
# How many rows are looked at for the time zone of their times.
ZONE_ROWS = 50
# Zips in zips are opened once: audience exports come as zips of their own.
_MAX_NESTING = 2
_TEXTS = (".csv", ".tsv", ".tab", ".txt", ".xlsx", ".xls", ".ods", ".json", ".ndjson", ".jsonl")
_ENDINGS = re.compile(r"(\.(csv|tsv|tab|txt|html?|eml|xlsx?|ods|json|gz|zst|bz2|xz))+$", re.IGNORECASE)
_MAILS = (".html", ".htm", ".eml")
Outcome = TypeVar("Outcome", bound="Entry | Unusable | Note")


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A file of an export: its path within it, where it can be read, and its format (csv, json, ndjson or mail).

    `columns` are the names in its header; in JSON, the names in the first object. `days_come_first` says in which order
    its beginning writes dates such as 13/05/2026; None if that doesn't show. `undecided_date` is then a date that can
    be read either way. `encoding` is that of a CSV file. `report` is called with the share that has been read.
    """

    name: str
    path: Path
    form: str
    columns: tuple[str, ...] = ()
    problem: str | None = None
    days_come_first: bool | None = None
    encoding: str | None = None
    undecided_date: str | None = None
    report: Callable[[float], None] = field(default=lambda share: None, compare=False, repr=False)

    @property
    def stem(self) -> str:
        """The name of the file without folders and endings."""
        return _ENDINGS.sub("", self.name.rpartition("/")[2])


@dataclass(frozen=True, slots=True)
class Entry:
    """A row read from an export: the kind that it is loaded as, its file and line."""

    kind: str
    origin: str
    line: int
    row: Row


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row of a table: the line it starts on, its values by field or name, and its text."""

    line: int
    values: Mapping[str, str]
    text: str

    def get(self, field: str) -> str | None:
        """The value of a field, without blanks around it; None if there is none."""
        return known(self.values.get(field))


Moment = Callable[[str | None], datetime | None]


def moment(file: ExportFile, zone: tzinfo) -> Moment:
    """Reads the times of a file: months come first, unless its dates prove that days do."""
    return partial(values.moment, zone=zone, day_first=bool(file.days_come_first))


@contextmanager
def opened(request: Request) -> Iterator[list[ExportFile]]:
    """The files of the export that the request names; temporary copies are removed afterwards.

    Raises `ImportFailed` if there is none.
    """
    where = Path(request.where)
    with TemporaryDirectory(prefix="mailsight-import-") as temporary:
        folder = Path(temporary)
        try:
            with Process(finding.WORKBOOKS) as worker:
                files = list(
                    _files(where, folder, request.max_bytes, values.encoding(request.options), worker)
                )
        except OSError as error:
            raise ImportFailed(f"{where} can't be read: {error.strerror or error}.") from error
        if not files:
            raise ImportFailed(
                f"{where} holds no CSV, Excel or JSON files.", next_step="Name the file as you downloaded it."
            )
        yield files


def _files(
    where: Path, folder: Path, max_bytes: int | None, encoding: str | None, worker: Process
) -> Iterator[ExportFile]:
    members = list(_members(where, folder, max_bytes, 0))
    room = unpacking.Room.of((path for _, path in members), max_bytes)
    for name, path in members:
        if name.lower().endswith(_MAILS):
            yield ExportFile(name, path, "mail")
        elif finding.looks_like_data(name) or name.lower().endswith(_TEXTS):
            for table in _tables(name, path, folder, room.left, encoding, worker):
                room.take(path, [table.path])
                yield table


def _members(where: Path, folder: Path, max_bytes: int | None, depth: int) -> Iterator[tuple[str, Path]]:
    """The files at the path, with those in folders and zips, and their paths within it."""
    if problem := None if where.is_dir() else file_checks.problem(where):
        raise ImportFailed(f"{where} {problem}.")
    if where.is_dir():
        inside = [(file.relative_to(where).as_posix(), file) for file in finding.files_below(where)]
        for name, file in inside:
            if file_checks.problem(file, where):
                continue
            members = [(name, file)]
            if _is_zip(file) and depth < _MAX_NESTING:
                # A broken zip does not keep the other files from being read.
                with suppress(BadUpload):
                    members = list(_unzipped(file, name, folder, max_bytes, depth))
                    if max_bytes is not None:
                        max_bytes -= sum(path.stat().st_size for _, path in members)
            yield from members
    elif _is_zip(where):
        yield from _unzipped(where, "", folder, max_bytes, depth)
    else:
        yield where.name, where


def _unzipped(
    path: Path, name: str, folder: Path, max_bytes: int | None, depth: int
) -> Iterator[tuple[str, Path]]:
    target = Path(mkdtemp(dir=folder))
    limit = max_bytes if max_bytes is not None else path.stat().st_size * uploads.MAX_RATIO
    with path.open("rb") as packed:
        try:
            uploads.unzip(packed, target, limit)
        except BadUpload:
            shutil.rmtree(target)  # many that end like this would fill the disk
            raise
    for inner, file in _members(target, folder, max_bytes, depth + 1):
        yield f"{name}/{inner}" if name else inner, file


def _is_zip(path: Path) -> bool:
    return path.suffix.lower() == ".zip"


def _tables(
    name: str, path: Path, folder: Path, max_bytes: int | None, encoding: str | None, worker: Process
) -> Iterator[ExportFile]:
    """The tables in a file: several if it is a workbook; none if it can't be read."""
    try:
        start = unpacking.beginning(path, BEGINNING_BYTES)
        if not start.strip():
            return
        unpacked = unpacking.unpack(path, folder, max_bytes)
        if finding.is_workbook(start):
            for sheet in finding.sheets_of(unpacked.path, folder, max_bytes, worker):
                yield ExportFile(name, sheet.path, "ndjson", tuple(sheet.columns))
            return
    except UnreadableFile as error:
        yield ExportFile(name, path, "unreadable", problem=str(error))
        return
    text = start.replace(b"\0", b"").decode("latin-1")  # the digits of UTF-16, too
    form = "json" if finding.is_json(start) else "csv"
    table = ExportFile(
        *(name, unpacked.path, form),
        problem=unpacked.problem,
        days_come_first=values.days_come_first(text),
        undecided_date=values.undecided_date(text),
        encoding=encoding or (csv_files.encoding_of(unpacked.path) if form == "csv" else None),
    )
    yield replace(table, columns=tuple(_columns(table, start, folder)))


def _columns(file: ExportFile, start: bytes, folder: Path) -> list[str]:
    if file.form == "json":
        first = next(json_files.values(file.path), None)
        return list(first.value) if isinstance(first, Value) and isinstance(first.value, dict) else []
    sample = folder / "beginning"
    sample.write_bytes(start)
    layout = csv_files.layout(sample, lambda names: list(map(folded, names)), encoding=file.encoding)
    return list(layout.header)


def kinds_of(files: Iterable[ExportFile], kinds: Sequence[Kind]) -> dict[ExportFile, Kind]:
    """The files that are of one of the kinds, with their kind."""
    return {file: kind for file in files if (kind := kind_of(kinds, file.columns, file.name))}


def lacks_zone(file: ExportFile, kind: Kind) -> bool:
    """Whether a table has times of day that name no time zone, judging by its first rows."""
    return any(
        _is_unzoned(text)
        for row in islice(rows(file, kind), ZONE_ROWS)
        if isinstance(row, TableRow)
        for field in kind.fields
        if (text := row.get(field))
    )


def _is_unzoned(text: str) -> bool:
    try:
        return ":" in text and not dates.is_zoned(text)
    except ValueError:
        return False


def notes(kinds: Mapping[ExportFile, Kind], options: Mapping[str, str]) -> Iterator[Note]:
    """Which columns were left out, and which order of dates, time zone and encoding were assumed, unless chosen."""
    yield from _unread(kinds)
    for file in kinds:
        if file.undecided_date:
            yield Note(
                f"{file.name} has dates such as {file.undecided_date}, which don't tell the day from the month. If "
                "they were read wrongly, write them as 2026-05-13 and import the file again."
            )
    if "timezone" not in options:
        unzoned = next((file.name for file, kind in kinds.items() if lacks_zone(file, kind)), None)
        if unzoned:
            yield Note(f"{unzoned} has times that name no time zone. They were read as UTC.")
    if options.get("encoding"):
        return
    first_files: dict[str | None, str] = {}
    for file in kinds:
        first_files.setdefault(file.encoding, file.name)
    for encoding, name in first_files.items():
        if encoding and encoding != text_encodings.UTF_8:
            label = text_encodings.CHOICES.get(encoding, encoding)
            yield Note(
                f"{name} is not UTF-8 and was read as {label}. If letters such as é or ł are wrong, choose another "
                "encoding, then import it again."
            )


def _unread(kinds: Mapping[ExportFile, Kind]) -> Iterator[Note]:
    """Which columns seem to hold figures that no other column of their file has, but under an unknown name."""
    for file, kind in kinds.items():
        read = kind.known(file.columns)
        unread = [
            name
            for name in file.columns
            if not kind.known([name])
            and (fields := figures_in(name) & kind.fields.keys())
            and not fields & read
        ]
        if unread:
            columns = formats.listed([repr(name) for name in unread])
            yield Note(
                f"{file.name} has columns that Mailsight doesn't know, so they were left out: {columns}."
            )


def rows(file: ExportFile, kind: Kind) -> Iterator[TableRow | BadRecord]:
    """The rows of a table that say something, by the fields of its kind. Columns that are no field keep their names."""
    return watched(_rows(file, kind), csv_files.characters(file.path, file.encoding), file.report)


def _rows(file: ExportFile, kind: Kind) -> Iterator[TableRow | BadRecord]:
    sums = Sums()
    if file.form == "csv":
        layout = csv_files.layout(file.path, kind.column_names, encoding=file.encoding)
        for row in csv_files.rows(file.path, layout):
            if isinstance(row, BadRecord):
                yield row
            elif any(map(known, row.values.values())):
                yield _unless_sum(TableRow(row.line, row.values, row.text), sums)
    else:
        values = json_files.lines if file.form == "ndjson" else json_files.values
        for record in values(file.path):
            yield record if isinstance(record, BadRecord) else _object(record, kind, sums)
    if file.problem:
        yield BadRecord(0, file.problem, "")


def _object(record: Value, kind: Kind, sums: Sums) -> TableRow | BadRecord:
    if not isinstance(record.value, dict):
        return BadRecord(record.line, "not a JSON object", record.text)
    names = kind.column_names(list(record.value))
    plain = {name: values.text_of(value) for name, value in zip(names, record.value.values(), strict=True)}
    return _unless_sum(TableRow(record.line, plain, record.text), sums)


def _unless_sum(row: TableRow, sums: Sums) -> TableRow | BadRecord:
    """The row; rejected if it adds up the others."""
    cells = {name: text for name in row.values if (text := row.get(name))}
    return BadRecord(row.line, SUM, row.text) if sums.is_sum(cells, [row.get("id")]) else row


def entries(
    file: ExportFile, kind: Kind, loads_as: str, read: Callable[[TableRow], Iterable[Outcome]]
) -> Iterator[Outcome | Unusable]:
    """What `read` makes of each row of a table. Rows that it can't read are unusable as rows of the kind `loads_as`."""
    for row in rows(file, kind):
        if isinstance(row, BadRecord):
            yield Unusable(loads_as, file.name, row.line, row.reason, row.text)
            continue
        outcome = tried(list[Outcome], read(row))
        if isinstance(outcome, Failure):
            yield Unusable(loads_as, file.name, row.line, outcome.reason, row.text)
        else:
            yield from outcome


def batches(items: Iterable[Entry | Item], batch_rows: int) -> Iterator[Item]:
    """Entries as rows, at most `batch_rows` at a time, fewer if they are long; other items keep their places."""
    collected: dict[tuple[str, str], list[Entry]] = {}
    size = characters = 0
    for item in items:
        if not isinstance(item, Entry):
            if isinstance(item, Position):
                yield from _taken(collected)
            yield item
            continue
        collected.setdefault((item.kind, item.origin), []).append(item)
        size += 1
        characters += sum(len(value) for value in item.row.values() if isinstance(value, str))
        if size >= batch_rows or characters >= BATCH_CHARACTERS:
            yield from _taken(collected)
            size = characters = 0
    yield from _taken(collected)


def _taken(collected: dict[tuple[str, str], list[Entry]]) -> Iterator[Rows]:
    for (kind, origin), taken in collected.items():
        yield Rows(kind, origin, [entry.row for entry in taken], array("q", (entry.line for entry in taken)))
    collected.clear()


def tracked(files: Sequence[ExportFile], request: Request) -> Iterator[ExportFile]:
    """The files one after the other, while the progress is reported by their sizes."""
    reports = request.reports([(file.name, file.path) for file in files])
    for file, report in zip(files, reports, strict=True):
        yield replace(file, report=report)


RowReader = Callable[[ExportFile, tzinfo, TableRow], Iterable[Entry | Unusable | Note]]


@dataclass(frozen=True, slots=True)
class Reading:
    """How tables of a kind are read. Times without a zone are in the one that is given."""

    kind: Kind
    read: Callable[[ExportFile, tzinfo], Iterable[Entry | Unusable | Note]]


def by_row(kind: Kind, loads_as: str, read: RowReader) -> Reading:
    """A table that is read row by row; those that can't be read are rejected as rows of the kind `loads_as`."""
    return Reading(kind, lambda file, zone: entries(file, kind, loads_as, partial(read, file, zone)))


def read_tables(request: Request, label: str, readings: Sequence[Reading]) -> Iterator[Item]:
    """What the tables of an export hold, each read on its own. Raises `ImportFailed` if none of them is known."""
    zone = values.zone(request.options)
    readers = {reading.kind: reading.read for reading in readings}
    with opened(request) as files:
        known_files = kinds_of(files, list(readers))
        if not known_files:
            raise ImportFailed(
                f"{request.where} holds nothing that {label} exports.",
                next_step=f"Name the file as you downloaded it from {label}.",
            )
        everything = (
            entry
            for file in tracked(list(known_files), request)
            for entry in readers[known_files[file]](file, zone)
        )
        yield from batches(everything, request.batch_rows)
        yield from notes(known_files, request.options)
