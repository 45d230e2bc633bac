"""What SendGrid sends."""

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import strategies as st

from .payloads import (
    ADDRESSES,
    ADDRESSES_OF_PEOPLE,
    CUSTOM,
    DIAGNOSTICS,
    EPOCHS,
    POSITIONS,
    PROGRAMS,
    STATUSES,
    TAGS,
    URLS,
    WORDS,
    lists,
    some,
    words_of,
)
from .record import BY_CUSTOMER, HARD, PHONE, Samples
from .signing import WebhookRequest, public_key

_KEY = ec.generate_private_key(ec.SECP256R1())


def _sign(request: WebhookRequest) -> WebhookRequest:
    timestamp = "1461095246"
    signature = _KEY.sign(timestamp.encode() + request.body, ec.ECDSA(hashes.SHA256()))
    return request.with_headers(
        X_Twilio_Email_Event_Webhook_Signature=base64.b64encode(signature).decode(),
        X_Twilio_Email_Event_Webhook_Timestamp=timestamp,
    )


_PAYLOADS = st.tuples(
    some(
        {"event": words_of("sendgrid", "event_types")},
        {
            "email": ADDRESSES,
            "timestamp": EPOCHS,
            "sg_event_id": WORDS,
            "anymail_id": WORDS,
            "smtp-id": WORDS,
            "sg_message_id": st.sampled_from(
                ["14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "plain", ""]
            ),
            "response": DIAGNOSTICS,
            "reason": DIAGNOSTICS | st.sampled_from(["Bounced Address", "Unsubscribed Address", "Invalid"]),
            "type": st.sampled_from(["bounce", "blocked", "expired", "Bounced Address"]),
            "status": STATUSES,
            "url": URLS,
            "url_offset": some({}, {"index": POSITIONS, "type": st.sampled_from(["html", "text"])}),
            "useragent": PROGRAMS,
            "ip": ADDRESSES_OF_PEOPLE,
            "sg_machine_open": st.booleans(),
            "category": WORDS | TAGS,
            "marketing_campaign_id": st.integers(1, 10**9),
            "singlesend_id": WORDS,
            "asm_group_id": st.integers(1, 100),
            "bounce_classification": st.sampled_from(["Invalid Address", ""]),
            "custom_args": CUSTOM,
        },
    ),
    CUSTOM,
).map(lambda parts: {**parts[1], **parts[0]})

SAMPLES = Samples(
    typical=[
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
                **BY_CUSTOMER,
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
            {**HARD, "campaign_id": "spring", "tags": ("spring",)},
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
    delivery=[
        {"event": "delivered", "email": "ann@example.com", "timestamp": 1776157205, "sg_event_id": "e1"}
    ],
    secrets={"verification_key": public_key(_KEY)},
    wrong_secrets={"verification_key": public_key(ec.generate_private_key(ec.SECP256R1()))},
    sign=_sign,
    generated=lists(_PAYLOADS),
    documented=(
        *("processed", "dropped", "deferred", "delivered", "bounce", "open", "click", "spamreport"),
        *("unsubscribe", "group_unsubscribe", "group_resubscribe", "account_status_change"),
        *("cancel_drop", "received"),
        *("Invalid SMTPAPI header", "Spam Content (if Spam Checker app is enabled)", "Unsubscribed Address"),
        *("Bounced Address", "Spam Reporting Address", "Invalid", "Recipient List over Package Quota"),
    ),
)
