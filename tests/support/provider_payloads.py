"""Payloads as providers write them, made by hypothesis: every type of event, with and without what is optional."""

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from hypothesis import strategies as st

from mailsight import anymail_views

Strategy = st.SearchStrategy[Any]

WORDS = st.sampled_from(
    ["spring", "Spring 2026", " spring ", "c-7", "é", 'a "b" \\', "x\x00y", "12", ""]
) | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
ADDRESSES = st.sampled_from(["ann@example.com", "Ben@Example.com", "cleo@exämple.com"])
DIAGNOSTICS = st.sampled_from(
    [
        "250 2.0.0 OK",
        "smtp; 550 5.1.1 <ann@example.com>: no such user",
        "451 4.7.1.",
        "5.1.1 twice\n5.1.2 lines",
        "refused by 5.1.1.7 (version 15.1.1)",
        "554 5.7.1234 too long a number",
        "",
    ]
)
STATUSES = st.sampled_from(["5.1.1", "4.0.0", "550", ""])
SECONDS = st.integers(300_000_000, 4_000_000_000)
EPOCHS = (
    SECONDS
    | SECONDS.map(lambda time: time * 1000)
    | SECONDS.map(str)
    | st.sampled_from(["soon", 10**40, None])
)
TIMES = st.datetimes().filter(lambda time: 1900 < time.year < 2200).map(
    lambda time: time.isoformat() + "Z"
) | st.sampled_from(
    [
        "2016-01-27T14:59:38.237Z",
        "2017-10-25T15:21:11.9065619Z",
        "2026-02-03T04:05:06+02:00",
        "2026-02-03T04:05:06",
        "soon",
    ]
)
ADDRESSES_OF_PEOPLE = st.sampled_from(["198.51.100.7", "2001:db8::7", ""])
PROGRAMS = st.sampled_from(["Mozilla/5.0 (iPhone)", ""])
URLS = st.sampled_from(["https://example.com/tulips?x=1", "mailto:ann@example.com"])
POSITIONS = st.integers(0, 30) | st.sampled_from(["3", -1, 1.5, "third"])
TAGS = st.lists(WORDS, max_size=3)
CUSTOM = st.dictionaries(
    st.sampled_from(["campaign_id", "campaign", "customer_id", "customer", "colour"]),
    WORDS | st.integers(-5, 10**20) | st.booleans() | st.none(),
    max_size=4,
)


def some(required: Mapping[str, Strategy], optional: Mapping[str, Strategy]) -> Strategy:
    """An object that has some of the optional fields."""
    return st.fixed_dictionaries(dict(required), optional=dict(optional))


def words_of(provider: str, table: str) -> Strategy:
    """The words that anymail knows of a provider, and one that nobody knows yet."""
    anymail_views.configure()
    view = getattr(import_module(f"anymail.webhooks.{provider}"), anymail_views.READERS[provider])
    return st.sampled_from([*getattr(view, table), "something new"])


def lists(events: Strategy) -> Strategy:
    """An event, or a batch of them."""
    return events | st.lists(events, max_size=3)


SENDGRID = st.tuples(
    some(
        {"event": words_of("sendgrid", "event_types")},
        {
            "email": ADDRESSES,
            "timestamp": EPOCHS,
            "sg_event_id": WORDS,
            "anymail_id": WORDS,
            "smtp-id": WORDS,
            "sg_message_id": st.sampled_from(
                ["14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0", "plain", ""]
            ),
            "response": DIAGNOSTICS,
            "reason": DIAGNOSTICS | st.sampled_from(["Bounced Address", "Unsubscribed Address", "Invalid"]),
            "type": st.sampled_from(["bounce", "blocked", "expired", "Bounced Address"]),
            "status": STATUSES,
            "url": URLS,
            "url_offset": some({}, {"index": POSITIONS, "type": st.sampled_from(["html", "text"])}),
            "useragent": PROGRAMS,
            "ip": ADDRESSES_OF_PEOPLE,
            "sg_machine_open": st.booleans(),
            "category": WORDS | TAGS,
            "marketing_campaign_id": st.integers(1, 10**9),
            "singlesend_id": WORDS,
            "asm_group_id": st.integers(1, 100),
        },
    ),
    CUSTOM,
).map(lambda parts: {**parts[1], **parts[0]})

_POSTMARK = {
    "MessageID": WORDS,
    "Metadata": CUSTOM,
    "Tag": WORDS,
    "Recipient": ADDRESSES,
    "DeliveredAt": TIMES,
    "BouncedAt": TIMES,
    "ReceivedAt": TIMES,
    "ChangedAt": TIMES,
    "Details": DIAGNOSTICS,
    "Description": DIAGNOSTICS,
    "UserAgent": PROGRAMS,
    "OriginalLink": URLS,
    "Geo": some({}, {"IP": ADDRESSES_OF_PEOPLE, "City": WORDS}),
}
_POSTMARK_TYPES = words_of("postmark", "event_types")
POSTMARK = st.one_of(
    some(
        {"RecordType": st.sampled_from(["Click", "Delivery", "Open", "Inbound", "something new"])}, _POSTMARK
    ),
    some(
        {"RecordType": st.sampled_from(["Bounce", "SpamComplaint"])},
        {
            **_POSTMARK,
            "Type": _POSTMARK_TYPES,
            "ID": st.integers(1, 10**18),
            "Email": ADDRESSES,
        },
    ),
    some(
        {"RecordType": st.just("SubscriptionChange")},
        {
            **_POSTMARK,
            "SuppressSending": st.booleans(),
            "SuppressionReason": _POSTMARK_TYPES,
        },
    ),
)

