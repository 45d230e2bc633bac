"""Reads the sheets of Excel and OpenDocument files, in a worker process: this module loads neither pandas nor DuckDB.

Each sheet becomes a file with one JSON object per line. The number of a line is that of the row in the sheet.
"""

import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import chain, islice
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, ZipError

from mailsight.errors import UnreadableFile

# XML compresses 10- to 20-fold. A much higher ratio is treated as a decompression bomb.
MAX_RATIO = 200
ALWAYS_ALLOWED_BYTES = 2**28
MAX_SHEETS = 100
# Reports may have a title, and a few lines of a name and a value, above their header.
TITLE_ROWS = 20
MAX_TITLE_CELLS = 2
# No column name has either.
_VALUE = re.compile(r"@|://")
# Whole numbers of more digits are rounded by spreadsheets.
_DIGITS = 15

Cell = int | float | str | bool | time | date | datetime | timedelta


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet with rows: its name, the names of its columns, and the file that it was written to."""

    name: str
    columns: Sequence[str]
    path: Path


def convert(path: Path, folder: Path, max_bytes: int | None = None) -> list[Sheet]:
    """Writes the sheets that are not empty into the folder.

    Raises `UnreadableFile` if the workbook can't be read, or if its contents exceed the limits.
    """
    allowed = max(path.stat().st_size * MAX_RATIO, ALWAYS_ALLOWED_BYTES)
    allowed = allowed if max_bytes is None else min(allowed, max(max_bytes, 0))
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                _check_size(path, sum(member.file_size for member in archive.infolist()), allowed)
        with CalamineWorkbook.from_path(path) as workbook:
            named = [sheet.name for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
            return list(_sheets(workbook, named[:MAX_SHEETS], path, folder, allowed))
    except PasswordError as error:
        raise UnreadableFile(
            f"{path.name} has a password.", next_step="Save it without one, then load it again."
        ) from error
    except (CalamineError, ZipError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise UnreadableFile(
            f"{path.name} can't be read as a workbook: {error}.",
            next_step="Save it again as Excel (.xlsx) or CSV, then load it.",
        ) from error


def _sheets(
    workbook: CalamineWorkbook, names: Sequence[str], path: Path, folder: Path, allowed: int
) -> Iterator[Sheet]:
    written = 0
    for name in names:
        target = folder / f"{len(list(folder.iterdir()))}.ndjson"
        columns: list[str] = []
        with target.open("w", encoding="utf-8") as file:
            rows = iter(workbook.get_sheet_by_name(name).iter_rows())
            first = list(islice(rows, TITLE_ROWS))
            header = _header(first)
            for place, cells in enumerate(chain(first, rows)):
                line = ""
                if not columns:
                    columns = _columns(cells) if place >= header else []
                elif row := _row(columns, cells):
                    line = json.dumps(row, ensure_ascii=False)
                written += file.write(f"{line}\n")
                _check_size(path, written, allowed)
        if columns:
            yield Sheet(name, columns, target)


def _check_size(path: Path, size: int, allowed: int) -> None:
    if size > allowed:
        raise UnreadableFile(
            f"{path.name} unpacks to more than {allowed // 2**20:,} MB.",
            next_step=f"Workbooks may unpack to {MAX_RATIO} times their size, or to {ALWAYS_ALLOWED_BYTES // 2**20} "
            "MB. If you trust the file, save it as CSV and load that.",
        )


def _header(rows: Sequence[Sequence[Cell]]) -> int:
    """The place of the header: the first row with more cells than a title has, if all are names; else the first row."""
    for place, cells in enumerate(rows):
        filled = [cell for cell in cells if cell != ""]
        if len(filled) > MAX_TITLE_CELLS:
            return place if all(isinstance(cell, str) and not _VALUE.search(cell) for cell in filled) else 0
    return 0


def _columns(cells: Sequence[Cell]) -> list[str]:
    """The names in a header; none for a blank row."""
    names = [str(value(cell)).strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    return names


def _row(columns: Sequence[str], cells: Sequence[Cell]) -> dict[str, object]:
    row: dict[str, object] = {}
    for name, cell in zip(columns, cells, strict=False):
        # Of several columns with the same name, the first that has a value counts.
        if name and cell != "" and name not in row:
            row[name] = value(cell)
    return row


def value(cell: Cell) -> int | float | str | bool:
    """A cell as it would be written in JSON. Spreadsheets store every number with a fraction: 1042 as 1042.0."""
    match cell:
        case bool() | str() | int():
            return cell
        case float():
            rounded = Decimal(f"{cell:.{_DIGITS}g}")
            return (
                int(rounded)
                if rounded == rounded.to_integral_value() and abs(cell) < 1e21
                else float(rounded)
            )
        case datetime():
            return cell.isoformat(" ")
        case date() | time():
            return cell.isoformat()
        case _:
            return str(cell)
