"""Imports: writes what a source yields as the files of a bundle beside the database, and loads them as any bundle.

The source is read first, while other loads go on. Rows and positions are then published together, so an import that is
killed or cut off at any moment changes nothing, and the next one starts where the last complete one ended.

The settings with which a source is read, such as the time zone, may turn out to be wrong, so they are kept. If it is
imported again with others, all of it is read both ways, and what the earlier way gave is replaced.

Several imports on a schedule may read the same table, each with a mapping of its own. These don't replace each other.
"""

import json
import logging
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from mailsight.errors import DatabaseUnreadable, ImportFailed, LoadBroken, MailsightError, NoDatabase
from mailsight.figures import formats
from mailsight.loading import bundles, finding
from mailsight.loading.bundle_files import COLUMNS, BundleFile
from mailsight.loading.derive import Progress
from mailsight.loading.merge import KindSummary, LoadSummary, silent
from mailsight.warehouse.draft import import_folder
from mailsight.warehouse.failures import stops_load
from mailsight.warehouse.files import PRIVATE_FOLDER
from mailsight.warehouse.reader import Warehouse

from .sources import Note, Request, Source
from .written import Written

BATCH_ROWS = 50_000
# The share of the progress bar that reading takes.
READING = 0.5
# The options that decide what rows mean. What was read with others is replaced.
MAPPING = "mapping"
READINGS = ("timezone", "encoding", MAPPING)
_DEFAULTS = {"timezone": "UTC"}
# The option that names the campaign of all rows. The same list of people may be imported for several.
CAMPAIGN = "campaign"
# The option that tells the tables of a folder or workbook apart, each of which may have a mapping.
TABLE = "table"
_SECRET = re.compile(r"pass|secret|token|key", re.IGNORECASE)
_NOT_REPLACED = "The source can no longer be read with the earlier settings, so what they gave stays."
_CHUNK_BYTES = 2**20

_log = logging.getLogger(__name__)


def run(
    database: Path,
    source: Source,
    where: str,
    *,
    options: Mapping[str, str] | None = None,
    batch_rows: int = BATCH_ROWS,
    full: bool = False,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
    max_bytes: int | None = None,
    place: str | None = None,
    beside: Sequence[Mapping[str, str]] = (),
) -> LoadSummary:
    """Imports what is new in a source. `full` reads everything again, `batch_rows` limits the rows in memory.

    `max_bytes` limits what a packed file unpacks to, in addition to the general limits. `place` is what people call the
    place, if not by its address or path. `beside` are the options of the other imports of this place, whose mappings
    are not corrected by this one.

    Raises `ImportFailed` if the source can't be read, `LoadRunning` if another import is running, and `LoadRefused`. No
    message contains the password of `where`.
    """
    options = options or {}
    contents = _contents(where, has_path=place is None)
    place = place or place_of(where, options)
    options = source.resolve(options)
    reading, campaign = _reading(options), options.get(CAMPAIGN, "")
    # A reading is of one campaign, and of one of the tables if these have mappings.
    about = f"{campaign}\n{options[TABLE]}" if TABLE in options else campaign
    current = {reading, *(_reading(other) for other in map(source.resolve, beside) if MAPPING in other)}
    with import_folder(database, wait_seconds=wait_seconds) as folder:
        outdated = _outdated(positions(database, source.name, ""), contents, campaign, current)
        earlier = positions(database, source.name, place)
        known = {} if full or outdated else earlier
        step = (0.0, f"Reading {source.label}")

        def report(done: float, doing: str) -> None:
            nonlocal step
            step = (READING * done, doing)
            progress(*step)

        request = Request(where, known, batch_rows, options, report, max_bytes, earlier)
        with Written(folder, source.name) as written:
            # A large table takes longer than a process may be silent.
            _read(source, request, written, lambda: progress(*step))
        if written.is_empty and not outdated and written.positions.items() <= known.items():
            summary = _nothing()
        else:
            outdated_files = [
                _read_as(source, request, folder / f"earlier-{number}", each)
                for number, each in enumerate(sorted(outdated))
            ]
            if None in outdated_files:
                written.add(Note(_NOT_REPLACED))
            summary = bundles.load_imported(
                database,
                written.imported(
                    place,
                    {f"{content}\n{about}": reading for content in contents}
                    | dict.fromkeys(contents, _hash_of(campaign, current)),
                    [file for files in outdated_files for file in files or ()],
                ),
                strict=strict,
                progress=lambda done, doing: progress(READING + (1 - READING) * done, doing),
                wait_seconds=wait_seconds,
            )
    progress(1.0, "Done")
    return replace(summary, notes=(*written.notes, *_replaced(summary)))


def place_of(where: str, options: Mapping[str, str]) -> str:
    """The address of a database or the path of a file, with all options and parameters that are no secrets."""
    if "://" in where:
        parts = urlsplit(where)
        host = parts.netloc.rpartition("@")[2].lower()
        place = f"{parts.scheme.lower()}://{host}{parts.path}"
        options = dict(parse_qsl(parts.query)) | dict(options)
    else:
        place = str(Path(where).expanduser().absolute())
    shown = [
        f"{name}={value}"
        for name, value in sorted(options.items())
        if name not in (MAPPING, CAMPAIGN, TABLE) and not _SECRET.search(name)
    ]
    return " ".join([place, *shown])


