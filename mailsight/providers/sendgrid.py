"""SendGrid: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""

from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Words, reasons, types
from .payload import TEXT, Shape
from .record import BASIC_AUTH, YES_OR_NO, Provider, Secret

_EVENTS = "https://github.com/twilio/sendgrid-oai/blob/main/spec/yaml/tsg_logs_v3.yaml"
_REASONS = (
    "https://github.com/sendgrid/docs/blob/develop/content/docs/for-developers/tracking-events/event.md"
)
_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="event",
        at=("event",),
        means=types(
            {
                "processed": EventType.QUEUED,
                "dropped": (EventType.REJECTED, "other"),
                "cancel_drop": (EventType.REJECTED, "other"),
                "deferred": EventType.DEFERRED,
                "delivered": EventType.DELIVERED,
                "bounce": EventType.BOUNCED,
                "open": EventType.OPENED,
                "click": EventType.CLICKED,
                "spamreport": EventType.COMPLAINED,
                "unsubscribe": EventType.UNSUBSCRIBED,
                "group_unsubscribe": EventType.UNSUBSCRIBED,
                "group_resubscribe": EventType.SUBSCRIBED,
                "account_status_change": NOT_AN_EVENT,
                "received": NOT_AN_EVENT,  # a request to send, in the Logs API
            }
        ),
        source=_EVENTS,
        read_on=_READ_ON,
    ),
    Words(
        name="reason",
        at=("reason", "type"),
        of=frozenset({EventType.REJECTED}),
        means=reasons(
            {
                "Invalid": "invalid",
                "Unsubscribed Address": "unsubscribed",
                "Group Unsubscribe": "unsubscribed",
                "Spam Reporting Address": "spam",
                "Bounced Address": "bounced",
                "bounce": "bounced",
                "blocked": "blocked",
                "expired": "timed_out",
                "Invalid SMTPAPI header": "other",
                "Spam Content": "other",
                "Spam Content (if Spam Checker app is enabled)": "other",
                "Recipient List over Package Quota": "other",
            }
        ),
        source=_REASONS,
        read_on=_READ_ON,
    ),
)

_SHAPE: Shape = {
    **dict.fromkeys(
        ("event", "sg_event_id", "timestamp", "email", "anymail_id", "smtp-id", "sg_message_id"), TEXT
    ),
    **dict.fromkeys(("url", "type", "reason", "response", "status", "useragent", "ip"), TEXT),
    "url_offset": {"index": TEXT, "type": TEXT},
}

PROVIDER = Provider(
    name="sendgrid",
    label="SendGrid",
    secrets=(Secret("verification_key", "tracking_webhook_verification_key"), BASIC_AUTH),
    view="SendGridTrackingWebhookView",
    marks=({"event", "sg_event_id"}, {"event", "sg_message_id"}, {"event", "email", "timestamp"}),
    sends_batches=True,
    spare=("timestamp", "type", "reason"),
    shape=_SHAPE,
    words=_WORDS,
    time=("timestamp",),
    bounce=("type",),
    hard=("bounce",),
    soft=("blocked", "expired"),
    smtp_status=("status",),
    diagnostic=("response", "reason", "bounce_classification"),
    ip=("ip",),
    link_position=("url_offset.index",),
    link_part=("url_offset.type",),
    machine=("sg_machine_open",),
    machine_words=YES_OR_NO,
    # The Logs API has the custom arguments in an object of their own.
    campaign_id=(
        *("custom_args.campaign_id", "custom_args.campaign", "marketing_campaign_id", "singlesend_id"),
    ),
    customer_id=("custom_args.customer_id", "custom_args.customer"),
    message_id=("anymail_id", "sg_message_id", "smtp-id"),
    message_id_end=".",  # <message id>.<filter>...
    mapped=True,
    miscounts_links=True,  # https://github.com/sendgrid/docs/issues/6054
    other_message_ids=("smtp-id", "sg_message_id"),
    campaign_name=("singlesend_name", "marketing_campaign_name"),
)
