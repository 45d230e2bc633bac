"""Reads the tables of a bundle as records, and stages these: typed values, or the reason for rejecting the row."""

import json
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby, islice
from operator import itemgetter

import pyarrow as pa

from mailsight.errors import UnreadableFile
from mailsight.merging.languages import language_named
from mailsight.vocabulary import BOUNCE_TYPES, EventType, NotSentReason
from mailsight.warehouse.draft import Draft

from . import bundle_files, csv_files
from .bundle_files import BundleFile
from .json_files import BadRecord
from .refusals import Refusal, Refusals
from .refusing import Failure, isolated, tried, tried_fast

BATCH_ROWS = 100_000
BATCH_CHARACTERS = 2**24
# A bundle's Parquet file holds five to ten times its size as text. Much more is treated as a decompression bomb.
MAX_RATIO = 200
ALWAYS_ALLOWED_BYTES = 2**30
PAGE_ROWS = 100_000
MAX_RECORD_BYTES = 2**20
TOO_LONG = "a row of more than 1 MB"
# DuckDB holds several copies of 2,048 rows at a time. Longer ones are staged in parts.
LONG_RECORD_BYTES = 2**14
PART_BYTES = 2**24
MAX_NAMES = 100  # of ignored columns in a summary
ALL_RECORDS = 2**62


@dataclass(slots=True)
class Reading:
    """What is staged and rejected while the files of a load are read; `max_bytes` limits each packed file."""

    work: Draft
    refusals: Refusals
    max_bytes: int | None = None
    unread: Counter[str] = field(default_factory=Counter)
    ignored_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def refuse(self, file: BundleFile, line: int, reason: str, row: str) -> None:
        """Rejects a row that was not staged."""
        self.refusals.add(Refusal(file.kind, *file.place(line), reason, row))
        self.unread[file.kind] += 1


def read_file(reading: Reading, file: BundleFile) -> None:
    """Stages the rows of one file: with DuckDB if the whole file is valid, otherwise record by record.

    Raises `UnreadableFile`.
    """
    if file.error:
        raise file.error
    work = reading.work
    work.run("clear_records")
    if not _read_fast(work, file, reading.max_bytes):
        work.run("clear_records")
        for batch in _batches(reading, file):
            for record, failure in isolated(batch, partial(_take_over, work)):
                reading.refuse(file, record.line, failure.reason, record.json)
    too_long = sorted(row["ordinal"] for row in work.rows("remove_long_records", most=MAX_RECORD_BYTES))
    reading.unread[file.kind] += _add_refused(reading, file, ((place, TOO_LONG) for place in too_long))
    [(first, last, longest)] = work.run("record_range")
    parts = [(first, last)] if longest <= LONG_RECORD_BYTES else work.run("record_parts", most=PART_BYTES)
    name_columns(reading, [file], parts)
    failures = (
        (place, why.reason)
        for first_of_part, last_of_part in parts
        for place, why in isolated(range(first_of_part, last_of_part + 1), partial(stage, work, [file]))
    )
    reading.unread[file.kind] += _add_refused(reading, file, failures)
    if file.problem:
        reading.refuse(file, last or 1, file.problem, "")


def name_columns(reading: Reading, files: Sequence[BundleFile], parts: Sequence[tuple[int, int]]) -> None:
    """Gives the fields of the files' records their canonical names, and notes those that are no columns.

    `parts` are ranges of ordinals, in which the records are renamed one by one.
    """
    for file, names in zip(files, _named(reading.work, files, parts), strict=True):
        ignored = set(names) - bundle_files.COLUMNS[file.kind].keys() - {""}
        if ignored and file.kind != "customers":
            reading.ignored_columns[file.name] = tuple(sorted(ignored)[:MAX_NAMES])


def _named(
    work: Draft, files: Sequence[BundleFile], parts: Sequence[tuple[int, int]]
) -> list[Collection[str]]:
    """The names of each file's columns, after giving the fields of their records their canonical names."""
    if files[0].form == "csv":
        return [file.layout.names for file in files]
    names = _names(work, files, parts)
    renamed: dict[str, dict[str, str]] = {}
    for name in set().union(*names):
        [plain] = bundle_files.column_names([name], ())
        [spelled] = files[0].column_names([name])
        if name != spelled:
            renamed[name] = {"plain": plain, "spelled": spelled}
    for first, last in parts:
        work.run("choose_records", first=first, last=last)
        if renamed:
            work.run("rename_columns", names=json.dumps(renamed))
        work.run("write_whole_ids")
    return _names(work, files, parts) if renamed else names


