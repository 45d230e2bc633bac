"""What providers say in their own words has a meaning here: types of events, reasons, and what is no event at all."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from mailsight.providers.anymail import view_class
from mailsight.providers.checking import check_payload
from mailsight.providers.events import Event, Request, Unreadable
from mailsight.providers.meanings import plain
from mailsight.providers.payload import at
from mailsight.providers.reading import events_of_request, events_of_value
from mailsight.providers.record import Provider
from mailsight.providers.registry import PROVIDERS
from tests.support.providers.record import REFUSED
from tests.support.providers.registry import SAMPLES
from tests.support.providers.requests import request_of
from tests.support.providers.spellings import SPELLINGS, respelled

by_name = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)


def events(name: str, value: object) -> list[Event | Unreadable]:
    """The events in a request of the provider with this JSON."""
    return events_of_request(PROVIDERS[name], request_of(PROVIDERS[name], value))


def only(name: str, value: object) -> Event:
    [event] = events(name, value)
    assert isinstance(event, Event), event
    return event


def with_word(path: str, word: str) -> object:
    """A payload with a word at this path."""
    for step in reversed(path.split(".")):
        word = [word] if step.isdecimal() else {"type" if step == "*" else step: word}  # type: ignore[assignment]
    return word


@by_name
def test_every_documented_word_has_a_meaning(provider: Provider) -> None:
    known = {word for words in provider.words for word in words.means}
    documented = SAMPLES[provider.name].documented
    assert documented
    assert [word for word in documented if word.lower() not in known] == []


@by_name
def test_every_word_of_a_table_is_understood_where_the_provider_writes_it(provider: Provider) -> None:
    for words in provider.words:
        for path in words.at:
            for word, meaning in words.means.items():
                found = words.meaning([str(at(with_word(path, word), path))])
                assert found == meaning


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
@by_name
def test_a_word_may_be_spelled_in_other_ways(provider: Provider, spell: Callable[[str], str]) -> None:
    for words in provider.words:
        for word, meaning in words.means.items():
            assert words.meaning([spell(word)]) == meaning, spell(word)
    for payload, _ in SAMPLES[provider.name].typical:
        respelled_payload = respelled(provider, payload, spell)
        assert _said(provider, respelled_payload) == _said(provider, payload), respelled_payload


def _said(provider: Provider, payload: object) -> list[object]:
    """What the events of a payload say in the provider's words."""
    return [
        (event.type, event.reject_reason, event.bounce_type, event.provider_machine, event.recipient)
        if isinstance(event, Event)
        else event
        for event in events_of_value(provider, payload)
    ]


@by_name
def test_tables_have_plain_words(provider: Provider) -> None:
    assert [word for words in provider.words for word in words.means if word != plain(word)] == []


@by_name
def test_what_anymail_knows_is_known_here(provider: Provider) -> None:
    view = view_class(provider)
    tables = [getattr(view, name, {}) for name in ("event_types", "event_record_types", "reject_reasons")]
    known = {word for words in provider.words for word in words.means}
    assert [word for table in tables for word in table if word.lower() not in known] == []


def _of_mailgun(**fields_of_event: object) -> object:
    return {"event-data": {"recipient": "ann@example.com", "timestamp": 1776160800, **fields_of_event}}


def _of_resend(word: str, **data: object) -> object:
    return {
        "type": word,
        "created_at": "2026-04-14T09:00:01.000Z",
        "data": {"email_id": "e1", "to": ["Ann <ann@example.com>"], **data},
    }


def _of_mailersend(word: str, **data: object) -> object:
    """An event of version 2 of the webhooks."""
    return {
        "type": f"activity.{word}",
        "created_at": "2026-04-14T09:00:01.000000Z",
        "webhook_id": "w1",
        "data": {"id": "a1", "message_id": "m1", "type": word, "recipient": "ann@example.com", **data},
    }


def _of_postal(word: str, **payload: object) -> object:
    message = {"id": 7, "to": "Ann <ann@example.com>", "direction": "outgoing", "tag": "spring"}
    return {
        "event": word,
        "timestamp": 1776160860.5,
        "uuid": "u1",
        "payload": {"message": message, **payload},
    }


def _of_sparkpost(kind: str, **fields_of_event: object) -> object:
    return [
        {"msys": {kind: {"timestamp": "1776160800", "raw_rcpt_to": "ann@example.com", **fields_of_event}}}
    ]


