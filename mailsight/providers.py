"""The providers whose events Mailsight understands: what they send, who may send it, and what it says.

django-anymail reads what a provider sends and checks who sent it (`anymail_views`). How events are packed is told in
`provider_shapes`, and where the provider says what anymail leaves out in `provider_details`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from . import provider_details as details
from . import provider_shapes as shapes
from .errors import BadSetting, NotGenuine, NotThisProvider, UnknownProvider
from .vocabulary import EventType

_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True)
class Request:
    """A webhook request as it came; the names of its headers in any case."""

    content_type: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_form(self) -> bool:
        """Whether the body is a form, not JSON."""
        return self.content_type.lower().startswith(_FORMS)


@dataclass(frozen=True, slots=True)
class Event:
    """What a provider told about one message, in Mailsight's words. `payload` is the same in the provider's."""

    provider: str
    event_id: str | None
    type: EventType
    occurred_at: datetime | None
    recipient: str | None
    message_id: str | int | None  # Postal numbers its messages
    url: str | None
    link_position: int | None
    bounce_type: str | None
    reject_reason: str | None
    smtp_status: str | None
    diagnostic: str | None
    user_agent: str | None
    ip: str | None
    campaign_id: str | None
    customer_id: str | None
    tags: tuple[str, ...]
    metadata: Mapping[str, object] | None  # None: this provider carries none
    provider_machine: bool | None
    payload: object


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A payload of which the provider's reader could make no event, and why, for people."""

    reason: str
    payload: object


@dataclass(frozen=True, slots=True)
class Secret:
    """What can be agreed with a provider, so that nobody else can send in its name.

    `name` is what Mailsight's settings call it, `keyword` what anymail does; `suffices`: it keeps others out alone.
    """

    name: str
    keyword: str
    suffices: bool = True


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider. `mapped`: `queries/providers/` has its events in SQL, which is how its files are read."""

    name: str
    label: str
    secrets: tuple[Secret, ...]
    mapped: bool = False


# A user and a password in the webhook's URL, `user:password`: every provider can send these.
_BASIC_AUTH = Secret("basic_auth", "webhook_secret")
_BASIC_AUTH_BESIDES = Secret("basic_auth", "webhook_secret", suffices=False)

PROVIDERS: Mapping[str, Provider] = {
    provider.name: provider
    for provider in (
        Provider("amazon_ses", "Amazon SES", (_BASIC_AUTH,), mapped=True),
        Provider("brevo", "Brevo", (_BASIC_AUTH,)),
        Provider(
            "mailersend", "MailerSend", (Secret("signing_secret", "signing_secret"), _BASIC_AUTH_BESIDES)
        ),
        Provider(
            "mailgun",
            "Mailgun",
            (Secret("signing_key", "webhook_signing_key"), _BASIC_AUTH_BESIDES),
            mapped=True,
        ),
        Provider("mailjet", "Mailjet", (_BASIC_AUTH,)),
        Provider("mailtrap", "Mailtrap", (Secret("signing_secret", "tracking_secret"), _BASIC_AUTH)),
        Provider("mandrill", "Mandrill", (Secret("webhook_key", "webhook_key"), _BASIC_AUTH_BESIDES)),
        Provider("postal", "Postal", (Secret("public_key", "webhook_key"), _BASIC_AUTH_BESIDES)),
        Provider("postmark", "Postmark", (_BASIC_AUTH,), mapped=True),
        Provider("resend", "Resend", (Secret("signing_secret", "signing_secret"), _BASIC_AUTH)),
        Provider(
            "sendgrid",
            "SendGrid",
            (Secret("verification_key", "tracking_webhook_verification_key"), _BASIC_AUTH),
            mapped=True,
        ),
        Provider("sparkpost", "SparkPost", (_BASIC_AUTH,)),
        Provider("unisender_go", "Unisender Go", (Secret("api_key", "api_key"), _BASIC_AUTH_BESIDES)),
    )
}


def provider(name: str) -> Provider:
    """The provider of this name. Raises `UnknownProvider`, naming those there are."""
    try:
        return PROVIDERS[name]
    except KeyError:
        raise UnknownProvider(
            f"There is no provider {name!r}.", next_step=f"There are {', '.join(PROVIDERS)}."
        ) from None


def events_of_request(name: str, request: Request) -> list[Event | Unreadable]:
    """The events in a webhook request; who sent it is not asked. Inbound mail and pings hold none."""
    provider(name)
    posted = _posted(request)
    try:
        value = _value(name, posted)
    except NotThisProvider as error:
        return [Unreadable(error.message, request.body.decode("utf-8", "replace"))]
    if name == "mailgun" and _views().is_form(posted):
        return _one(name, value, lambda _: posted)
    return events_of_value(name, value, request.headers)


def events_of_value(
    name: str, value: object, headers: Mapping[str, str] | None = None
) -> list[Event | Unreadable]:
    """The events in a JSON value of a provider's file: an event, a batch of them, or an envelope around them.

    What can't be read is `Unreadable` by itself, and never costs its neighbours.
    """
    provider(name)
    try:
        payloads = shapes.payloads(name, value)
    except (ValueError, RecursionError) as error:
        return [_unreadable(name, error, value)]
    if len(payloads) > 1 and name in shapes.BATCHES:
        try:
            return _events(name, _request(name, payloads, headers))
        except Exception:  # noqa: BLE001, S110  # whichever it was: one by one, each for itself
            pass
    return [
        found
        for payload in payloads
        for found in _one(name, payload, lambda payload: _request(name, [payload], headers))
    ]


def check_secrets(name: str, secrets: Mapping[str, str]) -> None:
    """Whether secrets, by their names, can be the provider's. Raises `BadSetting`."""
    label = provider(name).label
    if ":" not in secrets.get(_BASIC_AUTH.name, ":"):
        raise BadSetting(f"What {label} is to send as basic_auth has no colon between user and password.")
    try:
        _views().prepare(name, _keywords(name, secrets))
    except Exception as error:  # the library's, of many kinds
        raise BadSetting(f"A secret for {label} is not what the provider gives out.") from error


