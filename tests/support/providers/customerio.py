"""What Customer.io sends."""

import hashlib
import hmac
from dataclasses import replace

from .record import REFUSED, Samples
from .signing import KEY, WebhookRequest


def _sign(request: WebhookRequest) -> WebhookRequest:
    time = "1776160801"
    signature = hmac.new(KEY.encode(), b"v0:" + time.encode() + b":" + request.body, hashlib.sha256)
    headers = {"X-CIO-Timestamp": time, "X-CIO-Signature": signature.hexdigest()}
    return replace(request, headers={**request.headers, **headers})


SAMPLES = Samples(
    typical=[
        (
            {
                "event_id": "e1",
                "object_type": "email",
                "metric": "clicked",
                "timestamp": 1776160800,
                "data": {
                    "customer_id": "1",
                    "identifiers": {"id": "1"},
                    "delivery_id": "d1",
                    "action_id": 3,
                    "campaign_id": 7,
                    "recipient": "ann@example.com",
                    "subject": "Spring",
                    "href": "https://example.com/tulips",
                    "link_id": 1,
                },
            },
            {
                "type": "clicked",
                "event_id": "e1",
                "message_id": "d1",
                "recipient": "ann@example.com",
                "campaign_id": "7",
                "customer_id": "1",
                "url": "https://example.com/tulips",
            },
        ),
        (
            {
                "event_id": "e2",
                "object_type": "email",
                "metric": "bounced",
                "timestamp": 1776160800,
                "data": {
                    "identifiers": {"email": "ann@example.com"},
                    "delivery_id": "d1",
                    "newsletter_id": 7,
                    "failure_message": REFUSED,
                },
            },
            {
                "type": "bounced",
                "recipient": "ann@example.com",
                "campaign_id": "newsletter-7",
                "smtp_status": "5.1.1",
                "bounce_type": None,
            },
        ),
        (
            {
                "event_id": "e3",
                "object_type": "customer",
                "metric": "unsubscribed",
                "timestamp": 1776160800,
                "data": {"identifiers": {"id": "1"}, "email_address": "ann@example.com"},
            },
            {"type": "unsubscribed", "campaign_id": None, "customer_id": "1", "recipient": "ann@example.com"},
        ),
    ],
    delivery={
        "event_id": "e4",
        "object_type": "email",
        "metric": "delivered",
        "timestamp": 1776157205,
        "data": {"recipient": "ann@example.com", "delivery_id": "d1", "transactional_message_id": 2},
    },
    documented=(
        *("drafted", "attempted", "sent", "deferred", "delivered", "opened", "clicked", "converted"),
        *("bounced", "dropped", "failed", "spammed", "unsubscribed", "subscribed"),
        *("customer", "email", "push", "sms", "in_app", "slack", "webhook"),
    ),
    secrets={"signing_key": KEY},
    wrong_secrets={"signing_key": "another key"},
    sign=_sign,
)
