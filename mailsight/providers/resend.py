"""Resend: https://resend.com/docs/dashboard/webhooks/event-types"""

from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, reasons, types
from .record import BASIC_AUTH, Provider, Secret

_SOURCE = "https://github.com/resend/resend-openapi/blob/main/resend.yaml"
_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="type",
        at=("type",),
        means=types(
            {
                "email.scheduled": EventType.QUEUED,
                "email.sent": EventType.SENT,
                "email.delivered": EventType.DELIVERED,
                "email.delivery_delayed": EventType.DEFERRED,
                "email.bounced": (EventType.BOUNCED, "bounced"),
                "email.complained": (EventType.COMPLAINED, "spam"),
                "email.opened": EventType.OPENED,
                "email.clicked": EventType.CLICKED,
                "email.suppressed": (EventType.REJECTED, "blocked"),
                "email.failed": EventType.FAILED,
                "email.received": NOT_AN_EVENT,
                "contact.created": NOT_AN_EVENT,
                "contact.updated": NOT_AN_EVENT,
                "contact.deleted": NOT_AN_EVENT,
                "domain.created": NOT_AN_EVENT,
                "domain.updated": NOT_AN_EVENT,
                "domain.deleted": NOT_AN_EVENT,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    # What Resend calls a bounce although it did not send the message.
    Words(
        name="bounce",
        at=("data.bounce.subType", "data.bounce.type"),
        of=frozenset({EventType.BOUNCED}),
        means={
            "suppressed": Meaning(EventType.REJECTED, "blocked"),
            "onaccountsuppressionlist": Meaning(EventType.REJECTED, "blocked"),
        },
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="suppressed",
        at=("data.suppressed.reason",),
        of=frozenset({EventType.REJECTED}),
        means=reasons({"previous_bounce": "bounced", "previous_complaint": "spam"}),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)

PROVIDER = Provider(
    name="resend",
    label="Resend",
    secrets=(Secret("signing_secret", "signing_secret"), BASIC_AUTH),
    view="ResendTrackingWebhookView",
    marks=({"type", "data", "created_at"},),
    spare=("created_at", "data.headers", "data.bounce", "data.click"),
    addresses=("data.to.0",),
    words=_WORDS,
    time=("data.click.timestamp", "data.open.timestamp", "created_at"),
    bounce=("data.bounce.type",),
    hard=("Permanent",),
    soft=("Transient",),
    diagnostic=(
        *("data.bounce.diagnosticCode.0", "data.bounce.message", "data.suppressed.diagnosticCode.0"),
        *("data.suppressed.message", "data.suppressed.type", "data.failed.reason"),
    ),
    ip=("data.click.ipAddress", "data.open.ipAddress"),
    user_agent=("data.click.userAgent", "data.open.userAgent"),
    campaign_id=("data.tags.campaign_id", "data.tags.campaign", "data.broadcast_id"),
    customer_id=("data.tags.customer_id", "data.tags.customer"),
    other_message_ids=("data.message_id",),
    headers="data.headers",
    subject=("data.subject",),
    sender=("data.from",),
)
