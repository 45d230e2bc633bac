"""What ZeptoMail sends."""

import base64
import hashlib
import hmac
from dataclasses import replace

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Payload, Samples
from .signing import KEY, WebhookRequest


def _sign(request: WebhookRequest) -> WebhookRequest:
    time = "1776160801000"
    signature = hmac.new(KEY.encode(), time.encode() + request.body, hashlib.sha256).digest()
    header = f"ts={time};s={base64.b64encode(signature).decode()};s-algorithm=HmacSHA256"
    return replace(request, headers={**request.headers, "producer-signature": header})


def _request(word: str, *details: Payload) -> Payload:
    info: Payload = {
        "to": [{"email_address": {"address": "ann@example.com", "name": "Ann"}}],
        "client_reference": '{"campaign_id": "spring", "customer_id": "1"}',
        "email_reference": "m1",
        "subject": "Spring",
    }
    data = {"object": word, "details": list(details)}
    return {
        "event_name": [word],
        "event_message": [{"email_info": info, "event_data": [data], "request_id": "r1"}],
        "mailagent_key": "a1",
        "webhook_request_id": "w1",
    }


SAMPLES = Samples(
    typical=[
        (
            _request(
                "email_link_click",
                {
                    "time": "2026-04-14T15:30:00+05:30",
                    "clicked_link": "https://example.com/tulips",
                    "ip_address": "198.51.100.7",
                    "user_agent": PHONE,
                },
            ),
            {
                "type": "clicked",
                "message_id": "m1",
                "recipient": "ann@example.com",
                "campaign_id": "spring",
                "customer_id": "1",
                "url": "https://example.com/tulips",
                **BY_CUSTOMER,
            },
        ),
        (
            _request("hardbounce", {"bounced_recipient": "ben@example.com", "diagnostic_message": REFUSED}),
            {**HARD, "recipient": "ben@example.com"},
        ),
        (
            _request("softbounce", {"reason": "mailbox is full"}),
            {"type": "bounced", "bounce_type": "soft", "diagnostic": "mailbox is full"},
        ),
        (_request("hard bounce", {"diagnostic_message": REFUSED}), HARD),
        (_request("delivered", {"time": "2026-04-14T15:30:00+05:30"}), {"type": "delivered"}),
    ],
    delivery=_request("email_open", {"time": "2026-04-14T14:30:05+05:30"}),
    delivery_type="opened",
    documented=("softbounce", "hardbounce", "email_open", "email_link_click", "delivered"),
    secrets={"authentication_key": KEY},
    wrong_secrets={"authentication_key": "another key"},
    sign=_sign,
)
