"""Reads the files of a bundle: large ones one by one, small ones together.

Planning the queries that stage a file takes far longer than running them for a few rows. So small files are read in
Python, and the rows of consecutive ones of the same kind are staged with one query. Parquet files are read with one
query, too, if they have the same columns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq

from mailsight.errors import UnreadableFile
from mailsight.figures.metrics import share

from . import bundle_files, bundle_tables
from .bundle_files import BundleFile, Record
from .bundle_tables import BATCH_CHARACTERS, BATCH_ROWS, Reading
from .derive import Progress
from .json_files import BadRecord
from .refusals import of_file
from .refusing import Failure, isolated, tried

# Python reads this much in half the time that the queries of a file of its own take. No record of such a file is longer
# than `bundle_tables.MAX_RECORD_BYTES`, not even if JSON needs six bytes for each of its characters.
SMALL_FILE_BYTES = 2**17
# The columns that DuckDB adds to those of Parquet files. It can't if a file has one with such a name.
_ADDED = {"file_index", "file_row_number"}


def read_files(reading: Reading, files: Sequence[BundleFile], progress: Progress) -> None:
    """Stages the rows of the files, in order. A file that can't be read is rejected, unless it is the only one.

    Raises `UnreadableFile` for that.
    """
    total_bytes = sum(file.size_bytes for file in files)
    done_bytes = 0
    batch = _Batch()
    for file in files:
        # People don't know the files that an import writes.
        name = f"the {file.kind}" if file.origin else file.name
        progress(0.45 * (share(done_bytes, total_bytes) or 0.0), f"Reading {name}")
        small = _read_small(file) if len(files) > 1 else None
        if small is None or not batch.has_room(small):
            _stage(reading, batch)
            batch = _Batch()
        if small is None:
            _read_alone(reading, file, is_only=len(files) == 1)
        else:
            batch.add(small)
        done_bytes += file.size_bytes
    _stage(reading, batch)


@dataclass(frozen=True, slots=True)
class _SmallFile:
    """A file with its rows: those that can be read, and those that can't. Of a Parquet file, its metadata."""

    file: BundleFile
    records: list[Record] = field(default_factory=list)
    bad: list[BadRecord] = field(default_factory=list)
    parquet: pq.FileMetaData | None = None

    @property
    def rows(self) -> int:
        return self.parquet.num_rows if self.parquet else len(self.records) + len(self.bad)

    @property
    def characters(self) -> int:
        if self.parquet:
            return self.rows * sum(len(name) + 6 for name in self.parquet.schema.names)
        return sum(len(record.json) for record in self.records) + sum(len(bad.text) for bad in self.bad)

    def is_like(self, other: "_SmallFile") -> bool:
        """Whether they can be staged together. In CSV files, the columns already have their canonical names."""
        if self.file.kind != other.file.kind:
            return False
        if self.parquet and other.parquet:
            # The folders' names may hold values: day=2026-04-14
            is_beside = self.file.readable.parent == other.file.readable.parent
            return is_beside and bool(self.parquet.schema.equals(other.parquet.schema))
        return self.parquet is other.parquet and (self.file.form == "csv") == (other.file.form == "csv")


@dataclass(slots=True)
class _Batch:
    """Small files that are staged together: of one kind, and few enough to be in memory."""

    files: list[_SmallFile] = field(default_factory=list)
    rows: int = 0
    characters: int = 0

    def has_room(self, small: _SmallFile) -> bool:
        return not self.files or (
            self.files[0].is_like(small)
            and self.rows + small.rows <= BATCH_ROWS
            and self.characters + small.characters <= BATCH_CHARACTERS
        )

    def add(self, small: _SmallFile) -> None:
        self.files.append(small)
        self.rows += small.rows
        self.characters += small.characters


def _read_small(file: BundleFile) -> _SmallFile | None:
    """The rows of a small file; None if the file has to be read alone, or can't be read in Python."""
    if file.error or file.origin or file.size_bytes > SMALL_FILE_BYTES:
        return None
    try:
        small = _parquet(file) if file.form == "parquet" else tried(_rows, file)
    except UnreadableFile:
        return None
    return None if isinstance(small, Failure) else small


