"""What Iterable sends."""

from .record import BY_CUSTOMER, PHONE, REFUSED, Samples

_OF_A_MAIL: dict[str, object] = {
    "email": "ann@example.com",
    "campaignId": 7,
    "templateId": 8,
    "messageId": "m1",
    "createdAt": "2026-04-14 10:00:00 +00:00",
}

SAMPLES = Samples(
    typical=[
        (
            {
                "email": "ann@example.com",
                "userId": "1",
                "eventName": "emailClick",
                "dataFields": {
                    **_OF_A_MAIL,
                    "url": "https://example.com/tulips",
                    "linkId": "3145",
                    "userAgent": PHONE,
                    "ip": "198.51.100.7",
                    "isBot": True,
                    "labels": ["news"],
                },
            },
            {
                "type": "clicked",
                "message_id": "m1",
                "campaign_id": "7",
                "customer_id": "1",
                "url": "https://example.com/tulips",
                "tags": ("news",),
                "provider_machine": True,
                **BY_CUSTOMER,
            },
        ),
        (
            {
                "eventName": "emailBounce",
                "dataFields": {**_OF_A_MAIL, "recipientState": "HardBounce", "bounceMessage": REFUSED},
            },
            {
                "type": "bounced",
                "bounce_type": "hard",
                "smtp_status": "5.1.1",
                "recipient": "ann@example.com",
            },
        ),
        (
            {
                "eventName": "emailSendSkip",
                "dataFields": {**_OF_A_MAIL, "reason": "DuplicateMarketingMessage"},
            },
            {"type": "rejected", "reject_reason": "other", "diagnostic": "DuplicateMarketingMessage"},
        ),
        (
            {
                "eventName": "emailSend",
                "dataFields": {
                    **_OF_A_MAIL,
                    "transactionalData": {"campaign_id": "spring", "customer_id": "3"},
                },
            },
            {"type": "sent", "campaign_id": "spring", "customer_id": "3"},
        ),
    ],
    delivery={"email": "ann@example.com", "eventName": "emailSend", "dataFields": _OF_A_MAIL},
    delivery_type="sent",
    documented=(
        *("emailSend", "emailSendSkip", "emailBounce", "emailOpen", "emailClick", "emailComplaint"),
        *("emailSubscribe", "emailUnSubscribe", "hostedUnsubscribeClick", "inAppClick", "inAppOpen"),
        *("inAppSend", "inAppSendSkip", "pushBounce", "pushOpen", "pushSend", "pushSendSkip"),
        *("pushUninstall", "smsBounce", "smsClick", "smsReceived", "smsSend", "smsSendSkip"),
        *("webPushSend", "webPushSendSkip"),
    ),
)
