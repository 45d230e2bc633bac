"""Requests must be the provider's, and have the provider's signature or credentials."""

import pytest

from mailsight import errors
from mailsight.providers.checking import check_payload, check_sender
from mailsight.providers.events import Request, Unreadable
from mailsight.providers.reading import events_of_request
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import EventType
from tests.support.providers.registry import SAMPLES
from tests.support.providers.requests import request_of

JSON = "application/json"


@pytest.mark.parametrize("name", PROVIDERS)
@pytest.mark.parametrize("other", PROVIDERS)
def test_a_payload_is_accepted_only_from_its_own_provider(name: str, other: str) -> None:
    for payload, _ in SAMPLES[name].typical:
        in_list = PROVIDERS[name].sends_batches and not PROVIDERS[name].pack
        sent = request_of(PROVIDERS[name], [payload] if in_list else payload)
        if name == other:
            check_payload(PROVIDERS[name], sent)
        else:
            with pytest.raises(errors.NotThisProvider):
                check_payload(PROVIDERS[other], sent)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe{}", b'{"a": NaN}', b"[" * 100_000, b'"\\u12"', b"5", b'["x"]']
)
@pytest.mark.parametrize("name", ["sendgrid", "postmark", "amazon_ses", "brevo", "mandrill", "postal"])
def test_a_malformed_body_is_rejected(name: str, body: bytes) -> None:
    sent = Request(JSON, {}, body)
    with pytest.raises(errors.NotThisProvider):
        check_payload(PROVIDERS[name], sent)
    assert all(
        isinstance(event, Unreadable) or event.type == EventType.UNKNOWN
        for event in events_of_request(PROVIDERS[name], sent)
    )


def test_a_request_is_rejected_unless_a_secret_proves_its_sender() -> None:
    sent = Request(JSON, {"Authorization": "Basic eDp5"}, b"{}")
    secrets = {"basic_auth": "x:y", "signing_key": ""}
    with pytest.raises(errors.NotGenuine):
        check_sender(PROVIDERS["mailgun"], secrets, sent, "https://example.com/")


def test_a_malformed_form_is_rejected() -> None:
    sent = Request("multipart/form-data", {}, b"no boundary")
    with pytest.raises(errors.NotThisProvider, match="Not a form"):
        check_payload(PROVIDERS["mailgun"], sent)
    assert isinstance(events_of_request(PROVIDERS["mailgun"], sent)[0], Unreadable)