def _parquet(file: BundleFile) -> _SmallFile | None:
    try:
        metadata = pq.read_metadata(file.readable)
    except (pa.ArrowException, OSError):
        return None
    names = metadata.schema.to_arrow_schema().names
    bundle_files.check_columns(file, metadata.num_columns, max(map(len, names), default=0))
    return None if _ADDED & set(map(str.lower, names)) else _SmallFile(file, parquet=metadata)


def _rows(file: BundleFile) -> _SmallFile:
    if file.form == "csv":
        names = file.layout.names
        bundle_files.check_columns(file, len(names), max(map(len, names), default=0))
    small = _SmallFile(file)
    for record in bundle_files.records(file):
        if isinstance(record, BadRecord):
            small.bad.append(record)
        else:
            small.records.append(record)
    return small


def _stage(reading: Reading, batch: _Batch) -> None:
    """Stages the files of a batch together, except for those that make this fail, which are read alone."""
    if len(batch.files) == 1 or tried(_are_small, reading, batch) is not True:
        for small in batch.files:
            _read_alone(reading, small.file)
        return
    alone = set()
    for small, _ in isolated(batch.files, partial(_stage_together, reading)):
        alone.add(small.file.readable)
        _read_alone(reading, small.file)
    for small in batch.files:
        if small.file.readable not in alone:
            refused = tried(_refuse_bad, reading, small)
            if isinstance(refused, Failure):
                _refuse(reading, small.file, refused)


def _are_small(reading: Reading, batch: _Batch) -> bool:
    """Whether the rows of the files are few characters. Those of Parquet files may be far more than their bytes."""
    if not batch.files or not batch.files[0].parquet:
        return True
    values = reading.work.rows("parquet_file_bytes", paths=_paths(batch.files))
    sizes = [int(row["bytes"] or 0) + batch.files[row["place"]].characters for row in values]
    return max(sizes, default=0) <= SMALL_FILE_BYTES and sum(sizes) <= BATCH_CHARACTERS


def _paths(small_files: Sequence[_SmallFile]) -> list[str]:
    return [small.file.pattern for small in small_files]


def _stage_together(reading: Reading, small_files: Sequence[_SmallFile]) -> None:
    """Stages the rows of all files, or of none: only the last query stages rows."""
    if not small_files:
        return
    work, files = reading.work, [small.file for small in small_files]
    work.run("clear_records")
    if small_files[0].parquet:
        work.run("read_parquet_files", paths=_paths(small_files))
    else:
        records = [
            (place, ordinal, record.json)
            for place, small in enumerate(small_files)
            for ordinal, record in enumerate(small.records, start=1)
        ]
        with work.table("batch", records, bundle_tables.RECORDS):
            work.run("read_batch")
    last = max(small.rows - len(small.bad) for small in small_files)
    bundle_tables.name_columns(reading, files, [(1, last)])
    bundle_tables.stage(work, files, range(1, last + 1))


def _refuse_bad(reading: Reading, small: _SmallFile) -> None:
    for bad in small.bad:
        reading.refuse(small.file, bad.line, bad.reason, bad.text)
    if small.file.problem:
        reading.refuse(small.file, len(small.records) or 1, small.file.problem, "")


def _read_alone(reading: Reading, file: BundleFile, *, is_only: bool = False) -> None:
    try:
        failure = tried(bundle_tables.read_file, reading, file)
    except UnreadableFile as error:
        if is_only:
            raise
        failure = Failure(str(error))
    if isinstance(failure, Failure):
        _refuse(reading, file, failure)


def _refuse(reading: Reading, file: BundleFile, failure: Failure) -> None:
    """Rejects a file as a whole."""
    if file.forbidden:
        reading.refuse(file, 1, failure.reason, "")
    else:
        reading.refusals.add(of_file(file.kind, file.name, file.path, failure.reason))
        reading.unread[file.kind] += 1
