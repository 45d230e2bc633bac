"""What Mailchimp sends."""

import hashlib
import hmac
from dataclasses import replace

from .record import Samples
from .signing import KEY, WebhookRequest


def _sign(request: WebhookRequest) -> WebhookRequest:
    time = "1776160801"
    signature = hmac.new(KEY.encode(), time.encode() + b"." + request.body, hashlib.sha256).hexdigest()
    return replace(request, headers={**request.headers, "X-Mailchimp-Signature": f"t={time},v1={signature}"})


SAMPLES = Samples(
    typical=[
        (
            {
                "type": "unsubscribe",
                "fired_at": "2026-04-14 10:00:00",
                "data[action]": "unsub",
                "data[reason]": "manual",
                "data[id]": "8a25",
                "data[list_id]": "a6b5",
                "data[email]": "ann@example.com",
                "data[campaign_id]": "4fjk",
                "data[merges][FNAME]": "Ann",
            },
            {
                "type": "unsubscribed",
                "reject_reason": "unsubscribed",
                "recipient": "ann@example.com",
                "campaign_id": "4fjk",
            },
        ),
        (
            {
                "type": "unsubscribe",
                "fired_at": "2026-04-14 10:00:00",
                "data[reason]": "abuse",
                "data[email]": "ann@example.com",
            },
            {"type": "complained", "reject_reason": "spam"},
        ),
        # As JSON, like a form that somebody has read already.
        (
            {
                "type": "cleaned",
                "fired_at": "2026-04-14 10:00:00",
                "data": {"email": "ann@example.com", "reason": "hard", "campaign_id": "4fjk"},
            },
            {
                "type": "bounced",
                "bounce_type": "hard",
                "recipient": "ann@example.com",
                "campaign_id": "4fjk",
                "diagnostic": "hard",
            },
        ),
    ],
    delivery={
        "type": "subscribe",
        "fired_at": "2026-04-14 09:00:05",
        "data[email]": "ann@example.com",
        "data[list_id]": "a6b5",
    },
    delivery_type="subscribed",
    documented=(
        *("subscribe", "unsubscribe", "profile", "cleaned", "upemail", "campaign"),
        *("manual", "abuse", "hard"),
    ),
    secrets={"signing_secret": KEY},
    wrong_secrets={"signing_secret": "another key"},
    sign=_sign,
)
