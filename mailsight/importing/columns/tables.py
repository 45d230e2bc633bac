"""Opens tables of any origin, CSV or workbooks, packed or not, with their headers as they are written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mailsight.errors import ImportFailed, LoadRefused, UnreadableFile
from mailsight.loading import bundle_files, csv_files, file_checks, finding, json_files, unpacking, uploads
from mailsight.loading.csv_files import Layout, Row
from mailsight.loading.json_files import BadRecord, Value

from .words import folded, words

BEGINNING_BYTES = 2**16
MAX_TITLE_LINES, MAX_TITLE_LENGTH, MAX_TITLE_COLUMNS = 20, 1_000, 2
# JSON and Parquet, which bundles may be, but not tables that people would look at.
_OTHER_FORMATS = (b"{", b"[", b"PAR1")


@dataclass(frozen=True, slots=True)
class Table:
    """A table: the name of its file, with the sheet if there are several, and the names of its columns, all different.

    `layout` says how a CSV file is written. A sheet has none: it is read from a file with an object per line.
    """

    name: str
    path: Path
    header: tuple[str, ...]
    layout: Layout | None = None
    problem: str | None = None


def opened(where: Path, folder: Path, max_bytes: int | None = None) -> list[Table]:
    """The tables in a file, or in the files of a folder. Temporary copies go to `folder`.

    Raises `ImportFailed` if there is none.
    """
    try:
        if where.suffix.lower() == ".zip" and not where.is_dir():
            where = _unzipped(where, folder, max_bytes)
        inside = finding.files_below(where) if where.is_dir() else ()
        files = [file for file in inside if finding.looks_like_data(file.name)] or [where]
        tables = [table for file in files for table in _tables(file, folder, max_bytes)]
    except LoadRefused as error:
        raise ImportFailed(error.message, next_step=error.next_step) from error
    except OSError as error:
        raise ImportFailed(f"{where} can't be read: {error.strerror or error}.") from error
    if not tables:
        raise ImportFailed(f"{where} holds no table.", next_step="Name a CSV or Excel file.")
    return tables


def rows(table: Table) -> Iterator[Row | BadRecord]:
    """The rows of a table with the lines that they start on."""
    if table.layout:
        yield from csv_files.rows(table.path, replace(table.layout, names=table.header))
    else:
        yield from map(_object, json_files.lines(table.path))
    if table.problem:
        yield BadRecord(0, table.problem, "")


def _unzipped(packed: Path, folder: Path, max_bytes: int | None) -> Path:
    target = folder / "unzipped"
    target.mkdir()
    with packed.open("rb") as file:
        limit = packed.stat().st_size * uploads.MAX_RATIO if max_bytes is None else max_bytes
        uploads.unzip(file, target, limit)
    return target


def _tables(file: Path, folder: Path, max_bytes: int | None) -> list[Table]:
    if problem := file_checks.problem(file):
        raise UnreadableFile(f"{file} {problem}.", next_step="Name a CSV or Excel file.")
    start = unpacking.beginning(file, BEGINNING_BYTES)
    unpacked = unpacking.unpack(file, folder, max_bytes)
    if finding.is_workbook(start):
        sheets = [
            sheet for sheet in finding.sheets_of(unpacked.path, folder, max_bytes) if any(sheet.columns)
        ]
        tables = [
            Table(
                f"{file.name} [{sheet.name}]" if len(sheets) > 1 else file.name,
                sheet.path,
                tuple(dict.fromkeys(filter(None, sheet.columns))),
            )
            for sheet in sheets
        ]
    elif not start.strip() or start.startswith(_OTHER_FORMATS):
        return []
    else:
        layout = _layout(unpacked.path)
        header = unique([name.strip().strip("\ufeff").strip() for name in layout.header])
        tables = [Table(file.name, unpacked.path, header, layout, unpacked.problem)]
    for table in tables:
        check_columns(table)
    return tables


def _layout(path: Path) -> Layout:
    """How a CSV file is written. Reports often have a title of one or two columns above their header."""
    layout = csv_files.layout(path, _comparable)
    if len(layout.header) > MAX_TITLE_COLUMNS:
        return layout
    with path.open(encoding=layout.encoding, errors="replace", newline="") as file:
        lines = [file.readline(MAX_TITLE_LENGTH) for _ in range(MAX_TITLE_LINES)]
    for place in range(layout.header_lines, MAX_TITLE_LINES - 1):
        for delimiter in csv_files.DELIMITERS:
            names = lines[place].split(delimiter)
            is_table = len(names) > MAX_TITLE_COLUMNS and lines[place + 1].count(delimiter) + 1 == len(names)
            if is_table and _number_known(names) > max(_number_known(layout.header), 1):
                return csv_files.layout(path, _comparable, title_lines=place)
    return layout


def _number_known(names: Sequence[str]) -> int:
    """How many of the names are about something that tables have."""
    return sum(bool(words(name)) for name in names)


def check_columns(table: Table) -> None:
    """Raises `UnreadableFile` for a header that nobody would write."""
    if not json_files.is_text("".join(table.header)):
        raise UnreadableFile(
            f"The header of {table.name} is neither UTF-8, UTF-16 nor Windows-1252.",
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


def _object(record: Value | BadRecord) -> Row | BadRecord:
    if isinstance(record, BadRecord):
        return record
    if not isinstance(record.value, dict):
        return BadRecord(record.line, "not a row of a sheet", record.text)
    return Row(record.line, {name: _text(cell) for name, cell in record.value.items()}, record.text)


def _text(cell: object) -> str:
    return str(cell).lower() if isinstance(cell, bool) else str(cell)
