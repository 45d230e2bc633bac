"""Reads batches of payloads into the view `normalized`, which has a row for each event, whoever reads it.

`normalize` writes these rows as JSON; `payloads` stages them.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC
from operator import itemgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from mailsight.providers.events import Event, Unreadable
from mailsight.providers.record import Provider
from mailsight.providers.registry import provider_named, provider_words
from mailsight.warehouse.draft import Draft, scratch

from . import finding, payload_files
from .payload_batches import Batch, Parsed, Part, Text, batches, payloads_of
from .payload_files import ProviderFile
from .refusals import Refusal, of_file
from .refusing import Failure, explained, isolated, tried


def normalize(provider_name: str, paths: Sequence[Path]) -> Iterator[str | Refusal]:
    """The events in a provider's files as JSON lines, and a `Refusal` for each unusable payload. Loads nothing.

    Raises `UnknownProvider`, and `LoadRefused` for a file that can't be read at all.
    """
    sender = provider_named(provider_name)
    with explained(), scratch() as work:
        prepare_mappings(work)
        for path in finding.payload_files(paths)[0]:
            file = tried(payload_files.unpack, path, work.folder)
            if isinstance(file, Failure):
                yield of_file("events", path.name, path, file.reason)
                continue
            for batch in batches(payloads_of(file, sender)):
                yield from (result for _, result in sorted(_normalized(work, file, batch), key=itemgetter(0)))


def _normalized(work: Draft, file: ProviderFile, batch: Batch) -> Iterator[tuple[int, str | Refusal]]:
    """The events of a file's batch as JSON lines, or as refusals, each with its line in the file."""
    for bad in batch.bad:
        yield bad.line or 1, bad
    for part in batch.parts.values():
        results: list[tuple[int, str | Refusal]] = []

        def normalize_events(events: Sequence[Parsed]) -> None:
            results.extend([(event.line, _line_or_refusal(event)) for event in events])  # noqa: B023

        def normalize_texts(texts: Sequence[Text]) -> None:
            with mapped_events(work, part.sender, texts):  # noqa: B023
                rows = work.rows("normalized_lines", provider=part.sender.name)  # noqa: B023
            results.extend([(row["ordinal"], row["line"] or _refused(file, row)) for row in rows])  # noqa: B023

        for refusal in isolated_payloads(part, normalize_events, normalize_texts):
            yield refusal.line or 1, refusal
        yield from results


def prepare_mappings(work: Draft) -> None:
    """Creates the macros that the SQL mappings share, once per connection."""
    work.run("set_provider_words", words=_json(provider_words()))
    work.run("create_provider_words")


@contextmanager
def mapped_events(work: Draft, sender: Provider, texts: Sequence[Text]) -> Iterator[None]:
    """Within the block, the view `normalized` holds the events that the provider's SQL mapping reads from the texts."""
    with work.table("batch", [(_place(text), text.text) for text in texts], _TEXTS):
        work.run("view_batch")
        work.run(f"map_{sender.name}")
        yield


@contextmanager
def parsed_events(work: Draft, events: Sequence[Parsed]) -> Iterator[None]:
    """Within the block, the view `normalized` holds the parsed events."""
    with work.table("event_batch", [_row(event) for event in events], _EVENTS):
        work.run("view_events")
        yield


def isolated_payloads(
    part: Part,
    take_events: Callable[[Sequence[Parsed]], object],
    take_texts: Callable[[Sequence[Text]], object],
) -> Iterator[Refusal]:
    """Processes a part in order; yields a refusal for each of its payloads that can't be processed."""
    for texts, events in part.runs():
        for text, failure in isolated(texts, take_texts):
            items = tried(payload_files.items, part.sender, text.text)
            if isinstance(items, Failure) or len(items) < 2:
                yield _refusal(text, failure.reason, text.text)
                continue
            for item, why in isolated([text._replace(text=item) for item in items], take_texts):
                yield _refusal(item, why.reason, item.text)
        for event, failure in isolated(events, take_events):
            payload = tried(_json, event.event.payload)
            yield _refusal(event, failure.reason, "" if isinstance(payload, Failure) else payload)


def _line_or_refusal(item: Parsed) -> str | Refusal:
    event = item.event
    if isinstance(event, Unreadable):
        return _refusal(item, event.reason, _json(event.payload))
    return _json(_values(event) | {"occurred_at": event.occurred_at and event.occurred_at.isoformat()})


def _refusal(item: Text | Parsed, reason: str, text: str) -> Refusal:
    return Refusal("events", item.file.name, item.line, reason, text)


def _refused(file: ProviderFile, row: Mapping[str, Any]) -> Refusal:
    return Refusal("events", file.name, row["ordinal"], row["refusal"], row["payload"])


def _place(item: Text | Parsed) -> tuple[str, int]:
    return str(item.file.path), item.line


def _row(item: Parsed) -> tuple[object, ...]:
    """A row of the view `normalized`."""
    event = item.event
    if isinstance(event, Unreadable):
        return (_place(item), event.reason, *(None for _ in _EVENTS.names[2:-1]), _json(event.payload))
    values = _values(event) | {
        "place": _place(item),
        "refusal": None,
        "message_id": None if event.message_id is None else str(event.message_id),
        "occurred_at": event.occurred_at and event.occurred_at.astimezone(UTC).replace(tzinfo=None),
        "tags": list(event.tags),
        "metadata": _json(event.metadata),
        "payload": _json(event.payload),
    }
    return tuple(values[name] for name in _EVENTS.names)


def _values(event: Event) -> dict[str, Any]:
    """The fields of an event. `asdict` would also copy its payload, and fail if that is nested deeply."""
    return {name: getattr(event, name) for name in _EVENT_FIELDS}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_EVENT_FIELDS = [field.name for field in fields(Event)]
_PLACE = ("place", pa.struct([("file", pa.string()), ("line", pa.int64())]))
_TEXTS = pa.schema([_PLACE, ("record", pa.string())])
_EVENTS = pa.schema(
    [
        _PLACE,
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
