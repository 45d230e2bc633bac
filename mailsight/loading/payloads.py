"""Loads provider payloads, from files or from the spool of live webhooks, as events.

DuckDB reads the payloads of providers with an SQL mapping (`queries/providers`), which is fast. Form posts, other
providers and broken files are read value by value in Python. Both paths yield the same events for the same payload.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from mailsight.errors import UnknownProvider
from mailsight.figures.metrics import share
from mailsight.providers.events import Event, Request, Unreadable
from mailsight.providers.reading import events_of_request, events_of_value
from mailsight.providers.record import Provider
from mailsight.providers.registry import bounce_words, provider_named
from mailsight.warehouse.draft import Draft, UnsoundFile, draft, scratch

from . import json_files, payload_files
from .derive import Progress
from .json_files import BadRecord, Value
from .merge import LoadSummary, Refusal, complete, silent
from .payload_files import ProviderFile
from .spool import Spool

WEBHOOKS = "webhooks"
# A batch of values read in Python ends at either limit.
BATCH_VALUES = 20_000
BATCH_CHARACTERS = 2**25


def ingest(
    database: Path,
    provider_name: str,
    paths: Sequence[Path],
    *,
    strict: bool = False,
    progress: Progress = silent,
    wait_seconds: float = 600.0,
) -> LoadSummary:
    """Loads files of a provider's payloads and publishes the result as one generation.

    `progress` is called with the share done (0 to 1) and the current step. With `strict`, one rejected payload rejects
    the whole load. Raises `UnknownProvider`, and `LoadRefused` if nothing could be loaded; the database is then
    unchanged.
    """
    sender = provider_named(provider_name)
    with draft(database, wait_seconds=wait_seconds) as work:
        staging = _Staging(work)
        for index, path in enumerate(paths):
            progress(0.5 * (share(index, len(paths)) or 0.0), f"Reading {path.name}")
            staging.take_file(payload_files.unpack(path, work.folder), sender)
        names = [path.name for path in paths]
        summary = staging.complete(sender.name, names, strict=strict, progress=progress)
    progress(1.0, "Done")
    return summary


def ingest_spool(database: Path, spool: Spool, *, wait_seconds: float = 600.0) -> LoadSummary | None:
    """Loads the spooled webhooks, publishes them as one generation, and removes them from the spool.

    Returns None if there were none. Safe to repeat after a crash: events loaded twice count once. Raises `LoadRefused`;
    the spool is then unchanged.
    """
    if not spool.seal():
        return None
    with draft(database, wait_seconds=wait_seconds) as work:
        # Look again while holding the draft: another process may have loaded them while this one waited.
        segments = spool.seal()
        staging = _Staging(work)
        for segment in segments:
            staging.take_segment(ProviderFile(f"{WEBHOOKS}/{segment.name}", segment))
        summary = staging.complete(WEBHOOKS, [], strict=False, progress=silent)
    spool.remove(segments)
    return summary


def normalize(provider_name: str, paths: Sequence[Path]) -> Iterator[str | Refusal]:
    """The events in a provider's files as JSON lines, and a `Refusal` for each unusable payload. Loads nothing.

    Raises `UnknownProvider`, and `LoadRefused` for a file that can't be read at all.
    """
    sender = provider_named(provider_name)
    with scratch() as work:
        prepare_mappings(work)
        for path in paths:
            file = payload_files.unpack(path, work.folder)
            for batch in _batches(_payloads(file, sender)):
                results: list[tuple[int, str | Refusal]] = [(bad.line, _bad(file, bad)) for bad in batch.bad]
                for part in batch.parts.values():
                    results += [(line, _line_or_refusal(file, line, event)) for line, event in part.events]
                    if part.texts:
                        with _mapped_events(work, part):
                            rows = work.rows("normalized_lines", provider=sender.name)
                        results += [(row["ordinal"], row["line"] or _refused(file, row)) for row in rows]
                yield from (result for _, result in sorted(results, key=lambda result: result[0]))


@dataclass(frozen=True, slots=True)
class _Payload:
    """A value from a file with its provider, and the captured request if the value is one."""

    sender: Provider
    record: Value
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    """One provider's share of a batch, each item with its line: JSON texts for its SQL mapping, and parsed events."""

    sender: Provider
    texts: list[tuple[int, str]] = field(default_factory=list)
    events: list[tuple[int, Event | Unreadable]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Payloads processed together, few enough to fit in memory."""

    parts: dict[str, _Part] = field(default_factory=dict)
    bad: list[BadRecord] = field(default_factory=list)

    def add(self, payload: _Payload | BadRecord) -> None:
        """Adds a payload: as text if DuckDB can map it, otherwise as parsed events."""
        if isinstance(payload, BadRecord):
            self.bad.append(payload)
            return
        sender, record, request = payload.sender, payload.record, payload.request
        part = self.parts.setdefault(sender.name, _Part(sender))
        if request is None and sender.mapped:
            part.texts.append((record.line, record.text))
        elif request is None:
            part.events.extend((record.line, event) for event in events_of_value(sender, record.value))
        elif request.is_form or not sender.mapped:
            part.events.extend((record.line, event) for event in events_of_request(sender, request))
        else:
            body = json_files.value(record.line, request.body.decode("utf-8", "surrogateescape"))
            if isinstance(body, Value):
                part.texts.append((body.line, body.text))
            else:
                self.bad.append(body)


def _batches(payloads: Iterator[_Payload | BadRecord]) -> Iterator[_Batch]:
    while chunk := list(_next_batch(payloads)):
        batch = _Batch()
        for payload in chunk:
            batch.add(payload)
        yield batch


def _next_batch(payloads: Iterator[_Payload | BadRecord]) -> Iterator[_Payload | BadRecord]:
    characters = 0
    for payload in islice(payloads, BATCH_VALUES):
        yield payload
        characters += len(payload.text if isinstance(payload, BadRecord) else payload.record.text)
        if characters > BATCH_CHARACTERS:
            return


def _payloads(file: ProviderFile, sender: Provider) -> Iterator[_Payload | BadRecord]:
    """The values of a provider's file: plain payloads or captured requests."""
    captured = payload_files.holds_requests(file)
    for record in payload_files.records(file):
        if isinstance(record, BadRecord):
            yield record
        else:
            yield _captured(record, sender) if captured else _Payload(sender, record)


def _spooled(segment: ProviderFile) -> Iterator[_Payload | BadRecord]:
    """The requests in a segment of the spool, each with the provider it names."""
    for record in payload_files.records(segment):
        yield record if isinstance(record, BadRecord) else _captured(record)


def _captured(record: Value, sender: Provider | None = None) -> _Payload | BadRecord:
    try:
        request = payload_files.request(record.value)
        name = record.value.get("provider") if isinstance(record.value, dict) else None
        return _Payload(sender or provider_named(str(name)), record, request)
    except (ValueError, UnknownProvider) as error:
        return BadRecord(record.line, str(error), record.text)


def prepare_mappings(work: Draft) -> None:
    """Creates the macros that the SQL mappings share, once per connection."""
    work.run("set_bounce_words", words=_json(bounce_words()))
    work.run("create_provider_words")


@contextmanager
def _mapped_events(work: Draft, part: _Part) -> Iterator[None]:
    """Within the block, the view `normalized` holds the events that the provider's SQL mapping reads from the part."""
    with work.table("batch", part.texts, _TEXTS):
        work.run("view_batch")
        work.run(f"map_{part.sender.name}")
        yield


@contextmanager
def _parsed_events(work: Draft, part: _Part) -> Iterator[None]:
    """Within the block, the view `normalized` holds the parsed events of the part."""
    with work.table("event_batch", [_row(line, event) for line, event in part.events], _EVENTS):
        work.run("view_events")
        yield


class _Staging:
    """The staged events of one load, and its rejected payloads."""

    def __init__(self, work: Draft) -> None:
        work.run("create_staging")
        prepare_mappings(work)
        self._work = work
        self._refusals: list[Refusal] = []
        self._unread = 0

    def take_file(self, file: ProviderFile, sender: Provider) -> None:
        """Stages the events of a provider's file: with DuckDB if the whole file is valid, otherwise value by value."""
        plain = sender.mapped and not file.problem and not payload_files.holds_requests(file)
        if not (plain and self._take_fast(file, sender)):
            self._take(file, _payloads(file, sender))

    def take_segment(self, segment: ProviderFile) -> None:
        """Stages the events of a spool segment."""
        self._take(segment, _spooled(segment))

    def complete(self, source: str, files: Sequence[str], *, strict: bool, progress: Progress) -> LoadSummary:
        """Merges the staged events into the database."""
        return complete(
            self._work,
            source=source,
            files=files,
            refusals=sorted(self._refusals, key=lambda refusal: (refusal.file, refusal.line)),
            unread=Counter(events=self._unread),
            strict=strict,
            progress=progress,
        )

    def _take(self, file: ProviderFile, payloads: Iterator[_Payload | BadRecord]) -> None:
        for batch in _batches(payloads):
            self._refusals += [_bad(file, bad) for bad in batch.bad]
            self._unread += len(batch.bad)
            for part in batch.parts.values():
                for view, filled in ((_mapped_events, part.texts), (_parsed_events, part.events)):
                    if filled:
                        with view(self._work, part):
                            self._stage(file, part.sender)
        self._refusals += [_refused(file, row) for row in self._staged_refusals(file)]

    def _take_fast(self, file: ProviderFile, sender: Provider) -> bool:
        """Reads the whole file with DuckDB; returns False if DuckDB can't."""
        for view, numbered in (
            ("view_lines", "view_numbered_lines"),
            ("view_values", "view_numbered_values"),
        ):
            try:
                self._read_whole(view, file, sender)
                if self._staged_refusals(file):
                    # Numbering the values is slow, so it is done only if rejected payloads need their lines.
                    self._work.run("unstage", file=str(file.path))
                    self._read_whole(numbered, file, sender)
            except UnsoundFile:
                continue
            refused = self._staged_refusals(file)
            ordinals = {row["ordinal"] for row in refused}
            lines = payload_files.line_numbers(file, ordinals, by_line=view == "view_lines")
            self._refusals += [_refused(file, row | {"ordinal": lines[row["ordinal"]]}) for row in refused]
            return True
        return False

    def _read_whole(self, view: str, file: ProviderFile, sender: Provider) -> None:
        self._work.run("read_from", path=str(file.path))
        self._work.run(view)
        self._work.run(f"map_{sender.name}")
        self._stage(file, sender)

    def _stage(self, file: ProviderFile, sender: Provider) -> None:
        self._work.run("stage_normalized", file=str(file.path), provider=sender.name)

    def _staged_refusals(self, file: ProviderFile) -> list[dict[str, Any]]:
        return self._work.rows("staged_refusals_of", file=str(file.path))


def _line_or_refusal(file: ProviderFile, line: int, event: Event | Unreadable) -> str | Refusal:
    if isinstance(event, Unreadable):
        return Refusal("events", file.name, line, event.reason, _json(event.payload))
    return _json(asdict(event) | {"occurred_at": event.occurred_at and event.occurred_at.isoformat()})


def _bad(file: ProviderFile, bad: BadRecord) -> Refusal:
    return Refusal("events", file.name, bad.line, bad.reason, bad.text)


def _refused(file: ProviderFile, row: Mapping[str, Any]) -> Refusal:
    return Refusal("events", file.name, row["ordinal"], row["refusal"], row["payload"])


def _row(line: int, event: Event | Unreadable) -> tuple[object, ...]:
    """A row of the view `normalized`."""
    if isinstance(event, Unreadable):
        return (line, event.reason, *(None for _ in _EVENTS.names[2:-1]), _json(event.payload))
    values = asdict(event) | {
        "ordinal": line,
        "refusal": None,
        "message_id": None if event.message_id is None else str(event.message_id),
        "occurred_at": event.occurred_at and event.occurred_at.astimezone(UTC).replace(tzinfo=None),
        "tags": list(event.tags),
        "metadata": _json(event.metadata),
        "payload": _json(event.payload),
    }
    return tuple(values[name] for name in _EVENTS.names)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_TEXTS = pa.schema([("line", pa.int64()), ("record", pa.string())])
_EVENTS = pa.schema(
    [
        ("ordinal", pa.int64()),
        *((name, pa.string()) for name in ("refusal", "event_id", "type")),
        ("occurred_at", pa.timestamp("us")),
        *((name, pa.string()) for name in ("recipient", "message_id", "url")),
        ("link_position", pa.int32()),
        *((name, pa.string()) for name in ("bounce_type", "reject_reason", "smtp_status", "diagnostic")),
        *((name, pa.string()) for name in ("user_agent", "ip", "campaign_id", "customer_id")),
        ("tags", pa.list_(pa.string())),
        ("metadata", pa.string()),
        ("provider_machine", pa.bool_()),
        ("payload", pa.string()),
    ]
)
