"""Requests of providers that anymail doesn't know: signatures, tokens, and events one by one."""

import io
import json
from dataclasses import replace
from urllib.parse import urlencode

import pytest

from mailsight.errors import NotGenuine, NotThisProvider
from mailsight.loading import recognition
from mailsight.providers.checking import candidates, check_payload, check_sender
from mailsight.providers.events import Event, Request, Unreadable
from mailsight.providers.own_view import OwnView
from mailsight.providers.reading import events_of_request, events_of_value
from mailsight.providers.registry import PROVIDERS
from tests.support.providers.registry import SAMPLES, delivery
from tests.support.providers.signing import WebhookRequest

URL = "https://mail.example/webhooks/x/"
OWN = [name for name, provider in PROVIDERS.items() if isinstance(provider.view, OwnView)]


def checked(provider: str, sent: WebhookRequest) -> None:
    content_type = sent.headers.get("Content-Type", "application/json")
    request = Request(content_type, sent.headers, sent.body)
    check_sender(PROVIDERS[provider], SAMPLES[provider].secrets, request, sent.url)


@pytest.mark.parametrize("provider", OWN)
def test_the_documented_proof_passes_and_every_other_one_fails(provider: str) -> None:
    sent = delivery(provider, URL)
    checked(provider, sent)
    proof = {name for name in sent.headers if name != "Content-Type"}
    for name in proof:
        for forged in ("", " ", "é", "v0=", sent.headers[name][::-1]):
            changed = WebhookRequest(sent.url, sent.body, {**sent.headers, name: forged})
            with pytest.raises(NotGenuine):
                checked(provider, changed)


@pytest.mark.parametrize("provider", OWN)
def test_headers_in_any_case_prove_it(provider: str) -> None:
    sent = delivery(provider, URL)
    headers = {name.lower(): value for name, value in sent.headers.items()}
    checked(provider, WebhookRequest(sent.url, sent.body, {**headers, "Content-Type": "application/json"}))


@pytest.mark.parametrize("provider", OWN)
@pytest.mark.parametrize("odd", [5, None, "x", [], {}, {"events": 5}, [[]], {"data": "x"}])
def test_an_odd_event_refuses_only_itself(provider: str, odd: object) -> None:
    good, _ = SAMPLES[provider].typical[0]
    events = events_of_value(PROVIDERS[provider], [good, odd, good])
    assert isinstance(events[0], Event)
    assert isinstance(events[-1], Event)
    assert all(isinstance(event, Unreadable) for event in events[1:-1])
    assert len(events) == 3 or odd in ([], [[]])


@pytest.mark.parametrize("provider", OWN)
def test_what_is_no_event_is_never_answered_as_one(provider: str) -> None:
    """Every accepted request leaves events or refusals, unless all of it is about something else."""
    odd: list[object] = [{}, {"a": 1}, 5, "x", [5], [{}]]
    for value in odd:
        request = Request("application/json", {}, json.dumps(value).encode())
        try:
            check_payload(PROVIDERS[provider], request)
        except NotThisProvider:
            continue
        assert events_of_request(PROVIDERS[provider], request)


@pytest.mark.parametrize("provider", OWN)
def test_the_first_of_two_equal_keys_counts(provider: str) -> None:
    """In the check and in the reader alike."""
    good, expected = SAMPLES[provider].typical[0]
    [(name, value)] = list(good.items())[:1]
    rest = json.dumps({key: known for key, known in good.items() if key != name})[1:-1]
    pair = f"{json.dumps(name)}: {json.dumps(value)}"
    body = "{" + ", ".join(filter(None, (pair, rest, f"{json.dumps(name)}: 5"))) + "}"
    request = Request("application/json", {}, body.encode())
    check_payload(PROVIDERS[provider], request)
    [event] = events_of_request(PROVIDERS[provider], request)
    assert isinstance(event, Event)
    assert event.type == expected["type"]


def test_marks_reach_into_the_first_item_of_a_list() -> None:
    assert [known.name for known in candidates({"events": [{"event_type": "x"}]})] == ["braze"]
    assert [known.name for known in candidates({"events": [{"event": "open"}]})] == ["mailtrap"]
    others: list[object] = [{"events": []}, {"events": [5]}, {"events": {"event_type": 1}}]
    for value in others:
        assert "braze" not in [known.name for known in candidates(value)]


FORM = "application/x-www-form-urlencoded"
FORMS = [name for name in OWN if PROVIDERS[name].takes_forms]


