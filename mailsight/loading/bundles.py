"""Loads bundles: stages their files as facts, then derives the tables behind the screens for the affected campaigns."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path

import pyarrow as pa

from mailsight.errors import LoadRefused, UnknownCampaign
from mailsight.figures.metrics import share
from mailsight.mail import content
from mailsight.mail.links import links
from mailsight.vocabulary import BOUNCE_TYPES, EventType, NotSentReason
from mailsight.warehouse.draft import Draft, QueryFailed, draft

from . import bundle_files
from .bundle_files import BundleFile
from .derive import Progress
from .json_files import BadRecord
from .merge import LoadSummary, Refusal, complete, silent

BATCH_ROWS = 100_000
BATCH_MAILS = 500
ALL_RECORDS = 2**62


@dataclass(slots=True)
class _ReadReport:
    """What was noticed while the files were read; `read_by_line` holds the paths that DuckDB could not read."""

    bad_records: list[tuple[BundleFile, BadRecord]] = field(default_factory=list)
    ignored_columns: dict[str, tuple[str, ...]] = field(default_factory=dict)
    read_by_line: set[str] = field(default_factory=set)


def load(
    database: Path,
    paths: Sequence[Path],
    *,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
) -> LoadSummary:
    """Loads bundles (folders or single files) into the database and publishes the result as one generation.

    `progress` is called with the share done (0 to 1) and the current step. With `strict`, one rejected row rejects the
    whole load. Raises `LoadRefused`; the database is then unchanged.
    """
    files = bundle_files.find(paths)
    with draft(database, wait_seconds=wait_seconds) as work:
        work.run("create_staging")
        work.run("create_records")
        report = _read_files(work, files, progress)
        _read_contents(work, files, progress)
        refusals = _refusals(work, files, report)
        summary = complete(
            work,
            source="bundle",
            files=[file.name for file in files],
            refusals=refusals,
            unread=Counter(file.kind for file, _ in report.bad_records),
            strict=strict,
            progress=progress,
            ignored_columns=report.ignored_columns,
        )
    progress(1.0, "Done")
    return summary


def load_content(database: Path, campaign_id: str, mail: Path, *, wait_seconds: float = 600.0) -> None:
    """Attaches an e-mail to a campaign: an HTML file or a raw message (`.eml`).

    Raises `UnknownCampaign`, and `LoadRefused` for a file that can't be read.
    """
    file = BundleFile("campaigns", mail.resolve(), mail.resolve().parent)
    with draft(database, wait_seconds=wait_seconds) as work:
        if not work.rows("campaign", campaign_id=campaign_id):
            raise UnknownCampaign(f"There is no campaign {campaign_id!r}.")
        work.run("create_staging")
        work.run("create_records")
        with work.table(
            "batch", [(1, json.dumps({"campaign_id": campaign_id, "template": mail.name}))], _RECORDS
        ):
            work.run("read_batch")
        _stage(work, file)
        _read_contents(work, [file], silent)
        if problems := work.rows("staged_refusals"):
            raise LoadRefused(f"{mail} is not an e-mail: {problems[0]['refusal']}.")
        complete(
            work,
            source="content",
            files=[mail.name],
            refusals=[],
            unread=Counter(),
            strict=True,
            progress=silent,
        )


def _read_files(work: Draft, files: Sequence[BundleFile], progress: Progress) -> _ReadReport:
    report = _ReadReport()
    total_bytes = sum(file.size_bytes for file in files)
    done_bytes = 0
    for file in files:
        progress(0.45 * (share(done_bytes, total_bytes) or 0.0), f"Reading {file.name}")
        _read_file(work, file, report)
        done_bytes += file.size_bytes
    return report


def _read_file(work: Draft, file: BundleFile, report: _ReadReport) -> None:
    """Stages the rows of one file: with DuckDB if the whole file is valid, otherwise record by record."""
    work.run("clear_records")
    if not _read_fast(work, file):
        work.run("clear_records")
        report.read_by_line.add(str(file.path))
        for batch in _batches(file, report):
            with work.table("batch", batch, _RECORDS):
                work.run("read_batch")
    # The rows of a table share their columns; every JSON object can have different ones.
    max_records = 1 if file.path.suffix.lower() in (".csv", ".parquet") else ALL_RECORDS
    names = {row["name"] for row in work.rows("record_names", most=max_records)}
    ignored = names - bundle_files.COLUMNS[file.kind].keys()
    if ignored and file.kind != "customers":
        report.ignored_columns[file.name] = tuple(sorted(ignored))
    _stage(work, file)


def _read_fast(work: Draft, file: BundleFile) -> bool:
    """Reads a whole file with DuckDB; returns False if any part of it is invalid."""
    path = str(file.path)
    try:
        match file.path.suffix.lower():
            case ".csv":
                header = bundle_files.csv_header(file.path)
                # DuckDB reads a blank line of a one-column file as a row, and renames unusual columns.
                canonical = [bundle_files.column_name(name) for name in header]
                if len(header) < 2 or len(set(header)) < len(header) or header != canonical:
                    return False
                work.run("read_csv_file", path=path, delimiter=bundle_files.delimiter(file.path))
            case ".parquet":
                work.run("read_parquet_file", path=path)
            case ".json":
                work.run("read_json_file", path=path)
            case _:
                work.run("read_ndjson_file", path=path)
    except QueryFailed:
        return False
    return True


def _batches(file: BundleFile, report: _ReadReport) -> Iterator[list[tuple[int, str]]]:
    def good_records() -> Iterator[tuple[int, str]]:
        for record in bundle_files.records(file.path):
            if isinstance(record, BadRecord):
                report.bad_records.append((file, record))
            else:
                yield record.line, json.dumps(record.values, ensure_ascii=False)

    records = good_records()
    while batch := list(islice(records, BATCH_ROWS)):
        yield batch


def _stage(work: Draft, file: BundleFile) -> None:
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


def _read_contents(work: Draft, files: Sequence[BundleFile], progress: Progress) -> None:
    """Reads every e-mail that staged rows refer to; rejects the rows with an unreadable e-mail."""
    roots = {str(file.path): file.root for file in files}
    read: dict[Path, str] = {}
    rows = work.rows("staged_paths")
    for start in range(0, len(rows), BATCH_MAILS):
        progress(
            0.45 + 0.05 * (share(start, len(rows)) or 0.0), f"Reading e-mails, {start:,} of {len(rows):,}"
        )
        mails = _Mails()
        for row in rows[start : start + BATCH_MAILS]:
            file, name = str(row["file"]), str(row["path"])
            try:
                path = bundle_files.content_path(roots[file], name)
                if path not in read:
                    read[path] = mails.add(*_read_mail(path))
                mails.files.append((file, name, read[path], None))
            except ValueError as error:
                mails.files.append((file, name, None, str(error)))
        with (
            work.table("files", mails.files, _strings("file", "path", "content_id", "refusal")),
            work.table(
                "read_contents", list(mails.contents.values()), _strings("content_id", "html", "text")
            ),
            work.table("read_links", mails.links, _LINKS),
        ):
            work.run("merge_contents")
    work.run("refuse_missing_contents")


@dataclass(slots=True)
class _Mails:
    """A batch of e-mails: the result for each path, and each distinct content with its links."""

    files: list[tuple[str, str, str | None, str | None]] = field(default_factory=list)
    contents: dict[str, tuple[str, str, str | None]] = field(default_factory=dict)
    links: list[tuple[str, int, str, str]] = field(default_factory=list)

    def add(self, html: str, text: str | None) -> str:
        """Adds an e-mail; returns its content_id."""
        content_id = content.content_id(html)
        if content_id not in self.contents:
            self.contents[content_id] = content_id, html, text
            self.links += [(content_id, link.link_position, link.url, link.label) for link in links(html)]
        return content_id


def _strings(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


_RECORDS = pa.schema([("line", pa.int64()), ("record", pa.string())])
_LINKS = pa.schema(
    [("content_id", pa.string()), ("link_position", pa.int32()), ("url", pa.string()), ("label", pa.string())]
)


def _read_mail(path: Path) -> tuple[str, str | None]:
    """The HTML and plain text of an HTML file or a raw message.

    Raises ValueError, with a message for the user, if it can't be read.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path.name} can't be read: {error.strerror}") from error
    if path.suffix.lower() != ".eml":
        return content.decode(raw), None
    mail = content.read_eml(raw)
    if mail.html is None and mail.text is None:
        raise ValueError(f"{path.name} holds neither HTML nor text")
    return mail.html or content.text_as_html(mail.text or ""), mail.text


