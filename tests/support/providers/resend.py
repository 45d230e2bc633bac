"""What Resend sends."""

import base64
from datetime import UTC, datetime

from svix.webhooks import Webhook

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples
from .signing import KEY, WebhookRequest

_SECRET = f"whsec_{base64.b64encode(KEY.encode()).decode()}"


def _sign(request: WebhookRequest) -> WebhookRequest:
    now = datetime.now(UTC)
    signature = Webhook(_SECRET).sign("msg_1", now, request.body.decode())
    return request.with_headers(
        svix_id="msg_1", svix_timestamp=str(int(now.timestamp())), svix_signature=signature
    )


SAMPLES = Samples(
    typical=[
        (
            {
                "type": "email.clicked",
                "created_at": "2026-04-14T10:00:00.000Z",
                "data": {
                    "email_id": "56761188",
                    "to": ["Ann <ann@example.com>"],
                    "broadcast_id": "8b146471",
                    "tags": {"customer_id": "1"},
                    "click": {
                        "ipAddress": "198.51.100.7",
                        "link": "https://example.com/tulips",
                        "userAgent": PHONE,
                    },
                },
            },
            {"type": "clicked", "campaign_id": "8b146471", "customer_id": "1", **BY_CUSTOMER},
        ),
        (
            {
                "type": "email.bounced",
                "created_at": "2026-04-14T10:00:00.000Z",
                "data": {"to": ["a@example.com"], "bounce": {"type": "Permanent", "message": REFUSED}},
            },
            HARD,
        ),
    ],
    delivery={
        "type": "email.delivered",
        "created_at": "2026-04-14T09:00:05.000Z",
        "data": {"email_id": "m1", "to": ["ann@example.com"], "created_at": "2026-04-14T09:00:00.000Z"},
    },
    secrets={"signing_secret": _SECRET},
    wrong_secrets={"signing_secret": "whsec_YW5vdGhlciBrZXk="},
    sign=_sign,
    documented=(
        *("email.bounced", "email.clicked", "email.complained", "email.delivered", "email.delivery_delayed"),
        *("email.failed", "email.opened", "email.received", "email.scheduled", "email.sent"),
        *("email.suppressed", "contact.created", "contact.deleted", "contact.updated"),
        *("domain.created", "domain.deleted", "domain.updated"),
        *("previous_bounce", "previous_complaint", "Suppressed", "OnAccountSuppressionList"),
    ),
)