def check_sender(name: str, secrets: Mapping[str, str], request: Request, url: str) -> None:
    """Whether a request to `url` came from the provider, as its signature or its password proves.

    `secrets` are those configured, by their names. Raises `NotGenuine`; `BadSetting` when a secret can't be one.
    """
    known = [secret for secret in provider(name).secrets if secrets.get(secret.name)]
    if not any(secret.suffices for secret in known):
        raise NotGenuine(f"Nothing is configured by which {provider(name).label} can be told from others.")
    check_secrets(name, secrets)
    try:
        _views().check(name, _keywords(name, secrets), _posted(request, url))
    except Exception:  # noqa: BLE001  # a request that confuses the check is no more genuine than one that fails it
        # Without the cause: anymail's messages may hold the address with its password.
        raise NotGenuine(f"The signature or password is not {provider(name).label}'s.") from None


def _keywords(name: str, secrets: Mapping[str, str]) -> dict[str, str]:
    """The secrets by the names that anymail has for them."""
    return {
        secret.keyword: secrets[secret.name] for secret in provider(name).secrets if secrets.get(secret.name)
    }


def check_payload(name: str, request: Request) -> None:
    """Whether a request's body can be this provider's. Raises `NotThisProvider` when it is malformed or another's."""
    label = provider(name).label
    value = _value(name, _posted(request))
    senders = shapes.senders(value)
    if name in senders:
        return
    if senders:
        raise NotThisProvider(f"This looks like a payload of {provider(senders[0]).label}, not of {label}.")
    found = events_of_request(name, request)
    if not value and not any(isinstance(event, Unreadable) for event in found):
        return  # nothing, as some send to see who is there
    if not any(isinstance(event, Event) and event.type != EventType.UNKNOWN for event in found):
        raise NotThisProvider(f"This is no payload of {label}.")


def _views() -> Any:
    from . import anymail_views  # Django takes its time, and many commands need none of it

    return anymail_views


def _posted(request: Request, url: str = "http://localhost/") -> Any:
    return _views().request(request.content_type, request.headers, request.body, url)


