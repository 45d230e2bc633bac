"""Takes the person out of messages, and their events, to which nothing has happened for a number of months.

Figures stay: as in an erasure, rows become nobody's. The customer stays, with newer messages.
"""

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from mailsight.audience import mailboxes
from mailsight.errors import LoadRunning, NoDatabase
from mailsight.loading import arrivals, child
from mailsight.loading.background import Background
from mailsight.loading.derive import Progress
from mailsight.loading.merge import silent
from mailsight.loading.refusing import explained
from mailsight.state import audit, erased
from mailsight.state.audit import Action
from mailsight.state.store import Store
from mailsight.warehouse.draft import rewritten
from mailsight.warehouse.reader import Warehouse

from . import erasure

EVERY_SECONDS = 86_400.0
RETRY_SECONDS = 3_600.0

_log = logging.getLogger(__name__)


def limit(months: float, now: datetime) -> datetime:
    """The moment before which things are too old: so many months before the start of this one.

    By whole months, so that the database is written anew once a month.
    """
    month = now.year * 12 + now.month - 1 - int(months)
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


def run(
    database: Path,
    months: float,
    *,
    now: datetime | None = None,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
) -> int:
    """Takes the person out of messages of more than so many months ago; returns how many that were.

    If there are none, nothing is written. Raises `NoDatabase` and `LoadRefused`; the database is then unchanged.
    """
    before = limit(months, now or datetime.now(UTC)).replace(tzinfo=None)
    progress(0.0, "Looking for old messages")
    with Warehouse(database).snapshot() as data:
        row = data.row("past_messages", before=before)
    if row is None or not row["messages"]:
        return 0
    with explained(), rewritten(database, wait_seconds=wait_seconds) as work:
        arrivals.use_list(work, Store.of(database))
        domains = [
            domain
            for domain, addresses in work.run("address_domains")
            if addresses > 1 or mailboxes.provider(domain) not in (domain, mailboxes.NO_DOMAIN)
        ]
        work.run("find_past", before=before, domains=domains)
        work.run("rename_past")
        work.run("list_erased")
        erasure.write_tables(work, progress)
        work.run("keep_past_places")
    progress(1.0, "Done")
    return int(row["messages"])


class Retention(Background):
    """Does so once a day, if there is a number of months, and finishes erasures that were interrupted."""

    def __init__(self, database: Path, months: float, *, work: Callable[[], object] | None = None) -> None:
        super().__init__("mailsight-retention", database.with_name(f"{database.stem}.retention.lock"))
        self._state = Store.of(database)
        self._months = months
        self._work = work or partial(child.run, partial(_run, database, months), process=self._child)

    def step(self) -> float:
        """Does what is due; returns the seconds until the next time."""
        try:
            if self._months or erased.is_unfinished(self._state):
                self._work()
        except NoDatabase:
            return EVERY_SECONDS
        except LoadRunning:
            return RETRY_SECONDS
        except Exception:  # noqa: BLE001  # whatever went wrong, it is repeated
            _log.exception("Old messages could not be made anonymous, or an erasure not be finished")
            return RETRY_SECONDS
        return EVERY_SECONDS


def _run(database: Path, months: float, progress: Progress) -> None:
    if erased.is_unfinished(Store.of(database)):
        erasure.finish(database, progress=progress)
        audit.by_schedule(database, Action.ERASURE_DONE)
    if months:
        run(database, months, progress=progress)
