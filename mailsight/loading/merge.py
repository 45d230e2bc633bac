"""The second half of every load: merges staged rows, derives the tables behind the screens, and records the load."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any

import pyarrow as pa

from mailsight.errors import LoadRefused
from mailsight.providers.registry import provider_ids
from mailsight.warehouse.draft import Draft

from . import arrivals
from .derive import Progress, derive
from .refusals import PassedOver, Refusal, Refusals
from .refusing import isolated, undone

# Each trial merges and counts a part of the rows, which takes about as long as loading them. Finding a row to blame
# among n takes about 2 log n trials.
MAX_TRIALS = 1_000
_BATCH_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class KindSummary:
    """Row counts of one kind: rows = new + known + refused. `changed` of the known rows held new values.

    `withdrawn` counts the stored rows that an import with other settings gave, and that were replaced or deleted.
    """

    kind: str
    rows: int
    new: int
    changed: int
    refused: int
    withdrawn: int = 0

    @property
    def known(self) -> int:
        return self.rows - self.new - self.refused


@dataclass(frozen=True, slots=True)
class LoadSummary:
    """What a load did. `changed` is False if everything was already known; nothing is published then.

    `refusals` has the first of the `rejected` rows, by file and line. `passed_over` are files that were not read.
    `notes` are sentences about what was read.
    """

    kinds: Sequence[KindSummary]
    refusals: Sequence[Refusal]
    rejected: int
    ignored_columns: dict[str, tuple[str, ...]]
    changed: bool
    passed_over: Sequence[PassedOver] = ()
    notes: Sequence[str] = ()


def silent(done: float, doing: str) -> None:
    """Ignores progress."""


def reject_failing(work: Draft, progress: Progress = silent, *, corrects: bool = False) -> None:
    """Rejects the staged rows that make merging or counting fail, which are isolated by trials.

    First each part on its own, which is fast; then with all rows before it, for those that only fail together.
    `corrects` is that of `complete`.
    """
    for accumulates in (False, True):
        [(total,)] = work.run("number_staged")
        attempt = partial(_attempt, work, progress, accumulates, corrects)
        failures = isolated(range(total), attempt, MAX_TRIALS)
        while batch := [(row, failure.reason) for row, failure in islice(failures, _BATCH_ROWS)]:
            with work.table("failed_rows", batch, _FAILED):
                work.run("reject_staged")


def _attempt(work: Draft, progress: Progress, accumulates: bool, corrects: bool, rows: Sequence[int]) -> None:
    """Merges and counts these rows, and those accepted before, and undoes it."""
    progress(0.5, "Looking for rows that can't be loaded")
    chosen = {"first": rows[0] if rows else 0, "last": rows[-1] if rows else -1}
    with undone(work):
        work.run("choose_staged", **chosen)
        work.run("reject_staged")
        _merge(work, _now(), corrects)
        derive(work, lambda _: None, silent)
    if accumulates:
        work.run("accept_staged", **chosen)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def _merge(work: Draft, loaded_at: datetime, corrects: bool) -> None:
    work.run("set_loaded_at", loaded_at=loaded_at)
    work.run("set_provider_ids", ids=json.dumps(provider_ids()))
    if corrects:
        work.run("withdraw")
    for name in ("merge_campaigns", "merge_customers", "merge_messages", "merge_events", "merge_totals"):
        work.run(name)


def complete(
    work: Draft,
    *,
    source: str,
    files: Sequence[str],
    refusals: Refusals,
    unread: Counter[str],
    strict: bool,
    progress: Progress,
    ignored_columns: dict[str, tuple[str, ...]] | None = None,
    passed_over: Sequence[PassedOver] = (),
    is_news: bool = False,
    corrects: bool = False,
) -> LoadSummary:
    """Merges the staged rows, derives the affected campaigns and records the load, or discards a draft without news.

    `is_news`: whether the draft has something new besides rows. `corrects`: whether the rows replace those that were
    set aside (`set_earlier_aside`).

    `unread` counts the rejected rows that never got staged, by kind. With `strict`, raises `LoadRefused` if any row was
    rejected, or any file passed over.
    """
    if strict and passed_over:
        raise LoadRefused(
            f"{passed_over[0].name} was passed over: {passed_over[0].reason}",
            next_step="To load the rest without it, load without --strict.",
        )
    if strict and refusals.total:
        [first] = refusals.first(1)
        raise LoadRefused(
            f"{refusals.total:,} rows were refused; the first is {first}.",
            next_step="Fix the file, or load without --strict to skip these rows.",
        )
    progress(0.5, "Adding new rows")
    loaded_at = _now()
    arrivals.of(work).erase_mentions()
    _merge(work, loaded_at, corrects)
    refusals.pass_over(passed_over)
    newly_refused = refusals.store()
    withdrawn = Counter(dict(work.run("withdrawn_counts")))
    kinds = [
        _summary(row, unread[row["kind"]], withdrawn[row["kind"]])
        for row in work.rows("load_summary")
        if row["kind"] not in ("totals", "e-mails")
        or row["rows"] + unread[row["kind"]]  # most loads have none
    ]
    changed = bool(newly_refused or any(kind.new or kind.changed or kind.withdrawn for kind in kinds))
    if changed:
        derive(work, refusals.add, lambda done, doing: progress(0.6 + 0.35 * done, doing))
        refusals.store()
        _record(work, loaded_at, source, files, kinds)
        progress(0.95, "Publishing")
    elif not is_news:
        work.discard()
    return LoadSummary(kinds, refusals.first(), refusals.total, ignored_columns or {}, changed, passed_over)


def _summary(row: Mapping[str, Any], unread: int, withdrawn: int) -> KindSummary:
    """The counts of a kind. What replaces a withdrawn row is not new, but changed."""
    replaced = min(row["new"], withdrawn)
    return KindSummary(
        row["kind"],
        rows=row["rows"] + unread,
        new=row["new"] - replaced,
        changed=row["changed"] + replaced,
        refused=row["refused"] + unread,
        withdrawn=withdrawn,
    )


def _record(
    work: Draft, loaded_at: datetime, source: str, files: Sequence[str], kinds: Sequence[KindSummary]
) -> None:
    rows = [
        (loaded_at, source, list(files), kind.kind, kind.rows, kind.new, kind.changed, kind.refused)
        for kind in kinds
        if kind.rows
    ]
    with work.table("load_rows", rows, _LOADS):
        work.run("record_load")


_FAILED = pa.schema([("number", pa.int64()), ("reason", pa.string())])
_LOADS = pa.schema(
    [
        ("loaded_at", pa.timestamp("us")),
        ("source", pa.string()),
        ("files", pa.list_(pa.string())),
        ("kind", pa.string()),
        *((count, pa.int64()) for count in ("rows", "new", "changed", "refused")),
    ]
)
