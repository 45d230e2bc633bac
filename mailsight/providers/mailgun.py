"""Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/events/"""

from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, types
from .payload import TEXT, Shape
from .record import EXTRA_BASIC_AUTH, Provider, Secret

_READ_ON = date(2026, 11, 26)
_FAILURES = frozenset({EventType.BOUNCED})

_WORDS = (
    Words(
        name="event",
        at=("event",),
        means=types(
            {
                "accepted": EventType.QUEUED,
                "rejected": (EventType.REJECTED, "other"),
                "delivered": EventType.DELIVERED,
                "failed": EventType.BOUNCED,
                "opened": EventType.OPENED,
                "clicked": EventType.CLICKED,
                "unsubscribed": EventType.UNSUBSCRIBED,
                "complained": EventType.COMPLAINED,
                # The same open or click is reported as `opened` or `clicked`, too.
                "unique_opened": EventType.UNKNOWN,
                "unique_clicked": EventType.UNKNOWN,
                "trapped": EventType.UNKNOWN,
                "stored": NOT_AN_EVENT,  # inbound mail
                "email_validation": NOT_AN_EVENT,
                "list_uploaded": NOT_AN_EVENT,
                "list_member_uploaded": NOT_AN_EVENT,
                "list_member_upload_error": NOT_AN_EVENT,
                # The older webhooks. Mailgun "drops" what a server refused, and what it did not send (see `code`).
                "bounced": EventType.BOUNCED,
                "dropped": EventType.BOUNCED,
            }
        ),
        source="https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/logs/post-v1-analytics-logs",
        read_on=_READ_ON,
    ),
    Words(
        name="severity",
        at=("severity",),
        of=_FAILURES,
        means=types({"permanent": EventType.BOUNCED, "temporary": EventType.DEFERRED}),
        source="https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/tracking-failures",
        read_on=_READ_ON,
    ),
    Words(
        name="reason",
        at=("reason",),
        means={
            "bounce": Meaning(reason="bounced"),
            "delayed-bounce": Meaning(reason="bounced"),
            "hardfail": Meaning(reason="bounced"),
            "old": Meaning(reason="timed_out"),
            "espblock": Meaning(reason="blocked"),
            "blacklisted": Meaning(reason="blocked"),
            "generic": Meaning(reason="other"),
            "greylisted": Meaning(reason="other"),
            "suppress-bounce": Meaning(EventType.REJECTED, "bounced"),
            "suppress-unsubscribe": Meaning(EventType.REJECTED, "unsubscribed"),
            "suppress-complaint": Meaning(EventType.REJECTED, "spam"),
        },
        otherwise=Meaning(reason="other"),
        source="https://github.com/mailgun/mailgun-go/blob/master/events/enums.go, and for delayed bounces "
        "https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/stats",
        read_on=_READ_ON,
    ),
    Words(
        name="code",
        at=("delivery-status.code", "code"),
        of=_FAILURES,
        means={
            "605": Meaning(EventType.REJECTED, "bounced"),
            "606": Meaning(EventType.REJECTED, "unsubscribed"),
            "607": Meaning(EventType.REJECTED, "spam"),
        },
        source="https://documentation.mailgun.com/docs/mailgun/user-manual/tracking-messages/tracking-failures",
        read_on=_READ_ON,
    ),
)


_EVENT: Shape = {
    **dict.fromkeys(("event", "severity", "id", "timestamp", "@timestamp", "recipient"), TEXT),
    **dict.fromkeys(("reason", "code", "url", "ip"), TEXT),
    "message": {"headers": {"to": TEXT, "message-id": TEXT}},
    "delivery-status": dict.fromkeys(
        ("code", "enhanced-code", "message", "description", "last-message"), TEXT
    ),
    "reject": {"reason": TEXT, "description": TEXT},
    "client-info": {"user-agent": TEXT, "bot": TEXT},
}


def _unpack(value: dict[str, Any]) -> list[object] | None:
    """Adds the webhook's envelope to events from the Events and Logs APIs: bare events in pages (`items`)."""
    match value:
        case {"items": [*items]}:
            return [{"event-data": item} for item in items]
        case {"event-data": _}:
            return None
    return [{"event-data": value}]


def _content(payload: object) -> object:
    match payload:
        case {"event-data": event}:
            return event
    return payload


PROVIDER = Provider(
    name="mailgun",
    label="Mailgun",
    secrets=(Secret("signing_key", "webhook_signing_key", needed_to_read=True), EXTRA_BASIC_AUTH),
    view="MailgunTrackingWebhookView",
    marks=({"event-data"}, {"items", "paging"}, {"signature", "token", "timestamp"}),
    takes_forms=True,  # the older webhooks
    unpack=_unpack,
    content=_content,
    spare=("event-data.timestamp",),
    shape={"signature": {"token": TEXT}, "event-data": _EVENT},
    words=_WORDS,
    time=("timestamp", "@timestamp"),
    bounce=("severity", "event"),  # in the older events, "bounced" is hard
    hard=("permanent", "bounced", "dropped"),
    soft=("temporary",),
    smtp_status=("delivery-status.enhanced-code", "code"),
    diagnostic=(
        *("delivery-status.message", "delivery-status.description", "delivery-status.last-message"),
        *("reject.description", "reject.reason"),
    ),
    ip=("ip",),
    machine=("client-info.bot",),
    event_id=("id",),
    mapped=True,
    subject=("message.headers.subject",),
    sender=("message.headers.from",),
)