def _value(name: str, posted: Any) -> object:
    """What a request says as a JSON value. Raises `NotThisProvider` when it says nothing."""
    label = provider(name).label
    if _views().is_form(posted):
        form = _views().form(posted)
        if name not in ("mailgun", "mandrill"):
            raise NotThisProvider(f"A form; {label} sends JSON.")
        return form
    try:
        return json.loads(posted.body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise NotThisProvider(f"Not JSON: {_why(name, error)}") from error


def _no_number(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _request(name: str, payloads: Sequence[object], headers: Mapping[str, str] | None) -> Any:
    """A request as the provider would send it for these payloads."""
    body = json.dumps(shapes.body(name, payloads), ensure_ascii=False).encode("utf-8", "replace")
    content_type = "application/json"
    if name == "mandrill":
        body = urlencode({"mandrill_events": body}).encode()
        content_type = "application/x-www-form-urlencoded"
    return _posted(Request(content_type, headers or {}, body))


def _one(name: str, payload: object, request: Callable[[object], Any]) -> list[Event | Unreadable]:
    """The events of one payload; `request` packs it.

    What the library stumbles over, a time that is none for instance, is left out if an event remains without it.
    """
    if name == "amazon_ses" and details.at(payload, "Type") == "SubscriptionConfirmation":
        return [Unreadable(_CONFIRM.format(url=details.at(payload, "SubscribeURL")), payload)]
    try:
        return _events(name, request(payload)) or _nobody(name, payload)
    except Exception as error:  # noqa: BLE001  # a payload can break a reader in any way
        if _views().is_inbound(error):
            return []
        unreadable = _unreadable(name, error, payload)
    rest = payload
    for path in details.DETAILS[name].spare:
        rest = details.without(rest, path)
        try:
            return _events(name, request(rest), payload)
        except Exception:  # noqa: BLE001, S112  # the first error says what is wrong
            continue
    return [unreadable]


def _nobody(name: str, payload: object) -> list[Event | Unreadable]:
    """An event of Amazon SES without recipients makes no event, unlike what SNS says about itself."""
    if name != "amazon_ses" or details.at(payload, "Type") not in (None, "Notification"):
        return []
    try:
        is_event = isinstance(shapes.content(name, payload), dict)
    except ValueError:
        return []
    return (
        [Unreadable("not an event of Amazon SES: it has no recipient", _printable(payload))]
        if is_event
        else []
    )


_CONFIRM = "Amazon SNS asks whether it may send events here. To let it, open this address once: {url}"


def _events(name: str, posted: Any, payload: object = None) -> list[Event | Unreadable]:
    """The events that the library reads from a request, with `payload` for theirs when it was read without a part."""
    return [
        _event(name, told, told.esp_event if payload is None else payload)
        for told in _views().read(name, posted)
        if told.event_type not in ("inbound", "inbound_failed")
    ]


def _event(name: str, event: Any, payload: object) -> Event:
    text, first, where = details.text, details.first, details.DETAILS[name]
    told = _printable(
        {field: getattr(event, field) for field in _TOLD} | {"payload": shapes.content(name, payload)}
    )
    payload, metadata, recipient = told["payload"], told["metadata"], text(told["recipient"])
    tags = details.texts(told["tags"])
    rest = details.of_recipient(name, payload, recipient)
    kind = details.kind(name, EventType(event.event_type), rest)
    description = told["description"] if kind == event.event_type else None
    diagnostic = text(told["mta_response"]) or first(rest, where.diagnostic) or text(description)
    known = metadata if isinstance(metadata, dict) else {}
    return Event(
        provider=name,
        event_id=text(told["event_id"]) or first(rest, where.event_id),
        type=kind,
        occurred_at=(event.timestamp and details.aware(event.timestamp)) or details.occurred_at(name, rest),
        recipient=recipient,
        message_id=details.message_id(name, told["message_id"], rest),
        url=text(told["click_url"]),
        link_position=details.link_position(name, rest),
        bounce_type=details.bounce_type(name, kind, rest),
        reject_reason=text(told["reject_reason"]),
        smtp_status=details.smtp_status(name, rest, diagnostic),
        diagnostic=diagnostic,
        user_agent=text(told["user_agent"]) or details.by_customer(kind, rest, where.user_agent),
        ip=details.by_customer(kind, rest, where.ip),
        campaign_id=details.attribution("campaign", known, rest, where.campaign_id, tags),
        customer_id=details.attribution("customer", known, rest, where.customer_id),
        tags=tags,
        metadata=known if where.has_metadata else None,
        provider_machine=details.by_machine(name, rest),
        payload=payload,
    )


_TOLD = (
    *("event_id", "recipient", "message_id", "click_url", "user_agent", "reject_reason"),
    *("mta_response", "description", "tags", "metadata"),
)


def _unreadable(name: str, error: Exception, payload: object) -> Unreadable:
    return Unreadable(_why(name, error), None if isinstance(error, RecursionError) else _printable(payload))


def _why(name: str, error: Exception) -> str:
    """What a reader stumbled over, for people."""
    match error:
        case json.JSONDecodeError():
            return f"not JSON: {error.msg} at column {error.colno}"
        case RecursionError():
            return "nested too deeply"
        case KeyError():
            return f"not an event of {provider(name).label}: it has no {error.args[0]}"
    return f"not an event of {provider(name).label}: {type(error).__name__}: {error}"[:300]


def _printable(value: Any) -> Any:
    """A value as JSON can hold it: with ? for half a character, and null for a number without end."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError:
        text = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return json.loads(text, parse_constant=lambda _: None)
    return value
