"""What ActiveCampaign sends."""

from .record import PHONE, Payload, Samples


def _event(word: str, **fields: object) -> Payload:
    return {
        "type": word,
        "date_time": "2026-04-14T10:00:00-05:00",
        "initiated_from": "public",
        "initiated_by": "subscriber",
        "list": "1",
        "contact[id]": "12",
        "contact[email]": "ann@example.com",
        "contact[ip]": "192.0.2.9",
        "campaign[id]": "7",
        **fields,
    }


SAMPLES = Samples(
    typical=[
        (
            _event("click", **{"link[id]": "3", "link[url]": "https://example.com/tulips"}),
            {
                "type": "clicked",
                "recipient": "ann@example.com",
                "campaign_id": "7",
                "customer_id": "12",
                "url": "https://example.com/tulips",
                "ip": None,  # the contact's, not the click's
            },
        ),
        (_event("open", **{"User-Agent": PHONE}), {"type": "opened", "user_agent": PHONE}),
        (
            _event(
                "bounce",
                **{
                    "bounce[type]": "hard",
                    "bounce[code]": "5.1.1",
                    "bounce[description]": "No such user",
                },
            ),
            {
                "type": "bounced",
                "bounce_type": "hard",
                "smtp_status": "5.1.1",
                "diagnostic": "No such user",
            },
        ),
        (
            _event("unsubscribe", **{"campaign[id]": "0", "unsubscribe[reason]": "Too many"}),
            {"type": "unsubscribed", "campaign_id": None, "diagnostic": "Too many"},
        ),
    ],
    delivery=_event("open"),
    delivery_type="opened",
    documented=(
        *("open", "click", "bounce", "subscribe", "unsubscribe", "reply", "forward", "share", "sent"),
        *("update", "subscriber_note", "contact_task_add", "list_add", "account_add", "account_update"),
        *("account_contact_add", "account_contact_update", "deal_add", "deal_update", "deal_note_add"),
        *("deal_pipeline_add", "deal_stage_add", "deal_task_add", "deal_tasktype_add"),
        *("sms_sent", "sms_reply", "sms_unsub"),
    ),
)
