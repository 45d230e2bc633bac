"""Mailtrap: https://docs.mailtrap.io/email-api-smtp/advanced/webhooks"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Words, plain, reasons, types
from .payload import text
from .record import BASIC_AUTH, Provider, Secret

_WORDS = Words(
    name="event",
    at=("event",),
    means=types(
        {
            "delivery": EventType.DELIVERED,
            "open": EventType.OPENED,
            "click": EventType.CLICKED,
            "unsubscribe": (EventType.UNSUBSCRIBED, "unsubscribed"),
            "spam": (EventType.COMPLAINED, "spam"),
            "spam_complaint": (EventType.COMPLAINED, "spam"),  # as webhooks are subscribed to
            "soft bounce": (EventType.DEFERRED, "other"),  # Mailtrap tries again
            "bounce": (EventType.BOUNCED, "bounced"),
            "soft_bounce": (EventType.DEFERRED, "other"),  # in the list of e-mail logs
            "suspension": (EventType.DEFERRED, "other"),
            "reject": (EventType.REJECTED, "blocked"),
            "blocked": (EventType.REJECTED, "blocked"),
            "inbound.message_received": NOT_AN_EVENT,
            "activity_log": NOT_AN_EVENT,  # of the account; its words go on after a dot
        }
    ),
    source="https://github.com/mailtrap/mailtrap-openapi/blob/main/specs/email-sending.openapi.yml, and django-anymail",
    read_on=date(2026, 11, 26),
)

# Before the reason for which Mailtrap no longer sends to an address.
_SUPPRESSED = "Recipient in suppression list. Reason: "
_SUPPRESSION = Words(
    name="suppression",
    at=("suppression",),
    of=frozenset({EventType.REJECTED}),
    means=reasons(
        {
            "hard bounce": "bounced",
            "spam complaint": "spam",
            "unsubscription": "unsubscribed",
            "manual import": "blocked",
        }
    ),
    source="https://docs.mailtrap.io/email-api-smtp/advanced/webhooks for one of them; the types of suppressions in "
    "https://github.com/mailtrap/mailtrap-openapi/blob/main/specs/email-sending.openapi.yml",
    read_on=date(2026, 11, 27),
)


def _unpack(value: dict[str, Any]) -> list[object] | None:
    match value:
        case {"events": [*events]}:
            return events
    return None


def _facts(payload: object, _recipient: str | None) -> object:
    """The event, with the words that Mailtrap puts together taken apart."""
    if not isinstance(payload, dict):
        return payload
    word, dot, _ = (text(payload.get("event")) or "").partition(".")
    _, colon, suppression = (text(payload.get("reason")) or "").partition(_SUPPRESSED)
    return (
        payload
        | ({"event": word} if dot and plain(word) == "activity_log" else {})
        | ({"suppression": suppression} if colon else {})
    )


def _pack(events: Sequence[object]) -> object:
    return {"events": list(events)}


PROVIDER = Provider(
    name="mailtrap",
    label="Mailtrap",
    secrets=(Secret("signing_secret", "tracking_secret"), BASIC_AUTH),
    view="MailtrapTrackingWebhookView",
    marks=({"events"}, {"event", "event_id", "message_id", "timestamp"}),
    sends_batches=True,
    unpack=_unpack,
    pack=_pack,
    spare=("timestamp",),
    facts=_facts,
    words=(_WORDS, _SUPPRESSION),
    time=("timestamp",),
    bounce=("event",),
    hard=("bounce",),  # its "soft bounce" is a delay
    diagnostic=("response", "reason", "bounce_category"),
    ip=("ip",),
)