def _refusals(work: Draft, files: Sequence[BundleFile], report: _ReadReport) -> list[Refusal]:
    """All rejected rows with their line and text, ordered by file and line."""
    by_path = {str(file.path): file for file in files}
    refusals = [Refusal(f.kind, f.name, bad.line, bad.reason, bad.text) for f, bad in report.bad_records]
    for path, rows in groupby(work.rows("staged_refusals"), key=lambda row: str(row["file"])):
        file = by_path[path]
        reasons = {int(row["ordinal"]): str(row["refusal"]) for row in rows}
        by_line = path in report.read_by_line
        for line, ordinal, text in _locate(work, file, set(reasons), by_line=by_line):
            refusals.append(Refusal(file.kind, file.name, line, reasons[ordinal], text))
    order = {file.name: index for index, file in enumerate(files)}
    return sorted(refusals, key=lambda refusal: (order[refusal.file], refusal.line))


def _locate(
    work: Draft, file: BundleFile, ordinals: set[int], *, by_line: bool
) -> Iterator[tuple[int, int, str]]:
    """Finds rows of a file by ordinal: yields (line, ordinal, text). With `by_line`, ordinals are line numbers."""
    if file.path.suffix.lower() == ".parquet":
        rows = work.rows("parquet_rows", path=str(file.path), ordinals=sorted(ordinals))
        yield from ((row["ordinal"], row["ordinal"], row["text"]) for row in rows)
        return
    good = (record for record in bundle_files.records(file.path) if not isinstance(record, BadRecord))
    for number, record in enumerate(good, start=1):
        ordinal = record.line if by_line else number
        if ordinal in ordinals:
            yield record.line, ordinal, record.text