@pytest.mark.parametrize("provider", FORMS)
def test_a_signed_form_is_read_as_its_json_would_be(provider: str) -> None:
    for payload, _ in SAMPLES[provider].typical:
        if any(isinstance(value, dict) for value in payload.values()):
            continue
        form = urlencode({name: str(value) for name, value in payload.items()}).encode()
        sent = SAMPLES[provider].sign(WebhookRequest(URL, form, {"Content-Type": FORM}))
        checked(provider, sent)
        request = Request(FORM, sent.headers, sent.body)
        check_payload(PROVIDERS[provider], request)
        [posted] = events_of_request(PROVIDERS[provider], request)
        [stored] = events_of_value(PROVIDERS[provider], payload)
        assert isinstance(posted, Event)
        assert isinstance(stored, Event)
        assert replace(posted, payload=stored.payload) == stored
        captured = json.dumps({"content_type": FORM, "headers": {}, "body": form.decode()}).encode()
        assert [known.name for known in recognition.providers_of([io.BytesIO(captured)])] == [provider]


@pytest.mark.parametrize("provider", FORMS)
@pytest.mark.parametrize("body", [b"", b"=", b"a=b", b"\xff=%ff", b"type", b"event=&type="])
def test_an_odd_form_is_refused(provider: str, body: bytes) -> None:
    request = Request(FORM, {}, body)
    with pytest.raises(NotThisProvider):
        check_payload(PROVIDERS[provider], request)
    for event in events_of_request(PROVIDERS[provider], request):
        assert isinstance(event, Unreadable)


PINGS: list[tuple[str, object]] = [
    ("activecampaign", {"type": "sent", "date_time": "2026-04-14T10:00:00Z", "campaign[id]": "7"}),
    ("activecampaign", {"type": "deal_add", "date_time": "2026-04-14T10:00:00Z", "deal[id]": "7"}),
    ("braze", {"events": [{"id": "1", "event_type": "users.messages.sms.Send", "time": 1776160800}]}),
    ("customerio", {"event_id": "1", "object_type": "sms", "metric": "sent", "data": {}}),
    ("iterable", {"eventName": "pushSend", "dataFields": {}}),
    ("iterable", {"eventTitle": "smsReceived", "dataFields": {}}),
    ("mailchimp", {"type": "campaign", "fired_at": "2026-04-14 10:00:00", "data[status]": "sent"}),
    ("mailchimp", {"type": "profile", "fired_at": "2026-04-14 10:00:00", "data[email]": "ann@example.com"}),
    ("smtp2go", {"event": "sms_delivered", "destination_number": "+33", "message_id": "1"}),
]


@pytest.mark.parametrize(("provider", "value"), PINGS)
def test_what_is_about_something_else_is_accepted_and_leaves_nothing(provider: str, value: object) -> None:
    request = Request("application/json", {}, json.dumps(value).encode())
    check_payload(PROVIDERS[provider], request)
    assert events_of_request(PROVIDERS[provider], request) == []


def test_a_request_of_zeptomail_holds_an_event_for_each_of_its_details() -> None:
    """One that can't be read costs no other."""
    bounces = [{"bounced_recipient": f"c{number}@example.com"} for number in range(3)]
    value = {
        "event_name": ["hardbounce"],
        "event_message": [
            {"email_info": {"email_reference": "m1"}, "event_data": [{"details": bounces[:2]}]},
            5,
            {"email_info": {"email_reference": "m2"}, "event_data": [{"details": bounces[2]}, 7]},
            {"email_info": {"email_reference": "m3"}},
        ],
    }
    events = events_of_value(PROVIDERS["zeptomail"], value)
    assert [event.message_id if isinstance(event, Event) else None for event in events] == [
        *("m1", "m1", None, "m2", "m2", "m3")
    ]
    assert [event.recipient for event in events if isinstance(event, Event)] == [
        *("c0@example.com", "c1@example.com", "c2@example.com", None, None)
    ]


def test_a_batch_with_another_channel_leaves_only_the_mails() -> None:
    def event(number: int, kind: str) -> dict[str, object]:
        return {"id": f"e{number}", "time": 1776160800, "event_type": f"users.messages.{kind}"}

    value = {"events": [event(1, "email.Send"), event(2, "sms.Send"), event(3, "email.Open")]}
    events = events_of_value(PROVIDERS["braze"], value)
    assert [event.event_id for event in events if isinstance(event, Event)] == ["e1", "e3"]
    assert len(events) == 2


def test_a_request_of_zeptomail_within_another_is_not_taken_apart_without_end() -> None:
    inner = {"event_name": ["hardbounce"], "event_message": [{}]}
    for value in (
        inner | {"event_message": [inner]},
        {"event_name": ["email_open"], "event_message": [{"event_data": [inner, {"details": [inner]}]}]},
    ):
        assert all(isinstance(event, Event) for event in events_of_value(PROVIDERS["zeptomail"], value))
