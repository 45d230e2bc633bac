"""What Unisender Go sends."""

import hashlib
import json
from dataclasses import replace

from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples
from .signing import KEY, WebhookRequest


def _sign(request: WebhookRequest) -> WebhookRequest:
    unsigned = json.dumps({**json.loads(request.body), "auth": KEY}).encode()
    signature = hashlib.md5(unsigned).hexdigest().encode()  # noqa: S324
    return replace(request, body=unsigned.replace(KEY.encode(), signature))


SAMPLES = Samples(
    typical=[
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
            {"type": "clicked", "campaign_id": "spring", "customer_id": "1", **BY_CUSTOMER},
        ),
        (
            {
                "auth": "6cf8",
                "event_name": "transactional_email_status",
                "status": "hard_bounced",
                "email": "ann@example.com",
                "delivery_info": {"delivery_status": "err_user_unknown", "destination_response": REFUSED},
            },
            HARD,
        ),
    ],
    delivery={
        "events_by_user": [
            {
                "user_id": 1,
                "project_id": "p",
                "events": [
                    {
                        "event_name": "transactional_email_status",
                        "event_data": {
                            "job_id": "m1",
                            "status": "delivered",
                            "email": "ann@example.com",
                            "event_time": "2026-04-14 09:00:05",
                        },
                    }
                ],
            }
        ]
    },
    secrets={"api_key": KEY},
    wrong_secrets={"api_key": "another key"},
    sign=_sign,
    proof_in_body=True,
    documented=(
        *("sent", "delivered", "opened", "clicked", "unsubscribed", "subscribed", "spam"),
        *("soft_bounced", "hard_bounced", "transactional_email_status", "transactional_spam_block"),
        *("err_user_unknown", "err_user_inactive", "err_will_retry", "err_mailbox_discarded"),
        *("err_mailbox_full", "err_spam_rejected", "err_blacklisted", "err_too_large", "err_unsubscribed"),
        *("err_unreachable", "err_skip_letter", "err_domain_inactive", "err_destination_misconfigured"),
        *("err_delivery_failed", "err_spam_skipped", "err_spam_removed", "err_lost", "err_internal"),
        *("accepted", "ok_sent", "ok_delivered", "ok_read", "ok_link_visited", "ok_spam_folder", "ok_fbl"),
        *("ok_unsubscribed", "ok_resubscribed", "skip_dup_unreachable", "skip_dup_mailbox_full"),
        *("skip_dup_temp_unreachable", "not_sent", "err_resend", "err_unknown", "err_retry_letter"),
        *("err_src_invalid", "err_dest_invalid", "err_not_available", "err_no_dns", "err_no_smtp"),
        "err_giveup",
    ),
)
