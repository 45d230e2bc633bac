"""Payloads become events, with the fields that anymail's tests assert and those that only Mailsight reads."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailsight.providers.checking import check_payload
from mailsight.providers.events import Event, Request, Unreadable
from mailsight.providers.reading import events_of_request, events_of_value
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import BOUNCE_TYPES, EventType
from tests.support.examples import examples
from tests.support.odd_values import bent
from tests.support.providers.registry import SAMPLES

# Fields of an event by anymail's names for them.
FIELDS = {"event_type": "type", "timestamp": "occurred_at", "click_url": "url"}
# What Mailsight reads in another way: the event's own time rather than when SNS or Postal reported it, the person's
# program rather than that of a feedback loop, the id that all events of a message share, and a message that a server
# refused.
OTHERWISE = {
    ("amazon_ses", "timestamp"),
    ("amazon_ses", "user_agent"),
    ("postal", "timestamp"),
    ("postal", "event_type"),
    ("postal", "reject_reason"),
    ("sendgrid", "message_id"),
}
# This test relies on a setting of anymail that Mailsight does not use.
OTHER_SETTINGS = "test_initial_open_event_as_opened"


def only_event(name: str, value: object) -> Event:
    [event] = events_of_value(PROVIDERS[name], value)
    assert isinstance(event, Event), event
    return event


def recorded(samples: Path) -> Iterator[tuple[str, Request, dict[str, object]]]:
    for path in sorted((samples / "webhooks").glob("*.jsonl")):
        for sample in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if sample["expected"] is not None and not sample["test"].endswith(OTHER_SETTINGS):
                headers = {name: str(value) for name, value in sample["headers"].items()}
                body = sample["raw"].encode()
                yield sample["provider"], Request(sample["content_type"], headers, body), sample["expected"]


def test_fields_equal_those_in_anymails_tests(samples: Path) -> None:
    for name, sent, expected in recorded(samples):
        events = events_of_request(PROVIDERS[name], sent)
        check_payload(PROVIDERS[name], sent)
        for event in events:
            assert isinstance(event, Event), event
        if not expected:
            continue
        [event] = [event for event in events if isinstance(event, Event)]
        for field, value in expected.items():
            if (name, field) in OTHERWISE:
                continue
            if field in ("mta_response", "description"):
                text = expected.get("mta_response") or expected.get("description") or event.diagnostic
                assert event.diagnostic == text
            elif field == "timestamp":
                assert event.occurred_at == (value and datetime.fromisoformat(str(value)))
            elif field == "tags":
                assert list(event.tags) == value
            else:
                assert getattr(event, FIELDS.get(field, field)) == value, (name, field)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_typical_click_or_bounce_has_what_this_provider_reports(name: str) -> None:
    for payload, expected in SAMPLES[name].typical:
        event = only_event(name, payload)
        assert {field: getattr(event, field) for field in expected} == expected


def test_a_bad_payload_does_not_affect_the_rest_of_its_batch() -> None:
    batch = [
        {"event": "open", "sg_event_id": "1"},
        5,
        {"no": "event"},
        {"event": "click", "sg_event_id": "2"},
    ]
    first, second, third, last = events_of_value(PROVIDERS["sendgrid"], batch)
    assert isinstance(first, Event)
    assert isinstance(last, Event)
    assert (first.event_id, last.event_id) == ("1", "2")
    assert isinstance(second, Unreadable)
    assert third == Unreadable("not an event of SendGrid: it has no event", {"no": "event"})


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("sendgrid", {"event": "open", "email": "ann@example.com", "timestamp": {"no": "time"}}),
        ("mailgun", {"event-data": {"event": "opened", "recipient": "ann@example.com", "timestamp": "soon"}}),
        ("mandrill", {"event": "open", "msg": {"email": "ann@example.com"}, "ts": None}),
        ("mailjet", {"event": "open", "email": "ann@example.com", "time": "soon", "Payload": None}),
        (
            "brevo",
            {"event": "opened", "email": "ann@example.com", "ts_epoch": "soon", "X-Mailin-custom": "a:b|c:d"},
        ),
        (
            "postmark",
            {"RecordType": "Open", "Recipient": "ann@example.com", "ReceivedAt": None, "Metadata": None},
        ),
    ],
)
def test_an_unreadable_time_loses_only_the_time(name: str, payload: object) -> None:
    event = only_event(name, payload)
    assert (event.type, event.recipient, event.occurred_at) == (EventType.OPENED, "ann@example.com", None)
    assert "time" in json.dumps(payload) or event.payload == payload


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (1_700_000_000, datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        ("1700000000", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (1_591_726_752_372, datetime(2020, 6, 9, 18, 19, 12, 372000, tzinfo=UTC)),
        ("2023-11-14T22:13:20Z", datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)),
        (10**30, None),
        (None, None),
        ([], None),
    ],
)
def test_a_time_is_read_in_every_form(time: object, expected: datetime | None) -> None:
    assert only_event("sendgrid", {"event": "open", "timestamp": time}).occurred_at == expected


def test_the_fields_of_a_form_are_the_payload() -> None:
    form = {
        "event": "opened",
        "timestamp": "1234567890",
        "token": "abc",
        "signature": "x",
        "tag": ["a", "b"],
        "ip": "::1",
    }
    sent = Request("application/x-www-form-urlencoded", {}, urlencode(form, doseq=True).encode())
    [event] = events_of_request(PROVIDERS["mailgun"], sent)
    assert isinstance(event, Event)
    assert event.payload == form
    assert (event.tags, event.campaign_id, event.ip, event.event_id) == (("a", "b"), "a", "::1", "abc")


def test_an_sns_subscription_is_left_to_the_operator() -> None:
    subscription = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "1",
        "SubscribeURL": "https://sns.example/confirm",
    }
    [unreadable] = events_of_value(PROVIDERS["amazon_ses"], subscription)
    assert isinstance(unreadable, Unreadable)
    assert "https://sns.example/confirm" in unreadable.reason


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amazon_ses", {"Type": "UnsubscribeConfirmation", "MessageId": "1"}),
        ("amazon_ses", {"notificationType": "Received", "mail": {}, "content": "..."}),
        ("brevo", {"items": [{"Uuid": ["1"]}]}),
        ("mandrill", []),
        ("mandrill", [{"event": "inbound", "ts": 1, "msg": {"raw_msg": "Subject: Hello\n\nHello"}}]),
        ("postmark", {"FromFull": {"Email": "ann@example.com"}}),
        ("postmark", {"RecordType": "Bounce", "Type": "InboundError"}),
        ("sparkpost", [{"msys": {}}]),
    ],
)
def test_inbound_mail_and_pings_are_not_events(name: str, value: object) -> None:
    assert events_of_value(PROVIDERS[name], value) == []


@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_payload_breaks_the_reader(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PROVIDERS)))
    for payload, _ in SAMPLES[name].typical:
        for event in events_of_value(PROVIDERS[name], data.draw(bent(payload))):
            if isinstance(event, Unreadable):
                assert event.reason
                continue
            assert event.bounce_type in (None, *BOUNCE_TYPES)
            assert event.occurred_at is None or event.occurred_at.tzinfo == UTC
            texts = [
                event.recipient,
                event.message_id,
                event.tags,
                event.metadata,
                event.payload,
                event.campaign_id,
            ]
            json.dumps(texts, allow_nan=False, ensure_ascii=False).encode()
