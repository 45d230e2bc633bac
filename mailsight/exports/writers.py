"""Writes lists into files, one batch of rows at a time, so memory use doesn't grow with their number."""

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

# Excel's limit, minus the heading.
MAX_SHEET_ROWS = 1_048_575
_SHEET_ROWS = 5_000
_POLL_SECONDS = 0.02
_UTF8_MARK = b"\xef\xbb\xbf"
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rows:
    """A list to export: its name, its columns, the number of rows, and the rows in batches."""

    name: str
    columns: tuple[ExportColumn, ...]
    total: int
    batches: Iterator[pa.RecordBatch]


def write(rows: Rows, form: Format, output: BinaryIO, progress: Progress) -> str:
    """Write the list into a binary file. Returns a note for the user, or an empty string if nothing was left out.

    `progress` is called after each batch with the number of rows written, and stops the writing by raising.
    """
    schema = lists.schema(rows.columns)
    if form is Format.XLSX:
        return _write_xlsx(rows, schema, output, progress)
    batches = _conform(rows, schema, progress)
    if form is Format.CSV:
        output.write(_UTF8_MARK)
        texts = pa.schema([(field.name, _csv_type(field.type)) for field in schema])
        with pa.csv.CSVWriter(output, texts) as writer:
            for batch in batches:
                writer.write_batch(lists.as_texts(batch))
    else:
        with pa.parquet.ParquetWriter(output, schema, compression="zstd") as writer:
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


def _conform(rows: Rows, schema: pa.Schema, progress: Progress, step: int = 0) -> Iterator[pa.RecordBatch]:
    """The rows in the columns' order and types, at most `step` at a time (0: whole batches)."""
    done = 0
    progress(0)
    for batch in rows.batches:
        whole = lists.conform(batch, schema)
        for start in range(0, whole.num_rows, step or max(whole.num_rows, 1)):
            part = whole.slice(start, step or None)
            yield part
            done += part.num_rows
            progress(done)


def _write_xlsx(rows: Rows, schema: pa.Schema, output: BinaryIO, progress: Progress) -> str:
    """Write an Excel file in a separate process, which gets rows and needs neither the database nor the settings."""
    left_out = max(rows.total - MAX_SHEET_ROWS, 0)
    incomplete = (
        f"An Excel sheet holds {count(MAX_SHEET_ROWS + 1)} rows, so this file has only the first "
        f"{count(MAX_SHEET_ROWS)} of the list.\n"
        f"{count(left_out)} more are left out. Export as CSV or Parquet to get them all."
    )
    schema = schema.with_metadata({"name": rows.name, "incomplete": incomplete if left_out else ""})
    with TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "mailsight.exports.xlsx"],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
        )
        try:
            batches = _take(_conform(rows, schema, progress, _SHEET_ROWS), MAX_SHEET_ROWS)
            _feed(process, schema, (lists.in_words(batch, rows.columns) for batch in batches))
            while process.poll() is None:
                progress(rows.total)
                time.sleep(_POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if process.returncode:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").split("\n")
            raise NotWritten(
                f"Writing the Excel file failed: {next(filter(None, reversed(lines)), 'unknown reason')}."
            )
    if not left_out:
        return ""
    return (
        f"An Excel sheet holds {count(MAX_SHEET_ROWS)} rows; {count(left_out)} are left out. "
        "CSV and Parquet have no limit."
    )


def _feed(process: subprocess.Popen[bytes], schema: pa.Schema, batches: Iterator[pa.RecordBatch]) -> None:
    # If the process ended early, its own error message says more than the broken pipe.
    with (
        suppress(BrokenPipeError),
        cast(BinaryIO, process.stdin) as pipe,
        pa.ipc.new_stream(pipe, schema) as stream,
    ):
        for batch in batches:
            stream.write_batch(batch)


def _take(batches: Iterator[pa.RecordBatch], limit: int) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        yield batch.slice(0, limit)
        limit -= batch.num_rows
        if limit <= 0:
            return
