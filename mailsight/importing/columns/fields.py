"""What a row of a table can be, and what a column of it can hold."""

from collections.abc import Mapping
from dataclasses import dataclass

from mailsight.vocabulary import EventType, Word

# A column that is not loaded, or that becomes an attribute of the customer or a merge field of the message.
LEFT_OUT, ATTRIBUTE, MERGE_FIELD = "", "attribute", "merge_field"


class Kind(Word):
    """What one row of a table is."""

    CAMPAIGNS = "campaigns", "a campaign", "One row per campaign, with its figures if the file has them."
    CUSTOMERS = "customers", "a customer", "One row per customer. Other columns are kept as details."
    MESSAGES = "messages", "a message", "One row per customer and campaign: who was sent it, and who was not."
    PEOPLE = (
        "people",
        "a recipient and what they did",
        "One row per recipient, with columns such as Opened and Clicked.",
    )
    EVENTS = "events", "an event", "One row per open, click, bounce and so on, with its time."


@dataclass(frozen=True, slots=True)
class Field:
    """What a column can be: its label, and how its values are read.

    `form` is text, time, count, amount, type, bounce, flag (yes, no or a number) or happened (a time, yes, no or a
    number). Of fields with `several`, a row may have more than one column.
    """

    label: str
    form: str = "text"
    several: bool = False


# What people do, as columns of a table with one row per recipient.
HAPPENED: tuple[EventType, ...] = (
    EventType.DELIVERED,
    EventType.OPENED,
    EventType.CLICKED,
    EventType.BOUNCED,
    EventType.UNSUBSCRIBED,
    EventType.COMPLAINED,
    EventType.REJECTED,
    EventType.FAILED,
    EventType.DEFERRED,
    EventType.AUTORESPONDED,
)
COUNTS: Mapping[str, Field] = {
    "recipients": Field("Number of recipients", "count"),
    "sent": Field("Number sent", "count"),
    "delivered": Field("Number delivered", "count"),
    "bounces": Field("Bounces", "count"),
    "hard_bounces": Field("Hard bounces", "count"),
    "soft_bounces": Field("Soft bounces", "count"),
    "opened": Field("Customers who opened (unique opens)", "count"),
    "opens": Field("All opens", "count"),
    "clicked": Field("Customers who clicked (unique clicks)", "count"),
    "clicks": Field("All clicks", "count"),
    "unsubscribed": Field("Customers who unsubscribed", "count"),
    "complained": Field("Customers who reported spam", "count"),
    "orders": Field("Orders", "count"),
    "revenue": Field("Revenue", "amount"),
    "currency": Field("Currency"),
    "as_of": Field("Time of these figures", "time", several=True),
}
_CAMPAIGN: Mapping[str, Field] = {
    "campaign_id": Field("Campaign ID"),
    "campaign_name": Field("Campaign name"),
    "subject": Field("Subject"),
}
_PERSON: Mapping[str, Field] = {
    "email": Field("E-mail address", "address"),
    "customer_id": Field("Customer ID"),
    "name": Field("Customer's name"),
    "first_name": Field("First name"),
    "last_name": Field("Last name"),
}
_DETAILS: Mapping[str, Field] = {
    "message_id": Field("Message ID"),
    "url": Field("Clicked link"),
    "bounce_type": Field("Hard or soft bounce", "bounce"),
    "diagnostic": Field("Bounce reason"),
    "user_agent": Field("E-mail program (user agent)"),
    "ip": Field("IP address"),
}
FIELDS: Mapping[Kind, Mapping[str, Field]] = {
    Kind.CAMPAIGNS: {
        "campaign_id": Field("Campaign ID"),
        "name": Field("Campaign name"),
        "subject": Field("Subject"),
        "preheader": Field("Preview text"),
        "from_name": Field("Sender's name"),
        "from_email": Field("Sender's address", "address"),
        "sent_at": Field("Time sent", "time", several=True),
        "tags": Field("Tags"),
        "selection": Field("Selection"),
        **COUNTS,
    },
    Kind.CUSTOMERS: {
        **_PERSON,
        "language": Field("Language"),
        "country": Field("Country"),
        "created_at": Field("Customer since", "time", several=True),
    },
    Kind.MESSAGES: {
        **_CAMPAIGN,
        **_PERSON,
        "message_id": Field("Message ID"),
        "sent_at": Field("Time sent", "time", several=True),
        "sent": Field("Sent (yes or no)", "flag"),
        "not_sent_reason": Field("Reason for not sending"),
        "not_sent_detail": Field("Reason in other words"),
    },
    Kind.PEOPLE: {
        **_CAMPAIGN,
        **_PERSON,
        "sent_at": Field("Time sent", "time", several=True),
        "sent": Field("Sent (yes or no)", "flag"),
        **{
            str(kind): Field(f"{kind.label} (time, yes or no, number)", "happened", several=True)
            for kind in HAPPENED
        },
        "type": Field("Status: what happened last", "type"),
        **_DETAILS,
    },
    Kind.EVENTS: {
        "type": Field("What happened", "type"),
        "occurred_at": Field("Time", "time", several=True),
        **_CAMPAIGN,
        **_PERSON,
        "event_id": Field("Event ID"),
        **_DETAILS,
        "smtp_status": Field("SMTP status code"),
        "provider": Field("Provider"),
    },
}
# What other columns may become.
OTHERS: Mapping[Kind, Mapping[str, str]] = {
    kind: {LEFT_OUT: "Leave out"}
    | ({ATTRIBUTE: "Keep as a detail"} if kind is Kind.CUSTOMERS else {})
    | ({MERGE_FIELD: "Merge field"} if kind is Kind.MESSAGES else {})
    for kind in Kind
}


@dataclass(frozen=True, slots=True)
class Need:
    """Something that a row must have: one of these fields, from a column, or the same for all rows (`fixed`)."""

    fields: tuple[str, ...]
    fixed: str | None
    label: str


_A_PERSON = Need(("customer_id", "email"), None, "the customer: an ID or an e-mail address")
_A_CAMPAIGN = Need(("campaign_id", "campaign_name", "subject"), "campaign_id", "the campaign")
NEEDS: Mapping[Kind, tuple[Need, ...]] = {
    Kind.CAMPAIGNS: (
        Need(("campaign_id", "name", "subject"), None, "the campaign: an ID, a name or a subject"),
    ),
    Kind.CUSTOMERS: (_A_PERSON,),
    Kind.MESSAGES: (
        _A_CAMPAIGN,
        _A_PERSON,
        Need(("sent_at", "not_sent_reason"), "sent_at", "the time when it was sent"),
    ),
    Kind.PEOPLE: (_A_CAMPAIGN, _A_PERSON, Need(("sent_at",), "sent_at", "the time when it was sent")),
    Kind.EVENTS: (
        Need(("type",), "type", "what happened"),
        Need(("occurred_at",), None, "the time"),
        Need(("customer_id", "email", "message_id"), None, "the customer: an ID or an e-mail address"),
        Need((*_A_CAMPAIGN.fields, "message_id"), "campaign_id", "the campaign"),
    ),
}
# What all rows may have in common.
FIXED = ("campaign_id", "campaign_name", "type", "sent_at", "provider", "source")