def _of_ses(word: str, **parts: object) -> object:
    mail = {"messageId": "m1", "timestamp": "2026-04-14T09:00:00.000Z", "destination": ["ann@example.com"]}
    return {"eventType": word, "mail": mail, **parts}


def _subscription(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, object]:
    """The topics of a contact list, each with its status, before and after a change."""

    def preferences(topics: Mapping[str, str]) -> dict[str, object]:
        statuses = [{"topicName": name, "subscriptionStatus": status} for name, status in topics.items()]
        return {"unsubscribeAll": False, "topicSubscriptionStatus": statuses}

    return {"oldTopicPreferences": preferences(old), "newTopicPreferences": preferences(new)}


def _of_unisender(status: str, **delivery_info: object) -> object:
    return {
        "auth": "x",
        "event_name": "transactional_email_status",
        "job_id": "j1",
        "email": "ann@example.com",
        "status": status,
        "event_time": "2026-04-14 09:00:01",
        "delivery_info": delivery_info,
    }


def _of_mandrill(word: str, **message: object) -> object:
    return [{"event": word, "_id": "m1", "ts": 1776160800, "msg": {"email": "ann@example.com", **message}}]


def _bounced(subtype: str) -> dict[str, object]:
    return {
        "bounceType": "Permanent",
        "bounceSubType": subtype,
        "bouncedRecipients": [{"emailAddress": "ann@example.com"}],
    }


Case = tuple[str, object, Mapping[str, Any]]

NOT_SENT: list[Case] = [
    *(
        (
            "sendgrid",
            [{"event": "dropped", "email": "ann@example.com", "timestamp": 1776160800, "reason": word}],
            {"type": "rejected", "reject_reason": reason, "bounce_type": None, "diagnostic": word},
        )
        for word, reason in {
            "Spam Reporting Address": "spam",
            "GROUP UNSUBSCRIBE": "unsubscribed",
            "Unsubscribed Address": "unsubscribed",
            "Bounced Address": "bounced",
            "Invalid": "invalid",
            "Invalid SMTPAPI header": "other",
            " spam reporting  address. ": "spam",
            "Group Unsubscribe.": "unsubscribed",
            "A reason of next year": "other",
        }.items()
    ),
    *(
        (
            "mailgun",
            _of_mailgun(
                event="failed", severity="permanent", reason=word, **{"delivery-status": {"code": code}}
            ),
            {"type": "rejected", "reject_reason": reason, "bounce_type": None},
        )
        for word, code, reason in [
            ("suppress-unsubscribe", 606, "unsubscribed"),
            ("suppress-complaint", 607, "spam"),
            ("suppress-bounce", 605, "bounced"),
            ("generic", 607, "spam"),
        ]
    ),
    ("resend", _of_resend("email.suppressed"), {"type": "rejected", "reject_reason": "blocked"}),
    *(
        (
            "resend",
            _of_resend(
                "email.suppressed",
                suppressed={
                    "type": "Suppressed",
                    "reason": word,
                    "diagnosticCode": [REFUSED],
                    "message": "No",
                },
            ),
            {"type": "rejected", "reject_reason": reason, "diagnostic": REFUSED, "smtp_status": "5.1.1"},
        )
        for word, reason in {"previous_bounce": "bounced", "previous_complaint": "spam"}.items()
    ),
    (
        "resend",
        _of_resend("email.failed", failed={"reason": "reached_daily_quota"}),
        {"type": "failed", "diagnostic": "reached_daily_quota"},
    ),
    (
        "resend",
        _of_resend("email.bounced", bounce={"type": "Permanent", "subType": "Suppressed", "message": "No"}),
        {"type": "rejected", "reject_reason": "blocked", "bounce_type": None, "diagnostic": "No"},
    ),
    *(
        (
            "mailersend",
            _of_mailersend("suppressed", meta={"suppression_reason": word}),
            {"type": "rejected", "reject_reason": reason, "diagnostic": word},
        )
        for word, reason in {
            "on_hold": "blocked",
            "spam_complained": "spam",
            "unsubscribed": "unsubscribed",
            "hard_bounced": "bounced",
        }.items()
    ),
    *(
        (
            "amazon_ses",
            _of_ses("Bounce", bounce=_bounced(word)),
            {"type": "rejected", "reject_reason": reason},
        )
        for word, reason in {
            "Suppressed": "bounced",
            "OnAccountSuppressionList": "blocked",
            "UnsubscribedRecipient": "unsubscribed",
        }.items()
    ),
    (
        "amazon_ses",
        _of_ses(
            "Complaint",
            complaint={
                "complaintSubType": "OnAccountSuppressionList",
                "complainedRecipients": [{"emailAddress": "ann@example.com"}],
            },
        ),
        {"type": "rejected", "reject_reason": "spam"},
    ),
    (
        "postal",
        _of_postal(
            "MessageHeld", status="Held", details="Recipient (ann@example.com) is on the suppression list"
        ),
        {"type": "rejected", "reject_reason": "bounced"},
    ),
    (
        "postal",
        _of_postal(
            "MessageDeliveryFailed", status="HardFail", details="Message is likely spam. Threshold is 5"
        ),
        {"type": "failed", "bounce_type": None},
    ),
    (
        "unisender_go",
        _of_unisender("hard_bounced", delivery_status="err_unsubscribed"),
        {"type": "rejected", "reject_reason": "unsubscribed", "bounce_type": None},
    ),
    *(
        (
            "unisender_go",
            _of_unisender("hard_bounced", delivery_status=word),
            {"type": kind, "bounce_type": None},
        )
        for word, kind in {
            "skip_dup_mailbox_full": "rejected",
            "err_spam_removed": "rejected",
            "err_internal": "failed",
        }.items()
    ),
    *(
        (
            "mandrill",
            _of_mandrill("reject", reject={"reason": word}),
            {"type": "rejected", "reject_reason": reason, "diagnostic": word},
        )
        for word, reason in {"hard-bounce": "bounced", "unsub": "unsubscribed", "invalid": "invalid"}.items()
    ),
]

