"""Opens tables of any origin, CSV, JSON or workbooks, packed or not, with their headers as they are written."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path

from mailsight.bounded.process import Process
from mailsight.errors import ImportFailed, LoadRefused, UnreadableFile
from mailsight.importing.files.values import known, text_of
from mailsight.importing.words import folded, words
from mailsight.loading import bundle_files, csv_files, file_checks, finding, json_files, unpacking, uploads
from mailsight.loading.csv_files import Layout, Row
from mailsight.loading.json_files import BadRecord, Value

from . import profiles

BEGINNING_BYTES = 2**16
MAX_TITLE_LINES, MAX_TITLE_LENGTH, MAX_TITLE_COLUMNS = 20, 1_000, 2
# The objects in a JSON file whose names are its columns.
JSON_ROWS = 1_000
_PARQUET = b"PAR1"
MAX_DEPTH = 5
# The forms, as in `profiles.forms`, that no name of a column has.
_VALUES = {"address", "url", "ip", "agent"}


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the name of its file, with the sheet if there are several, and the names of its columns, all different.

    `layout` says how a CSV file is written. A sheet is read from a file with an object per line. Without `has_header`,
    the columns have numbers for names; `first` is then the first row of a sheet.
    """

    name: str
    path: Path
    header: tuple[str, ...]
    layout: Layout | None = None
    problem: str | None = None
    is_json: bool = False
    has_header: bool = True
    first: tuple[str, ...] = ()

    @property
    def characters(self) -> float:
        """About how many characters its text has."""
        return csv_files.characters(self.path, self.layout.encoding if self.layout else None)


def opened(
    where: Path, folder: Path, max_bytes: int | None = None, encoding: str | None = None
) -> list[Table]:
    """The tables in a file, or in the files of a folder. Temporary copies go to `folder`.

    `encoding` is that of CSV files, which is recognised unless it is given. Raises `ImportFailed` if there is no table.
    """
    try:
        if where.suffix.lower() == ".zip" and not where.is_dir():
            where = _unzipped(where, folder, max_bytes)
        inside = finding.files_below(where) if where.is_dir() else ()
        files = [file for file in inside if finding.looks_like_data(file.name)] or [where]
        tables, room = [], unpacking.Room.of(files, max_bytes)
        with Process(finding.WORKBOOKS) as worker:
            for file in files:
                more = _tables(file, folder, room.left, encoding, worker)
                room.take(file, (table.path for table in more))
                tables += more
    except LoadRefused as error:
        raise ImportFailed(error.message, next_step=error.next_step) from error
    except OSError as error:
        raise ImportFailed(f"{where} can't be read: {error.strerror or error}.") from error
    if not tables:
        raise ImportFailed(f"{where} holds no table.", next_step="Name a CSV or Excel file.")
    return tables


def rows(table: Table) -> Iterator[Row | BadRecord]:
    """The rows of a table with the lines that they start on. Those without any value are left out."""
    for row in _rows(table):
        if isinstance(row, BadRecord) or any(map(known, row.values.values())):
            yield row


def _rows(table: Table) -> Iterator[Row | BadRecord]:
    if table.layout:
        yield from csv_files.rows(table.path, replace(table.layout, names=table.header))
    elif table.is_json:
        yield from map(_flat, _objects(table.path))
    else:
        if table.first:
            yield Row(1, dict(zip(table.header, table.first, strict=True)), "\t".join(table.first))
        names = dict(zip(table.first, table.header, strict=False))
        yield from (_object(record, names) for record in json_files.lines(table.path))
    if table.problem:
        yield BadRecord(0, table.problem, "")


def _unzipped(packed: Path, folder: Path, max_bytes: int | None) -> Path:
    target = folder / "unzipped"
    target.mkdir()
    with packed.open("rb") as file:
        limit = packed.stat().st_size * uploads.MAX_RATIO if max_bytes is None else max_bytes
        uploads.unzip(file, target, limit)
    return target


def _tables(
    file: Path, folder: Path, max_bytes: int | None, encoding: str | None, worker: Process
) -> list[Table]:
    if problem := file_checks.problem(file):
        raise UnreadableFile(f"{file} {problem}.", next_step="Name a CSV or Excel file.")
    start = unpacking.beginning(file, BEGINNING_BYTES)
    unpacked = unpacking.unpack(file, folder, max_bytes)
    if finding.is_workbook(start):
        sheets = [
            sheet
            for sheet in finding.sheets_of(unpacked.path, folder, max_bytes, worker)
            if any(sheet.columns)
        ]
        tables = [
            _sheet(f"{file.name} [{sheet.name}]" if len(sheets) > 1 else file.name, sheet.path, sheet.columns)
            for sheet in sheets
        ]
    elif not start.strip() or start.startswith(_PARQUET):
        return []
    elif finding.is_json(start):
        header = _names(unpacked.path)
        if not header:
            return []
        tables = [Table(file.name, unpacked.path, header, problem=unpacked.problem, is_json=True)]
    else:
        layout = _layout(unpacked.path, encoding)
        has_header = not is_data(layout.header)
        if not has_header:
            layout = replace(layout, header_lines=layout.header_lines - 1)
        header = unique(layout.header if has_header else [""] * len(layout.header))
        tables = [Table(file.name, unpacked.path, header, layout, unpacked.problem, has_header=has_header)]
    for table in tables:
        check_columns(table)
    return tables


