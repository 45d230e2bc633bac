"""Postmark: https://postmarkapp.com/developer/webhooks/webhooks-overview"""

from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Words, types
from .payload import TEXT, Shape
from .record import BASIC_AUTH, Provider

_SOURCE = "https://github.com/ActiveCampaign/postmark.js (src/client/models), and django-anymail"
_READ_ON = date(2026, 11, 26)
_TIMES = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")

# https://postmarkapp.com/developer/api/bounce-api#bounce-types
_TYPES = types(
    {
        "HardBounce": (EventType.BOUNCED, "bounced"),
        "SoftBounce": (EventType.BOUNCED, "bounced"),
        "Transient": EventType.DEFERRED,
        "DnsError": EventType.DEFERRED,  # a temporary error
        "OpenRelayTest": EventType.DEFERRED,
        "Unsubscribe": (EventType.UNSUBSCRIBED, "unsubscribed"),
        "Subscribe": EventType.SUBSCRIBED,
        "AutoResponder": EventType.AUTORESPONDED,
        "AddressChange": EventType.AUTORESPONDED,
        "ChallengeVerification": EventType.AUTORESPONDED,
        "SpamNotification": (EventType.COMPLAINED, "spam"),
        "SpamComplaint": (EventType.COMPLAINED, "spam"),
        "VirusNotification": (EventType.BOUNCED, "other"),
        "BadEmailAddress": (EventType.REJECTED, "invalid"),
        "ManuallyDeactivated": (EventType.REJECTED, "blocked"),
        "Unconfirmed": EventType.REJECTED,
        "Blocked": (EventType.REJECTED, "blocked"),
        "DMARCPolicy": (EventType.REJECTED, "blocked"),
        "SMTPApiError": EventType.FAILED,
        "TemplateRenderingFailed": EventType.FAILED,
        "InboundError": NOT_AN_EVENT,
        "Unknown": EventType.UNKNOWN,
    }
)
_WORDS = (
    Words(
        name="record_type",
        at=("RecordType",),
        means=types(
            {
                "Delivery": EventType.DELIVERED,
                "Bounce": EventType.BOUNCED,
                "SpamComplaint": EventType.COMPLAINED,
                "Open": EventType.OPENED,
                "Click": EventType.CLICKED,
                "SubscriptionChange": EventType.UNSUBSCRIBED,
                "Inbound": NOT_AN_EVENT,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="suppression",
        at=("SuppressSending",),
        of=frozenset({EventType.UNSUBSCRIBED}),
        means=types({"true": EventType.UNSUBSCRIBED, "false": EventType.SUBSCRIBED}),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="suppression_reason",
        at=("SuppressionReason",),
        of=frozenset({EventType.UNSUBSCRIBED}),
        means=types(
            {
                "HardBounce": (EventType.BOUNCED, "bounced"),
                "SpamComplaint": (EventType.COMPLAINED, "spam"),
                "ManualSuppression": (EventType.UNSUBSCRIBED, "unsubscribed"),
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="type",
        at=("Type",),
        of=frozenset({EventType.BOUNCED, EventType.COMPLAINED}),
        means=_TYPES,
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)

_SHAPE: Shape = {
    **dict.fromkeys(
        ("RecordType", "Type", "SuppressSending", "SuppressionReason", "ID", "MessageID", "Tag"), TEXT
    ),
    **dict.fromkeys(
        ("Email", "Recipient", "OriginalLink", "Details", "Description", "UserAgent", *_TIMES), TEXT
    ),
    "Geo": {"IP": TEXT},
    "Metadata": {},
}

PROVIDER = Provider(
    name="postmark",
    label="Postmark",
    secrets=(BASIC_AUTH,),
    view="PostmarkTrackingWebhookView",
    marks=({"RecordType"}, {"FromFull"}),
    spare=_TIMES,
    shape=_SHAPE,
    words=_WORDS,
    time=_TIMES,
    bounce=("Type", "SuppressionReason"),
    hard=("HardBounce",),
    soft=("SoftBounce",),
    diagnostic=("Details", "Description", "SuppressionReason"),
    ip=("Geo.IP",),
    mapped=True,
    message_id_host="mtasv.net",
    subject=("Subject",),
    sender=("From",),
)