# What explains an event is kept, wherever the provider writes it.
EXPLAINED: list[Case] = [
    (
        "amazon_ses",
        _of_ses("DeliveryDelay", deliveryDelay={"delayType": "MailboxFull"}),
        {"type": "deferred", "diagnostic": "MailboxFull"},
    ),
    (
        "mailgun",
        _of_mailgun(
            event="failed",
            severity="permanent",
            reason="old",
            **{"delivery-status": {"message": "", "last-message": REFUSED}},
        ),
        {"diagnostic": REFUSED, "smtp_status": "5.1.1", "reject_reason": "timed_out"},
    ),
    (
        "mailgun",
        _of_mailgun(event="rejected", reject={"reason": "Sandbox", "description": "Not a test recipient"}),
        {"type": "rejected", "diagnostic": "Not a test recipient"},
    ),
    ("mailjet", [{"event": "spam", "source": "JMRPP"}], {"type": "complained", "diagnostic": "JMRPP"}),
    (
        "mailtrap",
        {
            "events": [
                {
                    "event": "bounce",
                    "message_id": "m1",
                    "timestamp": 1776160800,
                    "bounce_category": "invalid_recipient",
                }
            ]
        },
        {"type": "bounced", "diagnostic": "invalid_recipient"},
    ),
    (
        "postal",
        {
            "event": "MessageBounced",
            "uuid": "u1",
            "timestamp": 1776160860.5,
            "payload": {
                "original_message": {"id": 7, "to": "ann@example.com", "direction": "outgoing"},
                "bounce": {"id": 8, "subject": "Undeliverable: Spring", "timestamp": 1776160800.5},
            },
        },
        {"type": "bounced", "diagnostic": "Undeliverable: Spring"},
    ),
    (
        "postmark",
        {
            "RecordType": "SubscriptionChange",
            "Recipient": "ann@example.com",
            "SuppressSending": True,
            "SuppressionReason": "HardBounce",
        },
        {"type": "bounced", "diagnostic": "HardBounce"},
    ),
    (
        "sendgrid",
        [
            {
                "event": "bounce",
                "email": "ann@example.com",
                "timestamp": 1776160800,
                "bounce_classification": "Invalid Address",
                "custom_args": {"campaign_id": "spring", "customer_id": 3},
            }
        ],
        {"diagnostic": "Invalid Address", "campaign_id": "spring", "customer_id": "3"},
    ),
]

