"""What Braze sends."""

from dataclasses import replace

from .record import HARD, PHONE, REFUSED, Payload, Samples
from .signing import WebhookRequest

TOKEN = "a token of ours"
_USER: Payload = {"user_id": "b1", "external_user_id": "1", "timezone": "Europe/Paris"}


def _sign(request: WebhookRequest) -> WebhookRequest:
    return replace(request, headers={**request.headers, "Authorization": f"Bearer {TOKEN}"})


def _event(kind: str, **properties: object) -> Payload:
    return {
        "id": "e1",
        "event_type": f"users.messages.email.{kind}",
        "time": 1776160800,
        "user": _USER,
        "properties": {"email_address": "ann@example.com", "campaign_id": "spring", **properties},
    }


SAMPLES = Samples(
    typical=[
        (
            {"events": [_event("Open", user_agent=PHONE, machine_open="true", dispatch_id="d1")]},
            {
                "type": "opened",
                "event_id": "e1",
                "recipient": "ann@example.com",
                "campaign_id": "spring",
                "customer_id": "1",
                "user_agent": PHONE,
                "message_id": None,
                "provider_machine": True,
            },
        ),
        (
            {
                "events": [
                    _event(
                        "Click", url="https://example.com/tulips", is_suspected_bot_click=False, link_id="x"
                    )
                ]
            },
            {"type": "clicked", "url": "https://example.com/tulips", "provider_machine": False},
        ),
        ({"events": [_event("Bounce", bounce_reason=REFUSED, sending_ip="192.0.2.1", is_drop=False)]}, HARD),
        ({"events": [_event("SoftBounce")]}, {"type": "bounced", "bounce_type": "soft"}),
        (
            {"events": [_event("Bounce", is_drop=True)]},
            {"type": "rejected", "reject_reason": "bounced", "bounce_type": None},
        ),
        (
            {"events": [_event("Abort", abort_type="liquid", abort_log="No coupon is left")]},
            {"type": "failed", "diagnostic": "No coupon is left"},
        ),
        (
            {
                "events": [
                    {
                        "id": "e2",
                        "event_type": "users.behaviors.subscription.GlobalStateChange",
                        "time": 1776160800,
                        "user": {"user_id": "b1"},
                        "properties": {"subscription_status": "Opted In", "channel": "email"},
                    }
                ]
            },
            {"type": "subscribed", "customer_id": "b1"},
        ),
        # As in Avro files, and as Avro writes JSON.
        (
            {
                "avro_schema": "dataexport.S3.inner.users.messages.email.Send",
                "id": "e3",
                "user_id": "b1",
                "time": 1776160800,
                "email_address": "ann@example.com",
                "canvas_id": {"string": "welcome"},
                "message_extras": {"string": '{"colour": "red"}'},
            },
            {
                "type": "sent",
                "campaign_id": "welcome",
                "customer_id": "b1",
                "metadata": {"colour": "red"},
            },
        ),
    ],
    delivery={"events": [_event("Delivery")]},
    documented=(
        *(
            f"users.messages.email.{kind}"
            for kind in (
                *("Abort", "Bounce", "Click", "Deferral", "Delivery", "MarkAsSpam", "Open", "Retry"),
                *("Send", "SoftBounce", "Unsubscribe"),
            )
        ),
        *("users.behaviors.subscription.GlobalStateChange", "users.behaviors.subscriptiongroup.StateChange"),
        *("Subscribed", "Unsubscribed", "Opted In"),
    ),
    secrets={"bearer_token": TOKEN},
    wrong_secrets={"bearer_token": "another token"},
    sign=_sign,
    signs_body=False,
)
