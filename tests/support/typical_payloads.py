"""For each provider a few payloads as its documentation shows them, and the fields that Mailsight reads by itself."""

import json
from collections.abc import Mapping

Payload = dict[str, object]

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) AppleWebKit/605.1.15"
REFUSED = "550 5.1.1 <ann@example.com>: user unknown"


def _ses(word: str, **parts: object) -> Payload:
    mail = {
        "messageId": "EXAMPLE7c19-000000",
        "timestamp": "2026-04-14T09:00:00.000Z",
        "destination": ["ann@example.com"],
        "headers": [{"name": "Subject", "value": "Spring"}],
        "tags": {"campaign_id": ["spring"], "customer_id": ["1"], "ses:configuration-set": ["News"]},
    }
    return {"eventType": word, "mail": mail, **parts}


def _sns(event: Payload) -> Payload:
    return {
        "Type": "Notification",
        "MessageId": "19ba9823-d7f2-53c1",
        "TopicArn": "arn:aws:sns:eu-west-1:1:News",
        "Message": json.dumps(event),
        "Timestamp": "2026-04-14T09:00:09.000Z",
    }


_SES_CLICK: Payload = {
    "ipAddress": "198.51.100.7",
    "link": "https://example.com/tulips",
    "linkTags": {"link_position": ["3"]},
    "timestamp": "2026-04-14T10:00:00.000Z",
    "userAgent": PHONE,
}
_SES_BOUNCE: Payload = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [{"emailAddress": "ann@example.com", "status": "5.1.1", "diagnosticCode": REFUSED}],
    "timestamp": "2026-04-14T09:00:04.000Z",
}
_BY_CUSTOMER: Payload = {"ip": "198.51.100.7", "user_agent": PHONE}
_HARD: Payload = {"type": "bounced", "bounce_type": "hard", "smtp_status": "5.1.1", "ip": None}