OTHERS: list[Case] = [
    ("resend", _of_resend("email.scheduled"), {"type": "queued"}),
    ("unisender_go", _of_unisender("accepted"), {"type": "queued"}),
    *(
        ("amazon_ses", _of_ses("Subscription", subscription=_subscription(old, new)), {"type": kind})
        for old, new, kind in [
            ({"News": "OptIn"}, {"News": "OptOut"}, "unsubscribed"),
            ({}, {"News": "OptOut", "Offers": "OptIn"}, "unsubscribed"),
            ({"News": "OptOut"}, {"News": "OptIn"}, "subscribed"),
            ({"News": "OptOut"}, {"News": "OptOut"}, "unknown"),
        ]
    ),
    (
        "amazon_ses",
        _of_ses(
            "Subscription",
            subscription={
                "oldTopicPreferences": {"unsubscribeAll": True},
                "newTopicPreferences": {"unsubscribeAll": False},
            },
        ),
        {"type": "subscribed"},
    ),
    ("mailgun", _of_mailgun(event="failed", severity="temporary", reason="old"), {"type": "deferred"}),
    (
        "mailgun",
        {
            "items": [
                {
                    "event": "opened",
                    "id": "e1",
                    "recipient": "ann@example.com",
                    "@timestamp": "2026-04-14T10:00:00Z",
                }
            ]
        },
        {"type": "opened", "event_id": "e1", "recipient": "ann@example.com"},
    ),
    (
        "mailgun",
        _of_mailgun(event="opened", **{"user-variables": '{"campaign_id": "spring", "customer_id": 3}'}),
        {"campaign_id": "spring", "customer_id": "3"},
    ),
    *(
        ("brevo", {"event": word, "email": "ann@example.com", "ts_event": 1776160800}, {"type": kind})
        for word, kind in {
            "unsubscribed": "unsubscribed",
            "loadedByProxy": "opened",
            "hardBounces": "bounced",
        }.items()
    ),
    (
        "brevo",
        {
            "event": "click",
            "camp_id": 5,
            "email": "ann@example.com",
            "ts_event": 1776160800,
            "URL": "https://example.com/tulips",
        },
        {"type": "clicked", "url": "https://example.com/tulips", "campaign_id": "5"},
    ),
    (
        "brevo",
        {
            "event": "opened",
            "email": "ann@example.com",
            "ts_epoch": 1776160800000,
            "tag": '["news", "spring"]',
        },
        {"tags": ("news", "spring"), "campaign_id": "news"},
    ),
    (
        "brevo",
        {
            "events": [
                {
                    "event": "clicks",
                    "messageId": "<m1@x>",
                    "email": "ann@example.com",
                    "date": "2026-04-14T10:00Z",
                }
            ]
        },
        {"type": "clicked", "message_id": "<m1@x>"},
    ),
    (
        "postal",
        _of_postal("MessageLoaded", ip_address="198.51.100.7"),
        {"type": "opened", "ip": "198.51.100.7"},
    ),
    (
        "postal",
        _of_postal(
            "MessageDeliveryFailed", status="HardFail", output="550 5.1.1 no such user", details="failed"
        ),
        {
            "type": "bounced",
            "bounce_type": "hard",
            "smtp_status": "5.1.1",
            "diagnostic": "550 5.1.1 no such user",
        },
    ),
    (
        "mailersend",
        _of_mailersend(
            "clicked", meta={"url": "https://example.com/tulips", "ip": "198.51.100.7"}, tags=["spring"]
        ),
        {
            "type": "clicked",
            "url": "https://example.com/tulips",
            "ip": "198.51.100.7",
            "message_id": "m1",
            "campaign_id": "spring",
            "recipient": "ann@example.com",
        },
    ),
    (
        "mailersend",
        _of_mailersend("hard_bounced", meta={"bounce_reason": "No"}),
        {"bounce_type": "hard", "diagnostic": "No"},
    ),
    (
        "sparkpost",
        _of_sparkpost("track_event", type="open", user_agent_parsed={"is_prefetched": True}),
        {"type": "opened", "provider_machine": True},
    ),
    (
        "sparkpost",
        _of_sparkpost("message_event", type="bounce", bounce_class="10", reason="550 no"),
        {"type": "bounced", "bounce_type": "hard", "diagnostic": "550 no"},
    ),
    (
        "amazon_ses",
        _of_ses(
            "Complaint",
            complaint={
                "userAgent": "A feedback loop",
                "complainedRecipients": [{"emailAddress": "ann@example.com"}],
            },
        ),
        {"type": "complained", "user_agent": None},
    ),
    (
        "mailjet",
        [
            {
                "event": "bounce",
                "email": "ann@example.com",
                "hard_bounce": True,
                "error": "user unknown",
                "comment": "Not here",
            }
        ],
        {"type": "bounced", "reject_reason": "bounced", "diagnostic": "Not here"},
    ),
    (
        "mailjet",
        [{"event": "blocked", "error": "preblocked"}],
        {"type": "rejected", "diagnostic": "preblocked"},
    ),
    ("mailjet", [{"event": "bounce", "error": "greylisted", "hard_bounce": False}], {"type": "deferred"}),
    ("mailjet", [{"event": "bounce", "error": "greylisted", "hard_bounce": True}], {"type": "bounced"}),
    (
        "mailtrap",
        {
            "events": [
                {"event": "reject", "message_id": "m1", "timestamp": 1776160800, "reason": "Suppressed"}
            ]
        },
        {"type": "rejected", "diagnostic": "Suppressed"},
    ),
    *(
        (
            "mailtrap",
            {
                "events": [
                    {
                        "event": "reject",
                        "message_id": "m1",
                        "timestamp": 1776160800,
                        "reason": f"Recipient in suppression list. Reason: {reason}",
                    }
                ]
            },
            {"type": "rejected", "reject_reason": expected},
        )
        for reason, expected in (
            ("unsubscription", "unsubscribed"),
            ("hard bounce", "bounced"),
            ("spam complaint", "spam"),
            ("manual import", "blocked"),
            ("a reason of next year", "blocked"),
        )
    ),
    *(
        (
            "brevo",
            {"event": "blocked", "email": "ann@example.com", "message-id": "<1>", "reason": reason},
            {"type": "rejected", "reject_reason": expected, "diagnostic": reason},
        )
        for reason, expected in (
            ("blocked : due to unsubscribed user", "unsubscribed"),
            ("blocked : due to blacklist user", "blocked"),
        )
    ),
    *(
        (
            "brevo",
            {"event": word, "email": "ann@example.com", "message-id": "<1>", "sending_ip": "198.51.100.7"},
            {"ip": ip},
        )
        for word, ip in (
            ("unique_opened", "198.51.100.7"),
            ("proxy_open", "198.51.100.7"),
            ("delivered", None),
            ("unsubscribed", None),
        )
    ),
    *(
        (
            "brevo",
            {"event": f"{kind}_bounced", "email": "ann@example.com", "camp_id": 7, "ts_event": 1776160800},
            {"type": "bounced", "bounce_type": kind, "campaign_id": "7"},
        )
        for kind in ("hard", "soft")
    ),
    (
        "mandrill",
        {"mandrill_events": _of_mandrill("open")},
        {"type": "opened"},
    ),
    (
        "mandrill",
        _of_mandrill("hard_bounce", bounce_description="bad_mailbox"),
        {"diagnostic": "bad_mailbox"},
    ),
    ("mandrill", _of_mandrill("delivered"), {"type": "delivered"}),
]


