"""What SMTP2GO sends."""

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Payload, Samples


def _event(word: str, **fields: object) -> Payload:
    return {
        "event": word,
        "time": "2026-04-14T10:00:00Z",
        "sendtime": "2026-04-14T09:00:00Z",
        "rcpt": "ann@example.com",
        "recipients": ["ann@example.com", "ben@example.com"],
        "sender": "news@example.org",
        "email_id": "m1",
        "id": "w1",
        "message-id": "<1@example.org>",
        **fields,
    }


SAMPLES = Samples(
    typical=[
        (
            _event(
                "click",
                **{
                    "srchost": "198.51.100.7",
                    "user-agent": PHONE,
                    "url": "https://example.com/tulips",
                    "X-Campaign-Id": "spring",
                    "X-Customer-ID": "1",
                },
            ),
            {
                "type": "clicked",
                "event_id": None,  # the id is the webhook's
                "message_id": "m1",
                "recipient": "ann@example.com",
                "url": "https://example.com/tulips",
                "campaign_id": "spring",
                "customer_id": "1",
                **BY_CUSTOMER,
            },
        ),
        (_event("bounce", bounce="hard", message=REFUSED, srchost="192.0.2.1"), HARD),
        (_event("bounce", bounce="soft"), {"type": "bounced", "bounce_type": "soft"}),
        (
            _event("reject", message="Suppressed"),
            {"type": "rejected", "reject_reason": "other", "diagnostic": "Suppressed"},
        ),
    ],
    delivery=_event("delivered"),
    documented=(
        *("processed", "delivered", "open", "click", "bounce", "spam", "unsubscribe", "resubscribe"),
        *("reject", "sms_sending", "sms_submitted", "sms_delivered", "sms_failed", "sms_rejected", "opt-out"),
    ),
)