def _names(path: Path) -> tuple[str, ...]:
    """The columns of a JSON file: the names in its first objects."""
    first = islice(map(_flat, _objects(path)), JSON_ROWS)
    return tuple(dict.fromkeys(name for row in first if isinstance(row, Row) for name in row.values))


def _sheet(name: str, path: Path, columns: Sequence[str]) -> Table:
    """A sheet, whose columns are the cells of its first row: values, if it has no header."""
    header = tuple(dict.fromkeys(filter(None, columns)))
    if len(header) == len(columns) and is_data(header):
        return Table(name, path, unique([""] * len(header)), has_header=False, first=header)
    return Table(name, path, header)


def is_data(header: Sequence[str]) -> bool:
    """Whether a header is really the first row: no column is named after an address or a link, and few after a day."""
    forms = {form for name in header if name for form in profiles.forms(name)}
    return bool(forms & _VALUES) or ("date" in forms and not any(map(words, header)))


def _layout(path: Path, encoding: str | None) -> Layout:
    """How a CSV file is written. Reports often have a title of one or two columns above their header."""
    layout = csv_files.layout(path, _comparable, encoding=encoding)
    if len(layout.header) > MAX_TITLE_COLUMNS:
        return layout
    with path.open(encoding=layout.encoding, errors="replace", newline="") as file:
        lines = [file.readline(MAX_TITLE_LENGTH) for _ in range(MAX_TITLE_LINES)]
    for place in range(layout.header_lines, MAX_TITLE_LINES - 1):
        for delimiter in csv_files.DELIMITERS:
            names = lines[place].split(delimiter)
            is_table = len(names) > MAX_TITLE_COLUMNS and lines[place + 1].count(delimiter) + 1 == len(names)
            if is_table and _number_known(names) > max(_number_known(layout.header), 1):
                return csv_files.layout(path, _comparable, title_lines=place, encoding=layout.encoding)
    return layout


def _number_known(names: Sequence[str]) -> int:
    """How many of the names are about something that tables have."""
    return sum(bool(words(name)) for name in names)


def check_columns(table: Table) -> None:
    """Raises `UnreadableFile` for a header that nobody would write."""
    if not json_files.is_text("".join(table.header)):
        raise UnreadableFile(
            f"The header of {table.name} is in no encoding that can be recognised.",
            next_step="Save the file as UTF-8.",
        )
    longest = max(map(len, table.header), default=0)
    if len(table.header) > bundle_files.MAX_COLUMNS or longest > bundle_files.MAX_NAME_LENGTH:
        raise UnreadableFile(
            f"{table.name} has {len(table.header):,} columns, with names of up to {longest:,} characters; "
            f"{bundle_files.MAX_COLUMNS:,} and {bundle_files.MAX_NAME_LENGTH:,} are allowed.",
            next_step="Remove the columns that you don't need. The first line must name the columns.",
        )


def _comparable(names: Sequence[str]) -> list[str]:
    """Names by which a header's delimiter is recognised: those that are about something become identifiers."""
    return [folded(name).replace(" ", "_") if words(name) else name.strip() for name in names]


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """The names of columns, so that all are different and none is empty."""
    taken: dict[str, None] = {}
    for place, name in enumerate(names, 1):
        plain = name or f"Column {place}"
        number, chosen = 2, plain
        while chosen in taken:
            number, chosen = number + 1, f"{plain} ({number})"
        taken[chosen] = None
    return tuple(taken)


def _object(record: Value | BadRecord, names: Mapping[str, str]) -> Row | BadRecord:
    """A row of a sheet. `names`: what the cells of its first row are called, if it has no header."""
    if isinstance(record, BadRecord):
        return record
    if not isinstance(record.value, dict):
        return BadRecord(record.line, "not a row of a sheet", record.text)
    values = {names.get(name, name): text_of(cell) for name, cell in record.value.items()}
    return Row(record.line, values, record.text)


def _objects(path: Path) -> Iterator[Value | BadRecord]:
    """The values in a JSON file; of a file that is one object, those of its longest list, as in an API's answers."""
    values = json_files.values(path)
    start = list(islice(values, 2))
    if len(start) == 1 and isinstance(start[0], Value) and isinstance(start[0].value, dict):
        lists = [inner for inner in start[0].value.values() if isinstance(inner, list)]
        records = [inner for inner in lists if inner and all(isinstance(record, dict) for record in inner)]
        if records:
            line = start[0].line
            yield from (Value(line, record, json.dumps(record)) for record in max(records, key=len))
            return
    yield from chain(start, values)


def _flat(record: Value | BadRecord) -> Row | BadRecord:
    """An object as a row. What is in objects within it gets names such as `customer.email`."""
    if isinstance(record, BadRecord):
        return record
    if not isinstance(record.value, dict):
        return BadRecord(record.line, "not a JSON object", record.text)
    return Row(record.line, dict(_named(record.value, "", MAX_DEPTH)), record.text)


def _named(inner: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, str]]:
    for name, value in inner.items():
        if isinstance(value, dict) and depth:
            yield from _named(value, f"{prefix}{name}.", depth - 1)
        else:
            yield f"{prefix}{name}", text_of(value)
