"""Turns provider payloads into events. django-anymail reads them; `fields` adds what it leaves out."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from mailsight.errors import BadForm, InboundMail, NotThisProvider
from mailsight.vocabulary import EventType

from . import anymail, fields
from .events import Event, Request, Unreadable
from .payload import at, first, first_time, parsed, shaped, text, texts, without
from .record import Provider

# RFC 5321 allows 254, and names come before them.
MAX_ADDRESS_LENGTH = 1_000
# Providers put at most two envelopes around events. Their mappings in SQL open as many.
_MAX_ENVELOPES = 2
# Per request. Providers send up to a thousand events at once; forged requests hold millions of empty objects.
MAX_PAYLOADS = 50_000


def events_of_request(provider: Provider, request: Request) -> list[Event | Unreadable]:
    """The events in a webhook request. Does not check who sent it. Inbound mail and pings have no events."""
    try:
        value = value_of_request(provider, request)
    except NotThisProvider as error:
        return [Unreadable(error.message, request.body.decode("utf-8", "replace"))]
    if request.is_form and not provider.form_field:
        return _events_of_payload(provider, value, lambda _: request)
    return events_of_value(provider, value, request.headers)


def events_of_value(
    provider: Provider, value: object, headers: Mapping[str, str] | None = None
) -> list[Event | Unreadable]:
    """The events in a JSON value from a provider's file: an event, a batch of events, or an envelope around them.

    Anything that can't be read becomes `Unreadable` and doesn't affect other events.
    """
    try:
        payloads = unpacked(provider, value)
    except (ValueError, RecursionError) as error:
        return [_unreadable(provider, error, value)]
    if len(payloads) > 1 and provider.sends_batches and not provider.shape:
        try:
            return _read_batch(provider, _request(provider, payloads, headers))
        except Exception:  # noqa: BLE001, S110  # any of them may be the cause, so read them one by one
            pass
    return [
        event
        for payload in payloads
        for event in _events_of_payload(
            provider, payload, lambda payload: _request(provider, [payload], headers)
        )
    ]


def value_of_request(provider: Provider, request: Request) -> object:
    """The content of a request as a JSON value. Raises `NotThisProvider` if it is malformed."""
    if request.is_form:
        if not provider.takes_forms:
            raise NotThisProvider(f"A form; {provider.label} sends JSON.")
        try:
            return anymail.form_fields(request)
        except BadForm as error:
            raise NotThisProvider(f"Not a form: {error.message}") from error
    try:
        return parsed(request.body)
    except (ValueError, RecursionError) as error:
        if (values := _values_by_line(request.body)) is not None:
            return values
        raise NotThisProvider(f"Not JSON: {_fault(error)}") from error


def _values_by_line(body: bytes) -> list[object] | None:
    """The values of JSON Lines, as Mailtrap sends them if asked to; None if it is something else."""
    lines = [line for line in body.split(b"\n", MAX_PAYLOADS) if line.strip()]
    if len(lines) < 2:
        return None
    try:
        values = [parsed(line) for line in lines]
    except (ValueError, RecursionError):
        return None
    return [item for value in values for item in (value if isinstance(value, list) else [value])]


def payload_count(provider: Provider, value: object) -> int:
    """How many payloads a request's value contains, at least; 1 for a value that can't be unpacked."""
    try:
        return len(unpacked(provider, value))
    except (ValueError, RecursionError):
        return 1


def unpacked(provider: Provider, value: object) -> list[object]:
    """The payloads in a JSON value, one per event (Amazon SES: one per message). Raises ValueError, RecursionError."""
    if isinstance(value, list):
        return [payload for item in value for payload in _opened(provider, item)]
    return _opened(provider, value)


def _opened(provider: Provider, value: object, envelopes: int = _MAX_ENVELOPES) -> list[object]:
    """The payloads in an envelope, or the value itself."""
    parts = provider.unpack(value) if envelopes and isinstance(value, dict) else None
    if parts is None:
        return [value]
    return [payload for part in parts for payload in _opened(provider, part, envelopes - 1)]


def _request(provider: Provider, payloads: Sequence[object], headers: Mapping[str, str] | None) -> Request:
    """A request as the provider would send it for these payloads."""
    body = json.dumps(provider.packed(payloads), ensure_ascii=False).encode("utf-8", "replace")
    content_type = "application/json"
    if provider.form_field:
        body = urlencode({provider.form_field: body}).encode()
        content_type = "application/x-www-form-urlencoded"
    return Request(content_type, headers or {}, body)


def _events_of_payload(
    provider: Provider, payload: object, request: Callable[[object], Request]
) -> list[Event | Unreadable]:
    """The events of one payload; `request` packs it.

    If anymail fails, for instance because of a malformed time, optional parts are left out one by one.
    """
    rest = shaped(payload, provider.shape) if provider.shape else payload
    if provider.shape:
        for path in provider.spare:
            rest = without(rest, path)
    try:
        if problem := _problem(provider, payload):
            return [Unreadable(problem, _printable(payload))]
        if not _is_event(provider, payload):
            return []
        return _read(provider, request(rest), payload) or _explained(provider, payload)
    except InboundMail:
        return []
    except Exception as error:  # noqa: BLE001  # a payload can break a reader in any way
        unreadable = _unreadable(provider, error, payload)
    for path in provider.spare:
        rest = without(rest, path)
        try:
            return _read(provider, request(rest), payload)
        except Exception:  # noqa: BLE001, S112  # the first error is the one to report
            continue
    return [unreadable]


def _problem(provider: Provider, payload: object) -> str | None:
    """Why anymail must not read a payload; None if it may."""
    if any(len(text(at(payload, path)) or "") > MAX_ADDRESS_LENGTH for path in provider.addresses):
        return f"an address of more than {MAX_ADDRESS_LENGTH:,} characters"
    if not isinstance(provider.content(payload), dict):
        return _no_event(provider, "is not a JSON object")
    return None


def _is_event(provider: Provider, payload: object) -> bool:
    return fields.meaning(provider, provider.facts_of(payload)).is_event


def _explained(provider: Provider, payload: object) -> list[Event | Unreadable]:
    reason = provider.explain(payload)
    return [Unreadable(reason, _printable(payload))] if reason else []


def _read(provider: Provider, request: Request, whole: object) -> list[Event | Unreadable]:
    """The events that anymail reads from a request with one payload; `whole` is this payload with all its parts."""
    return [_event(provider, event, whole) for event in anymail.read(provider, request)]


def _read_batch(provider: Provider, request: Request) -> list[Event | Unreadable]:
    """The events that anymail reads from a request with many payloads."""
    return [
        _event(provider, event, event.esp_event)
        for event in anymail.read(provider, request)
        if _is_event(provider, event.esp_event)
    ]


_FROM_ANYMAIL = (
    *("event_id", "recipient", "message_id", "click_url", "user_agent"),
    *("mta_response", "description", "tags", "metadata"),
)


def _event(provider: Provider, event: anymail.TrackingEvent, whole: object) -> Event:
    whole = _printable(whole)
    known: dict[str, Any] = _printable({field: getattr(event, field) for field in _FROM_ANYMAIL})
    recipient, tags = text(known["recipient"]), texts(known["tags"])
    metadata = fields.metadata(known["metadata"])
    payload = provider.facts_of(whole, recipient)
    meaning = fields.meaning(provider, payload)
    kind = meaning.type or EventType.UNKNOWN
    # anymail calls a type that only Mailsight knows unknown.
    description = (
        known["description"] if event.event_type != EventType.UNKNOWN or kind == EventType.UNKNOWN else None
    )
    diagnostic = first(payload, provider.diagnostic) or text(known["mta_response"]) or text(description)
    user_agent = None if provider.user_agent else text(known["user_agent"])
    return Event(
        provider=provider.name,
        event_id=fields.event_id(provider, kind, known["event_id"], payload),
        type=kind,
        occurred_at=first_time(payload, provider.time),
        recipient=fields.value(recipient),
        message_id=fields.message_id(provider, known["message_id"], payload),
        url=fields.value(known["click_url"]) or fields.first_value(payload, provider.url),
        link_position=fields.link_position(provider, payload),
        bounce_type=fields.bounce_type(provider, kind, payload),
        reject_reason=meaning.reason,
        smtp_status=fields.smtp_status(provider, payload, diagnostic),
        diagnostic=diagnostic,
        user_agent=user_agent or fields.by_customer(kind, payload, provider.user_agent),
        ip=fields.by_customer(kind, payload, provider.ip),
        campaign_id=fields.campaign_id(provider, metadata, payload, tags),
        customer_id=fields.customer_id(provider, metadata, payload),
        tags=tags,
        metadata=metadata if provider.has_metadata else None,
        provider_machine=fields.by_machine(provider, payload),
        payload=provider.content(whole),
    )


def _unreadable(provider: Provider, error: Exception, payload: object) -> Unreadable:
    shown = None if isinstance(error, RecursionError) else _printable(payload)
    return Unreadable(_reason(provider, error), shown)


def _reason(provider: Provider, error: Exception) -> str:
    """Why a reader failed, in plain words."""
    match error:
        case json.JSONDecodeError():
            return f"not JSON: {_fault(error)}"
        case RecursionError():
            return _fault(error)
        case KeyError():
            return _no_event(provider, f"has no {error.args[0]}")
    return f"not an event of {provider.label}: {type(error).__name__}: {error}"[:300]


def _fault(error: ValueError | RecursionError) -> str:
    """What is wrong with something that is not JSON."""
    match error:
        case json.JSONDecodeError():
            return f"{error.msg} at column {error.colno}"
        case UnicodeDecodeError():
            return "not UTF-8"
        case RecursionError():
            return "nested too deeply"
    return str(error)


def _no_event(provider: Provider, why: str) -> str:
    """The twin of the macro `no_event`."""
    return f"not an event of {provider.label}: it {why}"


def _printable(value: Any) -> Any:
    """The value as valid JSON: lone surrogates become ?, and infinite numbers and NaN become null."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        readable = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return json.loads(readable, parse_constant=lambda _: None)
    return value
