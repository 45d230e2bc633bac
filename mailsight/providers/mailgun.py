"""Mailgun: https://documentation.mailgun.com/docs/mailgun/user-manual/events/"""

from typing import Any

from .record import EXTRA_BASIC_AUTH, Provider, Secret


def _unpack(value: dict[str, Any]) -> list[object] | None:
    """Adds the webhook's envelope to events from the Events API, which has pages of bare events (`items`)."""
    match value:
        case {"items": [*items]}:
            return items
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
    marks=({"event-data"}, {"signature", "token", "timestamp"}),
    takes_forms=True,  # the older webhooks
    unpack=_unpack,
    content=_content,
    spare=("event-data.timestamp", "event-data.delivery-status", "event-data.client-info"),
    time=("timestamp",),
    bounce=("severity", "event"),  # in the older events, "bounced" is hard
    hard=("permanent", "bounced"),
    soft=("temporary",),
    smtp_status=("delivery-status.enhanced-code", "code"),
    ip=("ip",),
    machine=("client-info.bot",),
    event_id=("id",),
    mapped=True,
)
