"""Reapplies the current machine rules to everything loaded so far: `python -m mailsight classify`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailsight.audience import machines
from mailsight.audience.machines import REASONS
from mailsight.vocabulary import EventType
from mailsight.warehouse.draft import Draft, draft

from . import verdicts
from .derive import Progress, count
from .merge import silent
from .refusals import Refusals
from .refusing import explained


@dataclass(frozen=True, slots=True)
class Change:
    """How many events of a type a rule matched before, and matches now. `reason` is the rule's name."""

    reason: str
    type: EventType
    before: int
    after: int


def classify(database: Path, *, progress: Progress = silent, wait_seconds: float = 600.0) -> Sequence[Change]:
    """Reclassifies every open, click and unsubscribe with the current rules, and updates all counts.

    Publishes one generation, or none if no verdict changed. Returns a row per rule and event type, in rule order.
    Raises `BadSetting` for an invalid rules file.
    """
    rules = machines.rules()
    with explained(), draft(database, wait_seconds=wait_seconds) as work:
        refusals = Refusals(work)
        progress(0.0, "Checking all events")
        work.run("touch_all")
        before = _counts(work)
        verdicts.judge(work, rules, refusals.add)
        after = _counts(work)
        progress(0.6, "Counting")
        [(changed,)] = work.run("touch_judged")
        if changed:
            work.run("recall_implied")
            count(work)
            refusals.store()
        else:
            work.discard()
        progress(0.9, "Publishing")
    progress(1.0, "Done")
    # Verdicts of rules that no longer exist come last.
    obsolete = {reason for reason, _ in before} - REASONS.keys()
    return [
        Change(name, kind, before[name, kind], after[name, kind])
        for name in (*REASONS, *sorted(obsolete))
        for kind in (EventType.OPENED, EventType.CLICKED, EventType.UNSUBSCRIBED)
    ]


def _counts(work: Draft) -> Counter[tuple[str, str]]:
    """Machine events in all campaigns, by reason and type."""
    rows = work.rows("machine_totals")
    return Counter({(row["reason"], row["type"]): row["events"] for row in rows})