def positions(database: Path, source: str, place: str) -> dict[str, str]:
    """How far earlier imports have read the tables of a source."""
    try:
        with Warehouse(database).snapshot() as data:
            rows = data.rows("positions", source=source, place=place)
    except (
        NoDatabase,
        DatabaseUnreadable,
    ):  # an older version has none; whatever else is wrong, the load says
        return {}
    return {row["name"]: row["value"] for row in rows}


def _reading(options: Mapping[str, str]) -> str:
    """The options that decide what rows mean, as JSON."""
    chosen = {
        name: options[name] for name in READINGS if options.get(name, "") not in ("", _DEFAULTS.get(name))
    }
    return json.dumps(chosen, sort_keys=True)


def _contents(where: str, *, has_path: bool) -> set[str]:
    """What identifies the contents of a source: its address, or the sizes and checksums of its files.

    If it `has_path`, which no upload has, that identifies them too: a file that has grown may have another mapping.
    """
    if "://" in where:
        return {place_of(where, {})}
    path = Path(where)
    files = finding.files_below(path) if path.is_dir() else [path]
    contents = {f"{size}-{checksum:08x}" for file in files for size, checksum in _checksums(file)}
    return contents | ({place_of(where, {})} if has_path else set())


def _checksums(file: Path) -> Iterator[tuple[int, int]]:
    """The size and checksum of a file, or of each file in a zip."""
    if file.suffix.lower() == ".zip":
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(file) as packed:
            yield from ((member.file_size, member.CRC) for member in packed.infolist() if not member.is_dir())
        return
    size, checksum = 0, 0
    with suppress(OSError), file.open("rb") as opened:
        while chunk := opened.read(_CHUNK_BYTES):
            size, checksum = size + len(chunk), zlib.crc32(chunk, checksum)
        yield size, checksum


def _outdated(known: Mapping[str, str], contents: set[str], campaign: str, current: set[str]) -> set[str]:
    """How these contents were read before, unless that is current, for the same campaign or if one of them names none.

    If the last import of some contents was with the same settings, it has replaced what others gave.
    """
    readings, same = set(), _hash_of(campaign, current)
    for name, reading in known.items():
        content, is_reading, about = name.partition("\n")
        if not is_reading or content not in contents or known.get(content) == same:
            continue
        other = about.partition("\n")[0]
        if campaign == other or not (campaign and other):
            readings.add(reading)
    return readings - current


def _hash_of(campaign: str, current: set[str]) -> str:
    """What identifies the settings with which some contents were imported."""
    return blake2b(json.dumps([campaign, *sorted(current)]).encode(), digest_size=16).hexdigest()


def _read_as(source: Source, request: Request, folder: Path, reading: str) -> Sequence[BundleFile] | None:
    """The rows that a source gives with the options of an earlier reading; None if they can't be read any more."""
    options = {name: value for name, value in request.options.items() if name not in READINGS}
    folder.mkdir(PRIVATE_FOLDER)
    with Written(folder, source.name) as written:
        again = replace(request, options=options | json.loads(reading), replaced_by=request.options)
        try:
            _read(source, again, written, lambda: request.report(1.0, "Reading with the earlier settings"))
        except ImportFailed:
            return None
    return written.files


def _replaced(summary: LoadSummary) -> Iterator[str]:
    """What was replaced, as a sentence."""
    kinds = [
        formats.things(kind.withdrawn, kind.kind.removesuffix("s"))
        for kind in summary.kinds
        if kind.withdrawn
    ]
    if kinds:
        yield (
            "This was imported before with other settings. What was stored then has been replaced: "
            f"{formats.listed(kinds)}."
        )


def without_password(text: str, where: str) -> str:
    """A text without the password of an address, however it is written."""
    try:
        password = urlsplit(where).password if "://" in where else None
    except ValueError:
        password = None
    for secret in {password, unquote(password)} if password else ():
        text = text.replace(secret, "***")
    return text


def _read(source: Source, request: Request, written: Written, alive: Callable[[], None]) -> None:
    """Reads the whole source. Errors may quote the address, so none is raised or logged as it is."""

    def safe(text: str) -> str:
        return without_password(text, request.where)

    try:
        for item in source.read(request):
            written.add(item)
            alive()
    except MailsightError as error:
        raise type(error)(safe(error.message), next_step=safe(error.next_step)) from None
    except OSError as error:
        raise ImportFailed(f"{source.label} can't be read: {safe(error.strerror or str(error))}.") from None
    except Exception as error:
        if stops_load(error):
            raise
        _log.exception("An import failed")
        raise LoadBroken(f"The import failed: {type(error).__name__}.") from None


def _nothing() -> LoadSummary:
    kinds = [KindSummary(kind, 0, 0, 0, 0) for kind in COLUMNS if kind != "totals"]
    return LoadSummary(kinds, (), 0, {}, changed=False)
