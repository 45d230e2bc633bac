"""Loads bundles: stages their files as facts, then derives the tables behind the screens for the affected campaigns."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import pyarrow as pa

from mailsight.errors import LoadRefused, UnknownCampaign, UnreadableFile, UnusableMail
from mailsight.figures.metrics import share
from mailsight.mail import content
from mailsight.mail.links import Link, links
from mailsight.vocabulary import BOUNCE_TYPES, EventType, NotSentReason
from mailsight.warehouse.draft import Draft, draft

from . import bundle_files, file_checks
from .bundle_files import BundleFile, Record
from .derive import Progress
from .json_files import BadRecord
from .merge import LoadSummary, complete, reject_failing, silent
from .refusals import Refusal, Refusals, of_file
from .refusing import Failure, atomic, carefully, explained, isolated, tried, tried_bounded, tried_fast

BATCH_ROWS = 100_000
BATCH_CHARACTERS = 2**24
# A bundle's Parquet file holds five to ten times its size as text. Much more is treated as a decompression bomb.
MAX_RATIO = 200
ALWAYS_ALLOWED_BYTES = 2**30
BATCH_MAILS = 500
# Mail servers accept up to 25 MB, some up to 50.
MAX_MAIL_BYTES = 50 * 2**20
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

    def attempt(is_careful: bool) -> LoadSummary:
        with explained():
            files = bundle_files.find(paths)
            with draft(database, wait_seconds=wait_seconds) as work:
                reading = _Reading(work, Refusals(work, [file.name for file in files]), max_bytes)
                return _load(reading, files, strict=strict, progress=progress, is_careful=is_careful)

    summary = carefully(attempt)
    progress(1.0, "Done")
    return summary


def _load(
    reading: _Reading,
    files: Sequence[BundleFile],
    *,
    strict: bool,
    progress: Progress,
    is_careful: bool,
) -> LoadSummary:
    work = reading.work
    work.run("create_staging")
    work.run("create_records")
    _read_files(reading, files, progress)
    _read_contents(reading, files, progress)
    if is_careful:
        reject_failing(work, progress)
    for file in files:
        _add_staged_refusals(reading, file)
    return complete(
        work,
        source="bundle",
        files=[file.name for file in files],
        refusals=reading.refusals,
        unread=reading.unread,
        strict=strict,
        progress=progress,
        ignored_columns=reading.ignored_columns,
    )


def load_content(database: Path, campaign_id: str, mail: Path, *, wait_seconds: float = 600.0) -> None:
    """Attaches an e-mail to a campaign: an HTML file or a raw message (`.eml`).

    Raises `UnknownCampaign`, and `LoadRefused` for a file that can't be read.
    """
    if problem := file_checks.problem(mail):
        raise LoadRefused(f"{mail} {problem}.")
    target = mail.resolve()
    file = BundleFile("campaigns", target, target.parent)
    with explained(), draft(database, wait_seconds=wait_seconds) as work:
        if not work.rows("campaign", campaign_id=campaign_id):
            raise UnknownCampaign(f"There is no campaign {campaign_id!r}.")
        work.run("create_staging")
        work.run("create_records")
        with work.table(
            "batch", [(1, json.dumps({"campaign_id": campaign_id, "template": target.name}))], _RECORDS
        ):
            work.run("read_batch")
        reading = _Reading(work, Refusals(work))
        _stage(work, file, range(1, 2))
        _read_contents(reading, [file], silent)
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
        if file.problem:
            reading.refuse(file, 1, file.problem, "")
        elif isinstance(failure, Failure):
            reading.refusals.add(of_file(file.kind, file.name, file.path, failure.reason))
            reading.unread[file.kind] += 1
        done_bytes += file.size_bytes


def _read_file(reading: _Reading, file: BundleFile) -> None:
    """Stages the rows of one file: with DuckDB if the whole file is valid, otherwise record by record."""
    if file.problem:
        raise UnreadableFile(f"{file.path} {file.problem}.")
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


def _read_contents(reading: _Reading, files: Sequence[BundleFile], progress: Progress) -> None:
    """Reads every e-mail that staged rows refer to; rejects the rows with an unreadable e-mail."""
    work = reading.work
    by_path = {str(file.path): file for file in files}
    read: dict[Path, str] = {}
    [(total,)] = work.run("staged_path_count")
    done, last = 0, ("", "")
    while page := work.run("staged_paths", file=last[0], path=last[1], most=BATCH_MAILS):
        progress(0.45 + 0.05 * (share(done, total) or 0.0), f"Reading e-mails, {done:,} of {total:,}")
        done, last = done + len(page), page[-1]
        mails = _Mails(reading, read)
        for file, name in page:
            mails.add(by_path[file], name)
        mails.store()
    work.run("refuse_missing_contents")


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail of a bundle, with its links; a `Failure` if they could not be read."""

    content_id: str
    html: str
    text: str | None
    links: list[Link] | Failure


