"""MailerSend: https://developers.mailersend.com/api/v1/webhooks.html"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date
from typing import Any

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, reasons, types
from .payload import at, parsed
from .record import EXTRA_BASIC_AUTH, Provider, Secret

_SOURCE = (
    "https://github.com/mailersend/mailersend-php (src/Helpers/Builder/WebhookParams.php and README.md), "
    "django-anymail, and payloads that others published"
)
_READ_ON = date(2026, 11, 26)
# What MailerSend signs its `webhook.test` with, before it saves a webhook. It is public, so it proves nothing else.
_TEST = "webhook.test"
_TEST_SECRET = "test_Am3L1GuOIc4blLUuHqAPxxwkZaJyEk8G"  # noqa: S105

_ACTIVITIES: dict[str, EventType | Meaning | tuple[EventType, str]] = {
    "queued": EventType.QUEUED,
    "sent": EventType.SENT,
    "delivered": EventType.DELIVERED,
    "soft_bounced": (EventType.BOUNCED, "bounced"),
    "hard_bounced": (EventType.BOUNCED, "bounced"),
    "deferred": EventType.DEFERRED,
    "suppressed": (EventType.REJECTED, "blocked"),
    "opened": EventType.OPENED,
    "opened_unique": EventType.OPENED,
    "clicked": EventType.CLICKED,
    "clicked_unique": EventType.CLICKED,
    "unsubscribed": (EventType.UNSUBSCRIBED, "unsubscribed"),
    "spam_complaint": (EventType.COMPLAINED, "spam"),
    "survey_opened": EventType.UNKNOWN,
    "survey_submitted": EventType.UNKNOWN,
}
_WORDS = (
    Words(
        name="type",
        at=("type", "data.type"),
        means=types(
            {
                **_ACTIVITIES,
                **{f"activity.{word}": meaning for word, meaning in _ACTIVITIES.items()},
                _TEST: NOT_AN_EVENT,
                "sender_identity.verified": NOT_AN_EVENT,
                "maintenance.start": NOT_AN_EVENT,
                "maintenance.end": NOT_AN_EVENT,
                "inbound.message": NOT_AN_EVENT,
                "inbound_forward.failed": NOT_AN_EVENT,
                "inbound_message.rejected": NOT_AN_EVENT,
                "email_single.verified": NOT_AN_EVENT,
                "email_list.verified": NOT_AN_EVENT,
                "bulk_email.completed": NOT_AN_EVENT,
                "recipient.on_hold_added": NOT_AN_EVENT,
                "recipient.on_hold_removed": NOT_AN_EVENT,
                "sms.sent": NOT_AN_EVENT,
                "sms.delivered": NOT_AN_EVENT,
                "sms.failed": NOT_AN_EVENT,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="suppression_reason",
        at=("data.meta.suppression_reason", "data.morph.suppression_reason", "data.morph.reason"),
        of=frozenset({EventType.REJECTED}),
        means=reasons(
            {
                "hard_bounced": "bounced",
                "hard_bounce": "bounced",
                "spam_complaint": "spam",
                "spam_complained": "spam",
                "unsubscribed": "unsubscribed",
                "unsubscribe": "unsubscribed",
                "on_hold": "blocked",
                "on_hold_list": "blocked",
                "blocklist": "blocked",
                "blocklisted": "blocked",
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)


def _pack(events: Sequence[object]) -> object:
    """Writes an event of version 2 of the webhooks as version 1 does."""
    [event] = events
    data = event.get("data") if isinstance(event, dict) else None
    if not isinstance(event, dict) or not isinstance(data, dict) or isinstance(data.get("email"), dict):
        return event
    recipient = data.get("recipient") or data.get("email")
    email = {
        "message": {"id": data.get("message_id") or data.get("email_id")},
        "recipient": recipient if isinstance(recipient, dict) else {"email": recipient},
        "tags": data.get("tags") or [],
    }
    return event | {"data": {"type": event.get("type")} | data | {"email": email}}


def _view() -> type[Any]:
    """anymail's view, which also accepts MailerSend's test of a new webhook."""
    from anymail.webhooks.base import AnymailBaseWebhookView
    from anymail.webhooks.mailersend import MailerSendTrackingWebhookView

    class View(MailerSendTrackingWebhookView):  # type: ignore[misc]
        def run_validators(self, request: Any) -> None:
            if _is_test(request.body, request.headers.get("Signature", "")):
                AnymailBaseWebhookView.validate_request(self, request)
            else:
                super().run_validators(request)

    return View


def _is_test(body: bytes, signature: str) -> bool:
    if not hmac.compare_digest(
        hmac.new(_TEST_SECRET.encode(), body, hashlib.sha256).hexdigest().encode(), signature.encode()
    ):
        return False
    return at(parsed(body), "type") == _TEST


PROVIDER = Provider(
    name="mailersend",
    label="MailerSend",
    secrets=(Secret("signing_secret", "signing_secret", needed_to_read=True), EXTRA_BASIC_AUTH),
    view=_view,
    marks=(
        {"type", "data", "created_at", "webhook_id"},
        {"type", "data", "created_at", "domain_id"},
        {"type", "message", "created_at"},
    ),
    pack=_pack,
    spare=("data.created_at", "data.morph"),
    words=_WORDS,
    time=("data.created_at", "created_at"),
    bounce=("data.type", "type"),
    hard=("hard_bounced", "activity.hard_bounced"),
    soft=("soft_bounced", "activity.soft_bounced"),
    diagnostic=(
        *("data.morph.readable_reason", "data.morph.reason", "data.meta.bounce_reason"),
        *("data.meta.readable_reason", "data.meta.reason", "data.meta.suppression_reason"),
    ),
    url=("data.meta.url", "data.meta.link"),
    ip=("data.morph.ip", "data.meta.ip"),
    user_agent=("data.morph.user_agent", "data.meta.user_agent"),
    # Opens and clicks are reported twice, each time with an id of its own: as `opened` and `opened_unique`.
    repeats=frozenset({EventType.OPENED, EventType.CLICKED}),
    other_message_ids=("data.email_id", "data.email.id"),
    subject=("data.email.subject", "data.subject"),
    sender=("data.email.from", "data.from"),
)