@pytest.mark.parametrize(("name", "value", "expected"), [*NOT_SENT, *EXPLAINED, *OTHERS])
def test_words_become_an_event(name: str, value: object, expected: Mapping[str, Any]) -> None:
    event = only(name, value)
    assert {field: getattr(event, field) for field in expected} == expected


def test_the_older_webhooks_of_mailgun_say_the_same() -> None:
    def legacy(**form: str) -> Event:
        sent = {
            "recipient": "ann@example.com",
            "timestamp": "1776160800",
            "token": "t",
            "signature": "x",
            **form,
        }
        [event] = events_of_value(PROVIDERS["mailgun"], sent)
        assert isinstance(event, Event)
        return event

    assert [
        (event.type, event.reject_reason, event.bounce_type)
        for event in (
            legacy(event="dropped", reason="hardfail", code="605"),
            legacy(event="dropped", reason="hardfail", code="606"),
            legacy(event="dropped", reason="hardfail", code="607"),
            legacy(event="dropped", reason="hardfail", code="550"),
            legacy(event="dropped", reason="old"),
            legacy(event="bounced", code="550"),
        )
    ] == [
        ("rejected", "bounced", None),
        ("rejected", "unsubscribed", None),
        ("rejected", "spam", None),
        ("bounced", "bounced", "hard"),
        ("bounced", "timed_out", "hard"),
        ("bounced", None, "hard"),
    ]


def test_an_event_about_several_contacts_is_one_for_each() -> None:
    addition = {
        "event": "list_addition",
        "email": ["ann@example.com", "ben@example.com"],
        "key": "k",
        "ts": 1776160800,
    }
    assert [
        (event.type, event.recipient) for event in events("brevo", addition) if isinstance(event, Event)
    ] == [
        ("subscribed", "ann@example.com"),
        ("subscribed", "ben@example.com"),
    ]


