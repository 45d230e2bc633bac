"""What providers send becomes events: the fields that others' tests assert, and what we read besides."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailsight import anymail_views, errors, providers
from mailsight.provider_details import DETAILS
from mailsight.provider_shapes import BATCHES, MARKS
from mailsight.providers import (
    PROVIDERS,
    Event,
    Request,
    Unreadable,
    check_payload,
    events_of_request,
    events_of_value,
)
from mailsight.vocabulary import BOUNCE_TYPES, EventType
from tests.support.examples import examples
from tests.support.provider_payloads import PAYLOADS
from tests.support.typical_payloads import TYPICAL

JSON = "application/json"
# An event of ours, by what anymail calls its fields.
FIELDS = {"event_type": "type", "timestamp": "occurred_at", "click_url": "url"}
# Asserts something with a setting of anymail that Mailsight leaves alone.
OTHER_SETTINGS = "test_initial_open_event_as_opened"


def one(name: str, value: object, headers: dict[str, str] | None = None) -> Event:
    [event] = events_of_value(name, value, headers)
    assert isinstance(event, Event), event
    return event


def request(name: str, value: object) -> Request:
    """A request as the provider would send it."""
    if name == "mandrill":
        return Request(
            "application/x-www-form-urlencoded",
            {},
            urlencode({"mandrill_events": json.dumps(value)}).encode(),
        )
    return Request(JSON, {}, json.dumps(value).encode())


def recorded(samples: Path) -> Iterator[tuple[str, Request, dict[str, object]]]:
    for path in sorted((samples / "webhooks").glob("*.jsonl")):
        for sample in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
            if sample["expected"] is not None and not sample["test"].endswith(OTHER_SETTINGS):
                headers = {name: str(value) for name, value in sample["headers"].items()}
                body = sample["raw"].encode()
                yield sample["provider"], Request(sample["content_type"], headers, body), sample["expected"]


def test_every_provider_is_complete() -> None:
    names = set(PROVIDERS)
    assert names == set(DETAILS) == set(MARKS) == set(TYPICAL) == set(anymail_views.READERS)
    assert {name for name in names if PROVIDERS[name].mapped} == set(PAYLOADS)
    assert set(BATCHES) < names
    assert all(any(secret.suffices for secret in provider.secrets) for provider in PROVIDERS.values())


def test_every_field_that_others_assert_is_equal(samples: Path) -> None:
    for name, sent, expected in recorded(samples):
        events = events_of_request(name, sent)
        check_payload(name, sent)
        for event in events:
            assert isinstance(event, Event), event
        if not expected:
            continue
        [event] = [event for event in events if isinstance(event, Event)]
        for field, value in expected.items():
            if field in ("mta_response", "description"):
                told = expected.get("mta_response") or expected.get("description") or event.diagnostic
                assert event.diagnostic == told
            elif field == "timestamp":
                assert event.occurred_at == (value and datetime.fromisoformat(str(value)))
            elif field == "tags":
                assert list(event.tags) == value
            else:
                assert getattr(event, FIELDS.get(field, field)) == value, (name, field)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_typical_click_or_bounce_has_what_this_provider_tells(name: str) -> None:
    for payload, expected in TYPICAL[name]:
        event = one(name, payload)
        assert {field: getattr(event, field) for field in expected} == expected


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("other", PROVIDERS)
def test_a_payload_is_taken_from_its_own_provider_only(name: str, other: str) -> None:
    for payload, _ in TYPICAL[name]:
        sent = request(name, [payload] if name in BATCHES and name != "mailtrap" else payload)
        if name == other:
            check_payload(name, sent)
        else:
            with pytest.raises(errors.NotThisProvider):
                check_payload(other, sent)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe{}", b'{"a": NaN}', b"[" * 100_000, b'"\\u12"', b"5", b'["x"]']
)
@pytest.mark.parametrize("name", ["sendgrid", "postmark", "amazon_ses", "brevo", "mandrill", "postal"])
def test_a_malformed_body_is_refused_and_told(name: str, body: bytes) -> None:
    sent = Request(JSON, {}, body)
    with pytest.raises(errors.NotThisProvider):
        check_payload(name, sent)
    assert all(
        isinstance(event, Unreadable) or event.type == EventType.UNKNOWN
        for event in events_of_request(name, sent)
    )


def test_one_bad_payload_of_a_batch_costs_only_itself() -> None:
    batch = [
        {"event": "open", "sg_event_id": "1"},
        5,
        {"no": "event"},
        {"event": "click", "sg_event_id": "2"},
    ]
    first, second, third, last = events_of_value("sendgrid", batch)
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
def test_what_is_no_time_costs_only_the_time(name: str, payload: object) -> None:
    event = one(name, payload)
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
def test_a_time_is_read_in_every_form_it_comes_in(time: object, expected: datetime | None) -> None:
    assert one("sendgrid", {"event": "open", "timestamp": time}).occurred_at == expected


def test_fields_of_a_form_are_the_payload() -> None:
    form = {
        "event": "opened",
        "timestamp": "1234567890",
        "token": "abc",
        "signature": "x",
        "tag": ["a", "b"],
        "ip": "::1",
    }
    sent = Request("application/x-www-form-urlencoded", {}, urlencode(form, doseq=True).encode())
    [event] = events_of_request("mailgun", sent)
    assert isinstance(event, Event)
    assert event.payload == form
    assert (event.tags, event.campaign_id, event.ip, event.event_id) == (("a", "b"), "a", "::1", "abc")


def test_a_subscription_to_sns_waits_for_the_operator() -> None:
    asked = {
        "Type": "SubscriptionConfirmation",
        "MessageId": "1",
        "SubscribeURL": "https://sns.example/confirm",
    }
    [unreadable] = events_of_value("amazon_ses", asked)
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
def test_inbound_mail_and_pings_are_no_events(name: str, value: object) -> None:
    assert events_of_value(name, value) == []


def test_the_events_of_one_provider_are_not_asked_of_another() -> None:
    with pytest.raises(errors.UnknownProvider, match="sendgrid"):
        providers.provider("scaleway")


def test_nobody_is_believed_without_a_secret_that_suffices() -> None:
    sent = Request(JSON, {"Authorization": "Basic eDp5"}, b"{}")
    with pytest.raises(errors.NotGenuine):
        providers.check_sender(
            "mailgun", {"basic_auth": "x:y", "signing_key": ""}, sent, "https://example.com/"
        )


_ODD: st.SearchStrategy[object] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        10**400,
        1.5,
        float("inf"),
        float("nan"),
        "",
        "x\x00",
        "\ud800",
        "2026-99-99",
        [],
        [[]],
        {},
        [None],
        {"a": {}},
    ]
)


def _bent(value: object, draw: st.DrawFn) -> object:
    """The value with something odd in a few of its places."""
    if draw(st.integers(0, 5)) == 0:
        return draw(_ODD)
    if isinstance(value, dict):
        return {key: _bent(part, draw) for key, part in value.items() if draw(st.integers(0, 12))}
    if isinstance(value, list):
        return [_bent(part, draw) for part in value]
    return value


bent = st.composite(lambda draw, value: _bent(value, draw))


@settings(max_examples=examples(40), suppress_health_check=list(HealthCheck))
@given(st.data())
def test_nothing_whatever_breaks_the_reading(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(PROVIDERS)))
    for payload, _ in TYPICAL[name]:
        for found in events_of_value(name, data.draw(bent(payload))):
            if isinstance(found, Unreadable):
                assert found.reason
                continue
            assert found.bounce_type in (None, *BOUNCE_TYPES)
            assert found.occurred_at is None or found.occurred_at.tzinfo == UTC
            told = [
                found.recipient,
                found.message_id,
                found.tags,
                found.metadata,
                found.payload,
                found.campaign_id,
            ]
            json.dumps(told, allow_nan=False, ensure_ascii=False).encode()
