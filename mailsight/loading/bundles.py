"""Loads bundles: stages their files as facts, then derives the tables behind the screens for the affected campaigns."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import pyarrow as pa

from mailsight.errors import LoadRefused, UnknownCampaign, UnreadableFile
from mailsight.figures.metrics import share
from mailsight.mime import headers
from mailsight.vocabulary import BOUNCE_TYPES, EventType, NotSentReason
from mailsight.warehouse.draft import Draft, draft

from . import bundle_files
from .bundle_files import BundleFile, Record
from .contents import read_contents
from .derive import Progress
from .json_files import BadRecord
from .merge import LoadSummary, complete, silent
from .refusals import Refusal, Refusals
from .refusing import Failure, explained, isolated, tried, tried_fast

BATCH_ROWS = 100_000
BATCH_CHARACTERS = 2**24
# A bundle's Parquet file holds five to ten times its size as text. Much more is treated as a decompression bomb.
MAX_RATIO = 200
ALWAYS_ALLOWED_BYTES = 2**30
PAGE_ROWS = 100_000
MAX_NAMES = 100  # of ignored columns in a summary
ALL_RECORDS = 2**62


@dataclass(slots=True)
class _Reading:
    """What is staged and rejected while the files of a load are read; `max_bytes` limits each packed file."""

    work: Draft
    refusals: Refusals
    max_bytes: int | None = None
    unread: Counter[str] = field(default_factory=Counter)
    ignored_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def refuse(self, file: BundleFile, line: int, reason: str, row: str) -> None:
        """Rejects a row that was not staged."""
        self.refusals.add(Refusal(file.kind, file.name, line, reason, row))
        self.unread[file.kind] += 1


def load(
    database: Path,
    paths: Sequence[Path],
    *,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
    max_bytes: int | None = None,
) -> LoadSummary:
    """Loads bundles (folders or single files) into the database and publishes the result as one generation.

    `progress` is called with the share done (0 to 1) and the current step. With `strict`, one rejected row rejects the
    whole load. `max_bytes` limits what a packed file unpacks to, in addition to the general limits. Raises
    `LoadRefused`; the database is then unchanged.
    """
    with explained(), ExitStack() as stack:
        files = bundle_files.find(paths)
        work = stack.enter_context(draft(database, wait_seconds=wait_seconds))
        work.run("create_staging")
        work.run("create_records")
        reading = _Reading(work, Refusals(work, [file.name for file in files]), max_bytes)
        _read_files(reading, files, progress)
        _decode_words(work)
        read_contents(work, reading.refusals, files, progress)
        for file in files:
            _add_staged_refusals(reading, file)
        summary = complete(
            work,
            source="bundle",
            files=[file.name for file in files],
            refusals=reading.refusals,
            unread=reading.unread,
            strict=strict,
            progress=progress,
            ignored_columns=reading.ignored_columns,
        )
    progress(1.0, "Done")
    return summary


def load_content(database: Path, campaign_id: str, mail: Path, *, wait_seconds: float = 600.0) -> None:
    """Attaches an e-mail to a campaign: any file that `mime.files` reads.

    Raises `UnknownCampaign`, and `LoadRefused` for a file that can't be read.
    """
    file = BundleFile("campaigns", mail.resolve(), mail.resolve().parent)
    with explained(), draft(database, wait_seconds=wait_seconds) as work:
        if not work.rows("campaign", campaign_id=campaign_id):
            raise UnknownCampaign(f"There is no campaign {campaign_id!r}.")
        work.run("create_staging")
        work.run("create_records")
        with work.table(
            "batch", [(1, json.dumps({"campaign_id": campaign_id, "template": mail.name}))], _RECORDS
        ):
            work.run("read_batch")
        reading = _Reading(work, Refusals(work))
        _stage(work, file, range(1, 2))
        read_contents(work, reading.refusals, [file], silent)
        if problems := _staged_refusals(work, file, after=0):
            raise LoadRefused(f"{mail} is not an e-mail: {problems[0][1]}.")
        complete(
            work,
            source="content",
            files=[mail.name],
            refusals=reading.refusals,
            unread=Counter(),
            strict=False,
            progress=silent,
        )


def _read_files(reading: _Reading, files: Sequence[BundleFile], progress: Progress) -> None:
    total_bytes = sum(file.size_bytes for file in files)
    done_bytes = 0
    for file in files:
        progress(0.45 * (share(done_bytes, total_bytes) or 0.0), f"Reading {file.name}")
        try:
            failure = tried(_read_file, reading, file)
        except UnreadableFile as error:
            if len(files) == 1:
                raise
            failure = Failure(str(error))
        if isinstance(failure, Failure):
            reading.refuse(file, 1, failure.reason, "")
        done_bytes += file.size_bytes


def _read_file(reading: _Reading, file: BundleFile) -> None:
    """Stages the rows of one file: with DuckDB if the whole file is valid, otherwise record by record."""
    work = reading.work
    work.run("clear_records")
    if not _read_fast(work, file, reading.max_bytes):
        work.run("clear_records")
        for batch in _batches(reading, file):
            for record, failure in isolated(batch, partial(_take_over, work)):
                reading.refuse(file, record.line, failure.reason, record.json)
    # The rows of a table share their columns; every JSON object can have different ones.
    max_records = 1 if file.path.suffix.lower() in (".csv", ".parquet") else ALL_RECORDS
    names = {row["name"] for row in work.rows("record_names", most=max_records)}
    ignored = names - bundle_files.COLUMNS[file.kind].keys()
    if ignored and file.kind != "customers":
        reading.ignored_columns[file.name] = tuple(sorted(ignored)[:MAX_NAMES])
    [(first, last)] = work.run("record_range")
    failures = isolated(range(first, last + 1), partial(_stage, work, file))
    reading.unread[file.kind] += _add_refused(reading, file, ((place, why.reason) for place, why in failures))


@dataclass(frozen=True, slots=True)
class _Read:
    """A record that was read in Python: its position among the readable records (from 1), its line, and its JSON."""

    ordinal: int
    line: int
    json: str


def _take_over(work: Draft, batch: Sequence[_Read]) -> None:
    with work.table("batch", [(record.ordinal, record.json) for record in batch], _RECORDS):
        work.run("read_batch")


def _read_fast(work: Draft, file: BundleFile, max_bytes: int | None) -> bool:
    """Reads a whole file with DuckDB; returns False if any part of it is invalid."""
    return tried_fast(_read_whole, work, file, max_bytes) is True


def _read_whole(work: Draft, file: BundleFile, max_bytes: int | None) -> bool:
    path = str(file.path)
    match file.path.suffix.lower():
        case ".csv":
            header = bundle_files.csv_header(file.path)
            bundle_files.check_columns(file, len(header), max(map(len, header), default=0))
            # DuckDB reads a blank line of a one-column file as a row, and renames unusual columns.
            canonical = [bundle_files.column_name(name) for name in header]
            if len(header) < 2 or len(set(header)) < len(header) or header != canonical:
                return False
            work.run("read_csv_file", path=path, delimiter=bundle_files.delimiter(file.path))
        case ".parquet":
            _check_parquet(work, file, max_bytes)
            work.run("read_parquet_file", path=path)
        case ".json":
            work.run("read_json_file", path=path)
        case _:
            work.run("read_ndjson_file", path=path)
    return True


def _check_parquet(work: Draft, file: BundleFile, max_bytes: int | None) -> None:
    """Raises `UnreadableFile` if the file unpacks to more than is allowed, or than fits on the disk."""
    limit = max(file.size_bytes * MAX_RATIO, ALWAYS_ALLOWED_BYTES)
    limit = limit if max_bytes is None else min(limit, max_bytes)
    path = str(file.path)
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


def _batches(reading: _Reading, file: BundleFile) -> Iterator[list[_Read]]:
    def good_records() -> Iterator[_Read]:
        ordinal = 0
        for record in bundle_files.records(file.path):
            if isinstance(record, BadRecord):
                reading.refuse(file, record.line, record.reason, record.text)
                continue
            ordinal += 1
            text = tried(_as_json, record)
            if isinstance(text, Failure):
                reading.refuse(file, record.line, text.reason, record.text)
            else:
                yield _Read(ordinal, record.line, text)

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


def _as_json(record: Record) -> str:
    return json.dumps(record.values, ensure_ascii=False)


def _stage(work: Draft, file: BundleFile, ordinals: range) -> None:
    """Stages the records with these ordinals."""
    if not ordinals:
        return
    work.run("choose_records", first=ordinals[0], last=ordinals[-1])
    columns = bundle_files.COLUMNS[file.kind]
    structure = json.dumps(dict.fromkeys(columns, "VARCHAR"))
    parameters: dict[str, object] = {"file": str(file.path), "structure": structure}
    match file.kind:
        case "customers":
            parameters["known"] = json.dumps(dict.fromkeys(columns))
        case "messages":
            parameters["reasons"] = list(NotSentReason)
        case "events":
            parameters |= {"types": list(EventType), "bounce_types": list(BOUNCE_TYPES)}
    work.run(f"stage_{file.kind}", **parameters)


def _decode_words(work: Draft) -> None:
    """Decodes the encoded words (RFC 2047) that exports of mail programs leave in subjects and names."""
    last = ""
    while page := work.run("encoded_words", after=last, most=PAGE_ROWS):
        last = page[-1][0]
        decoded = [
            (text, plain) for (text,) in page if isinstance(plain := tried(headers.decoded, text), str)
        ]
        with work.table("decoded", decoded, _DECODED):
            work.run("replace_encoded_words")


_DECODED = pa.schema([("source", pa.string()), ("text", pa.string())])
_RECORDS = pa.schema([("line", pa.int64()), ("record", pa.string())])


def _add_staged_refusals(reading: _Reading, file: BundleFile) -> None:
    """Adds the file's staged rows that are rejected, with their line and text."""
    _add_refused(reading, file, _all_staged_refusals(reading.work, file))


