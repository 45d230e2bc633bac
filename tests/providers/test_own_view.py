"""Requests of providers that anymail doesn't know: signatures, tokens, and events one by one."""

import json

import pytest

from mailsight.errors import NotGenuine, NotThisProvider
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
        for forged in ("", " ", "é", "v0=", sent.headers[name][:-1], f"{sent.headers[name]}x"):
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
