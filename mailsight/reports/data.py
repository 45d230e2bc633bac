"""The reports of the Data page: table sizes, recent loads, unmatched events and rejected rows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd

from mailsight.vocabulary import EventType
from mailsight.warehouse.reader import Snapshot

MAX_LOADS = 200
MAX_ROWS = 200
MAX_PROVIDERS = 12
MAX_ROW_LENGTH = 160
OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Load:
    """One load, or all webhook loads of one day.

    `files` lists the first three of `file_count` files; `kinds` counts the rows per kind; rows = new + known + refused.
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
    """The events of one provider, by type.

    `provider` is empty for events without a provider, and `OTHERS` for the smaller providers together.
    """

    provider: str
    counts: Mapping[EventType, int]

    @property
    def events(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Import:
    """A source that was imported: its name, its address without a password, and the last import with news."""

    source: str
    place: str
    loaded_at: datetime | None
    new: int


@dataclass(frozen=True, slots=True)
class DataReport:
    """The database's contents: rows per table, recent loads (newest first), and events per provider (most first).

    `latest` holds the time of the last event of each type; `unattributed` and `refused` are counts.
    """

    rows: Mapping[str, int]
    loads: Sequence[Load]
    providers: Sequence[ProviderEvents]
    latest: Mapping[EventType, datetime]
    unattributed: int
    refused: int
    imports: Sequence[Import] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The latest rows that match a search, and the number of all rows that match."""

    rows: pd.DataFrame
    total: int


def data(data: Snapshot) -> DataReport:
    """Read everything the page shows except its two searchable tables. Takes the same time however many events."""
    event_counts = data.rows("event_counts")
    latest: dict[EventType, datetime] = {}
    for row in event_counts:
        kind, last_at = EventType(row["type"]), row["last_at"]
        latest[kind] = max(latest.get(kind, last_at), last_at)
    return DataReport(
        rows=data.rows("totals")[0],
        loads=[Load(**row) for row in data.rows("recent_loads", most=MAX_LOADS)],
        providers=_providers(
            [(row["provider"], EventType(row["type"]), row["events"]) for row in event_counts]
        ),
        latest=latest,
        unattributed=_unattributed_count(data),
        refused=_refused_count(data),
        imports=[Import(**row) for row in data.rows("import_places")],
    )


def _providers(event_counts: Sequence[tuple[str, EventType, int]]) -> list[ProviderEvents]:
    """Return the largest providers, and the rest as `OTHERS`: a file may name any number of providers."""
    counts: dict[str, Counter[EventType]] = defaultdict(Counter)
    for provider, kind, events in event_counts:
        counts[provider][kind] += events
    providers = [ProviderEvents(provider, by_type) for provider, by_type in counts.items()]
    providers.sort(key=lambda provider: (-provider.events, provider.provider))
    if len(providers) <= MAX_PROVIDERS:
        return providers
    others: Counter[EventType] = Counter()
    for small in providers[MAX_PROVIDERS - 1 :]:
        others.update(small.counts)
    return [*providers[: MAX_PROVIDERS - 1], ProviderEvents(OTHERS, others)]


def unattributed(data: Snapshot, search: str = "", limit: int = MAX_ROWS) -> SearchResult:
    """Read unmatched events, latest first. `search` applies to recipient, message id and type.

    Columns of `rows`: occurred_at (aware), provider, type, recipient, message_id, customer_id, url, bounce_type,
    reject_reason, smtp_status, diagnostic, user_agent, ip.
    """
    parameters = event_search(search)
    newest = None if parameters["search"] else limit
    rows = data.frame("unattributed_events", **parameters, newest=newest, most=limit)
    if not parameters["search"]:
        return SearchResult(rows, _unattributed_count(data))
    [matches] = data.rows("unattributed_matches", **parameters)
    return SearchResult(rows, matches["events"])


def event_search(search: str) -> dict[str, object]:
    """Return the search parameters of the queries for unmatched events: the words, and any event type they name."""
    words = search.strip()
    types = [kind for kind in EventType if words and words.lower() in (kind, kind.label.lower())]
    return {"search": words, "types": types}


def _unattributed_count(data: Snapshot) -> int:
    [unattributed] = data.rows("unattributed_count")
    return int(unattributed["events"])


def loaded_rows(data: Snapshot) -> Mapping[str, int]:
    """How many rows all loads brought, by result: new, existing or rejected."""
    [counts] = data.rows("loaded_rows")
    return {result: int(count) for result, count in counts.items()}


def refused(data: Snapshot, search: str = "", limit: int = MAX_ROWS) -> SearchResult:
    """Read rejected rows, latest first. `search` applies to file and reason.

    Columns of `rows`: kind, file, line, reason, row (its first characters).
    """
    search = search.strip()
    rows = data.frame("newest_refused_rows", search=search, most=limit, characters=MAX_ROW_LENGTH + 1)
    return SearchResult(rows, _refused_count(data, search))


def _refused_count(data: Snapshot, search: str = "") -> int:
    [matches] = data.rows("refused_matches", search=search)
    return int(matches["rows"])


@dataclass(frozen=True, slots=True)
class DatabaseState:
    """The state that `mailsight check` prints: rows per table, rejected rows per file and reason, unmatched events."""

    rows: Mapping[str, int]
    refused: Sequence[Mapping[str, Any]]
    unattributed: int


def database_state(data: Snapshot) -> DatabaseState:
    return DatabaseState(
        rows={row["name"]: row["rows"] for row in data.rows("table_rows")},
        refused=data.rows("refused_rows_by_reason"),
        unattributed=_unattributed_count(data),
    )
