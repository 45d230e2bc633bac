"""Reads the payloads of files or of the spool in batches, each provider's share apart."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import NamedTuple

from mailsight.errors import UnknownProvider
from mailsight.providers.events import Event, Request, Unreadable
from mailsight.providers.payload import parsed
from mailsight.providers.reading import events_of_request, events_of_value
from mailsight.providers.record import Provider
from mailsight.providers.registry import provider_named

from . import json_files, payload_files
from .json_files import BadRecord, Value
from .payload_files import ProviderFile
from .refusals import Refusal, of_file
from .refusing import Failure, tried

# A batch of values read in Python ends at either limit.
BATCH_VALUES = 20_000
BATCH_CHARACTERS = 2**23
# Planning a mapping takes DuckDB about as long as Python takes to read this much.
FEW_CHARACTERS = 2**15


@dataclass(frozen=True, slots=True)
class Payload:
    """A value from a file with its provider, and the captured request if the value is one."""

    file: ProviderFile
    sender: Provider
    record: Value
    request: Request | None = None


class Text(NamedTuple):
    """JSON for the SQL mapping of its provider, with the file and line that it is from."""

    file: ProviderFile
    line: int
    text: str


class Parsed(NamedTuple):
    """An event that was read in Python, with the file and line that it is from."""

    file: ProviderFile
    line: int
    event: Event | Unreadable


@dataclass(frozen=True, slots=True)
class Part:
    """One provider's share of a batch, in the order of files and lines."""

    sender: Provider
    items: list[Text | Parsed] = field(default_factory=list)

    def add(self, file: ProviderFile, record: Value, events: Sequence[Event | Unreadable]) -> None:
        """Adds the events of a value. What can't be shown on its own is shown with all of the value."""
        for event in events:
            is_shown = isinstance(event, Event) or event.payload is not None
            shown = event if is_shown else replace(event, payload=record.text)
            self.items.append(Parsed(file, record.line, shown))

    def runs(self) -> list[tuple[list[Text], list[Parsed]]]:
        """The items in order: some texts and the events after them, the next texts and the events after those."""
        runs: list[tuple[list[Text], list[Parsed]]] = [([], [])]
        for item in self.items:
            if isinstance(item, Parsed):
                runs[-1][1].append(item)
                continue
            if runs[-1][1]:
                runs.append(([], []))
            runs[-1][0].append(item)
        return runs


@dataclass(frozen=True, slots=True)
class Batch:
    """Payloads processed together, few enough to fit in memory."""

    parts: dict[str, Part] = field(default_factory=dict)
    bad: list[Refusal] = field(default_factory=list)

    def add(self, payload: Payload | Refusal) -> None:
        """Adds a payload: as text if DuckDB can map it, otherwise as parsed events."""
        if isinstance(payload, Refusal):
            self.bad.append(payload)
        elif isinstance(added := tried(self._add, payload), Failure):
            self.bad.append(_refused(payload.file, payload.record, added.reason))

    def _add(self, payload: Payload) -> None:
        file, sender, record, request = payload.file, payload.sender, payload.record, payload.request
        part = self.parts.setdefault(sender.name, Part(sender))
        if request is None and sender.mapped:
            part.items.append(Text(file, record.line, record.text))
        elif request is None:
            part.add(file, record, events_of_value(sender, record.value))
        elif request.is_form or not sender.mapped:
            part.add(file, record, events_of_request(sender, request))
        else:
            body = json_files.value(record.line, request.body.decode("utf-8", "surrogateescape"))
            if isinstance(body, Value):
                part.items.append(Text(file, body.line, body.text))
            else:
                part.add(file, record, events_of_request(sender, request))

    def read_few(self) -> None:
        """Reads few texts between events in Python, which is faster than planning the SQL mapping of their provider."""
        for part in self.parts.values():
            runs = part.runs()
            part.items.clear()
            for texts, events in runs:
                if sum(len(text.text) for text in texts) > FEW_CHARACTERS:
                    part.items.extend(texts)
                else:
                    for text in texts:
                        if isinstance(read := tried(_read, part, text), Failure):
                            self.bad.append(_refused(text.file, text, read.reason))
                part.items.extend(events)


def _read(part: Part, text: Text) -> None:
    value = parsed(text.text)
    part.add(text.file, Value(text.line, value, text.text), events_of_value(part.sender, value))


def _refused(file: ProviderFile, record: Value | BadRecord | Text, reason: str) -> Refusal:
    return Refusal("events", file.name, record.line, reason, record.text)


def batches(payloads: Iterator[Payload | Refusal]) -> Iterator[Batch]:
    while chunk := list(_next_batch(payloads)):
        batch = Batch()
        for payload in chunk:
            batch.add(payload)
        batch.read_few()
        yield batch


def _next_batch(payloads: Iterator[Payload | Refusal]) -> Iterator[Payload | Refusal]:
    characters = 0
    for payload in islice(payloads, BATCH_VALUES):
        yield payload
        characters += len(payload.row if isinstance(payload, Refusal) else payload.record.text)
        if characters > BATCH_CHARACTERS:
            return


def payloads_of(file: ProviderFile, sender: Provider) -> Iterator[Payload | Refusal]:
    """The values of a provider's file: plain payloads or captured requests. Where reading fails, the file ends."""
    captured = tried(payload_files.holds_requests, file)
    records = payload_files.records(file)
    while record := captured if isinstance(captured, Failure) else tried(next, records, None):
        match record:
            case Failure(reason):
                yield of_file("events", file.name, file.path, reason)
                return
            case BadRecord():
                yield _refused(file, record, record.reason)
            case _:
                yield _captured(file, record, sender) if captured else _named(file, record, sender)


def requests_of(segment: ProviderFile) -> Iterator[Payload | Refusal]:
    """The requests in a segment of the spool, each with the provider it names."""
    for record in payload_files.records(segment):
        if isinstance(record, BadRecord):
            yield _refused(segment, record, record.reason)
        else:
            yield _captured(segment, record)


def _named(file: ProviderFile, record: Value, sender: Provider) -> Payload | Refusal:
    value = tried(sender.named, record.value, file.name)
    if isinstance(value, Failure):
        return _refused(file, record, value.reason)
    return Payload(file, sender, replace(record, value=value))


def _captured(file: ProviderFile, record: Value, sender: Provider | None = None) -> Payload | Refusal:
    payload = tried(_request_in, file, record, sender)
    return _refused(file, record, payload.reason) if isinstance(payload, Failure) else payload


def _request_in(file: ProviderFile, record: Value, sender: Provider | None) -> Payload | Refusal:
    try:
        request = payload_files.request(record.value)
        name = record.value.get("provider") if isinstance(record.value, dict) else None
        return Payload(file, sender or provider_named(str(name)), record, request)
    except (ValueError, UnknownProvider) as error:
        return _refused(file, record, str(error))
