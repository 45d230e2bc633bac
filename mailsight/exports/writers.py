"""Writes lists and reports into files, a batch of rows at a time: however many there are, memory stays the same."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from tempfile import TemporaryFile
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from mailsight.errors import NotWritten
from mailsight.figures.formats import count
from mailsight.settings import PROJECT

from . import lists
from .lists import ExportColumn, Format

# A heading stands above them.
EXCEL_ROWS = 1_048_575
_SHEET_ROWS = 5_000
_POLL_SECONDS = 0.02
_UTF8_MARK = b"\xef\xbb\xbf"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rows:
    """A list as it is now: its name, its columns, how many rows there are, and the rows."""

    name: str
    columns: tuple[ExportColumn, ...]
    total: int
    batches: Iterator[pa.RecordBatch]


def write(rows: Rows, form: Format, output: BinaryIO, progress: Progress) -> str:
    """Writes the list into a file that is open for writing; what there is to know of it, empty when it is complete.

    `progress` is told after each batch how many rows are written; what it raises ends the writing.
    """
    of = lists.schema(rows.columns)
    if form is Format.XLSX:
        return _write_xlsx(rows, of, output, progress)
    batches = _conformed(rows, of, progress)
    if form is Format.CSV:
        output.write(_UTF8_MARK)
        texts = pa.schema([(field.name, _csv_type(field.type)) for field in of])
        with pa.csv.CSVWriter(output, texts) as writer:
            for batch in batches:
                writer.write_batch(lists.as_texts(batch))
    else:
        with pa.parquet.ParquetWriter(output, of, compression="zstd") as writer:
            for batch in batches:
                writer.write_batch(batch)
    output.flush()
    return ""


def as_csv(rows: Rows) -> bytes:
    """A short list as a whole CSV file in memory."""
    output = BytesIO()
    write(rows, Format.CSV, output, lambda _: None)
    return output.getvalue()


def _csv_type(kind: pa.DataType) -> pa.DataType:
    return kind if kind in (pa.int64(), pa.float64()) else pa.string()


def _conformed(rows: Rows, of: pa.Schema, progress: Progress, step: int = 0) -> Iterator[pa.RecordBatch]:
    """The rows as their columns say; with a step, that many at a time."""
    done = 0
    progress(0)
    for batch in rows.batches:
        whole = lists.conform(batch, of)
        for start in range(0, whole.num_rows, step or max(whole.num_rows, 1)):
            part = whole.slice(start, step or None)
            yield part
            done += part.num_rows
            progress(done)


def _write_xlsx(rows: Rows, of: pa.Schema, output: BinaryIO, progress: Progress) -> str:
    """Feeds a process of its own, which needs neither the database nor the settings: it gets rows and gives a file."""
    left_out = max(rows.total - EXCEL_ROWS, 0)
    of = of.with_metadata({"name": rows.name, "left_out": str(left_out)})
    with TemporaryFile() as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "mailsight.exports.xlsx"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=said,
        )
        try:
            _feed(process, of, _first(_conformed(rows, of, progress, _SHEET_ROWS), EXCEL_ROWS))
            while process.poll() is None:
                progress(rows.total)
                time.sleep(_POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode:
            said.seek(0)
            lines = said.read().decode(errors="replace").split("\n")
            raise NotWritten(
                f"Writing the Excel file failed: {next(filter(None, reversed(lines)), 'no reason')}."
            )
    if not left_out:
        return ""
    return f"A sheet of Excel holds {count(EXCEL_ROWS)} rows; {count(left_out)} are left out. CSV and Parquet hold all."


def _feed(process: subprocess.Popen[bytes], of: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    # Where the process ended early, its own words tell more than the broken pipe.
    with (
        suppress(BrokenPipeError),
        cast(BinaryIO, process.stdin) as pipe,
        pa.ipc.new_stream(pipe, of) as stream,
    ):
        for batch in batches:
            stream.write_batch(batch)


def _first(batches: Iterator[pa.RecordBatch], most: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.slice(0, most)
        most -= batch.num_rows
        if most <= 0:
            return
