"""Iterable: https://support.iterable.com/hc/en-us/articles/208013936-System-Webhooks"""

from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Words, types
from .own_view import OwnView
from .record import BASIC_AUTH, YES_OR_NO, Provider

_SOURCE = (
    "https://support.iterable.com/hc/en-us/articles/208013936-System-Webhooks, with the payloads in "
    "https://github.com/rudderlabs/rudder-transformer (test/integrations/sources/iterable) and the fields in "
    "https://github.com/snowplow/iglu-central (schemas/com.iterable/system_webhook)"
)
_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="eventName",
        at=("eventName", "eventTitle"),
        means=types(
            {
                "emailSend": EventType.SENT,
                "emailSendSkip": (EventType.REJECTED, "other"),
                "emailBounce": (EventType.BOUNCED, "bounced"),
                "emailOpen": EventType.OPENED,
                "emailClick": EventType.CLICKED,
                "emailComplaint": (EventType.COMPLAINED, "spam"),
                "emailSubscribe": EventType.SUBSCRIBED,
                "emailUnSubscribe": (EventType.UNSUBSCRIBED, "unsubscribed"),
                "hostedUnsubscribeClick": EventType.UNKNOWN,  # `emailUnSubscribe` says whether they did
                **dict.fromkeys(("inAppSend", "inAppSendSkip", "inAppOpen", "inAppClick"), NOT_AN_EVENT),
                **dict.fromkeys(("inAppDelete", "inAppRecall"), NOT_AN_EVENT),
                **dict.fromkeys(("pushSend", "pushSendSkip", "pushOpen", "pushBounce"), NOT_AN_EVENT),
                **dict.fromkeys(("pushUninstall", "webPushSend", "webPushSendSkip"), NOT_AN_EVENT),
                **dict.fromkeys(("smsSend", "smsSendSkip", "smsBounce", "smsClick"), NOT_AN_EVENT),
                "smsReceived": NOT_AN_EVENT,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)

PROVIDER = Provider(
    name="iterable",
    label="Iterable",
    secrets=(BASIC_AUTH,),
    view=OwnView(
        required=("eventName", "eventTitle"),
        recipient=("email", "dataFields.email"),
        tags=("dataFields.labels",),
        metadata=("dataFields.transactionalData",),
    ),
    marks=({"eventName", "dataFields"}, {"eventTitle", "dataFields"}),
    words=_WORDS,
    time=("dataFields.createdAt",),
    url=("dataFields.url", "dataFields.linkUrl", "dataFields.clickedUrl"),
    bounce=("dataFields.recipientState",),
    hard=("HardBounce",),
    soft=("SoftBounce",),
    diagnostic=("dataFields.bounceMessage", "dataFields.reason"),
    user_agent=("dataFields.userAgent",),
    ip=("dataFields.ip",),
    machine=("dataFields.isBot",),
    machine_words=YES_OR_NO,
    campaign_id=("dataFields.campaignId",),
    customer_id=("userId", "dataFields.userId"),
    message_id=("dataFields.messageId",),
    campaign_name=("dataFields.campaignName",),
    subject=("dataFields.emailSubject",),
)
