"""Imports: writes what a source yields as the files of a bundle beside the database, and loads them as any bundle.

The source is read first, while other loads go on. Rows and positions are then published together, so an import that is
killed or cut off at any moment changes nothing, and the next one starts where the last complete one ended.
"""

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from mailsight import tracebacks
from mailsight.errors import DatabaseUnreadable, ImportFailed, LoadBroken, MailsightError, NoDatabase
from mailsight.loading import bundles
from mailsight.loading.bundle_files import COLUMNS
from mailsight.loading.derive import Progress
from mailsight.loading.merge import KindSummary, LoadSummary, silent
from mailsight.warehouse.draft import import_folder
from mailsight.warehouse.failures import stops_load
from mailsight.warehouse.reader import Warehouse

from .sources import Request, Source
from .written import Written

BATCH_ROWS = 50_000
# The share of the progress bar that reading takes.
READING = 0.5
_SECRET = re.compile(r"pass|secret|token|key", re.IGNORECASE)

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
) -> LoadSummary:
    """Imports what is new in a source. `full` reads everything again, `batch_rows` limits the rows in memory.

    `max_bytes` limits what a packed file unpacks to, in addition to the general limits. `place` is what people call the
    place, if not by its address or path.

    Raises `ImportFailed` if the source can't be read, `LoadRunning` if another import is running, and `LoadRefused`. No
    message contains the password of `where`.
    """
    options = options or {}
    place = place or place_of(where, options)
    with import_folder(database, wait_seconds=wait_seconds) as folder:
        earlier = positions(database, source.name, place)
        known = {} if full else earlier
        step = (0.0, f"Reading {source.label}")

        def report(done: float, doing: str) -> None:
            nonlocal step
            step = (READING * done, doing)
            progress(*step)

        request = Request(where, known, batch_rows, options, report, max_bytes, earlier)
        with Written(folder, source.name) as written:
            # A large table takes longer than a process may be silent.
            _read(source, request, written, lambda: progress(*step))
        if written.is_empty and written.positions.items() <= known.items():
            summary = _nothing()
        else:
            summary = bundles.load_imported(
                database,
                written.imported(place),
                strict=strict,
                progress=lambda done, doing: progress(READING + (1 - READING) * done, doing),
                wait_seconds=wait_seconds,
            )
    progress(1.0, "Done")
    return replace(summary, notes=tuple(written.notes))


def place_of(where: str, options: Mapping[str, str]) -> str:
    """The address of a database or the path of a file, with all options and parameters that are no secrets."""
    if "://" in where:
        parts = urlsplit(where)
        host = parts.netloc.rpartition("@")[2].lower()
        place = f"{parts.scheme.lower()}://{host}{parts.path}"
        options = dict(parse_qsl(parts.query)) | dict(options)
    else:
        place = str(Path(where).expanduser().absolute())
    shown = [f"{name}={value}" for name, value in sorted(options.items()) if not _SECRET.search(name)]
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
        _log.error("An import failed:\n%s", tracebacks.described(error))
        raise LoadBroken(f"The import failed: {type(error).__name__}.") from None


def _nothing() -> LoadSummary:
    kinds = [KindSummary(kind, 0, 0, 0, 0) for kind in COLUMNS if kind != "totals"]
    return LoadSummary(kinds, (), 0, {}, changed=False)