def test_an_open_that_is_reported_twice_has_no_id_of_its_own() -> None:
    def id_and_type(word: str, event_id: str) -> tuple[object, ...]:
        event = only("mailersend", _of_mailersend(word, id=event_id))
        return event.event_id, event.type, event.occurred_at, event.message_id

    assert id_and_type("opened", "a1") == id_and_type("opened_unique", "a2")
    assert id_and_type("sent", "a1")[0] == "a1"


PINGS: list[tuple[str, object]] = [
    ("mailersend", {"type": "webhook.test", "message": "Hello", "created_at": "2026-04-14T09:00:01.000000Z"}),
    (
        "mailersend",
        {"type": "maintenance.start", "data": {}, "created_at": "2026-04-14 09:00:01", "webhook_id": "w"},
    ),
    ("sparkpost", [{"msys": {}}]),
    ("sparkpost", [{"msys": {"relay_event": {"type": "relay_delivery"}}}]),
    ("sendgrid", [{"event": "account_status_change", "sg_event_id": "1"}]),
    ("sendgrid", [{"event": "received", "sg_event_id": "1", "recipient_count": 2}]),
    (
        "resend",
        {
            "type": "contact.created",
            "created_at": "2026-04-14T09:00:01Z",
            "data": {"email": "ann@example.com"},
        },
    ),
    ("postal", {"event": "DomainDNSError", "timestamp": 1, "payload": {"domain": "x"}, "uuid": "u"}),
    ("mailgun", {"event-data": {"event": "stored"}}),
    ("brevo", {"event": "contact_updated", "email": "ann@example.com", "key": "k"}),
    (
        "unisender_go",
        {"auth": "x", "event_name": "transactional_spam_block", "block_time": "2026-04-14 09:00:00"},
    ),
    ("amazon_ses", {"Type": "UnsubscribeConfirmation", "MessageId": "1"}),
    ("amazon_ses", {"notificationType": "AmazonSnsSubscriptionSucceeded", "mail": {}}),
    ("mailtrap", {"events": [{"event": "inbound.message_received", "message_id": "m1"}]}),
    (
        "mailtrap",
        {"events": [{"event": "activity_log.user.login", "actor": {"id": 1}, "timestamp": 1735830138}]},
    ),
    ("amazon_ses", {"detail-type": "Sending Status Disabled", "source": "aws.ses", "detail": {"origin": {}}}),
    ("mandrill", []),
]


@pytest.mark.parametrize(("name", "value"), PINGS)
def test_a_ping_is_accepted_and_leaves_nothing(name: str, value: object) -> None:
    check_payload(PROVIDERS[name], request_of(PROVIDERS[name], value))
    assert events(name, value) == []


def _unknown(provider: Provider) -> Iterator[object]:
    """Payloads of the provider with a type that does not exist."""
    for words in provider.words[:1]:
        for path in words.at:
            yield provider.packed([with_word(path, "a word of next year")])


@by_name
def test_an_unknown_word_leaves_an_event_or_a_rejected_row(provider: Provider) -> None:
    values = [
        *_unknown(provider),
        {"type": "next.year", "created_at": "2026-04-14T09:00:01Z", "data": {"a": 1}},
    ]
    values += [
        {"Type": "NextYear", "MessageId": "1"},
        {"auth": "x", "event_name": "next_year", "status": "sent"},
    ]
    for value in values:
        assert events(provider.name, value), value


def test_a_request_without_an_event_says_why() -> None:
    [refused] = events("amazon_ses", {"Type": "NextYear", "MessageId": "1"})
    assert refused == Unreadable(
        "a message of Amazon SNS of an unknown type: NextYear", {"Type": "NextYear", "MessageId": "1"}
    )
    [refused] = events("unisender_go", {"auth": "x", "event_name": "next_year"})
    assert isinstance(refused, Unreadable)
    assert "next_year" in refused.reason


def test_a_request_as_django_gets_it_is_what_is_read() -> None:
    sent = Request(
        "application/json",
        {},
        b'{"RecordType": "Open", "RecordType": "Click", "Recipient": "ann@example.com"}',
    )
    [event] = events_of_request(PROVIDERS["postmark"], sent)
    assert isinstance(event, Event)
    assert event.type == "opened"