def _all_staged_refusals(work: Draft, file: BundleFile) -> Iterator[tuple[int, str]]:
    after = 0
    while page := _staged_refusals(work, file, after=after):
        yield from page
        after = page[-1][0]


def _staged_refusals(work: Draft, file: BundleFile, *, after: int) -> list[tuple[int, str]]:
    """The next rejected rows of a file after an ordinal: (ordinal, reason)."""
    return work.run(f"rejected_{file.kind}", file=str(file.path), after=after, most=PAGE_ROWS)


def _add_refused(reading: _Reading, file: BundleFile, refused: Iterator[tuple[int, str]]) -> int:
    """Adds rejected rows, given by ordinal and reason in order, with their lines and texts; returns their number."""
    if file.path.suffix.lower() == ".parquet":
        return reading.refusals.add_parquet(str(file.path), file.kind, file.name, refused)
    added = 0
    for line, text, reason in _located(file, refused):
        reading.refusals.add(Refusal(file.kind, file.name, line, reason, text))
        added += 1
    return added


def _located(file: BundleFile, refused: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    """Finds rejected rows of a text file, given by ordinal and reason in order: yields (line, text, reason)."""
    wanted = next(refused, None)
    if wanted is None:
        return
    good = (record for record in bundle_files.records(file.path) if not isinstance(record, BadRecord))
    for ordinal, record in enumerate(good, start=1):
        if ordinal == wanted[0]:
            yield record.line, record.text, wanted[1]
            wanted = next(refused, None)
            if wanted is None:
                return