def _names(
    work: Draft, files: Sequence[BundleFile], parts: Sequence[tuple[int, int]]
) -> list[Collection[str]]:
    # The rows of a table share their columns; every JSON object can have different ones.
    names: list[set[str]] = [set() for _ in files]
    is_table = files[0].form == "parquet" and len(files) == 1
    for first, last in parts[:1] if is_table else parts:
        work.run("choose_records", first=first, last=last)
        for place, name in work.run("record_names", most=1 if is_table else ALL_RECORDS):
            names[place].add(name)
    return [sorted(of_file)[: bundle_files.MAX_COLUMNS] for of_file in names]


@dataclass(frozen=True, slots=True)
class _Read:
    """A record that was read in Python: its position among the readable records (from 1), its line, and its JSON."""

    ordinal: int
    line: int
    json: str


def _take_over(work: Draft, batch: Sequence[_Read]) -> None:
    with work.table("batch", [(0, record.ordinal, record.json) for record in batch], RECORDS):
        work.run("read_batch")


def _read_fast(work: Draft, file: BundleFile, max_bytes: int | None) -> bool:
    """Reads a whole file with DuckDB; returns False if any part of it is invalid."""
    return tried_fast(_read_whole, work, file, max_bytes) is True


def _read_whole(work: Draft, file: BundleFile, max_bytes: int | None) -> bool:
    path = file.pattern
    match file.form:
        case "csv":
            names = file.layout.names
            bundle_files.check_columns(file, len(names), max(map(len, names), default=0))
            if not csv_files.is_plain(file.readable, file.layout):
                return False
            columns = dict.fromkeys(names, "VARCHAR")
            work.run("read_csv_file", path=path, delimiter=file.layout.delimiter, columns=columns)
            return True
        case "parquet":
            _read_parquet(work, file, max_bytes)
            return True
        case "json":
            work.run("read_json_file", path=path)
        case _:
            work.run("read_ndjson_file", path=path)
            if file.origin:  # an import wrote it
                return True
    [(are_lenient,)] = work.run("lenient_records")
    return not are_lenient


def _read_parquet(work: Draft, file: BundleFile, max_bytes: int | None) -> None:
    """Raises `UnreadableFile` if the file unpacks to more than is allowed, or than fits on the disk."""
    limit = max(file.size_bytes * MAX_RATIO, ALWAYS_ALLOWED_BYTES)
    limit = limit if max_bytes is None else min(limit, max_bytes)
    path = file.pattern
    [shape] = work.rows("parquet_shape", path=path)
    bundle_files.check_columns(file, shape["columns"], shape["longest_name"] or 0)
    size = int(shape["rows"] or 0) * int(shape["name_bytes"] or 0)
    if size <= limit:
        [(values,)] = work.run("parquet_bytes", path=path)
        size += int(values or 0)
    free = shutil.disk_usage(work.folder).free
    if size > limit:
        raise UnreadableFile(
            f"{file.name} unpacks to more than {limit / 2**30:.1f} GB.",
            next_step=f"Parquet files may unpack to {MAX_RATIO} times their size, or to "
            f"{ALWAYS_ALLOWED_BYTES / 2**30:.0f} GB; uploads to 2 GB. If you trust the file, load it as CSV.",
        )
    if size > free:
        raise UnreadableFile(
            f"{file.name} unpacks to {size / 2**30:.1f} GB, but only {free / 2**30:.1f} GB of the disk are free.",
            next_step="Free some disk space, then load the file again.",
        )
    work.run("read_counted_parquet_file" if shape["has_number"] else "read_parquet_file", path=path)


def _batches(reading: Reading, file: BundleFile) -> Iterator[list[_Read]]:
    def good_records() -> Iterator[_Read]:
        ordinal = 0
        for record in bundle_files.records(file):
            if isinstance(record, BadRecord):
                reading.refuse(file, record.line, record.reason, record.text)
                continue
            ordinal += 1
            yield _Read(ordinal, record.line, record.json)

    records = good_records()
    while batch := list(_next_batch(records)):
        yield batch


def _next_batch(records: Iterator[_Read]) -> Iterator[_Read]:
    characters = 0
    for record in islice(records, BATCH_ROWS):
        yield record
        characters += len(record.json)
        if characters > BATCH_CHARACTERS:
            return