TYPICAL: Mapping[str, list[tuple[Payload, dict[str, object]]]] = {
    "amazon_ses": [
        (
            _sns(_ses("Click", click=_SES_CLICK)),
            {
                "type": "clicked",
                "event_id": "19ba9823-d7f2-53c1",
                "link_position": 3,
                "campaign_id": "spring",
                "customer_id": "1",
                "payload": _ses("Click", click=_SES_CLICK),
                **_BY_CUSTOMER,
            },
        ),
        (_ses("Bounce", bounce=_SES_BOUNCE), {**_HARD, "event_id": None, "diagnostic": REFUSED}),
        (
            _ses("DeliveryDelay", deliveryDelay={"delayedRecipients": _SES_BOUNCE["bouncedRecipients"]}),
            {"type": "deferred", "bounce_type": None, "diagnostic": REFUSED, "smtp_status": "5.1.1"},
        ),
        (
            _ses("Subscription", subscription={"newTopicPreferences": {"unsubscribeAll": True}}),
            {"type": "unsubscribed", "diagnostic": None},
        ),
    ],
    "brevo": [
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
                **_BY_CUSTOMER,
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
            {**_HARD, "campaign_id": "7", "provider_machine": None},
        ),
    ],
    "mailersend": [
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
            _HARD,
        ),
    ],
    "mailgun": [
        (
            {
                "signature": {"timestamp": "1776160800", "token": "651869375b9d", "signature": "2a75"},
                "event-data": {
                    "event": "opened",
                    "id": "hTWCTD81RtiDN",
                    "timestamp": 1776160800.25,
                    "recipient": "ann@example.com",
                    "message": {"headers": {"message-id": "20260414.1@example.org"}},
                    "ip": "198.51.100.7",
                    "client-info": {"user-agent": PHONE, "bot": "apple"},
                    "tags": ["news", "spring"],
                    "user-variables": {"campaign": "spring", "customer_id": 1},
                },
            },
            {
                "type": "opened",
                "event_id": "651869375b9d",
                "message_id": "<20260414.1@example.org>",
                "provider_machine": True,
                "campaign_id": "spring",
                "customer_id": "1",
                **_BY_CUSTOMER,
            },
        ),
        (
            {
                "event-data": {
                    "event": "failed",
                    "severity": "permanent",
                    "id": "9k2",
                    "recipient": "ann@example.com",
                    "delivery-status": {"code": 550, "message": REFUSED},
                    "client-info": {"bot": ""},
                }
            },
            {**_HARD, "event_id": "9k2", "provider_machine": None},
        ),
    ],
    "mailjet": [
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
            {"type": "clicked", "campaign_id": "7257", "customer_id": "1", **_BY_CUSTOMER},
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
            {**_HARD, "campaign_id": "spring"},
        ),
        (
            {"event": "bounce", "time": 1, "MessageID": 1, "hard_bounce": False, "error": "quota exceeded"},
            {"bounce_type": "soft", "smtp_status": None},
        ),
    ],
    "mailtrap": [
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
            {"type": "clicked", "campaign_id": "spring", "customer_id": "1", **_BY_CUSTOMER},
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
            _HARD,
        ),
    ],
    "mandrill": [
        (
            {
                "event": "open",
                "_id": "abcdef012345789",
                "ts": 1776160800,
                "ip": "198.51.100.7",
                "user_agent": PHONE,
                "msg": {"email": "ann@example.com", "tags": ["spring"], "metadata": {"customer_id": 1}},
            },
            {"type": "opened", "campaign_id": "spring", "customer_id": "1", **_BY_CUSTOMER},
        ),
        ({"event": "hard_bounce", "_id": "1", "msg": {"email": "ann@example.com", "diag": REFUSED}}, _HARD),
        ({"event": "soft_bounce", "_id": "1", "msg": {"email": "ann@example.com"}}, {"bounce_type": "soft"}),
    ],
    "postal": [
        (
            {
                "event": "MessageLinkClicked",
                "timestamp": 1776160800.1,
                "uuid": "0fcc831f",
                "payload": {
                    "url": "https://example.com/tulips",
                    "ip_address": "198.51.100.7",
                    "user_agent": PHONE,
                    "message": {
                        "id": 12345,
                        "to": "ann@example.com",
                        "tag": "spring",
                        "direction": "outgoing",
                    },
                },
            },
            {
                "type": "clicked",
                "message_id": 12345,
                "campaign_id": "spring",
                "metadata": None,
                **_BY_CUSTOMER,
            },
        ),
    ],
    "postmark": [
        (
            {
                "RecordType": "Open",
                "MessageID": "883953f4",
                "ReceivedAt": "2026-04-14T10:00:00.1234567Z",
                "Recipient": "ann@example.com",
                "Tag": "news",
                "Metadata": {"campaign_id": "spring", "customer_id": "1"},
                "Geo": {"IP": "198.51.100.7"},
                "UserAgent": PHONE,
            },
            {
                "type": "opened",
                "campaign_id": "spring",
                "customer_id": "1",
                "provider_machine": None,
                **_BY_CUSTOMER,
            },
        ),
        (
            {
                "RecordType": "Bounce",
                "ID": 692560173,
                "Type": "HardBounce",
                "Email": "a@example.com",
                "Details": REFUSED,
            },
            {**_HARD, "event_id": "692560173"},
        ),
        ({"RecordType": "Bounce", "Type": "SoftBounce", "Email": "a@example.com"}, {"bounce_type": "soft"}),
    ],
    "resend": [
        (
            {
                "type": "email.clicked",
                "created_at": "2026-04-14T10:00:00.000Z",
                "data": {
                    "email_id": "56761188",
                    "to": ["Ann <ann@example.com>"],
                    "broadcast_id": "8b146471",
                    "tags": {"customer_id": "1"},
                    "click": {
                        "ipAddress": "198.51.100.7",
                        "link": "https://example.com/tulips",
                        "userAgent": PHONE,
                    },
                },
            },
            {"type": "clicked", "campaign_id": "8b146471", "customer_id": "1", **_BY_CUSTOMER},
        ),
        (
            {
                "type": "email.bounced",
                "created_at": "2026-04-14T10:00:00.000Z",
                "data": {"to": ["a@example.com"], "bounce": {"type": "Permanent", "message": REFUSED}},
            },
            _HARD,
        ),
    ],
    "sendgrid": [
        (
            {
                "event": "click",
                "email": "ann@example.com",
                "timestamp": 1776160800,
                "sg_event_id": "kCAi1Ktty",
                "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001",
                "category": ["news", "spring"],
                "url": "https://example.com/tulips",
                "url_offset": {"index": 3, "type": "html"},
                "useragent": PHONE,
                "ip": "198.51.100.7",
                "marketing_campaign_id": 12345,
                "customer_id": 1,
            },
            {
                "type": "clicked",
                "message_id": "14c5d75ce93",
                "link_position": 3,
                "campaign_id": "12345",
                "customer_id": "1",
                "tags": ("news", "spring"),
                "metadata": {"customer_id": 1},
                **_BY_CUSTOMER,
            },
        ),
        (
            {
                "event": "bounce",
                "sg_event_id": "1",
                "type": "bounce",
                "status": "5.1.1",
                "reason": "550 unknown",
                "ip": "192.0.2.1",
                "category": "spring",
            },
            {**_HARD, "campaign_id": "spring", "tags": ("spring",)},
        ),
        (
            {
                "event": "bounce",
                "sg_event_id": "1",
                "type": "blocked",
                "url_offset": {"index": 3, "type": "text"},
            },
            {"bounce_type": "soft", "link_position": None},
        ),
        ({"event": "open", "sg_event_id": "1", "sg_machine_open": False}, {"provider_machine": False}),
    ],
    "sparkpost": [
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
                **_BY_CUSTOMER,
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
            _HARD,
        ),
        ({"msys": {"message_event": {"type": "bounce", "bounce_class": "22"}}}, {"bounce_type": "soft"}),
        ({"msys": {"message_event": {"type": "bounce", "bounce_class": "50"}}}, {"bounce_type": None}),
    ],
    "unisender_go": [
        (
            {
                "auth": "6cf8890071bf",
                "events_by_user": [
                    {
                        "user_id": 1,
                        "events": [
                            {
                                "event_name": "transactional_email_status",
                                "event_data": {
                                    "job_id": "1sn15Z",
                                    "status": "clicked",
                                    "email": "ann@example.com",
                                    "event_time": "2026-04-14 10:00:00",
                                    "url": "https://example.com/tulips",
                                    "metadata": {"campaign_id": "spring", "customer_id": "1"},
                                    "delivery_info": {"user_agent": PHONE, "ip": "198.51.100.7"},
                                },
                            }
                        ],
                    }
                ],
            },
            {"type": "clicked", "campaign_id": "spring", "customer_id": "1", **_BY_CUSTOMER},
        ),
        (
            {
                "auth": "6cf8",
                "event_name": "transactional_email_status",
                "status": "hard_bounced",
                "email": "ann@example.com",
                "delivery_info": {"delivery_status": "err_user_unknown", "destination_response": REFUSED},
            },
            _HARD,
        ),
    ],
}
