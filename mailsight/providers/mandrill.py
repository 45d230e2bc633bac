"""Mandrill (Mailchimp Transactional): https://mailchimp.com/developer/transactional/docs/webhooks/"""

from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Words, reasons, types
from .payload import parsed
from .record import EXTRA_BASIC_AUTH, Provider, Secret

_FIELD = "mandrill_events"
_SOURCE = (
    "https://github.com/mailchimp/mailchimp-client-lib-codegen/blob/main/spec/transactional.json, "
    "and django-anymail for deferrals and inbound mail"
)
_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="event",
        at=("event", "type"),
        means=types(
            {
                "send": EventType.SENT,
                "deferral": EventType.DEFERRED,
                "delivered": EventType.DELIVERED,
                "hard_bounce": EventType.BOUNCED,
                "soft_bounce": EventType.BOUNCED,
                "open": EventType.OPENED,
                "click": EventType.CLICKED,
                "spam": EventType.COMPLAINED,
                "unsub": EventType.UNSUBSCRIBED,
                "reject": EventType.REJECTED,
                # A list of addresses changed: an address was added, changed or removed.
                "blacklist": EventType.UNKNOWN,
                "whitelist": EventType.UNKNOWN,
                "inbound": NOT_AN_EVENT,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="reason",
        at=("msg.reject.reason", "msg.reject_reason", "reject.reason"),
        of=frozenset({EventType.REJECTED}),
        means=reasons(
            {
                "hard-bounce": "bounced",
                "soft-bounce": "bounced",
                "spam": "spam",
                "unsub": "unsubscribed",
                "custom": "blocked",
                "invalid": "invalid",
                "invalid-sender": "other",
                "test-mode-limit": "other",
                "unsigned": "other",
                "rule": "other",
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)


def _unpack(value: dict[str, Any]) -> list[object] | None:
    """Unpacks the form field that contains the events as JSON, or as values if somebody has parsed it."""
    match value.get(_FIELD):
        case str(written):
            events = parsed(written)
            return events if isinstance(events, list) else [events]
        case [*events]:
            return events
    return None


PROVIDER = Provider(
    name="mandrill",
    label="Mandrill",
    secrets=(Secret("webhook_key", "webhook_key"), EXTRA_BASIC_AUTH),
    view="MandrillCombinedWebhookView",
    marks=({_FIELD}, {"event", "msg"}, {"event", "_id"}, {"type", "reject", "action"}),
    sends_batches=True,
    takes_forms=True,
    form_field=_FIELD,
    unpack=_unpack,
    spare=("ts", "reject"),
    words=_WORDS,
    time=("ts",),
    bounce=("event",),
    hard=("hard_bounce",),
    soft=("soft_bounce",),
    diagnostic=(
        "msg.diag",
        "msg.smtp_events.0.diag",
        "msg.bounce_description",
        "msg.reject.detail",
        "msg.reject.reason",
    ),
    ip=("ip",),
    message_id=("_id", "msg._id"),
    subject=("msg.subject",),
    sender=("msg.sender",),
)
