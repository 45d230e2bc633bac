"""What Elastic Email sends."""

from .record import Payload, Samples


def _event(status: str, **fields: object) -> Payload:
    return {
        "transaction": "t1",
        "messageid": "m1",
        "to": "ann@example.com",
        "from": "news@example.org",
        "date": "4/14/2026 10:00:00 AM",
        "subject": "Spring",
        "status": status,
        "channel": "spring",
        "account": "us@example.org",
        "category": "",
        **fields,
    }


SAMPLES = Samples(
    typical=[
        (
            _event("Clicked", target="https://example.com/tulips"),
            {
                "type": "clicked",
                "message_id": "m1",
                "recipient": "ann@example.com",
                "campaign_id": "spring",
                "url": "https://example.com/tulips",
            },
        ),
        (
            _event("Error", category="NoMailbox"),
            {
                "type": "bounced",
                "bounce_type": "hard",
                "reject_reason": "bounced",
                "diagnostic": "NoMailbox",
            },
        ),
        (_event("Error", category="GreyListed"), {"type": "bounced", "bounce_type": "soft"}),
        (
            _event("Error", category="NotDelivered"),
            {"type": "rejected", "reject_reason": "blocked", "bounce_type": None},
        ),
        (
            _event("Opened", postback='{"campaign_id": "summer", "customer_id": "1"}'),
            {"type": "opened", "campaign_id": "summer", "customer_id": "1"},
        ),
    ],
    delivery=_event("Sent"),
    delivery_type="sent",
    documented=(
        *("Sent", "Opened", "Clicked", "Error", "AbuseReport", "Unsubscribed"),
        *("Ignore", "Spam", "BlackListed", "NoMailbox", "GreyListed", "Throttled", "Timeout"),
        *("ConnectionProblem", "SPFProblem", "AccountProblem", "DNSProblem", "WhitelistingProblem"),
        *("CodeError", "ManualCancel", "ConnectionTerminated", "ContentFilter", "NotDelivered", "Unknown"),
    ),
)
