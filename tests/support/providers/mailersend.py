"""What MailerSend sends."""

from .record import HARD, REFUSED, Samples
from .signing import KEY, hmac_of_body

SAMPLES = Samples(
    typical=[
        (
            {
                "type": "activity.clicked",
                "domain_id": "yv69oxl5kl785kw2",
                "created_at": "2026-04-14T10:00:00.000000Z",
                "webhook_id": "2351ndgwr4zqx8ko",
                "url": "https://example.com/webhooks/mailersend/",
                "data": {
                    "id": "62a114b4",
                    "type": "clicked",
                    "created_at": "2026-04-14T10:00:00.000000Z",
                    "email": {
                        "message": {"id": "62a1"},
                        "tags": ["spring"],
                        "recipient": {"email": "ann@example.com"},
                    },
                    "morph": {"object": "click", "url": "https://example.com/tulips", "ip": "198.51.100.7"},
                },
            },
            {
                "type": "clicked",
                "ip": "198.51.100.7",
                "campaign_id": "spring",
                "url": "https://example.com/tulips",
            },
        ),
        (
            {
                "type": "activity.hard_bounced",
                "webhook_id": "2351",
                "created_at": "2026-04-14T10:00:00Z",
                "data": {
                    "type": "hard_bounced",
                    "email": {"recipient": {"email": "ann@example.com"}},
                    "morph": {"object": "recipient_bounce", "reason": REFUSED},
                },
            },
            HARD,
        ),
    ],
    delivery={
        "type": "activity.delivered",
        "domain_id": "d1",
        "webhook_id": "w1",
        "created_at": "2026-04-14T09:00:05.000000Z",
        "data": {
            "type": "delivered",
            "created_at": "2026-04-14T09:00:05.000000Z",
            "email": {"message": {"id": "m1"}, "recipient": {"email": "ann@example.com"}},
        },
    },
    secrets={"signing_secret": KEY},
    wrong_secrets={"signing_secret": "another key"},
    sign=hmac_of_body("Signature"),
    documented=(
        *("activity.sent", "activity.delivered", "activity.soft_bounced", "activity.hard_bounced"),
        *("activity.opened", "activity.opened_unique", "activity.clicked", "activity.clicked_unique"),
        *("activity.unsubscribed", "activity.spam_complaint", "activity.deferred", "activity.suppressed"),
        *("activity.survey_opened", "activity.survey_submitted", "sender_identity.verified"),
        *("maintenance.start", "maintenance.end", "inbound_forward.failed", "inbound_message.rejected"),
        *("email_single.verified", "email_list.verified", "bulk_email.completed"),
        *("recipient.on_hold_added", "recipient.on_hold_removed", "webhook.test"),
        *("sms.sent", "sms.delivered", "sms.failed", "queued"),
        *("on_hold", "hard_bounced", "unsubscribed", "spam_complained", "blocklisted"),
    ),
)