class _Mails:
    """A batch of e-mails; `read` maps each path read so far to its content_id."""

    def __init__(self, reading: _Reading, read: dict[Path, str]) -> None:
        self._reading = reading
        self._read = read
        self._files: list[tuple[str, str, str | None, str | None]] = []
        self._mails: dict[str, Mail] = {}
        self._characters = 0

    def add(self, file: BundleFile, name: str) -> None:
        """Reads the e-mail that a row of the file names."""
        content_id = tried(self._content_id, file, name)
        if isinstance(content_id, Failure):
            self._files.append((str(file.path), name, None, content_id.reason))
        else:
            self._files.append((str(file.path), name, content_id, None))
        if self._characters > BATCH_CHARACTERS:
            self.store()

    def _content_id(self, file: BundleFile, name: str) -> str | Failure:
        try:
            path = bundle_files.content_path(file.root, name)
            mail = self._read.get(path) or read_mail(path)
        except UnusableMail as error:
            return Failure(error.message)
        if isinstance(mail, str):
            return mail
        if isinstance(mail.links, Failure):
            reason = f"its links {mail.links.reason}; the e-mail was added without them"
            self._reading.refusals.add(Refusal(file.kind, name, None, reason, ""))
        self._read[path] = mail.content_id
        self._mails.setdefault(mail.content_id, mail)
        self._characters += len(mail.html) + len(mail.text or "")
        return mail.content_id

    def store(self) -> None:
        """Stores the batch and empties it."""
        work = self._reading.work
        for mail, failure in isolated(list(self._mails.values()), partial(_store, work)):
            refused = [row for row in self._files if row[2] == mail.content_id]
            self._files = [row for row in self._files if row[2] != mail.content_id]
            self._files += [(file, name, None, f"{name} {failure.reason}") for file, name, _, _ in refused]
        with work.table("files", self._files, _strings("file", "path", "content_id", "refusal")):
            work.run("add_content_files")
        self._files, self._mails, self._characters = [], {}, 0


def _store(work: Draft, mails: Sequence[Mail]) -> None:
    contents = [(mail.content_id, mail.html, mail.text) for mail in mails]
    rows = [
        (mail.content_id, link.link_position, link.url, link.label)
        for mail in mails
        if not isinstance(mail.links, Failure)
        for link in mail.links
    ]
    with (
        work.table("read_contents", contents, _strings("content_id", "html", "text")),
        work.table("read_links", rows, _LINKS),
        atomic(work),
    ):
        work.run("merge_contents")


def _strings(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])


_RECORDS = pa.schema([("line", pa.int64()), ("record", pa.string())])
_LINKS = pa.schema(
    [("content_id", pa.string()), ("link_position", pa.int32()), ("url", pa.string()), ("label", pa.string())]
)


def read_mail(path: Path) -> Mail:
    """Reads an HTML file or a raw message.

    Raises `UnusableMail`.
    """
    try:
        if path.stat().st_size > MAX_MAIL_BYTES:
            raise UnusableMail(f"{path.name} is larger than {MAX_MAIL_BYTES // 2**20} MB")
        raw = path.read_bytes()
    except OSError as error:
        raise UnusableMail(f"{path.name} can't be read: {error.strerror}") from error
    html, text = _decoded(raw, path)
    return Mail(content.content_id(html), html, text, tried_bounded(links, html))


def _decoded(raw: bytes, path: Path) -> tuple[str, str | None]:
    """The HTML and plain text of a file's bytes."""
    if path.suffix.lower() != ".eml":
        return content.decode(raw), None
    mail = tried_bounded(content.read_eml, raw)
    if isinstance(mail, Failure):
        raise UnusableMail(f"{path.name} {mail.reason}")
    if mail.html is None and mail.text is None:
        raise UnusableMail(f"{path.name} holds neither HTML nor text")
    return mail.html or content.text_as_html(mail.text or ""), mail.text


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
