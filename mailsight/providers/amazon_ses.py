"""Amazon SES, through SNS or Firehose.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import json
from collections.abc import Sequence
from typing import Any

from mailsight.vocabulary import EventType

from .payload import at
from .record import BASIC_AUTH, Provider


def _pack(events: Sequence[object]) -> object:
    """Wraps a bare event, as Firehose writes it, in an SNS envelope."""
    [event] = events
    if isinstance(event, dict) and "Type" not in event:
        return {"Type": "Notification", "Message": json.dumps(event, ensure_ascii=False)}
    return event


def _content(payload: object) -> object:
    match payload:
        case {"Type": _, "Message": str() as message}:
            return json.loads(message)
    return payload


def _of_recipient(payload: object, recipient: str | None) -> object:
    """Adds this recipient's part of the payload as `recipient`, since a payload may report on several recipients."""
    parts = at(payload, "bounce.bouncedRecipients") or at(payload, "deliveryDelay.delayedRecipients")
    if not isinstance(payload, dict) or not isinstance(parts, list):
        return payload
    return payload | {
        "recipient": next((part for part in parts if at(part, "emailAddress") == recipient), None)
    }


def _explain(payload: object) -> str | None:
    """Explains SNS's request for confirmation, and events without a recipient."""
    match at(payload, "Type"):
        case "SubscriptionConfirmation":
            return (
                "Amazon SNS asks whether it may send events here. To let it, open this address once: "
                f"{at(payload, 'SubscribeURL')}"
            )
        case None | "Notification":
            try:
                is_event = isinstance(_content(payload), dict)
            except ValueError:
                return None
            return "not an event of Amazon SES: it has no recipient" if is_event else None
    return None


def _view() -> type[Any]:
    """anymail's view without its base's constructor, which needs boto3 for features that Mailsight doesn't use."""
    from anymail.webhooks.amazon_ses import AmazonSESBaseWebhookView, AmazonSESTrackingWebhookView

    class View(AmazonSESTrackingWebhookView):  # type: ignore[misc]
        def __init__(self, **keywords: str) -> None:
            super(AmazonSESBaseWebhookView, self).__init__(**keywords)
            self.auto_confirm_enabled = False

    return View


PROVIDER = Provider(
    name="amazon_ses",
    label="Amazon SES",
    secrets=(BASIC_AUTH,),
    view=_view,
    marks=({"Type", "MessageId"}, {"eventType", "mail"}, {"notificationType", "mail"}),
    pack=_pack,
    content=_content,
    of_recipient=_of_recipient,
    explain=_explain,
    spare=("Timestamp",),
    time=(
        *(f"{kind}.timestamp" for kind in ("bounce", "complaint", "delivery", "open", "click")),
        *("deliveryDelay.timestamp", "subscription.timestamp", "mail.timestamp"),
    ),
    kind=("subscription.newTopicPreferences.unsubscribeAll", "eventType", "notificationType"),
    kinds={"true": EventType.UNSUBSCRIBED, "DeliveryDelay": EventType.DEFERRED},
    bounce=("bounce.bounceType",),
    hard=("Permanent",),
    soft=("Transient",),
    smtp_status=("recipient.status",),
    diagnostic=("recipient.diagnosticCode",),
    ip=("open.ipAddress", "click.ipAddress"),
    link_position=("click.linkTags.link_position.0",),
    campaign_id=("mail.tags.campaign_id.0", "mail.tags.campaign.0"),
    customer_id=("mail.tags.customer_id.0", "mail.tags.customer.0"),
    mapped=True,
    shares_event_ids=True,
)
