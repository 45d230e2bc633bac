"""What SparkPost sends."""

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples

SAMPLES = Samples(
    typical=[
        (
            {
                "msys": {
                    "track_event": {
                        "type": "open",
                        "event_id": "92356927693813856",
                        "timestamp": "1776160800",
                        "raw_rcpt_to": "ann@example.com",
                        "campaign_id": "spring",
                        "rcpt_meta": {"customer_id": "1"},
                        "ip_address": "198.51.100.7",
                        "user_agent": PHONE,
                        "is_prefetched": True,
                    }
                }
            },
            {
                "type": "opened",
                "campaign_id": "spring",
                "customer_id": "1",
                "provider_machine": True,
                **BY_CUSTOMER,
            },
        ),
        (
            {
                "msys": {
                    "message_event": {
                        "type": "bounce",
                        "bounce_class": "10",
                        "raw_reason": REFUSED,
                        "ip_address": "192.0.2.1",
                    }
                }
            },
            HARD,
        ),
        ({"msys": {"message_event": {"type": "bounce", "bounce_class": "22"}}}, {"bounce_type": "soft"}),
        ({"msys": {"message_event": {"type": "bounce", "bounce_class": "50"}}}, {"bounce_type": None}),
    ],
    delivery=[
        {
            "msys": {
                "message_event": {
                    "type": "delivery",
                    "event_id": "e1",
                    "raw_rcpt_to": "ann@example.com",
                    "timestamp": "1776157205",
                    "message_id": "m1",
                }
            }
        }
    ],
)
