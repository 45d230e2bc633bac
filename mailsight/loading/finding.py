"""Finds the tables among the files of a bundle. What looks like data but isn't read is named, with the reason."""

import json
import pickle
import re
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePath
from tempfile import mkdtemp
from typing import cast

import pyarrow as pa
import pyarrow.parquet as pq

from mailsight.bounded.process import Limits, Process
from mailsight.errors import MailsightError, NotABundle, UnreadableFile, WorkFailed

from . import bundle_files, csv_files, file_checks, folders, json_files, sheets, unpacking
from .bundle_files import COLUMNS, BundleFile
from .refusals import PassedOver
from .refusing import Failure, tried
from .sheets import Sheet

# Sheets have up to a million rows.
WORKBOOKS = Limits(seconds=240.0, memory_bytes=2 * 2**30)
# A process takes longer to start than to read a small workbook. After a larger one, another process has all its memory.
_SMALL_WORKBOOK_BYTES = 2**20
_BEGINNING_BYTES = 2**16

_TEXTS = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat")
_OBJECTS = (".json", ".ndjson", ".jsonl")
_WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
_PARQUET = (".parquet", ".pq")
_ARCHIVES = (".zip", ".tar", ".tgz", ".7z", ".rar")
_DATA = (".csv", ".tsv", ".tab", ".psv", *_OBJECTS, *_WORKBOOKS, *_PARQUET, *_ARCHIVES)
# Data that Mailsight can't read.
_OTHER_DATA = re.compile(
    r"\.(numbers|avro|orc|feather|arrow|xml|sqlite3?|db|duckdb|mdb|accdb|sav|dta|rds|pkl|dbf)"
)
# What bundles hold beside their tables, whatever its name is.
_NO_DATA = re.compile(
    r"\.(x?html?|emlx?|msg|mhtml?|css|js|svg|png|jpe?g|gif|webp|ico|md|rst|pdf|docx?|pptx?|py|r|sh|sql|ipynb|log)"
)
_KIND = re.compile(
    r"(?:copy[ _-]of[ _-])?(?:(campaigns|customers|messages|events|totals)(?![a-z])"
    r"|(campaign|customer|message|event)(?=[^a-z_]*(?:copy)?$)).*",
    re.IGNORECASE,
)

_KNOWN = dict.fromkeys(column for columns in COLUMNS.values() for column in columns)

