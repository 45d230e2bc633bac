"""The words of the field that Mailsight uses, each with what it says on a screen and what it means."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A word of the vocabulary: its value is what files hold, `label` what people read."""

    label: str
    meaning: str

    def __new__(cls, value: str, label: str = "", meaning: str = "") -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        word.meaning = meaning
        return word


class EventType(Word):
    """What happened to a message, in the words that django-anymail established (anymail/signals.py)."""

    colour: str

    QUEUED = "queued", "Queued", "The provider has accepted the message and will try to send it."
    SENT = "sent", "Sent", "The provider has sent the message on its way."
    REJECTED = "rejected", "Refused", "The provider refused to send to this address."
    FAILED = "failed", "Failed", "The provider was unable to send, for instance because a template broke."
    BOUNCED = "bounced", "Bounced", "The mailbox's server returned the message."
    DEFERRED = "deferred", "Delayed", "The mailbox's server asked to try again later."
    DELIVERED = "delivered", "Delivered", "The mailbox's server accepted the message."
    AUTORESPONDED = (
        "autoresponded",
        "Automatic reply",
        "A machine answered, for instance an out-of-office notice.",
    )
    OPENED = "opened", "Opened", "The pictures of the message were loaded."
    CLICKED = "clicked", "Clicked", "A link in the message was followed."
    COMPLAINED = "complained", "Marked as spam", "The customer reported the message as spam."
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed", "The customer asked for no more mail."
    SUBSCRIBED = "subscribed", "Subscribed", "The customer asked for mail."
    UNKNOWN = (
        "unknown",
        "Something else",
        "The provider told something that has no word here; its own text is kept.",
    )


class NotSentReason(Word):
    """Why a selected customer was not mailed."""

    NO_ADDRESS = "no_address", "No e-mail address", "The customer has no e-mail address."
    INVALID_ADDRESS = "invalid_address", "Invalid address", "The address can't be an e-mail address."
    DUPLICATE_ADDRESS = (
        "duplicate_address",
        "Duplicate address",
        "Another customer with this address was mailed.",
    )
    OPTED_OUT = "opted_out", "Opted out", "The customer had unsubscribed before."
    NO_CONSENT = "no_consent", "No consent", "The customer never agreed to this kind of mail."
    BOUNCED_BEFORE = "bounced_before", "Bounced before", "Earlier mail to this address bounced."
    COMPLAINED_BEFORE = (
        "complained_before",
        "Complained before",
        "The customer had marked earlier mail as spam.",
    )
    BLOCKED = "blocked", "Blocked", "The address or its domain is on a list that must not be mailed."
    FREQUENCY_CAP = "frequency_cap", "Too many mails lately", "The customer had reached the limit of mails."
    CANCELLED = "cancelled", "Cancelled", "Sending was stopped before this customer's turn."
    FAILED = "failed", "Sending failed", "The mail could not be made or handed over."
    OTHER = "other", "Other or unknown", "Another reason, or none that was told."


class Status(Word):
    """How far a message got. A sent message has the last of these that holds."""

    colour: str

    NOT_SENT = "not_sent", "Not sent", "It was not sent."
    NOT_RECEIVED = "not_received", "Not received", "Sent, but it bounced and nothing arrived afterwards."
    RECEIVED = "received", "Received", "It arrived, and was not opened as far as can be told."
    OPENED = "opened", "Opened", "It was opened; no link was clicked."
    CLICKED = "clicked", "Clicked", "A link in it was clicked."
    OPTED_OUT = "opted_out", "Opted out", "The customer unsubscribed through it, or marked it as spam."

    @property
    def is_sent(self) -> bool:
        """Whether a message in this state counts as sent."""
        return self is not Status.NOT_SENT


# Okabe and Ito's palette and two greys: told apart with colour-blind eyes (https://jfly.uni-koeln.de/color/).
for _status, _colour in zip(
    Status, ("#C3C9D2", "#9AA3AF", "#56B4E9", "#009E73", "#E69F00", "#D55E00"), strict=True
):
    _status.colour = _colour

# The five states that add up to what was sent.
SENT_STATES = tuple(status for status in Status if status.is_sent)


# What a status comes from has its colour; on the way to it paler, what went wrong in greys, the rest from the palette.
for _type, _colour in {
    EventType.QUEUED: "#D7E6F2",
    EventType.SENT: "#A9D6F3",
    EventType.DELIVERED: Status.RECEIVED.colour,
    EventType.OPENED: Status.OPENED.colour,
    EventType.CLICKED: Status.CLICKED.colour,
    EventType.SUBSCRIBED: "#0072B2",
    EventType.UNSUBSCRIBED: Status.OPTED_OUT.colour,
    EventType.COMPLAINED: "#9A3F00",
    EventType.AUTORESPONDED: "#CC79A7",
    EventType.DEFERRED: "#C9CFD7",
    EventType.BOUNCED: Status.NOT_RECEIVED.colour,
    EventType.REJECTED: "#6C7684",
    EventType.FAILED: "#4B5462",
    EventType.UNKNOWN: "#F0E442",
}.items():
    _type.colour = _colour


class Audience(Word):
    """Whose opens and clicks are counted."""

    HUMAN = "human", "Human", "Opens and clicks by people; those known to be made by machines are left out."
    ALL = "all", "All", "Every open and click, machines' included."


BOUNCE_TYPES = ("hard", "soft")

# What a provider gives as the reason for refusing, and what that makes of the customer (design, section 2).
# The words are django-anymail's RejectReason.
NOT_SENT_BECAUSE = {
    "invalid": NotSentReason.INVALID_ADDRESS,
    "bounced": NotSentReason.BOUNCED_BEFORE,
    "spam": NotSentReason.COMPLAINED_BEFORE,
    "unsubscribed": NotSentReason.OPTED_OUT,
    "blocked": NotSentReason.BLOCKED,
}


# What did not arrive stands last: in this order the picture reads as a funnel.
FUNNEL_ORDER = (Status.RECEIVED, Status.OPENED, Status.CLICKED, Status.OPTED_OUT, Status.NOT_RECEIVED)
