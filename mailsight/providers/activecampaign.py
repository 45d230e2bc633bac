"""ActiveCampaign: https://developers.activecampaign.com/page/webhooks"""

from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Words, types
from .own_view import OwnView
from .record import BASIC_AUTH, Provider

_WORDS = Words(
    name="type",
    at=("type",),
    means=types(
        {
            "open": EventType.OPENED,
            "click": EventType.CLICKED,
            "bounce": (EventType.BOUNCED, "bounced"),
            "subscribe": EventType.SUBSCRIBED,
            "unsubscribe": (EventType.UNSUBSCRIBED, "unsubscribed"),
            "reply": EventType.UNKNOWN,
            "forward": EventType.UNKNOWN,
            "share": EventType.UNKNOWN,
            "sent": NOT_AN_EVENT,  # a campaign starts
            **dict.fromkeys(("update", "subscriber_note", "contact_task_add", "list_add"), NOT_AN_EVENT),
            **dict.fromkeys(("account_add", "account_update"), NOT_AN_EVENT),
            **dict.fromkeys(("account_contact_add", "account_contact_update"), NOT_AN_EVENT),
            **dict.fromkeys(("deal_add", "deal_update", "deal_note_add", "deal_pipeline_add"), NOT_AN_EVENT),
            **dict.fromkeys(("deal_stage_add", "deal_task_add", "deal_tasktype_add"), NOT_AN_EVENT),
            **dict.fromkeys(("sms_sent", "sms_reply", "sms_unsub"), NOT_AN_EVENT),
        }
    ),
    source="https://developers.activecampaign.com/page/webhooks, as copied in "
    "https://github.com/api-evangelist/activecampaign (asyncapi/activecampaign-webhooks-asyncapi.yml)",
    read_on=date(2026, 11, 26),
)


def _in(part: str, name: str) -> tuple[str, str]:
    """A field as forms name it, and as JSON would."""
    return f"{part}[{name}]", f"{part}.{name}"


PROVIDER = Provider(
    name="activecampaign",
    label="ActiveCampaign",
    secrets=(BASIC_AUTH,),
    view=OwnView(required=("type",), recipient=_in("contact", "email")),
    marks=(
        {"type", "date_time"},
        {"type", "date_time", "contact[email]"},
    ),
    takes_forms=True,
    words=(_WORDS,),
    time=("date_time",),
    url=_in("link", "url"),
    bounce=_in("bounce", "type"),
    hard=("hard",),
    soft=("soft",),
    smtp_status=_in("bounce", "code"),
    diagnostic=(*_in("bounce", "description"), *_in("unsubscribe", "reason")),
    user_agent=("User-Agent",),
    campaign_id=_in("campaign", "id"),
    customer_id=_in("contact", "id"),
    has_metadata=False,
    campaign_name=_in("campaign", "name"),
    subject=("campaign[message][subject]", "campaign.message.subject"),
)
