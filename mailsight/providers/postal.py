"""Postal: https://docs.postalserver.io/developer/webhooks"""

import re
from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, types
from .payload import at, text
from .record import EXTRA_BASIC_AUTH, Provider, Secret

_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="event",
        at=("payload.status", "event"),
        means=types(
            {
                # The status of a delivery.
                "Sent": EventType.DELIVERED,
                "SoftFail": EventType.DEFERRED,
                "HardFail": (EventType.BOUNCED, "bounced"),
                "Held": EventType.QUEUED,
                # Events without a status.
                "MessageSent": EventType.DELIVERED,
                "MessageDelayed": EventType.DEFERRED,
                "MessageDeliveryFailed": (EventType.BOUNCED, "bounced"),
                "MessageHeld": EventType.QUEUED,
                "MessageBounced": (EventType.BOUNCED, "bounced"),
                "MessageLinkClicked": EventType.CLICKED,
                "MessageLoaded": EventType.OPENED,
                "DomainDNSError": NOT_AN_EVENT,
                "SendLimitApproaching": NOT_AN_EVENT,
                "SendLimitExceeded": NOT_AN_EVENT,
            }
        ),
        source="https://github.com/postalserver/docs/blob/main/content/4.developer/4.webhooks.md, "
        "https://github.com/postalserver/postal/blob/main/lib/postal/message_db/delivery.rb",
        read_on=_READ_ON,
    ),
    # Why Postal itself did not send a message, by how its explanation begins.
    Words(
        name="not_sent",
        at=("not_sent",),
        means={
            "suppression list": Meaning(EventType.REJECTED, "bounced"),
            "message is likely spam": Meaning(EventType.FAILED, "other"),
            "message's domain no longer exist": Meaning(EventType.FAILED, "other"),
            "message doesn't have an rcpt to": Meaning(EventType.FAILED, "invalid"),
        },
        source="https://github.com/postalserver/postal/blob/main/app/lib/message_dequeuer/outgoing_message_processor.rb",
        read_on=_READ_ON,
    ),
)
_NOT_SENT = re.compile(
    r"(?:recipient \(.*\) is on the )?(suppression list|message is likely spam|message's domain no longer exist"
    r"|message doesn't have an rcpt to)",
    re.IGNORECASE,
)


def _facts(payload: object, _recipient: str | None) -> object:
    match = _NOT_SENT.match(text(at(payload, "payload.details")) or "")
    return payload | {"not_sent": match[1]} if match and isinstance(payload, dict) else payload


def _explain(payload: object) -> str | None:
    incoming = at(payload, "payload.message.direction") or at(payload, "payload.original_message.direction")
    return None if incoming == "incoming" else "there is no event in it"


PROVIDER = Provider(
    name="postal",
    label="Postal",
    secrets=(Secret("public_key", "webhook_key", needed_to_read=True), EXTRA_BASIC_AUTH),
    view="PostalTrackingWebhookView",
    marks=({"event", "payload", "uuid"}, {"payload", "timestamp"}, {"rcpt_to", "mail_from"}),
    facts=_facts,
    explain=_explain,
    spare=("timestamp",),
    addresses=("payload.message.to", "payload.original_message.to"),
    words=_WORDS,
    time=("payload.timestamp", "payload.bounce.timestamp", "timestamp"),
    bounce=("payload.status", "event"),
    hard=("HardFail", "MessageDeliveryFailed"),
    diagnostic=("payload.output", "payload.details", "payload.bounce.subject"),
    ip=("payload.ip_address",),
    numbers_messages=True,
    has_metadata=False,
    other_message_ids=(
        "payload.message.message_id",
        "payload.message.token",
        "payload.original_message.message_id",
    ),
    subject=("payload.message.subject", "payload.original_message.subject"),
    sender=("payload.message.from", "payload.original_message.from"),
)
