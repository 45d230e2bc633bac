"""What Mandrill sends."""

import base64
import hashlib
import hmac
from urllib.parse import urlencode

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples
from .signing import KEY, WebhookRequest


def _sign(request: WebhookRequest) -> WebhookRequest:
    fields = {"mandrill_events": request.body.decode()}
    signed = request.url + "".join(name + value for name, value in sorted(fields.items()))
    signature = base64.b64encode(hmac.new(KEY.encode(), signed.encode(), hashlib.sha1).digest())
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Mandrill-Signature": signature.decode(),
    }
    return WebhookRequest(request.url, urlencode(fields).encode(), headers)


SAMPLES = Samples(
    typical=[
        (
            {
                "event": "open",
                "_id": "abcdef012345789",
                "ts": 1776160800,
                "ip": "198.51.100.7",
                "user_agent": PHONE,
                "msg": {"email": "ann@example.com", "tags": ["spring"], "metadata": {"customer_id": 1}},
            },
            {"type": "opened", "campaign_id": "spring", "customer_id": "1", **BY_CUSTOMER},
        ),
        ({"event": "hard_bounce", "_id": "1", "msg": {"email": "ann@example.com", "diag": REFUSED}}, HARD),
        ({"event": "soft_bounce", "_id": "1", "msg": {"email": "ann@example.com"}}, {"bounce_type": "soft"}),
    ],
    delivery=[
        {
            "event": "send",
            "ts": 1776157205,
            "_id": "m1",
            "msg": {"_id": "m1", "email": "ann@example.com"},
        }
    ],
    secrets={"webhook_key": KEY},
    wrong_secrets={"webhook_key": "another key"},
    sign=_sign,
    delivery_type="sent",
    documented=(
        *("send", "deferral", "delivered", "hard_bounce", "soft_bounce", "open", "click", "spam", "unsub"),
        *("reject", "whitelist", "blacklist", "inbound"),
        *("hard-bounce", "soft-bounce", "spam", "unsub", "custom", "invalid-sender", "invalid"),
        *("test-mode-limit", "unsigned", "rule"),
    ),
)
