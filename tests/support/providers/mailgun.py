"""What Mailgun sends."""

import hashlib
import hmac
import json
from dataclasses import replace

from hypothesis import strategies as st

from .payloads import (
    ADDRESSES,
    ADDRESSES_OF_PEOPLE,
    CUSTOM,
    DIAGNOSTICS,
    EPOCHS,
    PROGRAMS,
    STATUSES,
    TAGS,
    URLS,
    WORDS,
    lists,
    some,
    words_of,
)
from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples
from .signing import KEY, WebhookRequest


def _sign(request: WebhookRequest) -> WebhookRequest:
    timestamp, token = "1461261330", "06c96bafc3f42a66b9edd546"
    signature = hmac.new(KEY.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    block = {"timestamp": timestamp, "token": token, "signature": signature}
    return replace(request, body=json.dumps({"signature": block, **json.loads(request.body)}).encode())


_MAILGUN_EVENT = some(
    {"event": words_of("mailgun", "event_types")},
    {
        "id": WORDS,
        "timestamp": st.floats(0, 4e9) | EPOCHS,
        "severity": st.sampled_from(["permanent", "temporary"]),
        "reason": st.sampled_from(["bounce", "suppress-bounce", "generic", "old"]),
        "recipient": ADDRESSES,
        "message": some(
            {},
            {
                "headers": some(
                    {},
                    {
                        "to": ADDRESSES | ADDRESSES.map(lambda address: f"Somebody <{address}>"),
                        "message-id": st.sampled_from(["1.2@example.com", "<1.2@example.com>", ""]),
                    },
                )
            },
        ),
        "delivery-status": st.none()
        | some(
            {},
            {
                "message": DIAGNOSTICS,
                "description": DIAGNOSTICS,
                "last-message": DIAGNOSTICS,
                "enhanced-code": STATUSES,
                "code": st.just(550),
            },
        ),
        "reject": some({}, {"reason": DIAGNOSTICS, "description": DIAGNOSTICS}),
        "url": URLS,
        "ip": ADDRESSES_OF_PEOPLE,
        "client-info": some({}, {"user-agent": PROGRAMS, "bot": st.sampled_from(["", "apple", "gmail"])}),
        "tags": TAGS,
        "user-variables": CUSTOM,
    },
)
_PAYLOADS = (
    _MAILGUN_EVENT
    | some({"event-data": _MAILGUN_EVENT}, {"signature": some({}, {"token": WORDS})})
    | some({"items": st.lists(_MAILGUN_EVENT, max_size=3)}, {"paging": some({}, {"next": URLS})})
)

SAMPLES = Samples(
    typical=[
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
                **BY_CUSTOMER,
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
            {**HARD, "event_id": "9k2", "provider_machine": None},
        ),
    ],
    delivery={
        "event-data": {
            "event": "delivered",
            "id": "e1",
            "timestamp": 1776157205,
            "recipient": "ann@example.com",
            "message": {"headers": {"message-id": "m1"}},
        }
    },
    secrets={"signing_key": KEY},
    wrong_secrets={"signing_key": "another key"},
    sign=_sign,
    generated=lists(_PAYLOADS),
    proof_in_body=True,
    signs_body=False,
    documented=(
        *("accepted", "delivered", "failed", "opened", "unique_opened", "clicked", "unique_clicked"),
        *("unsubscribed", "complained", "rejected", "stored", "email_validation", "list_uploaded"),
        *("list_member_uploaded", "list_member_upload_error", "trapped", "bounced", "dropped"),
        *("permanent", "temporary", "bounce", "delayed-bounce", "espblock", "generic", "old", "hardfail"),
        *("blacklisted", "greylisted"),
        *("suppress-bounce", "suppress-unsubscribe", "suppress-complaint", "605", "606", "607"),
    ),
)
