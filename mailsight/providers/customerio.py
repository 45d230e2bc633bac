"""Customer.io: https://docs.customer.io/api/webhooks"""

import hmac
from collections.abc import Mapping
from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, types
from .own_view import OwnView, hmac_sha256, own_secret
from .payload import first
from .record import BASIC_AUTH, Provider

_SOURCE = (
    "https://docs.customer.io/api/webhooks, and payloads of every metric in "
    "https://github.com/rudderlabs/rudder-transformer (src/sources/customerio, test/integrations/sources/customerio)"
)
_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="metric",
        at=("metric",),
        means=types(
            {
                "drafted": EventType.UNKNOWN,  # nobody has sent it yet
                "attempted": (EventType.DEFERRED, "other"),  # Customer.io tries again
                "sent": EventType.SENT,
                "deferred": EventType.DEFERRED,
                "delivered": EventType.DELIVERED,
                "opened": EventType.OPENED,
                "clicked": EventType.CLICKED,
                "converted": EventType.UNKNOWN,
                "bounced": (EventType.BOUNCED, "bounced"),
                "dropped": (EventType.REJECTED, "blocked"),  # the address is suppressed
                "undeliverable": (EventType.REJECTED, "other"),
                "failed": EventType.FAILED,
                "spammed": (EventType.COMPLAINED, "spam"),
                "unsubscribed": (EventType.UNSUBSCRIBED, "unsubscribed"),
                "subscribed": EventType.SUBSCRIBED,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="object_type",
        at=("object_type",),
        means={
            "email": Meaning(),
            "customer": Meaning(),  # subscribed or unsubscribed as a whole
            **dict.fromkeys(("push", "sms", "in_app", "slack", "webhook"), NOT_AN_EVENT),
        },
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)
# Newsletters and transactional messages are numbered apart from campaigns, which include API-triggered broadcasts.
_CAMPAIGNS = ("data.campaign_id", "data.broadcast_id")
_NUMBERED_APART = {
    "data.newsletter_id": "newsletter",
    "data.transactional_message_id": "transactional",
}


def _is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    signed = f"v0:{headers.get('X-CIO-Timestamp', '')}:".encode()
    signature = hmac_sha256(secret, signed, body).hex()
    return hmac.compare_digest(headers.get("X-CIO-Signature", "").encode(), signature.encode())


def _facts(payload: object, _recipient: str | None) -> object:
    if not isinstance(payload, dict) or first(payload, _CAMPAIGNS):
        return payload
    apart = (
        f"{kind}-{number}" for path, kind in _NUMBERED_APART.items() if (number := first(payload, (path,)))
    )
    return payload | {"campaign": next(apart, None)}


PROVIDER = Provider(
    name="customerio",
    label="Customer.io",
    secrets=(own_secret("signing_key"), BASIC_AUTH),
    view=OwnView(
        required=("metric",),
        recipient=("data.recipient", "data.email_address", "data.identifiers.email"),
        is_genuine=_is_genuine,
    ),
    marks=({"event_id", "object_type", "metric"},),
    facts=_facts,
    words=_WORDS,
    time=("timestamp",),
    url=("data.href",),
    diagnostic=("data.failure_message",),
    campaign_id=(*_CAMPAIGNS, "campaign"),
    customer_id=("data.identifiers.id", "data.customer_id"),
    message_id=("data.delivery_id",),
    event_id=("event_id",),
    has_metadata=False,
    subject=("data.subject",),
)
