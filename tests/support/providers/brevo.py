"""What Brevo sends."""

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples

SAMPLES = Samples(
    typical=[
        (
            {
                "event": "unique_proxy_open",
                "email": "ann@example.com",
                "message-id": "<201803011158.987@smtp-relay.mailin.fr>",
                "ts_epoch": 1776160800000,
                "tags": ["spring"],
                "X-Mailin-custom": '{"customer_id": 1}',
                "ip": "198.51.100.7",
                "user_agent": PHONE,
            },
            {
                "type": "opened",
                "provider_machine": True,
                "campaign_id": "spring",
                "customer_id": "1",
                **BY_CUSTOMER,
            },
        ),
        (
            {
                "event": "hard_bounce",
                "email": "ann@example.com",
                "message-id": "<1>",
                "reason": REFUSED,
                "camp_id": 7,
            },
            {**HARD, "campaign_id": "7", "provider_machine": None},
        ),
    ],
    delivery={
        "event": "delivered",
        "email": "ann@example.com",
        "ts_epoch": 1776157205000,
        "message-id": "<m1>",
    },
    documented=(
        *(
            "request",
            "delivered",
            "hard_bounce",
            "soft_bounce",
            "hard_bounced",
            "soft_bounced",
            "blocked",
            "spam",
            "invalid_email",
            "deferred",
        ),
        *("click", "opened", "unique_opened", "proxy_open", "unique_proxy_open", "unsubscribed", "error"),
        *("unsubscribe", "contact_deleted", "contact_updated", "list_addition"),
        *(
            "sent",
            "hardBounce",
            "softBounce",
            "uniqueOpened",
            "listAddition",
            "contactUpdated",
            "contactDeleted",
        ),
        *("inboundEmailProcessed", "reply"),
        *("requests", "bounces", "hardBounces", "softBounces", "clicks", "invalid", "loadedByProxy"),
    ),
)
