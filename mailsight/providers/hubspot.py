"""HubSpot's e-mail events: https://developers.hubspot.com/docs/api-reference/legacy/email-analytics-v1/guide"""

from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import Meaning, Words, plain, reasons, types
from .own_view import OwnView
from .payload import at, text
from .record import BASIC_AUTH, Provider

_SOURCE = (
    "https://developers.hubspot.com/docs/api-reference/legacy/email-analytics-v1/guide, and the fields in "
    "https://github.com/singer-io/tap-hubspot (schemas/email_events.json)"
)
_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="type",
        at=("type",),
        means=types(
            {
                "SENT": EventType.SENT,
                "PROCESSED": EventType.QUEUED,
                "DROPPED": (EventType.REJECTED, "other"),
                "DELIVERED": EventType.DELIVERED,
                "DEFERRED": EventType.DEFERRED,
                "BOUNCE": (EventType.BOUNCED, "bounced"),
                "OPEN": EventType.OPENED,
                "CLICK": EventType.CLICKED,
                "SPAMREPORT": (EventType.COMPLAINED, "spam"),
                "STATUSCHANGE": EventType.UNKNOWN,  # the status says what happened
                "PRINT": EventType.UNKNOWN,
                "FORWARD": EventType.UNKNOWN,
                "UNBOUNCE": EventType.UNKNOWN,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="dropReason",
        at=("dropReason",),
        of=frozenset({EventType.REJECTED}),
        means=reasons(
            {
                "PREVIOUSLY_BOUNCED": "bounced",
                "PREVIOUSLY_SPAM": "spam",
                "PREVIOUSLY_UNSUBSCRIBED_MESSAGE": "unsubscribed",
                "PREVIOUSLY_UNSUBSCRIBED_BUSINESS": "unsubscribed",
                "INVALID_TO_ADDRESS": "invalid",
                "BLOCKED_ADDRESS": "blocked",
                "BLOCKED_DOMAIN": "blocked",
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="status",
        at=("portalSubscriptionStatus", "subscriptions.0.status"),
        of=frozenset({EventType.UNKNOWN}),
        means={
            "unsubscribed": Meaning(EventType.UNSUBSCRIBED, "unsubscribed"),
            "subscribed": Meaning(EventType.SUBSCRIBED),
        },
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)


def _unpack(value: dict[str, Any]) -> list[object] | None:
    match value:
        case {"events": [*events]}:
            return events
    return None


def _facts(payload: object, _recipient: str | None) -> object:
    """The event with the message's id, which is that of its `SENT` event."""
    if not isinstance(payload, dict):
        return payload
    own = payload.get("id") if plain(text(payload.get("type")) or "") == "sent" else None
    return payload | {"message": at(payload, "sentBy.id") or own}


PROVIDER = Provider(
    name="hubspot",
    label="HubSpot",
    secrets=(BASIC_AUTH,),
    view=OwnView(required=("type",), recipient=("recipient",)),
    marks=(
        {"events", "hasMore"},
        {"events", "offset"},
        {"events", "events.0.portalId", "events.0.recipient"},
        {"type", "recipient", "portalId"},
    ),
    sends_batches=True,
    unpack=_unpack,
    facts=_facts,
    words=_WORDS,
    time=("created",),
    url=("url",),
    smtp_status=("status",),
    diagnostic=("response", "dropMessage", "dropReason"),
    user_agent=("userAgent",),
    ip=("ipAddress",),
    campaign_id=("emailCampaignId",),
    message_id=("message",),
    other_message_ids=("smtpId",),
    event_id=("id",),
    has_metadata=False,
    subject=("subject",),
    sender=("from",),
)
