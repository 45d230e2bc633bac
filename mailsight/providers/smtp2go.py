"""SMTP2GO: https://developers.smtp2go.com/docs/webhooks-overview"""

from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Words, types
from .own_view import OwnView
from .record import BASIC_AUTH, Provider

_WORDS = Words(
    name="event",
    at=("event",),
    means=types(
        {
            "processed": EventType.QUEUED,
            "delivered": EventType.DELIVERED,
            "open": EventType.OPENED,
            "click": EventType.CLICKED,
            "bounce": (EventType.BOUNCED, "bounced"),
            "spam": (EventType.COMPLAINED, "spam"),
            "unsubscribe": (EventType.UNSUBSCRIBED, "unsubscribed"),
            "resubscribe": EventType.SUBSCRIBED,
            "reject": (EventType.REJECTED, "other"),  # suppressed, an unverified sender, or a sandbox
            **dict.fromkeys(("sms_sending", "sms_submitted", "sms_delivered"), NOT_AN_EVENT),
            **dict.fromkeys(("sms_failed", "sms_rejected", "opt-out"), NOT_AN_EVENT),
        }
    ),
    source="https://developers.smtp2go.com/docs/webhooks-overview, as copied in "
    "https://github.com/api-evangelist/smtp2go (asyncapi/smtp2go-webhooks.yml)",
    read_on=date(2026, 11, 26),
)


def _facts(payload: object, _recipient: str | None) -> object:
    """The event with names in lower case: headers of the mail come in any."""
    return {name.lower(): value for name, value in payload.items()} if isinstance(payload, dict) else payload


PROVIDER = Provider(
    name="smtp2go",
    label="SMTP2GO",
    secrets=(BASIC_AUTH,),
    view=OwnView(required=("event",), recipient=("rcpt", "recipients.0")),
    marks=(
        {"event", "rcpt", "email_id"},
        {"event", "rcpt", "sendtime"},
        {"event", "recipients", "email_id"},
        {"event", "destination_number"},
    ),
    takes_forms=True,
    facts=_facts,
    words=(_WORDS,),
    time=("time",),
    url=("url",),
    bounce=("bounce",),
    hard=("hard",),
    soft=("soft",),
    diagnostic=("message", "context"),
    user_agent=("user-agent",),
    ip=("srchost",),
    campaign_id=("x-campaign-id",),
    customer_id=("x-customer-id",),
    message_id=("email_id",),
    other_message_ids=("message-id",),
    has_metadata=False,
    subject=("subject", "Subject"),
    sender=("from", "From", "from_address", "sender"),
)
