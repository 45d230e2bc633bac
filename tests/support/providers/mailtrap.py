"""What Mailtrap sends."""

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples
from .signing import KEY, hmac_of_body

SAMPLES = Samples(
    typical=[
        (
            {
                "events": [
                    {
                        "event": "click",
                        "timestamp": 1776160800,
                        "message_id": "1df37d17",
                        "event_id": "bede7236",
                        "email": "ann@example.com",
                        "category": "spring",
                        "custom_variables": {"customer_id": 1},
                        "url": "https://example.com/tulips",
                        "ip": "198.51.100.7",
                        "user_agent": PHONE,
                    }
                ]
            },
            {"type": "clicked", "campaign_id": "spring", "customer_id": "1", **BY_CUSTOMER},
        ),
        (
            {
                "events": [
                    {
                        "event": "bounce",
                        "timestamp": 1,
                        "message_id": "1",
                        "ip": "192.0.2.1",
                        "response": REFUSED,
                    }
                ]
            },
            HARD,
        ),
    ],
    delivery={
        "events": [
            {
                "event": "delivery",
                "timestamp": 1776157205,
                "message_id": "m1",
                "email": "ann@example.com",
                "event_id": "e1",
            }
        ]
    },
    secrets={"signing_secret": KEY},
    wrong_secrets={"signing_secret": "another key"},
    sign=hmac_of_body("Mailtrap-Signature"),
    documented=(
        *(
            "delivery",
            "open",
            "click",
            "unsubscribe",
            "spam",
            "soft bounce",
            "soft_bounce",
            "bounce",
            "suspension",
            "reject",
        ),
        "spam_complaint",
        "inbound.message_received",
        "activity_log",
    ),
)
