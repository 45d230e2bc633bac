"""The vocabulary of e-mail marketing as Mailsight uses it: each word with its label and meaning."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A word of the vocabulary: the value is stored in files; `label` is what users see."""

    label: str
    meaning: str

    def __new__(cls, value: str, label: str = "", meaning: str = "") -> Self:
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = label
        word.meaning = meaning
        return word


class EventType(Word):
    """What happened to a message. The values are those of django-anymail (anymail/signals.py)."""

    colour: str

    QUEUED = "queued", "Queued", "The provider has accepted the message and will try to send it."
    SENT = "sent", "Sent", "The provider has sent the message on its way."
    REJECTED = "rejected", "Refused", "The provider refused to send to this address."
    FAILED = (
        "failed",
        "Failed",
        "The provider could not send the message, for example because of a broken template.",
    )
    BOUNCED = "bounced", "Bounced", "The recipient's mail server returned the message."
    DEFERRED = "deferred", "Delayed", "The recipient's mail server asked to try again later."
    DELIVERED = "delivered", "Delivered", "The recipient's mail server accepted the message."
    AUTORESPONDED = (
        "autoresponded",
        "Automatic reply",
        "An automatic reply came back, such as an out-of-office notice.",
    )
    OPENED = "opened", "Opened", "The images in the message were loaded."
    CLICKED = "clicked", "Clicked", "A link in the message was followed."
    COMPLAINED = "complained", "Marked as spam", "The customer reported the message as spam."
    UNSUBSCRIBED = "unsubscribed", "Unsubscribed", "The customer unsubscribed."
    SUBSCRIBED = "subscribed", "Subscribed", "The customer subscribed."
    UNKNOWN = (
        "unknown",
        "Something else",
        "The provider reported something that Mailsight has no type for; the original payload is kept.",
    )


class NotSentReason(Word):
    """Why a selected customer was not sent the campaign."""

    NO_ADDRESS = "no_address", "No e-mail address", "The customer has no e-mail address."
    INVALID_ADDRESS = "invalid_address", "Invalid address", "The address is not a valid e-mail address."
    DUPLICATE_ADDRESS = (
        "duplicate_address",
        "Duplicate address",
        "The campaign was sent to another customer with the same address.",
    )
    OPTED_OUT = "opted_out", "Opted out", "The customer had unsubscribed earlier."
    NO_CONSENT = "no_consent", "No consent", "The customer never agreed to receive this kind of e-mail."
    BOUNCED_BEFORE = "bounced_before", "Bounced before", "Earlier e-mails to this address bounced."
    COMPLAINED_BEFORE = (
        "complained_before",
        "Complained before",
        "The customer had marked an earlier e-mail as spam.",
    )
    BLOCKED = "blocked", "Blocked", "The address or its domain is on a block list."
    FREQUENCY_CAP = (
        "frequency_cap",
        "Too many e-mails lately",
        "The customer had reached the limit for e-mails.",
    )
    CANCELLED = "cancelled", "Cancelled", "Sending was stopped before it reached this customer."
    FAILED = "failed", "Sending failed", "The e-mail could not be created or handed over to the provider."
    OTHER = "other", "Other or unknown", "Another reason, or no reason was given."


class Status(Word):
    """How far a message got. A sent message has the last of these that holds."""

    colour: str

    PLANNED = "planned", "Planned", "The campaign has not been sent yet."
    NOT_SENT = "not_sent", "Not sent", "The message was not sent."
    NOT_RECEIVED = (
        "not_received",
        "Not received",
        "The message was sent but bounced, and was not delivered afterwards.",
    )
    RECEIVED = (
        "received",
        "Received, not opened",
        "The message was received, but no open or click was recorded.",
    )
    OPENED = "opened", "Opened, not clicked", "The message was opened, but no link was clicked."
    CLICKED = "clicked", "Clicked", "A link in the message was clicked, and the customer did not opt out."
    OPTED_OUT = (
        "opted_out",
        "Opted out",
        "The customer unsubscribed through the message or marked it as spam.",
    )

    @property
    def is_sent(self) -> bool:
        """Whether a message in this state counts as sent."""
        return self not in (Status.PLANNED, Status.NOT_SENT)


# Okabe and Ito's palette and three pale colours, which are distinguishable with colour blindness
# (https://jfly.uni-koeln.de/color/).
for _status, _colour in zip(
    Status, ("#B7C4E8", "#C3C9D2", "#9AA3AF", "#56B4E9", "#009E73", "#E69F00", "#D55E00"), strict=True
):
    _status.colour = _colour

# The five states of sent messages, in the order in which a message passes them.
SENT_STATES = tuple(status for status in Status if status.is_sent)


# An event that leads to a state has its colour; earlier events are paler, failures grey, and the rest from the palette.
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

    HUMAN = "human", "Human", "Opens and clicks by people; those known to come from machines are left out."
    ALL = "all", "All", "All opens and clicks, including those of machines."


class Role(Word):
    """What a person may see and do. Each role includes those before it."""

    READER = "reader", "Reader", "Sees figures, charts and the e-mails of campaigns, but no customers."
    MARKETER = (
        "marketer",
        "Marketer",
        "Also sees customers and their e-mails, and exports the lists on the pages.",
    )
    ANALYST = "analyst", "Analyst", "Also exports events and everything else, and uses the API."
    ADMIN = "admin", "Admin", "Also uploads and imports, erases customers, and reads the audit."

    def includes(self, role: "Role") -> bool:
        """Whether this role may do what `role` may."""
        roles = list(Role)
        return roles.index(self) >= roles.index(role)


BOUNCE_TYPES = ("hard", "soft")

# A provider's reason for rejecting a message (django-anymail's RejectReason), as the reason for not sending.
NOT_SENT_BECAUSE = {
    "invalid": NotSentReason.INVALID_ADDRESS,
    "bounced": NotSentReason.BOUNCED_BEFORE,
    "spam": NotSentReason.COMPLAINED_BEFORE,
    "unsubscribed": NotSentReason.OPTED_OUT,
    "blocked": NotSentReason.BLOCKED,
}


class Stage(Word):
    """A stage of the funnel: each contains all later ones. The values are names of counts.

    `stops_as` is the state of the messages that got no further, unless their customer opted out.
    """

    stops_as: Status
    colour: str

    SENT = "sent", "Sent", "The message was sent."
    RECEIVED = "delivered", "Received", "The message was delivered."
    OPENED = "opened", "Opened", "The message was opened, or a link in it was clicked."
    CLICKED = "clicked", "Clicked", "A link in the message was clicked."


for _stage, _status, _colour in (
    (Stage.SENT, Status.NOT_RECEIVED, EventType.SENT.colour),
    (Stage.RECEIVED, Status.RECEIVED, Status.RECEIVED.colour),
    (Stage.OPENED, Status.OPENED, Status.OPENED.colour),
    (Stage.CLICKED, Status.CLICKED, Status.CLICKED.colour),
):
    _stage.stops_as, _stage.colour = _status, _colour
