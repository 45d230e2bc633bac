"""Reads for the page Data: what is here, what was loaded, what found no campaign, what was refused."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from mailsight.vocabulary import EventType
from mailsight.warehouse.reader import Snapshot

LOADS_SHOWN = 200
ROWS_SHOWN = 200
PROVIDERS_SHOWN = 12
ROW_CHARACTERS = 160
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Load:
    """A load, or all that webhooks brought on one day: when, from where, which files (the first three of `file_count`).

    `kinds` counts the rows per kind; rows = new + known + refused.
    """

    loaded_at: datetime
    source: str
    files: Sequence[str]
    file_count: int
    kinds: Mapping[str, int]
    rows: int
    new: int
    changed: int
    refused: int

    @property
    def known(self) -> int:
        return self.rows - self.new - self.refused


@dataclass(frozen=True, slots=True)
class ProviderEvents:
    """The events of one provider, by type. The provider is empty where none was told, `OTHERS` for all small ones."""

    provider: str
    counts: Mapping[EventType, int]

    @property
    def events(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class DataReport:
    """What the database holds: rows per table, its latest loads, its events by provider (most first).

    `latest` has the time of the last event of each type; `unattributed` and `refused` count.
    """

    rows: Mapping[str, int]
    loads: Sequence[Load]
    providers: Sequence[ProviderEvents]
    latest: Mapping[EventType, datetime]
    unattributed: int
    refused: int


@dataclass(frozen=True, slots=True)
class Found:
    """The latest of the rows that a search found, and how many it found in all."""

    rows: pd.DataFrame
    total: int


def data(data: Snapshot) -> DataReport:
    """Everything on the page but the rows that can be searched. Its cost does not follow the number of events."""
    counted = data.rows("event_counts")
    latest: dict[EventType, datetime] = {}
    for row in counted:
        kind, last_at = EventType(row["type"]), row["last_at"]
        latest[kind] = max(latest.get(kind, last_at), last_at)
    return DataReport(
        rows=data.rows("totals")[0],
        loads=[Load(**row) for row in data.rows("recent_loads", most=LOADS_SHOWN)],
        providers=_providers([(row["provider"], EventType(row["type"]), row["events"]) for row in counted]),
        latest=latest,
        unattributed=_unattributed_count(data),
        refused=_refused_count(data),
    )


def _providers(counted: Sequence[tuple[str, EventType, int]]) -> list[ProviderEvents]:
    """The largest providers, and all others together: what is said to be a provider in a file may be anything."""
    counts: dict[str, Counter[EventType]] = defaultdict(Counter)
    for provider, kind, events in counted:
        counts[provider][kind] += events
    found = sorted(
        (ProviderEvents(*item) for item in counts.items()), key=lambda one: (-one.events, one.provider)
    )
    if len(found) <= PROVIDERS_SHOWN:
        return found
    others: Counter[EventType] = Counter()
    for small in found[PROVIDERS_SHOWN - 1 :]:
        others.update(small.counts)
    return [*found[: PROVIDERS_SHOWN - 1], ProviderEvents(OTHERS, others)]


def unattributed(data: Snapshot, search: str = "", most: int = ROWS_SHOWN) -> Found:
    """Events that found no campaign, latest first; `search` is looked for in recipient, message id and type.

    `rows` has occurred_at (aware), provider, type (a word), recipient, message_id, customer_id, url, bounce_type,
    reject_reason, smtp_status, diagnostic, user_agent, ip.
    """
    wanted = event_search(search)
    newest = None if wanted["search"] else most
    rows = data.frame("unattributed_events", **wanted, newest=newest, most=most)
    if not wanted["search"]:
        return Found(rows, _unattributed_count(data))
    [matches] = data.rows("unattributed_matches", **wanted)
    return Found(rows, matches["events"])


def event_search(search: str) -> dict[str, object]:
    """What the queries for unattributed events search for: these words, and the types of events they name."""
    words = search.strip()
    types = [kind for kind in EventType if words and words.lower() in (kind, kind.label.lower())]
    return {"search": words, "types": types}


def _unattributed_count(data: Snapshot) -> int:
    [unattributed] = data.rows("unattributed_count")
    return int(unattributed["events"])


def refused(data: Snapshot, search: str = "", most: int = ROWS_SHOWN) -> Found:
    """Refused rows, latest first; `search` is looked for in file and reason.

    `rows` has kind, file, line, reason, and the beginning of row.
    """
    search = search.strip()
    rows = data.frame("newest_refused_rows", search=search, most=most, characters=ROW_CHARACTERS + 1)
    return Found(rows, _refused_count(data, search))


def _refused_count(data: Snapshot, search: str = "") -> int:
    [matches] = data.rows("refused_matches", search=search)
    return int(matches["rows"])


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """What a database holds: rows per table, refused rows per file and reason, events that found no campaign."""

    rows: Mapping[str, int]
    refused: Sequence[Mapping[str, Any]]
    unattributed: int


def database_state(data: Snapshot) -> DatabaseState:
    """What is loaded, what was refused, and the events whose campaign can't be told."""
    [unattributed] = data.rows("unattributed_count")
    return DatabaseState(
        rows={row["name"]: row["rows"] for row in data.rows("table_rows")},
        refused=data.rows("refused_rows_by_reason"),
        unattributed=unattributed["events"],
    )
