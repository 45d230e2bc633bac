"""Whether everything that the dashboard relies on works: the database, the spool, the disk, and loading.

`problems` is for the people who run it; `readiness` for the machines that decide whether to send requests here.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from mailsight.errors import MailsightError, NoDatabase
from mailsight.figures import formats
from mailsight.warehouse.reader import Warehouse

from .background import Background
from .spool import Spool

# A load writes a copy of the database and may spill as much again, beside the generation that is being served.
LOAD_FACTOR = 3
MIN_FREE_BYTES = 100_000_000
# Less than this many times the room for the next load is a warning.
WARN_FACTOR = 2
# How many intervals a webhook may wait, because a load that takes long is followed by a long pause.
MAX_INTERVALS = 20
MIN_OVERDUE_SECONDS = 900.0
# The spool is locked for milliseconds.
MAX_LOCK_SECONDS = 0.3

# What `readiness` says of a part that works, and of one that isn't needed here.
OK, NOT_USED = "ok", "not used"
_NO_DISK = "The free disk space can't be determined."
_READ_ONLY = "The folder of the database can't be written to, so nothing can be loaded."
_NOT_WRITABLE = "The spool can't be written to, so webhooks are refused."


@dataclass(frozen=True, slots=True)
class Disk:
    """The free disk space, and how much of it the next load needs."""

    free_bytes: int
    needed_bytes: int

    @property
    def is_full(self) -> bool:
        return self.free_bytes < self.needed_bytes

    @property
    def warning(self) -> str | None:
        """A sentence if the disk is nearly full, or too full for the next load already."""
        if self.free_bytes >= WARN_FACTOR * self.needed_bytes:
            return None
        return (
            f"The disk is nearly full: {formats.size(self.free_bytes)} are free, and the next load needs "
            f"{formats.size(self.needed_bytes)}."
        )


def disk(database: Path) -> Disk:
    """The state of the disk with the database. Raises OSError."""
    size = database.stat().st_size if database.exists() else 0
    return Disk(shutil.disk_usage(_folder(database)).free, max(size * LOAD_FACTOR, MIN_FREE_BYTES))


def _folder(database: Path) -> Path:
    """The folder of a database; if it does not exist yet, the nearest one above it that does."""
    return next(parent for parent in database.parents if parent.is_dir())


def warnings(database: Path) -> list[str]:
    """What will soon not work, in sentences without paths or data: a disk that is nearly full."""
    try:
        sentence = disk(database).warning
    except OSError:
        return []  # a problem already
    return [sentence] if sentence else []


def unwritable(database: Path) -> list[str]:
    """A sentence if the folder of the database can't be written to."""
    return _sentences(lambda: _write(_folder(database)), _READ_ONLY)


def problems(
    warehouse: Warehouse,
    spool: Spool,
    interval_seconds: float,
    *,
    takes_webhooks: bool,
    loader: Background | None = None,
) -> list[str]:
    """What doesn't work, in sentences without paths or data. An empty list if all is well.

    Raises `NoDatabase` if nothing else is wrong, but nothing has been loaded yet.
    """
    reasons = []
    no_data: NoDatabase | None = None
    try:
        reasons += _database(warehouse)
    except NoDatabase as error:
        no_data = error
    reasons += _sentences(lambda: _disk(warehouse.path), _NO_DISK)
    reasons += unwritable(warehouse.path)
    if takes_webhooks or spool.exists:
        reasons += _sentences(lambda: _writable(spool), _NOT_WRITABLE)
        reasons += _sentences(lambda: _moving(spool, interval_seconds), "The spool can't be read.")
    if loader is not None and not loader.is_running:
        reasons.append("The thread that loads webhooks has ended. Restart the server.")
    if no_data and not reasons:
        raise no_data
    return reasons


def readiness(
    warehouse: Warehouse, spool: Spool, *, loader: Background | None, importer: Background | None
) -> dict[str, str]:
    """Whether this process can answer requests: for each part `OK`, `NOT_USED`, or a sentence without paths or data.

    A server without data is ready, because data may be uploaded to it.
    """
    reasons = {
        "database": _sentences(lambda: _readable(warehouse), "The database can't be read."),
        "spool": _sentences(lambda: _writable(spool), _NOT_WRITABLE),
        "disk": _sentences(lambda: _disk(warehouse.path), _NO_DISK),
    }
    checks = {name: " ".join(sentences) or OK for name, sentences in reasons.items()}
    return checks | {"loader": _alive(loader), "importer": _alive(importer)}


def _readable(warehouse: Warehouse) -> Iterator[str]:
    with suppress(NoDatabase), warehouse.snapshot() as data:
        data.rows("schema_version")
    yield from ()


def _alive(thread: Background | None) -> str:
    if thread is None:
        return NOT_USED
    return OK if thread.is_running else "The thread has ended. Restart the server."


def _sentences(check: Callable[[], Iterator[str] | None], otherwise: str) -> list[str]:
    """The problems that a check reports, if it does; `otherwise` if the check itself fails, whatever the reason."""
    try:
        return list(check() or ())
    except Exception:  # noqa: BLE001  # a broken disk or file may raise anything
        return [otherwise]


def _database(warehouse: Warehouse) -> list[str]:
    try:
        with warehouse.snapshot() as data:
            data.rows("schema_version")
    except NoDatabase:
        raise
    except MailsightError as error:
        return [f"{error.title}."]
    except Exception:  # noqa: BLE001
        return ["The database can't be read."]
    return ["The newest data can't be read, so pages show older data."] if warehouse.problem else []


def _disk(database: Path) -> Iterator[str]:
    if disk(database).is_full:
        yield "There is not enough free disk space for the next load."


def _writable(spool: Spool) -> Iterator[str]:
    """Writes where the next webhook will be written."""
    folder = spool.folder if spool.folder.exists() else spool.folder.parent
    for current in folder.glob("current.ndjson"):
        current.open("ab").close()
    with suppress(FileNotFoundError):
        _write(folder)
    if spool.is_stuck(MAX_LOCK_SECONDS):
        yield "Another program keeps the spool locked, so webhooks are not answered."


def _write(folder: Path) -> None:
    """Writes as much as a small webhook."""
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(b" " * 4096)
        file.flush()


def _moving(spool: Spool, interval_seconds: float) -> Iterator[str]:
    if spool.last_error():
        yield "The last load of received webhooks failed. They are kept, and loading is retried."
    state = spool.state()
    if state.set_aside:
        yield "Some received webhooks could not be loaded and were set aside. The Data page says why."
    if state.set_aside_problem:
        yield "The received webhooks that were set aside can't be read."
    oldest_at = state.oldest_at
    overdue = max(MAX_INTERVALS * interval_seconds, MIN_OVERDUE_SECONDS)
    if oldest_at and (datetime.now(UTC) - oldest_at).total_seconds() > overdue:
        yield "Received webhooks have been waiting to be loaded for too long."
