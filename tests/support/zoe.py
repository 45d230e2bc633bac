"""Zoe, and a bundle with something of her in every place where something of a person can be."""

from tests.support.archives import raw_mail
from tests.support.bundles import ndjson

# None of these may be left in any file once she was erased.
ZOE = ("zoe.quagmire@quagmire.example", "zoe.quagmire", "Zoe Quagmire", "kunde-4711-z")
SENT = "2026-04-14T09:00:00Z"


def rows() -> dict[str, str | bytes]:
    mail = '<p>Hi {{first_name}} <a href="https://shop.example/a?c={{customer_id}}">A</a> <a href="{{out}}">Out</a>'
    events: list[dict[str, object]] = [
        {"type": "delivered"},
        {
            "type": "opened",
            "user_agent": "Zoephone/7.1.2 (iPhone; CPU iPhone OS 17_4_1)",
            "ip": "203.0.113.77",
        },
        {"type": "clicked", "url": "https://shop.example/a?c=kunde-4711-z", "ip": "2001:db8:1:2::77"},
        {"type": "clicked", "url": "https://shop.example/out/zoe.quagmire%40quagmire.example"},
        {"type": "opened", "event_id": "e-zoe-1", "payload": {"email": ZOE[0], "name": ZOE[2]}},
    ]
    return {
        "mail.html": mail,
        "contents/zoe.eml": raw_mail(
            ZOE[0], body='<p>Hi Zoe Quagmire <a href="https://shop.example/a?c=kunde-4711-z">A</a>'
        ),
        "campaigns.ndjson": ndjson(
            {
                "campaign_id": "spring",
                "name": "Spring",
                "subject": "Hi {{first_name}}",
                "template": "mail.html",
                "sent_at": SENT,
                "selection": {"any": [{"field": "email", "op": "in", "value": [ZOE[0], "bob@mail.example"]}]},
            },
            {"campaign_id": "summer", "name": "Summer"},
        ),
        "customers.ndjson": ndjson(
            {
                "customer_id": "kunde-4711-Z",
                "email": ZOE[0],
                "name": ZOE[2],
                "country": "NL",
                "time_zone": "Europe/Paris",
                "phone": "+31 6 4711",
                "shoe_size": None,
            },
            {
                "customer_id": "kunde-0815-b",
                "email": "bob@mail.example",
                "name": "Bob Boring",
                "country": "BE",
            },
        ),
        "messages.ndjson": ndjson(
            {
                "campaign_id": "spring",
                "customer_id": "kunde-4711-Z",
                "email": ZOE[0].upper(),
                "sent_at": SENT,
                "message_id": "<zoe-1@mta>",
                "merge_fields": {"first_name": "Zoe Quagmire"},
                "content": "contents/zoe.eml",
            },
            {
                "campaign_id": "spring",
                "customer_id": "kunde-0815-b",
                "sent_at": SENT,
                "message_id": "<bob-1@mta>",
            },
            {
                "campaign_id": "summer",
                "customer_id": "kunde-4711-Z",
                "not_sent_reason": "no_consent",
                "not_sent_detail": "Zoe Quagmire said no",
            },
        ),
        "events.ndjson": ndjson(
            *(
                {
                    "campaign_id": "spring",
                    "customer_id": "kunde-4711-Z",
                    "occurred_at": f"2026-04-14T1{hour}:00:30Z",
                    **event,
                }
                for hour, event in enumerate(events)
            ),
            {
                "campaign_id": "spring",
                "customer_id": "kunde-0815-b",
                "type": "opened",
                "occurred_at": "2026-04-15T10:00:01Z",
                "payload": {"cc": [ZOE[0]]},
            },
            # Known by address and by message id only.
            {
                "campaign_id": "autumn",
                "recipient": ZOE[0],
                "type": "bounced",
                "bounce_type": "hard",
                "occurred_at": "2026-04-15T10:00:01Z",
                "diagnostic": "550 5.1.1 <zoe.quagmire@quagmire.example>: user zoe.quagmire unknown",
            },
            {"recipient": ZOE[0], "type": "opened", "occurred_at": "2026-04-15T10:00:01Z"},
            {"message_id": "<zoe-1@mta>", "type": "opened", "occurred_at": "2026-04-16T10:00:01Z"},
            {
                "campaign_id": "spring",
                "customer_id": "kunde-4711-Z",
                "type": "no such type",
                "recipient": ZOE[0],
            },
            {
                "campaign_id": "spring",
                "type": "opened",
                "occurred_at": "yesterday",
                "name": "Zoe Quagmire",
                "message_id": "x",
            },
        ),
    }
