"""What Mailjet sends."""

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples

SAMPLES = Samples(
    typical=[
        (
            {
                "event": "click",
                "time": 1776160800,
                "MessageID": 19421777835146490,
                "email": "ann@example.com",
                "mj_campaign_id": 7257,
                "customcampaign": "",
                "Payload": '{"customer": "1"}',
                "url": "https://example.com/tulips",
                "ip": "198.51.100.7",
                "agent": PHONE,
            },
            {"type": "clicked", "campaign_id": "7257", "customer_id": "1", **BY_CUSTOMER},
        ),
        (
            {
                "event": "bounce",
                "time": 1776160800,
                "MessageID": 1,
                "email": "ann@example.com",
                "customcampaign": "spring",
                "hard_bounce": True,
                "error": "user unknown",
                "smtp_reply": REFUSED,
            },
            {**HARD, "campaign_id": "spring"},
        ),
        (
            {"event": "bounce", "time": 1, "MessageID": 1, "hard_bounce": False, "error": "quota exceeded"},
            {"bounce_type": "soft", "smtp_status": None},
        ),
    ],
    delivery=[{"event": "sent", "time": 1776157205, "MessageID": 1, "email": "ann@example.com"}],
    documented=(
        *("sent", "open", "click", "bounce", "blocked", "spam", "unsub"),
        *("user unknown", "mailbox inactive", "quota exceeded", "blacklisted", "spam reporter"),
        *("invalid domain", "no mail host", "relay/access denied", "greylisted", "typofix"),
        *("bad or empty template", "error in template language"),
        *("sender blocked", "content blocked", "policy issue"),
        *("system issue", "protocol issue", "connection issue", "preblocked", "duplicate in campaign"),
    ),
)
