"""Writes an Excel file in a separate process: rows arrive as an Arrow stream, the file goes to standard output.

Python needs a minute for a million rows and blocks its other threads meanwhile, so a separate process keeps the pages
fast. Every cell is text, a number or a time: a customer's name never becomes a formula or a link.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter

from mailsight.figures.formats import BELOW_1_PERCENT

# Excel's limit for a cell.
MAX_CELL_LENGTH = 32_767
_EXCEL_EPOCH_DAYS = 25_569.0  # 1 January 1970, in Excel's days
_DAYS_PER_SECOND = 1.1574074074074073e-05
_FORMATS = {
    "count": "#,##0",
    "rate": f"[=0]0.0%;[<{BELOW_1_PERCENT}]0.00%;0.0%",
    "amount": "#,##0.00",
    "moment": "yyyy-mm-dd hh:mm:ss",
}
_WIDTHS = {"count": 12, "rate": 9, "amount": 12, "moment": 19, "text": 26, "texts": 26}


def write(stream: BinaryIO, output: BinaryIO, folder: str) -> None:
    """Write the stream's rows into a sheet. If rows were left out, a second sheet says so. Spills to `folder`."""
    with (
        pa.ipc.open_stream(stream) as reader,
        xlsxwriter.Workbook(output, {"constant_memory": True, "tmpdir": folder}) as workbook,
    ):
        metadata = {key.decode(): value.decode() for key, value in (reader.schema.metadata or {}).items()}
        sheet = workbook.add_worksheet(metadata["name"][:31])
        kinds = [field.metadata[b"kind"].decode() for field in reader.schema]
        bold = workbook.add_format({"bold": True, "bottom": 1})
        formats = {
            kind: workbook.add_format({"num_format": cell_format}) for kind, cell_format in _FORMATS.items()
        }
        for column, (field, kind) in enumerate(zip(reader.schema, kinds, strict=True)):
            sheet.set_column(column, column, _WIDTHS[kind])
            sheet.write_string(0, column, field.metadata[b"heading"].decode(), bold)
        sheet.freeze_panes(1, 0)
        writers = [_writer(sheet, kind, formats.get(kind)) for kind in kinds]
        row = 0
        for row, cells in enumerate(_rows(reader, kinds), start=1):
            for column, cell in enumerate(cells):
                if cell is not None:
                    writers[column](row, column, cell)
        if row:
            sheet.autofilter(0, 0, row, len(kinds) - 1)
        if note := metadata.get("incomplete"):
            incomplete = workbook.add_worksheet("Incomplete")
            incomplete.set_column(0, 0, 100)
            for line, sentence in enumerate(note.splitlines()):
                incomplete.write_string(line, 0, sentence)


def _rows(reader: pa.RecordBatchReader, kinds: list[str]) -> Iterator[tuple[Any, ...]]:
    for batch in reader:
        yield from zip(
            *(_cells(column, kind) for column, kind in zip(batch.columns, kinds, strict=True)), strict=True
        )


def _cells(column: pa.Array, kind: str) -> list[Any]:
    if kind == "moment":
        seconds = column.cast(pa.timestamp("s", tz="UTC"), safe=False).cast(pa.int64()).cast(pa.float64())
        column = pc.add(pc.multiply(seconds, _DAYS_PER_SECOND), _EXCEL_EPOCH_DAYS)
    elif kind == "texts":
        column = pc.binary_join(column, ", ")
    if pa.types.is_string(column.type):
        column = pc.utf8_slice_codeunits(column, 0, MAX_CELL_LENGTH)
    cells: list[Any] = column.to_pylist()
    return cells


def _writer(sheet: Any, kind: str, cell_format: Any) -> Callable[[int, int, Any], object]:
    if kind in _FORMATS:
        return lambda row, column, cell: sheet.write_number(row, column, cell, cell_format)
    write_text: Callable[[int, int, Any], object] = sheet.write_string
    return write_text


def _main() -> None:
    # Exit cleanly when terminated, so that temporary files are deleted.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if hasattr(os, "nice"):
        os.nice(5)
    with TemporaryDirectory(prefix="mailsight-") as folder, os.fdopen(1, "wb", closefd=False) as output:
        write(sys.stdin.buffer, output, folder)


if __name__ == "__main__":
    _main()
