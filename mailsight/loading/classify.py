"""The rules of now, applied to all that was ever loaded: `python -m mailsight classify`."""

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


@dataclass(frozen=True, slots=True)
class Change:
    """How many events of one type a rule found before and finds now; `reason` is its name."""

    reason: str
    type: EventType
    before: int
    after: int


def classify(database: Path, *, progress: Progress = silent, wait_seconds: float = 600.0) -> Sequence[Change]:
    """Gives every open, click and unsubscription the verdict of the rules as they are set now, and counts anew.

    Publishes one generation, or none when nothing changed. A row for each rule and type of event, in the order of the
    rules. Raises `BadSetting` for a file of rules that can't be used.
    """
    rules = machines.rules()
    with draft(database, wait_seconds=wait_seconds) as work:
        progress(0.0, "Looking at all events")
        work.run("touch_all")
        before = _counts(work)
        verdicts.judge(work, rules)
        after = _counts(work)
        progress(0.6, "Counting")
        [(changed,)] = work.run("touch_judged")
        if changed:
            work.run("recall_implied")
            count(work)
        else:
            work.discard()
        progress(0.9, "Publishing")
    progress(1.0, "Done")
    # A verdict by a rule that is no more stands last.
    gone = {reason for reason, _ in before} - REASONS.keys()
    return [
        Change(name, kind, before[name, kind], after[name, kind])
        for name in (*REASONS, *sorted(gone))
        for kind in (EventType.OPENED, EventType.CLICKED, EventType.UNSUBSCRIBED)
    ]


def _counts(work: Draft) -> Counter[tuple[str, str]]:
    """Events that machines made, by reason and type, in all campaigns."""
    rows = work.rows("machine_totals")
    return Counter({(row["reason"], row["type"]): row["events"] for row in rows})