def stage(work: Draft, files: Sequence[BundleFile], ordinals: range) -> None:
    """Stages the records of the files with these ordinals, in one step."""
    if not ordinals:
        return
    work.run("name_files", files=[str(file.readable) for file in files])
    work.run("choose_records", first=ordinals[0], last=ordinals[-1])
    file = files[0]  # the others are of the same kind and form
    columns = bundle_files.COLUMNS[file.kind]
    parameters: dict[str, object] = {"structure": json.dumps(dict.fromkeys(columns, "VARCHAR"))}
    match file.kind:
        case "customers":
            parameters["known"] = json.dumps(dict.fromkeys(columns))
            parameters["has_types"] = file.form != "csv" and not file.origin
        case "messages":
            parameters["reasons"] = list(NotSentReason)
        case "events":
            parameters |= {"types": list(EventType), "bounce_types": list(BOUNCE_TYPES)}
        case "totals":
            parameters["counts"] = list(bundle_files.COUNTS)
    work.run(f"stage_{file.kind}", **parameters)


def name_languages(reading: Reading, files: Sequence[BundleFile]) -> None:
    """Gives the merge languages of staged campaigns their own names, and those without one that of their source.

    A campaign with an unknown one is added without it.
    """
    work = reading.work
    names = [row["name"] for row in work.rows("staged_languages")]
    if not names:
        return
    named = ((name, tried(language_named, name)) for name in names)
    languages = [(name, None if isinstance(language, Failure) else language) for name, language in named]
    with work.table("languages", languages, _LANGUAGES):
        campaigns = [file for file in files if file.kind == "campaigns"]
        for file, unknown in _by_file(work, "unknown_languages", campaigns):
            reasons = (
                (ordinal, f"unknown merge_language: {name}; the campaign was added without it")
                for ordinal, name in unknown
            )
            _add_refused(reading, file, reasons)
        work.run("replace_languages")


def add_staged_refusals(reading: Reading, files: Sequence[BundleFile]) -> None:
    """Adds the files' staged rows that are rejected, with their line and text."""
    for file, refused in staged_refusals(reading.work, files):
        _add_refused(reading, file, refused)


def staged_refusals(
    work: Draft, files: Sequence[BundleFile]
) -> Iterator[tuple[BundleFile, Iterator[tuple[int, str]]]]:
    """The files with staged rows that are rejected, each with these in order: (ordinal, reason)."""
    for kind in bundle_files.COLUMNS:
        of_kind = [file for file in files if file.kind == kind]
        yield from _by_file(work, "rejected_rows", of_kind, kind=kind)


def _by_file(
    work: Draft, query: str, files: Sequence[BundleFile], **parameters: object
) -> Iterator[tuple[BundleFile, Iterator[tuple[int, str]]]]:
    """The rows of a query for each file that it has any of."""
    for place, rows in groupby(_in_pages(work, query, files, **parameters), key=itemgetter(0)):
        yield files[place], ((ordinal, text) for _, ordinal, text in rows)


def _in_pages(
    work: Draft, query: str, files: Sequence[BundleFile], **parameters: object
) -> Iterator[tuple[int, int, str]]:
    """The rows of a query, whose first columns are the place and ordinal after which the next page starts."""
    if not files:
        return
    place, ordinal = 0, 0
    placed = [(number, str(file.readable)) for number, file in enumerate(files)]
    with work.table("placed_files", placed, _PLACED):
        while page := work.run(query, place=place, ordinal=ordinal, most=PAGE_ROWS, **parameters):
            yield from page
            place, ordinal, _ = page[-1]


def _add_refused(reading: Reading, file: BundleFile, refused: Iterator[tuple[int, str]]) -> int:
    """Adds rejected rows, given by ordinal and reason in order, with their lines and texts; returns their number."""
    if file.form == "parquet":
        return reading.refusals.add_parquet(file.pattern, file.kind, file.name, refused)
    added = 0
    for line, text, reason in _located(file, refused):
        reading.refusals.add(Refusal(file.kind, *file.place(line), reason, text))
        added += 1
    return added


def _located(file: BundleFile, refused: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    """Finds rejected rows of a text file, given by ordinal and reason in order: yields (line, text, reason)."""
    wanted = next(refused, None)
    if wanted is None:
        return
    good = (record for record in bundle_files.records(file) if not isinstance(record, BadRecord))
    for ordinal, record in enumerate(good, start=1):
        if ordinal == wanted[0]:
            yield record.line, record.text, wanted[1]
            wanted = next(refused, None)
            if wanted is None:
                return


RECORDS = pa.schema([("place", pa.int32()), ("ordinal", pa.int64()), ("record", pa.string())])
_PLACED = pa.schema([("place", pa.int64()), ("file", pa.string())])
_LANGUAGES = pa.schema([("name", pa.string()), ("language", pa.string())])
