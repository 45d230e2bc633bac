"""Reads the payloads of a file or of the spool in batches, each provider's share apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from mailsight.errors import UnknownProvider
from mailsight.providers.events import Event, Request, Unreadable
from mailsight.providers.payload import parsed
from mailsight.providers.reading import events_of_request, events_of_value
from mailsight.providers.record import Provider
from mailsight.providers.registry import provider_named

from . import json_files, payload_files
from .json_files import BadRecord, Value
from .payload_files import ProviderFile
from .refusing import Failure, tried

# A batch of values read in Python ends at either limit.
BATCH_VALUES = 20_000
BATCH_CHARACTERS = 2**23
# Planning a mapping takes DuckDB about as long as Python takes to read this much.
FEW_CHARACTERS = 2**15


@dataclass(frozen=True, slots=True)
class Payload:
    """A value from a file with its provider, and the captured request if the value is one."""

    sender: Provider
    record: Value
    request: Request | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One provider's share of a batch, each item with its line: JSON texts for its SQL mapping, and parsed events."""

    sender: Provider
    texts: list[tuple[int, str]] = field(default_factory=list)
    events: list[tuple[int, Event | Unreadable]] = field(default_factory=list)

    def add(self, record: Value, events: Sequence[Event | Unreadable]) -> None:
        """Adds the events of a value. What can't be shown on its own is shown with all of the value."""
        for event in events:
            is_shown = isinstance(event, Event) or event.payload is not None
            self.events.append((record.line, event if is_shown else replace(event, payload=record.text)))


@dataclass(frozen=True, slots=True)
class Batch:
    """Payloads processed together, few enough to fit in memory."""

    parts: dict[str, Part] = field(default_factory=dict)
    bad: list[BadRecord] = field(default_factory=list)

    def add(self, payload: Payload | BadRecord) -> None:
        """Adds a payload: as text if DuckDB can map it, otherwise as parsed events."""
        if isinstance(payload, BadRecord):
            self.bad.append(payload)
        elif isinstance(added := tried(self._add, payload), Failure):
            self.bad.append(BadRecord(payload.record.line, added.reason, payload.record.text))

    def _add(self, payload: Payload) -> None:
        sender, record, request = payload.sender, payload.record, payload.request
        part = self.parts.setdefault(sender.name, Part(sender))
        if request is None and sender.mapped:
            part.texts.append((record.line, record.text))
        elif request is None:
            part.add(record, events_of_value(sender, record.value))
        elif request.is_form or not sender.mapped:
            part.add(record, events_of_request(sender, request))
        else:
            body = json_files.value(record.line, request.body.decode("utf-8", "surrogateescape"))
            if isinstance(body, Value):
                part.texts.append((body.line, body.text))
            else:
                part.add(record, events_of_request(sender, request))

    def read_few(self) -> None:
        """Reads the texts of a provider with few of them in Python, which is faster than planning its SQL mapping."""
        for part in self.parts.values():
            if sum(len(text) for _, text in part.texts) <= FEW_CHARACTERS:
                for line, text in part.texts:
                    if isinstance(read := tried(_read, part, line, text), Failure):
                        self.bad.append(BadRecord(line, read.reason, text))
                part.texts.clear()


def _read(part: Part, line: int, text: str) -> None:
    value = parsed(text)
    part.add(Value(line, value, text), events_of_value(part.sender, value))


def batches(payloads: Iterator[Payload | BadRecord]) -> Iterator[Batch]:
    while chunk := list(_next_batch(payloads)):
        batch = Batch()
        for payload in chunk:
            batch.add(payload)
        batch.read_few()
        yield batch


def _next_batch(payloads: Iterator[Payload | BadRecord]) -> Iterator[Payload | BadRecord]:
    characters = 0
    for payload in islice(payloads, BATCH_VALUES):
        yield payload
        characters += len(payload.text if isinstance(payload, BadRecord) else payload.record.text)
        if characters > BATCH_CHARACTERS:
            return


def payloads_of(file: ProviderFile, sender: Provider) -> Iterator[Payload | BadRecord]:
    """The values of a provider's file: plain payloads or captured requests."""
    captured = payload_files.holds_requests(file)
    for record in payload_files.records(file):
        if isinstance(record, BadRecord):
            yield record
        else:
            yield _captured(record, sender) if captured else _named(record, sender, file.name)


def _named(record: Value, sender: Provider, file: str) -> Payload | BadRecord:
    value = tried(sender.named, record.value, file)
    if isinstance(value, Failure):
        return BadRecord(record.line, value.reason, record.text)
    return Payload(sender, replace(record, value=value))


def requests_of(segment: ProviderFile) -> Iterator[Payload | BadRecord]:
    """The requests in a segment of the spool, each with the provider it names."""
    for record in payload_files.records(segment):
        yield record if isinstance(record, BadRecord) else _captured(record)


def _captured(record: Value, sender: Provider | None = None) -> Payload | BadRecord:
    payload = tried(_request_in, record, sender)
    return BadRecord(record.line, payload.reason, record.text) if isinstance(payload, Failure) else payload


def _request_in(record: Value, sender: Provider | None) -> Payload | BadRecord:
    try:
        request = payload_files.request(record.value)
        name = record.value.get("provider") if isinstance(record.value, dict) else None
        return Payload(sender or provider_named(str(name)), record, request)
    except (ValueError, UnknownProvider) as error:
        return BadRecord(record.line, str(error), record.text)
