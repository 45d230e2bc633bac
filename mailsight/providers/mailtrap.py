"""Mailtrap: https://docs.mailtrap.io/email-api-smtp/advanced/webhooks"""

from collections.abc import Sequence
from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Words, types
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
        }
    ),
    source="https://github.com/mailtrap/mailtrap-openapi/blob/main/specs/email-sending.openapi.yml, and django-anymail",
    read_on=date(2026, 11, 26),
)


def _unpack(value: dict[str, Any]) -> list[object] | None:
    match value:
        case {"events": [*events]}:
            return events
    return None


def _pack(events: Sequence[object]) -> object:
    return {"events": list(events)}


PROVIDER = Provider(
    name="mailtrap",
    label="Mailtrap",
    secrets=(Secret("signing_secret", "tracking_secret"), BASIC_AUTH),
    view="MailtrapTrackingWebhookView",
    marks=({"events"},),
    sends_batches=True,
    unpack=_unpack,
    pack=_pack,
    spare=("timestamp",),
    words=(_WORDS,),
    time=("timestamp",),
    bounce=("event",),
    hard=("bounce",),  # its "soft bounce" is a delay
    diagnostic=("response", "reason", "bounce_category"),
    ip=("ip",),
)
