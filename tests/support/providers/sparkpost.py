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
    documented=(
        *("bounce", "delivery", "injection", "spam_complaint", "out_of_band", "policy_rejection", "delay"),
        *("sms_status", "click", "open", "initial_open", "amp_click", "amp_open", "amp_initial_open"),
        *("generation_failure", "generation_rejection", "list_unsubscribe", "link_unsubscribe"),
        *("relay_injection", "relay_rejection", "relay_delivery", "relay_tempfail", "relay_permfail"),
        *("ab_test_completed", "ab_test_cancelled", "success", "error"),
        *("1", "10", "20", "21", "22", "23", "24", "25", "30", "40", "50", "51", "52", "53", "54", "60"),
        *("70", "80", "90", "100"),
    ),
)