UNKNOWN = (
    "neither its name nor its columns say which table it is. Give it a name that starts with campaigns, customers, "
    "messages, events or totals, such as events-2.csv; or load it by itself, and choose what its columns are."
)
ELSEWHERE = (
    "it is in another folder than the tables. Load that folder too, or move the file beside the tables."
)
EMPTY = "it is empty."
_AS_CSV = "Delete cells far from the table, or save it as CSV, then load it again."
_SHEET = (
    "the name of this sheet doesn't say which table it is. Rename it to campaigns, customers, messages, events or "
    "totals, or save it as a file of its own."
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file that looks like data: its path, the bundle's folder, and what it holds if its name says so.

    `problem` is why nothing may open it, as the end of a sentence.
    """

    path: Path
    root: Path
    kind: str | None
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.path.relative_to(self.root).as_posix()


@dataclass(frozen=True, slots=True)
class BundleContents:
    """The files of a bundle in reading order, and those that were passed over."""

    files: list[BundleFile] = field(default_factory=list)
    passed_over: list[PassedOver] = field(default_factory=list)


def kind_of_name(name: str) -> str | None:
    """What a file holds, judging by its name: `events (1).csv`, `Events-2026.tsv.gz` and `event.xlsx` are events."""
    match = _KIND.fullmatch(name.partition(".")[0].strip())
    if match is None or _NO_DATA.fullmatch(_ending(name)):
        return None
    return (match[1] or f"{match[2]}s").lower()


def kind_of_columns(names: Iterable[str]) -> str | None:
    """What a table with these columns holds; None if that is not clear."""
    columns = set(names)
    known = {kind: len(columns & those.keys()) for kind, those in COLUMNS.items()}
    if {"type", "occurred_at"} <= columns and columns & {"customer_id", "message_id", "recipient"}:
        return "events"
    if columns & {"type", "occurred_at"}:
        return None
    match "campaign_id" in columns, "customer_id" in columns:
        case True, True:
            return "messages" if known["messages"] >= 3 else None
        case True, False:
            is_totals = "source" in columns and known["totals"] >= 4
            return "totals" if is_totals else "campaigns" if known["campaigns"] >= 2 else None
        case False, True:
            return "customers" if known["customers"] >= 2 and "message_id" not in columns else None
        case _:
            return None


def _ending(name: str) -> str:
    """The ending of a file's name that says its format, in lower case: `.csv` of `events.csv.gz`."""
    path = PurePath(name.lower())
    return PurePath(path.stem).suffix if path.suffix in unpacking.ENDINGS else path.suffix


def looks_like_table(name: str) -> bool:
    """Whether a file's name says that it is a table, packed or not."""
    return kind_of_name(name) is not None or (_ending(name) in _DATA and _ending(name) not in _ARCHIVES)


def looks_like_data(name: str) -> bool:
    """Whether a file's name says that it is data."""
    return (
        _ending(name) in _DATA or name.lower().endswith(unpacking.ENDINGS) or kind_of_name(name) is not None
    )


def candidates(paths: Sequence[Path]) -> tuple[list[Candidate], list[PassedOver]]:
    """The files below the paths that look like data, and those of them that are passed over for where they are.

    Links lead anywhere if they are named, but not out of a folder that is. Raises `NotABundle` for a path without any,
    and for a folder whose tables are in several folders.
    """
    chosen: dict[Path, Candidate] = {}
    passed_over: list[PassedOver] = []
    for path in paths:
        try:
            inside, elsewhere = _in_folder(path) if path.is_dir() else ([_named(path)], [])
        except OSError as error:
            raise NotABundle(f"{path} can't be read: {error.strerror}.") from error
        if not inside:
            raise NotABundle(f"{path} contains nothing that can be loaded.")
        for candidate in inside:
            chosen.setdefault(_target(candidate), candidate)
        passed_over += elsewhere
    return list(chosen.values()), passed_over


def _named(path: Path) -> Candidate:
    if problem := file_checks.problem(path):
        raise NotABundle(f"{path} {problem}.")
    return Candidate(path, path.parent, kind_of_name(path.name))


def _target(candidate: Candidate) -> Path:
    """The file that is read. Several links may lead to it."""
    return candidate.path if candidate.problem else candidate.path.resolve()


def tables_folder(folder: Path) -> Path:
    """The folder that holds the tables: this one, or the only one below it with any. Raises `NotABundle`."""
    files = list(files_below(folder))
    # Only if no name says that a file is a table may any that looks like data be one.
    tables = [file for file in files if kind_of_name(file.name) or _is_part(file, folder)]
    data = [file for file in files if looks_like_data(file.name)]
    for likely in (tables, data, [file for file in files if _ending(file.name) in _TEXTS]):
        places = {_folder_of(file, folder) for file in likely}
        if folder in places or len(places) == 1:
            return folder if folder in places else places.pop()
        if places:
            first, second, *_ = sorted(place.relative_to(folder).as_posix() for place in places)
            raise NotABundle(
                f"The tables are in several folders: {first!r} and {second!r}.",
                next_step="Put campaigns, customers, messages and events in one folder, or load one folder at a time.",
            )
    raise NotABundle(f"{folder} contains nothing that can be loaded.")


def _folder_of(table: Path, chosen: Path) -> Path:
    """The bundle that a table is in."""
    return table.parent.parent if _is_part(table, chosen) else table.parent


def _is_part(table: Path, chosen: Path) -> bool:
    """Whether the file is a part of a table, in a folder with the table's name: `events/part-0.parquet`."""
    kind, outer = kind_of_name(table.name), kind_of_name(table.parent.name)
    is_data = not _NO_DATA.fullmatch(_ending(table.name))
    return bool(outer and is_data and (kind is None or (kind == outer and table.parent != chosen)))


def payload_files(paths: Sequence[Path]) -> tuple[list[Path], list[PassedOver]]:
    """The files with a provider's payloads: those given, and those in folders that hold JSON.

    Raises `NotABundle` for a folder without any.
    """
    chosen: list[Path] = []
    passed_over: list[PassedOver] = []
    for path in paths:
        if not path.is_dir():
            chosen.append(path)
            continue
        inside = []
        for file in files_below(path, passed_over):
            problem = _problem(file, path)
            if not problem and (_ending(file.name) in _OBJECTS or _starts_as_json(file)):
                inside.append(file)
            elif looks_like_data(file.name) or _ending(file.name) in ("", *_TEXTS):
                reason = f"it {problem}." if problem else "it holds no JSON."
                passed_over.append(PassedOver(file.relative_to(path).as_posix(), reason))
        if not inside:
            raise NotABundle(
                f"{path} contains no JSON files.", next_step="Load it with `load` if it holds tables."
            )
        chosen += inside
    return chosen, passed_over


def _problem(file: Path, root: Path) -> str | None:
    """Why a file of a folder must not be read, also if that can't be found out."""
    outcome = tried(file_checks.problem, file, root)
    return f"can't be checked: {outcome.reason}" if isinstance(outcome, Failure) else outcome


def _starts_as_json(file: Path) -> bool:
    try:
        start = unpacking.beginning(file, _BEGINNING_BYTES)
    except (FileNotFoundError, PermissionError):
        return False
    return is_json(start)


def _in_folder(path: Path) -> tuple[list[Candidate], list[PassedOver]]:
    root = tables_folder(path)
    inside: list[Candidate] = []
    elsewhere: list[Candidate] = []
    unread: list[PassedOver] = []
    for file in files_below(path, unread):
        kind, problem = kind_of_name(file.name), _problem(file, path)
        outside = file.relative_to(root).parts[:-1] if file.is_relative_to(root) else ("..",)
        outer = kind_of_name(outside[0]) if outside else None
        if not outside and (looks_like_data(file.name) or _ending(file.name) in _TEXTS):
            inside.append(Candidate(file, root, kind, problem))
        elif outer and kind in (None, outer) and not _NO_DATA.fullmatch(_ending(file.name)):
            if not file.name.startswith("_"):  # such as Spark's _SUCCESS
                inside.append(Candidate(file, root, outer, problem))
        elif outside and looks_like_data(file.name):
            elsewhere.append(Candidate(file, path, None, problem))
    read = {_target(candidate) for candidate in inside}
    unread += [PassedOver(file.name, ELSEWHERE) for file in elsewhere if _target(file) not in read]
    return inside, unread


def files_below(folder: Path, unread: list[PassedOver] | None = None) -> Iterator[Path]:
    """The files in a folder and the folders below it, as `folders.files_below`."""
    return folders.files_below(
        folder, lambda name: kind_of_name(name) is not None, looks_like_data, [] if unread is None else unread
    )


def opened(chosen: Sequence[Candidate], folder: Path, max_bytes: int | None = None) -> BundleContents:
    """The tables in the files, ready to be read: unpacked into `folder`, with the sheets of workbooks one by one.

    `max_bytes` limits what they unpack to, in addition to the general limits. Raises `NotABundle` if there is none.
    """
    contents = BundleContents()
    room = unpacking.Room.of((candidate.path for candidate in chosen if not candidate.problem), max_bytes)
    with Process(WORKBOOKS) as worker:
        for candidate in chosen:
            outcome: BundleContents | Failure
            try:
                outcome = tried(_opened, candidate, folder, room.left, worker)
            except UnreadableFile as error:
                outcome = _unreadable(candidate, error)
            except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
                reason = f"{candidate.name} can't be read: {error.strerror}."
                outcome = _unreadable(candidate, UnreadableFile(reason, next_step=""))
            except MailsightError as error:
                reason = f"{candidate.name} can't be read: {error.message}"
                outcome = _unreadable(candidate, UnreadableFile(reason, next_step=""))
            if isinstance(outcome, Failure):
                outcome = _as_named(candidate, outcome)
            room.take(candidate.path, (file.readable for file in outcome.files))
            contents.files.extend(outcome.files)
            contents.passed_over.extend(outcome.passed_over)
    if not contents.files:
        raise NotABundle(
            "There is nothing that can be loaded"
            + (f": {contents.passed_over[0]}" if contents.passed_over else "."),
        )
    contents.files.sort(key=lambda file: list(COLUMNS).index(file.kind))
    return contents


def _as_named(candidate: Candidate, failure: Failure) -> BundleContents:
    """A file that could not be looked at, as what its name says."""
    ending, path = _ending(candidate.name), candidate.path
    if candidate.kind is None or ending not in (*_TEXTS, *_OBJECTS):
        return _unreadable(candidate, UnreadableFile(f"{candidate.name} {failure.reason}.", next_step=""))
    return BundleContents([BundleFile(candidate.kind, path, candidate.root, path, _form(ending, b""))])


def _unreadable(candidate: Candidate, error: UnreadableFile) -> BundleContents:
    """A table that can't be read is rejected; another file is passed over."""
    if candidate.kind is None:
        return BundleContents([], [PassedOver(candidate.name, str(error))])
    path, is_forbidden = candidate.path, candidate.problem is not None
    return BundleContents(
        [
            BundleFile(
                candidate.kind, path, candidate.root, path, "ndjson", error=error, forbidden=is_forbidden
            )
        ]
    )


def _opened(candidate: Candidate, folder: Path, max_bytes: int | None, worker: Process) -> BundleContents:
    path = candidate.path
    if candidate.problem:
        raise UnreadableFile(
            f"{candidate.name} {candidate.problem}.", next_step="Replace it with a copy of the file."
        )
    start = unpacking.beginning(path, _BEGINNING_BYTES)
    reason = EMPTY if not path.stat().st_size else _why_not(_ending(path.name), start)
    if reason:
        return BundleContents([], [PassedOver(candidate.name, reason)])
    if is_workbook(start):
        written = sheets_of(unpacking.unpack(path, folder, max_bytes).path, folder, max_bytes, worker)
        return _workbook(candidate, written)
    form = _form(_ending(path.name), start)
    kind = candidate.kind or kind_of_columns(_columns(form, path, start, folder))
    if kind is None:
        # Any text may be in a .txt file.
        quiet = _ending(path.name) in (".txt", ".dat")
        return BundleContents([], [] if quiet else [PassedOver(candidate.name, UNKNOWN)])
    unpacked = unpacking.unpack(path, folder, max_bytes)
    return BundleContents(
        [BundleFile(kind, path, candidate.root, unpacked.path, form, problem=unpacked.problem)]
    )


def _why_not(ending: str, start: bytes) -> str | None:
    """Why a file can't hold a table, judging by its format."""
    if ending in _ARCHIVES or start[257:262] == b"ustar":
        return "it is an archive. Unpack it first."
    if ending in _WORKBOOKS:
        can_be = is_workbook(start)
        return None if can_be else "it is not a workbook. Save it again as Excel (.xlsx) or CSV."
    if ending not in ("", *_PARQUET, *_TEXTS, *_OBJECTS):
        return f"Mailsight can't read {ending} files. Save it as CSV or Excel (.xlsx)."
    return (
        "its content is not what its name says. Save it as CSV or Excel (.xlsx)."
        if is_workbook(start)
        else None
    )


def is_workbook(start: bytes) -> bool:
    """Whether a file with this beginning is an Excel or OpenDocument file."""
    return start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0"))


def is_json(start: bytes) -> bool:
    """Whether a file with this beginning is JSON, or several JSON values one after the other."""
    return start.removeprefix(BOM_UTF8).lstrip().startswith((b"{", b"["))


def _form(ending: str, start: bytes) -> str:
    """The format of a table, judging by the ending of its name and its beginning."""
    if start.startswith(b"PAR1") or ending in _PARQUET:
        return "parquet"
    if ending in _OBJECTS:
        return "json" if ending == ".json" else "ndjson"
    if is_json(start):
        text = start.removeprefix(BOM_UTF8).lstrip()
        first = json_files.value(1, text.partition(b"\n")[0].strip().decode("utf-8", "replace"))
        return "ndjson" if isinstance(getattr(first, "value", None), dict) else "json"
    return "csv"


def _columns(form: str, path: Path, start: bytes, folder: Path) -> list[str]:
    """The names of a table's columns, judging by its beginning; none if they can't be read."""
    match form:
        case "parquet":
            try:
                names = pq.read_metadata(path).schema.to_arrow_schema().names
            except pa.ArrowException:
                return []
        case "csv":
            sample = folder / "beginning"
            sample.write_bytes(start)
            return list(csv_files.layout(sample, partial(bundle_files.column_names, known=_KNOWN)).names)
        case _:
            text = start.decode("utf-8", "replace").lstrip("\ufeff[ \t\r\n")
            try:
                value, _ = json.JSONDecoder().raw_decode(text)
            except (ValueError, RecursionError):
                return []
            names = list(value) if isinstance(value, dict) else []
    return bundle_files.column_names(names, _KNOWN)


def sheets_of(path: Path, folder: Path, max_bytes: int | None, worker: Process) -> list[Sheet]:
    """The sheets of a workbook, which the worker process writes into `folder`. Raises `UnreadableFile`."""
    target = Path(mkdtemp(dir=folder))
    try:
        work = partial(sheets.convert, path, target, max_bytes)
        return cast(list[Sheet], pickle.loads(worker.answer(pickle.dumps(work))))  # noqa: S301  # our own process
    except WorkFailed as error:
        reason = f"{path.name} takes too much memory or time to read: {error.message}"
        raise UnreadableFile(reason, next_step=_AS_CSV) from error
    finally:
        if path.stat().st_size > _SMALL_WORKBOOK_BYTES:
            worker.end()


def _workbook(candidate: Candidate, written: Sequence[Sheet]) -> BundleContents:
    """The sheets of a workbook that hold tables. If none is named for one, the workbook's name tells of the first."""
    kinds = [kind_of_name(sheet.name) for sheet in written]
    columns = [bundle_files.column_names(sheet.columns, _KNOWN) for sheet in written]
    if candidate.kind and not any(kinds):
        # The first sheet that has columns of the table, rather than an explanation in front of it.
        fit = [sum(name in COLUMNS[candidate.kind] for name in names) > 1 for names in columns]
        chosen = fit.index(True) if any(fit) else 0
        kinds = [candidate.kind if place == chosen else None for place in range(len(written))]
    elif not candidate.kind:
        kinds = [kind or kind_of_columns(names) for kind, names in zip(kinds, columns, strict=True)]
    contents = BundleContents()
    if not written:
        contents.passed_over.append(PassedOver(candidate.name, EMPTY))
    for sheet, kind in zip(written, kinds, strict=True):
        name = sheet.name if len(written) > 1 else None
        if kind:
            table = BundleFile(kind, candidate.path, candidate.root, sheet.path, "ndjson", sheet=name)
            contents.files.append(table)
        else:
            label = f"{candidate.name} [{name}]" if name else candidate.name
            contents.passed_over.append(PassedOver(label, _SHEET if name else UNKNOWN))
            sheet.path.unlink()
    return contents
