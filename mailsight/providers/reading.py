"""Turns provider payloads into events. django-anymail reads them; `fields` adds what it leaves out."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from mailsight.errors import BadForm, InboundMail, NotThisProvider
from mailsight.vocabulary import EventType

from . import anymail, fields
from .events import Event, Request, Unreadable
from .payload import aware, first, first_time, text, texts, without
from .record import Provider


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
        payloads = _unpacked(provider, value)
    except (ValueError, RecursionError) as error:
        return [_unreadable(provider, error, value)]
    if len(payloads) > 1 and provider.sends_batches:
        try:
            return _read(provider, _request(provider, payloads, headers))
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
        return json.loads(request.body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise NotThisProvider(f"Not JSON: {_reason(provider, error)}") from error


def payload_count(provider: Provider, value: object) -> int:
    """How many payloads a request's value contains, at least; 1 for a value that can't be unpacked."""
    try:
        return len(_unpacked(provider, value))
    except (ValueError, RecursionError):
        return 1


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not valid JSON")


def _unpacked(provider: Provider, value: object) -> list[object]:
    """The payloads in a JSON value, one per event (Amazon SES: one per message)."""
    if isinstance(value, list):
        parts: list[object] | None = value
    else:
        parts = provider.unpack(value) if isinstance(value, dict) else None
    if parts is None:
        return [value]
    return [payload for part in parts for payload in _unpacked(provider, part)]


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
    try:
        return _read(provider, request(payload)) or _explained(provider, payload)
    except InboundMail:
        return []
    except Exception as error:  # noqa: BLE001  # a payload can break a reader in any way
        unreadable = _unreadable(provider, error, payload)
    rest = payload
    for path in provider.spare:
        rest = without(rest, path)
        try:
            return _read(provider, request(rest), payload)
        except Exception:  # noqa: BLE001, S112  # the first error is the one to report
            continue
    return [unreadable]


def _explained(provider: Provider, payload: object) -> list[Event | Unreadable]:
    reason = provider.explain(payload)
    return [Unreadable(reason, _printable(payload))] if reason else []


def _read(provider: Provider, request: Request, whole: object = None) -> list[Event | Unreadable]:
    """The events that anymail reads from a request; `whole` is the full payload if parts were left out."""
    return [
        _event(provider, event, event.esp_event if whole is None else whole)
        for event in anymail.read(provider, request)
        if event.event_type not in ("inbound", "inbound_failed")
    ]


_FROM_ANYMAIL = (
    *("event_id", "recipient", "message_id", "click_url", "user_agent", "reject_reason"),
    *("mta_response", "description", "tags", "metadata"),
)


def _event(provider: Provider, event: anymail.TrackingEvent, whole: object) -> Event:
    known: dict[str, Any] = _printable(
        {field: getattr(event, field) for field in _FROM_ANYMAIL} | {"payload": provider.content(whole)}
    )
    recipient, tags = text(known["recipient"]), texts(known["tags"])
    metadata = known["metadata"] if isinstance(known["metadata"], dict) else {}
    payload = provider.of_recipient(known["payload"], recipient)
    kind = fields.kind(provider, EventType(event.event_type), payload)
    description = known["description"] if kind == event.event_type else None
    diagnostic = text(known["mta_response"]) or first(payload, provider.diagnostic) or text(description)
    return Event(
        provider=provider.name,
        event_id=text(known["event_id"]) or first(payload, provider.event_id),
        type=kind,
        occurred_at=(event.timestamp and aware(event.timestamp)) or first_time(payload, provider.time),
        recipient=recipient,
        message_id=fields.message_id(provider, known["message_id"], payload),
        url=text(known["click_url"]),
        link_position=fields.link_position(provider, payload),
        bounce_type=fields.bounce_type(provider, kind, payload),
        reject_reason=text(known["reject_reason"]),
        smtp_status=fields.smtp_status(provider, payload, diagnostic),
        diagnostic=diagnostic,
        user_agent=text(known["user_agent"]) or fields.by_customer(kind, payload, provider.user_agent),
        ip=fields.by_customer(kind, payload, provider.ip),
        campaign_id=fields.attribution("campaign", metadata, payload, provider.campaign_id, tags),
        customer_id=fields.attribution("customer", metadata, payload, provider.customer_id),
        tags=tags,
        metadata=metadata if provider.has_metadata else None,
        provider_machine=fields.by_machine(provider, payload),
        payload=known["payload"],
    )


def _unreadable(provider: Provider, error: Exception, payload: object) -> Unreadable:
    shown = None if isinstance(error, RecursionError) else _printable(payload)
    return Unreadable(_reason(provider, error), shown)


def _reason(provider: Provider, error: Exception) -> str:
    """Why a reader failed, in plain words."""
    match error:
        case json.JSONDecodeError():
            return f"not JSON: {error.msg} at column {error.colno}"
        case RecursionError():
            return "nested too deeply"
        case KeyError():
            return f"not an event of {provider.label}: it has no {error.args[0]}"
    return f"not an event of {provider.label}: {type(error).__name__}: {error}"[:300]


def _printable(value: Any) -> Any:
    """The value as valid JSON: lone surrogates become ?, and infinite numbers and NaN become null."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        readable = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return json.loads(readable, parse_constant=lambda _: None)
    return value
