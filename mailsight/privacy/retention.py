"""Takes people out of data to which nothing has happened for a number of months, and removes what counts for nobody.

Figures stay: as in an erasure, rows become nobody's.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Self

from mailsight.audience import mailboxes
from mailsight.errors import LoadRunning, NoDatabase
from mailsight.loading import arrivals, child
from mailsight.loading.background import Background
from mailsight.loading.derive import Progress
from mailsight.loading.merge import silent
from mailsight.loading.refusing import explained
from mailsight.settings import Settings
from mailsight.state import audit, erased
from mailsight.state.audit import Action
from mailsight.state.store import Store
from mailsight.warehouse.draft import rewritten
from mailsight.warehouse.reader import Warehouse

from . import erasure

EVERY_SECONDS = 86_400.0
RETRY_SECONDS = 3_600.0
_FAILED = "People could not be taken out of old data. This is retried every hour; the server log says why."

_log = logging.getLogger(__name__)


def limit(months: float, now: datetime) -> datetime:
    """The moment before which things are too old: so many months before the start of this one.

    By whole months, so that the database is written anew once a month.
    """
    month = now.year * 12 + now.month - 1 - int(months)
    return datetime(month // 12, month % 12 + 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Keep:
    """For how many months each kind of data is kept; 0 is for ever.

    `events`: messages with their events and the copies of their e-mails, which then become nobody's. `customers`:
    people of whom nothing has been heard, who become nobody with all that is theirs. `unmatched`: events without a
    message, and rejected rows, which are then removed.
    """

    events: float = 0
    customers: float = 0
    unmatched: float = 0

    @classmethod
    def of(cls, chosen: Settings) -> Self:
        return cls(chosen.keep_events_months, chosen.keep_customers_months, chosen.keep_unmatched_months)

    @property
    def is_forever(self) -> bool:
        return not (self.events or self.customers or self.unmatched)

    def before(self, now: datetime) -> dict[str, datetime | None]:
        """The moments before which data is too old, as parameters of queries."""
        kinds = {"events": self.events, "customers": self.customers, "unmatched": self.unmatched}
        return {
            f"{kind}_before": limit(months, now).replace(tzinfo=None) if months else None
            for kind, months in kinds.items()
        }


def run(
    database: Path,
    keep: Keep,
    *,
    now: datetime | None = None,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
) -> dict[str, int]:
    """Does so with what is older than it may be; returns how much of each kind that was.

    If there is nothing, nothing is written. Raises `NoDatabase` and `LoadRefused`; the database is then unchanged.
    """
    before = keep.before(now or datetime.now(UTC))
    progress(0.0, "Looking for what is old")
    with Warehouse(database).snapshot() as data:
        counts = dict(data.row("past_counts", **before) or {})
    if not any(counts.values()):
        return counts
    with explained(), rewritten(database, wait_seconds=wait_seconds) as work:
        arrivals.use_list(work, Store.of(database))
        domains = [
            domain
            for domain, addresses in work.run("address_domains")
            if addresses > 1 or mailboxes.provider(domain) not in (domain, mailboxes.NO_DOMAIN)
        ]
        people = {name: before[name] for name in ("events_before", "customers_before")}
        work.run("find_past", domains=domains, **people)
        work.run("find_past_customers", customers_before=before["customers_before"])
        work.run("find_past_unmatched", unmatched_before=before["unmatched_before"])
        work.run("find_past_refused", unmatched_before=before["unmatched_before"])
        work.run("rename_past")
        work.run("list_erased")
        erasure.write_tables(work, progress)
        work.run("keep_past_places")
    progress(1.0, "Done")
    return counts


class Retention(Background):
    """Does so once a day, if something is not kept for ever, and finishes erasures that were interrupted."""

    def __init__(self, database: Path, keep: Keep, *, work: Callable[[], object] | None = None) -> None:
        super().__init__("mailsight-retention", database.with_name(f"{database.stem}.retention.lock"))
        self._state = Store.of(database)
        self._keep = keep
        self._work = work or partial(child.run, partial(_run, database, keep), process=self._child)
        self.problem: str | None = None  # a sentence if the last time failed

    def step(self) -> float:
        """Does what is due; returns the seconds until the next time."""
        try:
            if not self._keep.is_forever or erased.is_unfinished(self._state):
                self._work()
        except NoDatabase:
            return EVERY_SECONDS
        except LoadRunning:
            return RETRY_SECONDS
        except Exception:  # noqa: BLE001  # whatever went wrong, it is repeated
            _log.exception("Old messages could not be made anonymous, or an erasure not be finished")
            self.problem = _FAILED
            return RETRY_SECONDS
        self.problem = None
        return EVERY_SECONDS


def _run(database: Path, keep: Keep, progress: Progress) -> None:
    if erased.is_unfinished(Store.of(database)):
        erasure.finish(database, progress=progress)
        audit.by_schedule(database, Action.ERASURE_DONE)
    if not keep.is_forever:
        run(database, keep, progress=progress)