_MAILGUN_EVENT = some(
    {"event": words_of("mailgun", "event_types")},
    {
        "id": WORDS,
        "timestamp": st.floats(0, 4e9) | EPOCHS,
        "severity": st.sampled_from(["permanent", "temporary"]),
        "reason": st.sampled_from(["bounce", "suppress-bounce", "generic", "old"]),
        "recipient": ADDRESSES,
        "message": some(
            {},
            {
                "headers": some(
                    {},
                    {
                        "to": ADDRESSES | ADDRESSES.map(lambda address: f"Somebody <{address}>"),
                        "message-id": st.sampled_from(["1.2@example.com", "<1.2@example.com>", ""]),
                    },
                )
            },
        ),
        "delivery-status": st.none()
        | some(
            {},
            {
                "message": DIAGNOSTICS,
                "description": DIAGNOSTICS,
                "enhanced-code": STATUSES,
                "code": st.just(550),
            },
        ),
        "reject": some({}, {"reason": DIAGNOSTICS}),
        "url": URLS,
        "ip": ADDRESSES_OF_PEOPLE,
        "client-info": some({}, {"user-agent": PROGRAMS, "bot": st.sampled_from(["", "apple", "gmail"])}),
        "tags": TAGS,
        "user-variables": CUSTOM,
    },
)
MAILGUN = (
    _MAILGUN_EVENT
    | some({"event-data": _MAILGUN_EVENT}, {"signature": some({}, {"token": WORDS})})
    | some({"items": st.lists(_MAILGUN_EVENT, max_size=3)}, {"paging": some({}, {"next": URLS})})
)

_PARTS = st.lists(
    some({"emailAddress": ADDRESSES}, {"status": STATUSES, "diagnosticCode": DIAGNOSTICS}),
    max_size=2,
    unique_by=lambda part: part["emailAddress"],
)
_SES_HEADERS = st.lists(
    st.sampled_from(
        [
            {"name": "X-Tag", "value": "spring"},
            {"name": "x-tag", "value": "sale"},
            {"name": "X-Metadata", "value": '{"customer_id": 7, "campaign": "c7", "colour": null}'},
            {"name": "X-Metadata", "value": "no JSON"},
            {"name": "X-Metadata", "value": "[1]"},
            {"name": "Subject", "value": "Hello"},
        ]
    ),
    max_size=4,
)


def _ses(word: str, name: str, part: Strategy) -> Strategy:
    mail = some(
        {"destination": st.lists(ADDRESSES, max_size=2, unique=True)},
        {
            "messageId": WORDS,
            "timestamp": TIMES,
            "headers": _SES_HEADERS,
            "tags": st.dictionaries(
                st.sampled_from(["campaign_id", "campaign", "customer_id", "customer", "ses:source-ip"]),
                st.lists(WORDS, min_size=1, max_size=2),
            ),
        },
    )
    return st.sampled_from(["eventType", "notificationType"]).flatmap(
        lambda kind: some({kind: st.just(word), "mail": mail, name: part}, {})
    )


_BY_CUSTOMER = {"timestamp": TIMES, "ipAddress": ADDRESSES_OF_PEOPLE, "userAgent": PROGRAMS}
_SES_EVENT = st.one_of(
    _ses("Send", "send", some({}, {})),
    _ses("Reject", "reject", some({"reason": WORDS}, {})),
    _ses("Rendering Failure", "failure", some({"errorMessage": WORDS}, {})),
    _ses(
        "Delivery",
        "delivery",
        some({"recipients": st.lists(ADDRESSES, max_size=2)}, {"smtpResponse": DIAGNOSTICS}),
    ),
    _ses(
        "Bounce",
        "bounce",
        some(
            {
                "bounceType": st.sampled_from(["Permanent", "Transient", "Undetermined"]),
                "bounceSubType": st.sampled_from(["General", "MailboxFull"]),
                "bouncedRecipients": _PARTS,
            },
            {"timestamp": TIMES},
        ),
    ),
    _ses(
        "Complaint",
        "complaint",
        some(
            {"complainedRecipients": _PARTS},
            {"timestamp": TIMES, "complaintFeedbackType": WORDS, "userAgent": PROGRAMS},
        ),
    ),
    _ses("Open", "open", some({}, _BY_CUSTOMER)),
    _ses(
        "Click",
        "click",
        some(
            {},
            {
                **_BY_CUSTOMER,
                "link": URLS,
                "linkTags": some({}, {"link_position": POSITIONS.map(lambda one: [one])}),
            },
        ),
    ),
    _ses("DeliveryDelay", "deliveryDelay", some({"delayedRecipients": _PARTS}, {"timestamp": TIMES})),
    _ses(
        "Subscription",
        "subscription",
        some({"newTopicPreferences": some({}, {"unsubscribeAll": st.booleans()})}, {"timestamp": TIMES}),
    ),
    _ses("Something", "something", some({}, {})),
    _ses("Received", "receipt", some({}, {})),
)
AMAZON_SES = (
    _SES_EVENT
    | some(
        {"Type": st.just("Notification"), "Message": _SES_EVENT.map(json.dumps)},
        {"MessageId": WORDS, "Timestamp": TIMES},
    )
    | st.sampled_from(
        [
            {
                "Type": "SubscriptionConfirmation",
                "SubscribeURL": "https://sns.example.com/?Action=ConfirmSubscription",
            },
            {"Type": "UnsubscribeConfirmation", "Message": "You have chosen to deactivate"},
            {
                "Type": "Notification",
                "Message": "Successfully validated SNS topic for Amazon SES event publishing.",
            },
        ]
    )
)

PAYLOADS: Mapping[str, Strategy] = {
    "amazon_ses": lists(AMAZON_SES),
    "mailgun": lists(MAILGUN),
    "postmark": lists(POSTMARK),
    "sendgrid": lists(SENDGRID),
}
