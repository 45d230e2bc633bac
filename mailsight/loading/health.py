"""Whether everything that the dashboard relies on works: the database, the spool, the disk, and loading."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from mailsight.errors import MailsightError, NoDatabase
from mailsight.warehouse.reader import Warehouse

from .background import Loader
from .spool import Spool

# A load writes a copy of the database and may spill as much again, beside the generation that is being served.
LOAD_FACTOR = 3
MIN_FREE_BYTES = 100_000_000
# How many intervals a webhook may wait, because a load that takes long is followed by a long pause.
MAX_INTERVALS = 20
MIN_OVERDUE_SECONDS = 900.0


def problems(
    warehouse: Warehouse,
    spool: Spool,
    interval_seconds: float,
    *,
    takes_webhooks: bool,
    loader: Loader | None = None,
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
    reasons += _sentences(lambda: _disk(warehouse.path), "The free disk space can't be determined.")
    if takes_webhooks or spool.exists:
        reasons += _sentences(
            lambda: _writable(spool), "The spool can't be written to, so webhooks are refused."
        )
        reasons += _sentences(lambda: _moving(spool, interval_seconds), "The spool can't be read.")
    if loader is not None and not loader.is_running:
        reasons.append("The thread that loads webhooks has ended. Restart the server.")
    if no_data and not reasons:
        raise no_data
    return reasons


def _sentences(check: Callable[[], Iterator[str]], otherwise: str) -> list[str]:
    """The problems that a check reports; `otherwise` if the check itself fails, whatever the reason."""
    try:
        return list(check())
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
    folder = next(parent for parent in database.parents if parent.is_dir())
    size = database.stat().st_size if database.exists() else 0
    free = shutil.disk_usage(folder).free
    if free < max(size * LOAD_FACTOR, MIN_FREE_BYTES):
        yield "There is not enough free disk space for the next load."


def _writable(spool: Spool) -> Iterator[str]:
    """Writes as much as a small webhook where the next one will be written."""
    folder = spool.folder if spool.folder.exists() else spool.folder.parent
    for current in folder.glob("current.ndjson"):
        current.open("ab").close()
    with suppress(FileNotFoundError), tempfile.TemporaryFile(dir=folder) as file:
        file.write(b" " * 4096)
        file.flush()
    yield from ()


def _moving(spool: Spool, interval_seconds: float) -> Iterator[str]:
    if spool.last_error():
        yield "The last load of received webhooks failed. They are kept, and loading is retried."
    state = spool.state()
    if state.set_aside:
        yield "Some received webhooks could not be loaded and were set aside. The Data page says why."
    oldest_at = state.oldest_at
    overdue = max(MAX_INTERVALS * interval_seconds, MIN_OVERDUE_SECONDS)
    if oldest_at and (datetime.now(UTC) - oldest_at).total_seconds() > overdue:
        yield "Received webhooks have been waiting to be loaded for too long."
