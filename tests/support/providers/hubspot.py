"""What HubSpot's e-mail events look like."""

from .record import BY_CUSTOMER, PHONE, REFUSED, Payload, Samples


def _event(word: str, **fields: object) -> Payload:
    return {
        "id": "e1",
        "created": 1776160800000,
        "type": word,
        "recipient": "ann@example.com",
        "portalId": 62515,
        "appId": 113,
        "emailCampaignId": 7,
        "sentBy": {"id": "s1", "created": 1776157200000},
        **fields,
    }


SAMPLES = Samples(
    typical=[
        (
            {
                "hasMore": False,
                "offset": "x",
                "events": [
                    _event(
                        "CLICK",
                        url="https://example.com/tulips",
                        userAgent=PHONE,
                        ipAddress="198.51.100.7",
                        filteredEvent=False,
                    )
                ],
            },
            {
                "type": "clicked",
                "event_id": "e1",
                "message_id": "s1",
                "recipient": "ann@example.com",
                "campaign_id": "7",
                "url": "https://example.com/tulips",
                **BY_CUSTOMER,
            },
        ),
        (
            {"events": [_event("BOUNCE", response=REFUSED, status="5.1.1")], "hasMore": True},
            {"type": "bounced", "bounce_type": None, "smtp_status": "5.1.1", "diagnostic": REFUSED},
        ),
        (
            {"events": [_event("DROPPED", dropReason="PREVIOUSLY_BOUNCED")], "hasMore": True},
            {"type": "rejected", "reject_reason": "bounced", "diagnostic": "PREVIOUSLY_BOUNCED"},
        ),
        (
            {"events": [_event("DROPPED", dropReason="CAMPAIGN_CANCELLED")], "hasMore": True},
            {"type": "rejected", "reject_reason": "other"},
        ),
        (
            {"events": [_event("STATUSCHANGE", portalSubscriptionStatus="UNSUBSCRIBED")], "hasMore": True},
            {"type": "unsubscribed", "reject_reason": "unsubscribed"},
        ),
        ({"events": [_event("SENT", sentBy=None)], "hasMore": True}, {"type": "sent", "message_id": "e1"}),
    ],
    delivery={"hasMore": False, "offset": "x", "events": [_event("DELIVERED")]},
    documented=(
        *("SENT", "PROCESSED", "DROPPED", "DELIVERED", "DEFERRED", "BOUNCE", "OPEN", "CLICK", "PRINT"),
        *("FORWARD", "STATUSCHANGE", "SPAMREPORT", "UNBOUNCE"),
    ),
)
