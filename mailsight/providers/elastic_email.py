"""Elastic Email: https://help.elasticemail.com/en/articles/4804685-notification-settings"""

from contextlib import suppress
from datetime import date, datetime

from mailsight.vocabulary import EventType

from .meanings import Meaning, Words, types
from .own_view import OwnView
from .payload import text
from .record import BASIC_AUTH, Provider

_SOURCE = (
    "https://help.elasticemail.com/en/articles/4804685-notification-settings, and "
    "https://elasticemail.com/support/settings/notifications/ for the categories"
)
_READ_ON = date(2026, 11, 26)
_BOUNCED = Meaning(reason="bounced")
_OTHER = Meaning(reason="other")

_WORDS = (
    Words(
        name="status",
        at=("status",),
        means=types(
            {
                "Sent": EventType.SENT,
                "Opened": EventType.OPENED,
                "Clicked": EventType.CLICKED,
                "Error": (EventType.BOUNCED, "bounced"),
                "AbuseReport": (EventType.COMPLAINED, "spam"),
                "Unsubscribed": (EventType.UNSUBSCRIBED, "unsubscribed"),
            }
        ),
        source=_SOURCE,
        read_on=_READ_ON,
    ),
    Words(
        name="category",
        at=("category",),
        of=frozenset({EventType.BOUNCED}),
        means={
            "nomailbox": _BOUNCED,
            "accountproblem": _BOUNCED,
            "dnsproblem": _BOUNCED,
            "connectionproblem": _BOUNCED,
            "connectionterminated": _BOUNCED,
            "spam": Meaning(reason="spam"),
            "contentfilter": Meaning(reason="spam"),
            "blacklisted": Meaning(reason="blocked"),
            "timeout": Meaning(reason="timed_out"),
            "notdelivered": Meaning(EventType.REJECTED, "blocked"),
            "manualcancel": Meaning(EventType.FAILED, "other"),
            "codeerror": Meaning(EventType.FAILED, "other"),
            **dict.fromkeys(("ignore", "unknown", "greylisted", "throttled", "spfproblem"), _OTHER),
            "whitelistingproblem": _OTHER,
        },
        source=_SOURCE,
        read_on=_READ_ON,
    ),
)


def _facts(payload: object, _recipient: str | None) -> object:
    """The event with its time as ISO 8601, if it is written as in the United States."""
    if not isinstance(payload, dict):
        return payload
    with suppress(ValueError):
        time = datetime.strptime(text(payload.get("date")) or "", "%m/%d/%Y %I:%M:%S %p")  # noqa: DTZ007  # in UTC
        return payload | {"date": time.isoformat()}
    return payload


PROVIDER = Provider(
    name="elastic_email",
    label="Elastic Email",
    secrets=(BASIC_AUTH,),
    view=OwnView(required=("status",), recipient=("to",), metadata=("postback",)),
    marks=({"status", "transaction", "to"}, {"status", "messageid", "to"}),
    takes_forms=True,
    sends_urls=True,
    facts=_facts,
    words=_WORDS,
    time=("date",),
    url=("target",),
    bounce=("category",),
    hard=("NoMailbox",),
    soft=("GreyListed", "Throttled", "Timeout"),
    diagnostic=("category",),
    campaign_id=("channel",),
    message_id=("messageid", "transaction"),
    other_message_ids=("transaction",),
    subject=("subject",),
    sender=("from",),
)
