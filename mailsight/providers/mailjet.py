"""Mailjet: https://dev.mailjet.com/email/guides/webhooks/"""

from datetime import date

from mailsight.vocabulary import EventType

from .meanings import Meaning, Words, types
from .record import BASIC_AUTH, Provider

_SOURCE = "https://github.com/mailjet/api-documentation/blob/master/guides/_event-api.md"
_READ_ON = date(2026, 11, 26)
_FAILURES = frozenset({EventType.BOUNCED, EventType.REJECTED})

_WORDS = (
    Words(
        name="event",
        at=("event",),
        means=types(
            {
                "sent": EventType.DELIVERED,  # the recipient's server accepted it
                "open": EventType.OPENED,
                "click": EventType.CLICKED,
                "bounce": EventType.BOUNCED,
                "blocked": EventType.REJECTED,
                "spam": EventType.COMPLAINED,
                "unsub": EventType.UNSUBSCRIBED,
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="error",
        at=("error",),
        means={
            # About the recipient.
            "user unknown": Meaning(reason="bounced"),
            "mailbox inactive": Meaning(reason="bounced"),
            "quota exceeded": Meaning(reason="bounced"),
            "blacklisted": Meaning(reason="blocked"),
            "spam reporter": Meaning(reason="spam"),
            # The domain.
            "invalid domain": Meaning(reason="bounced"),
            "no mail host": Meaning(reason="bounced"),
            "relay/access denied": Meaning(reason="bounced"),
            "greylisted": Meaning(reason="other"),
            "typofix": Meaning(reason="invalid"),
            # The content.
            "bad or empty template": Meaning(reason="other"),
            "error in template language": Meaning(reason="other"),
            # Spam.
            "sender blocked": Meaning(reason="blocked"),
            "content blocked": Meaning(reason="blocked"),
            "policy issue": Meaning(reason="blocked"),
            # The systems.
            "system issue": Meaning(reason="other"),
            "protocol issue": Meaning(reason="other"),
            "connection issue": Meaning(reason="other"),
            # Mailjet.
            "preblocked": Meaning(reason="blocked"),
            "duplicate in campaign": Meaning(reason="other"),
        },
        otherwise=Meaning(reason="other"),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    # A greylisted message is tried again, unless Mailjet gave up.
    Words(
        name="greylisted",
        at=("error",),
        of=_FAILURES,
        means={"greylisted": Meaning(EventType.DEFERRED)},
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="hard_bounce",
        at=("hard_bounce",),
        of=frozenset({EventType.DEFERRED}),
        means={"true": Meaning(EventType.BOUNCED)},
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)

PROVIDER = Provider(
    name="mailjet",
    label="Mailjet",
    secrets=(BASIC_AUTH,),
    view="MailjetTrackingWebhookView",
    marks=({"event", "MessageID"}, {"event", "Message_GUID"}, {"event", "mj_campaign_id"}, {"event", "time"}),
    sends_batches=True,
    spare=("time", "Payload"),
    words=_WORDS,
    time=("time",),
    bounce=("hard_bounce",),
    hard=("true",),
    soft=("false",),
    diagnostic=("smtp_reply", "comment", "error", "source"),  # `source`: the feedback loop that reported spam
    ip=("ip",),
    campaign_id=("customcampaign", "mj_campaign_id"),
    other_message_ids=("Message_GUID", "CustomID"),
)
