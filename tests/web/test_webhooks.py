"""Webhooks, as sent by the providers and by attackers."""

import base64
import hashlib
import hmac
import itertools
import json
import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from mailsight.errors import BadSetting, NotGenuine, NotThisProvider
from mailsight.loading.spool import Spool
from mailsight.providers import anymail, checking
from mailsight.providers.events import Event
from mailsight.providers.events import Request as ProviderRequest
from mailsight.providers.reading import events_of_request
from mailsight.providers.record import BASIC_AUTH
from mailsight.providers.registry import PROVIDERS
from mailsight.settings import Settings
from mailsight.web import slots, webhooks
from mailsight.web.webhooks import Webhooks, configured
from tests.support.providers.registry import SAMPLES, SECRETS, delivery, proven
from tests.support.providers.signing import USER, WebhookRequest, basic_auth, post
from tests.support.waiting import PATIENCE_SECONDS, until
from tooling.servers import free_port

HOST = "http://testserver"
FORMS = ("application/x-www-form-urlencoded", "Multipart/Form-Data; boundary=x")


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path / "mailsight.spool")


@pytest.fixture
def client(spool: Spool) -> TestClient:
    """A server on which every provider is set up."""
    return serving(Webhooks(spool, SECRETS))


def serving(taker: Webhooks) -> TestClient:
    return TestClient(Starlette(routes=webhooks.routes(lambda rest: f"/{rest}", taker)), HOST)


def address(provider: str) -> str:
    return f"{HOST}/webhooks/{provider}/"


def send(client: TestClient, sent: WebhookRequest) -> httpx.Response:
    answer: httpx.Response = client.post(sent.url, content=sent.body, headers=sent.headers)
    return answer


def stored(spool: Spool) -> list[dict[str, Any]]:
    return [json.loads(line) for segment in spool.seal() for line in segment.read_bytes().splitlines()]


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_signed_request_is_stored_unchanged(client: TestClient, spool: Spool, provider: str) -> None:
    sent = delivery(provider, address(provider))
    answer = send(client, sent)
    assert (answer.status_code, answer.text) == (200, "")
    [line] = stored(spool)
    assert (line["provider"], line["body"].encode()) == (provider, sent.body)
    assert line["content_type"] == sent.headers["Content-Type"]
    assert not {name.lower() for name in line["headers"]} & {"authorization", "cookie", "signature"}


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_stored_request_can_be_loaded(client: TestClient, spool: Spool, provider: str) -> None:
    send(client, delivery(provider, address(provider)))
    [line] = stored(spool)
    request = ProviderRequest(line["content_type"], line["headers"], line["body"].encode())
    [event] = events_of_request(PROVIDERS[provider], request)
    assert isinstance(event, Event)
    assert event.type == SAMPLES[provider].delivery_type
    assert event.recipient == "ann@example.com"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_unsigned_request_is_not_stored(client: TestClient, spool: Spool, provider: str) -> None:
    bare = post(address(provider), SAMPLES[provider].delivery)
    for sent in (bare, bare.with_headers(Authorization="Basic"), bare.with_headers(Authorization="Bearer x")):
        assert send(client, sent).status_code in {400, 401, 403}
    if not SAMPLES[provider].proof_in_body:
        assert send(client, delivery(provider, address(provider)).without_proof()).status_code in {401, 403}
    assert not spool.exists


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_request_with_a_wrong_signature_is_not_stored(spool: Spool, provider: str) -> None:
    wrong = SAMPLES[provider].wrong_secrets
    assert wrong.keys() == SECRETS[provider].keys()
    client = serving(Webhooks(spool, {provider: wrong}))
    assert send(client, delivery(provider, address(provider))).status_code == 403
    assert not spool.exists


# A password covers no body.
@pytest.mark.parametrize(
    "provider",
    [name for name in PROVIDERS if SAMPLES[name].signs_body and "basic_auth" not in SECRETS[name]],
)
def test_a_changed_body_is_refused_where_the_body_is_signed(
    client: TestClient, spool: Spool, provider: str
) -> None:
    sent = delivery(provider, address(provider))
    changed = replace(sent, body=sent.body.replace(b"ann", b"bob"))
    assert changed.body != sent.body
    assert send(client, changed).status_code == 403
    assert not spool.exists


@pytest.mark.parametrize("provider", PROVIDERS)
def test_another_providers_request_is_refused(spool: Spool, provider: str) -> None:
    for other in PROVIDERS.keys() - {provider}:
        client = serving(Webhooks(spool, SECRETS))  # which has seen no wrong signatures yet
        replayed = replace(delivery(other, address(other)), url=address(provider))
        assert send(client, replayed).status_code in {400, 401, 403}, other
        # With the right proof around the wrong payload too.
        unsigned = post(address(provider), SAMPLES[provider].delivery)
        if SAMPLES[provider].sign(unsigned).body != unsigned.body:
            continue  # The proof is a part of the payload.
        forged = proven(provider, replace(replayed, headers=replayed.without_proof().headers))
        assert send(client, forged).status_code in {400, 403}, other
    assert not spool.exists


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"7",
        b'"x"',
        b"\xff\xfe[]",
        b"[" * 100_000,
        b'[{"event": "open"',
        b"\0" * 10,
        b'{"a": NaN}',
    ],
    ids=lambda body: repr(body[:12]),
)
@pytest.mark.parametrize("provider", ["amazon_ses", "brevo", "mailjet", "postmark", "sparkpost", "sendgrid"])
def test_an_invalid_payload_is_refused(client: TestClient, spool: Spool, provider: str, body: bytes) -> None:
    sent = proven(provider, WebhookRequest(address(provider), body, {}))
    assert send(client, sent).status_code in {400, 403}
    assert not spool.exists


def test_a_provider_that_is_not_set_up_gets_404(spool: Spool) -> None:
    client = serving(Webhooks(spool, {"sendgrid": SECRETS["sendgrid"]}))
    for provider in ("postmark", "scaleway", "SendGrid", "..%2fsendgrid", "%00", "x" * 5_000):
        for method in ("GET", "HEAD", "POST"):
            assert client.request(method, f"/webhooks/{provider}/").status_code == 404
    assert not spool.exists


def test_a_provider_can_check_the_url(client: TestClient, spool: Spool) -> None:
    for provider in PROVIDERS:
        assert client.head(address(provider)).status_code == 200
        assert client.get(address(provider)).status_code == 200
        assert client.put(address(provider)).status_code == 405
    assert not spool.exists


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_event_in_the_url_is_stored_as_a_form(client: TestClient, spool: Spool, method: str) -> None:
    event = {"status": "Opened", "to": "ann@example.com", "messageid": "m+1", "date": "4/14/2026 10:00:00 PM"}
    url, headers = address("elastic_email"), basic_auth(WebhookRequest("", b"", {})).headers
    assert client.request(method, url, params=event).status_code == 401
    assert client.request(method, url, params=event, headers=headers).status_code == 200
    [line] = stored(spool)
    request = ProviderRequest(line["content_type"], line["headers"], line["body"].encode())
    [opened] = events_of_request(PROVIDERS["elastic_email"], request)
    assert isinstance(opened, Event)
    assert (opened.type, opened.message_id, opened.recipient) == ("opened", "m+1", "ann@example.com")
    assert opened.occurred_at == datetime(2026, 4, 14, 22, tzinfo=UTC)
    # Anything else in a URL is a check of the URL, or nothing.
    assert client.get(url, params={"status": "x"}).status_code == 200
    assert client.head(url, params=event).status_code == 200
    assert client.get(address("brevo"), params=event).status_code == 200
    assert len(stored(spool)) == 1


def test_the_trailing_slash_is_optional(client: TestClient, spool: Spool) -> None:
    for _ in range(2):
        assert send(client, delivery("sendgrid", f"{HOST}/webhooks/sendgrid")).status_code == 200
    assert len(stored(spool)) == 2


def test_a_request_without_a_password_is_challenged(client: TestClient) -> None:
    answer = client.post(address("amazon_ses"), content=b"{}")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="Mailsight"'


def test_mandrill_signs_the_public_url(spool: Spool) -> None:
    taker = Webhooks(spool, SECRETS, Settings(public_url="https://mail.example"))
    public = delivery("mandrill", "https://mail.example/webhooks/mandrill/")
    assert send(serving(taker), replace(public, url=address("mandrill"))).status_code == 200
    assert send(serving(taker), delivery("mandrill", address("mandrill"))).status_code == 403


def test_a_body_over_the_limit_is_refused(spool: Spool) -> None:
    client = serving(Webhooks(spool, SECRETS, Settings(webhook_max_megabytes=0.001)))
    large = basic_auth(WebhookRequest(address("brevo"), b"[" + b" " * 1_000 + b"]", {}))
    assert send(client, large).status_code == 413
    parts = client.post(large.url, content=iter([large.body[:500], large.body[500:]]), headers=large.headers)
    assert (parts.status_code, parts.text) == (413, "The body is larger than 1,000 bytes.\n")
    assert not spool.exists


def test_with_a_full_disk_the_provider_is_asked_to_retry(
    client: TestClient, spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    answer = send(client, delivery("sendgrid", address("sendgrid")))
    assert (answer.status_code, answer.text) == (503, "The webhook could not be stored\n")
    [record] = caplog.records
    assert record.getMessage() == (
        f"A webhook of sendgrid was refused with 503: {spool.folder} can't be written to: No space left on device. "
        "Free some disk space, or fix the permissions of the folder. The provider will send the webhook again."
    )


def test_an_unexpected_error_reveals_nothing_and_is_logged_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret path /srv/data")

    monkeypatch.setattr(checking, "check_payload", broken)
    answer = send(client, delivery("sendgrid", address("sendgrid")))
    assert (answer.status_code, answer.text) == (500, "The webhook can't be stored right now.\n")
    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_no_response_or_log_contains_a_secret(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    for provider, other in itertools.product(PROVIDERS, PROVIDERS):
        answer = send(client, replace(delivery(other, address(other)), url=address(provider)))
        for secret in [value for secrets in SECRETS.values() for value in secrets.values()]:
            assert secret not in answer.text
            assert secret not in caplog.text
    assert "Traceback" not in caplog.text


def test_secrets_from_the_environment_override_the_file() -> None:
    assert configured({}, {}) == {}
    assert configured(
        {"amazon_ses_basic_auth": "ann:env", "sendgrid_basic_auth": "ann:env"},
        {"amazon_ses": {"basic_auth": "ann:file"}, "mailgun": {"signing_key": "k", "basic_auth": "ann:file"}},
    ) == {
        "amazon_ses": {"basic_auth": "ann:env"},
        "mailgun": {"signing_key": "k", "basic_auth": "ann:file"},
        "sendgrid": {"basic_auth": "ann:env"},
    }


@pytest.mark.parametrize(
    ("variables", "section", "message"),
    [
        ({"sendgird_basic_auth": "x"}, {}, "Unknown webhook secret sendgird_basic_auth"),
        ({}, {"sendgrid": {"secret": "x"}}, "Unknown webhook secret sendgrid_secret"),
        ({}, {"sendgrid": "x"}, "Unknown webhook secret sendgrid"),
        ({"brevo_basic_auth": "secret"}, {}, "has no colon between user and password"),
        ({"brevo_basic_auth": "ann:"}, {}, "has an empty user or password"),
        ({"brevo_basic_auth": ":secret"}, {}, "has an empty user or password"),
        ({"brevo_basic_auth": "user:password"}, {}, "still a placeholder"),
        ({"brevo_basic_auth": "ann:changeme"}, {}, "still a placeholder"),
        ({"brevo_basic_auth": "mailsight:a-long-random-password"}, {}, "still a placeholder"),
        ({}, {"mailgun": {"signing_key": "your-signing-key"}}, "still a placeholder"),
        ({"brevo_basic_auth": '"ann:secret"'}, {}, "has blanks or quotes around it"),
        ({"mailgun_signing_key": "  "}, {}, "The signing_key for Mailgun is empty"),
        ({}, {"sendgrid": {"verification_key": "secret"}}, "for SendGrid is not in the provider's format"),
        ({}, {"resend": {"signing_secret": "whsec_x"}}, "for Resend is not in the provider's format"),
        ({}, {"mailgun": {"basic_auth": "a:b"}}, "The webhook of mailgun also needs mailgun_signing_key"),
    ],
)
def test_an_invalid_secret_prevents_the_start(
    variables: dict[str, str], section: dict[str, object], message: str
) -> None:
    with pytest.raises(BadSetting, match=message) as raised:
        configured(variables, section)
    assert "'secret'" not in str(raised.value)


@contextmanager
def real_server(taker: Webhooks) -> Iterator[int]:
    """A server on a port with the webhooks and one other page."""
    page = Route("/page", lambda _: PlainTextResponse("a page"))
    app = Starlette(routes=[page, *webhooks.routes(lambda rest: f"/{rest}", taker)])
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        until(lambda: server.started, "the server")
        yield port
    finally:
        server.should_exit = True
        thread.join()


def begin(port: int, sent: WebhookRequest, length: int) -> socket.socket:
    """A request with this many bytes of its body received."""
    head = f"POST {httpx.URL(sent.url).path} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(sent.body)}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in sent.headers.items())
    connection = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
    connection.sendall(head.encode() + b"\r\n" + sent.body[:length])
    return connection


def test_a_slow_body_is_refused(spool: Spool) -> None:
    sent = delivery("sendgrid", address("sendgrid"))
    with real_server(Webhooks(spool, SECRETS, Settings(webhook_body_seconds=0.2))) as port:
        with begin(port, sent, 10) as slow:
            answer = b"".join(iter(lambda: slow.recv(4096), b""))  # until the server closes the connection
        assert answer.startswith(b"HTTP/1.1 408 ")
        with begin(port, sent, 10):
            pass  # gone in the middle of its body
        assert httpx.get(f"http://127.0.0.1:{port}/page", timeout=PATIENCE_SECONDS).text == "a page"
    assert not spool.exists


def wrong(sent: WebhookRequest) -> WebhookRequest:
    return basic_auth(sent, "ann:wrong")


def test_a_wrong_password_is_refused_before_the_body_is_read(spool: Spool) -> None:
    sent = delivery("brevo", address("brevo"))
    with real_server(Webhooks(spool, SECRETS)) as port, ExitStack() as opened:
        for request, status in ((wrong(sent), b"403"), (sent.without_proof(), b"401")):
            for _ in range(slots.MAX_FAILURES // 2):
                waiting = opened.enter_context(begin(port, request, 0))
                assert waiting.recv(12) == b"HTTP/1.1 " + status
        target = f"http://127.0.0.1:{port}/webhooks/brevo/"
        headers = dict(sent.headers)
        assert (
            httpx.post(target, content=sent.body, headers=headers, timeout=PATIENCE_SECONDS).status_code
            == 200
        )
    assert len(stored(spool)) == 1


def test_wrong_passwords_are_limited_but_the_right_one_is_accepted(
    client: TestClient, spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    sent = delivery("brevo", address("brevo"))
    statuses = [send(client, wrong(sent)).status_code for _ in range(slots.MAX_FAILURES + 5)]
    assert statuses == [403] * slots.MAX_FAILURES + [429] * 5
    assert len(caplog.records) == slots.MAX_FAILURES
    assert send(client, sent).status_code == 200
    assert len(stored(spool)) == 1


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic ", "Basic !", "Basic YQ==", "Bearer YW5uOnBhOnNz", "YW5uOnBhOnNz", "Basic é", "Basic \udcff",
     "Basic YW5uOnBhOnNz YW5uOnBhOnNz"],
)  # fmt: skip
def test_only_the_exact_password_passes(header: str) -> None:
    provider, secrets = PROVIDERS["brevo"], SECRETS["brevo"]
    with pytest.raises(NotGenuine):
        checking.check_password(provider, secrets, header)
    for right in ("Basic YW5uOnBhOnNz", "basic  YW5uOnBhOnNz "):
        checking.check_password(provider, secrets, right)


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if not PROVIDERS[name].takes_forms])
def test_a_form_is_refused_unparsed_if_the_provider_sends_json(provider: str) -> None:
    for form in FORMS:
        with pytest.raises(NotThisProvider, match="A form"):
            checking.check_shape(PROVIDERS[provider], ProviderRequest(form, {}, b"a=1"))


@pytest.mark.parametrize("provider", [name for name in PROVIDERS if not PROVIDERS[name].form_field])
def test_json_is_read_whatever_its_content_type(client: TestClient, spool: Spool, provider: str) -> None:
    """`curl -d` calls any body a form."""
    for content_type in (FORMS[0], "text/plain; charset=UTF-8", "application/octet-stream", ""):
        sent = delivery(provider, address(provider)).with_headers(Content_Type=content_type)
        assert send(client, sent).status_code == 200
        line = stored(spool)[-1]
        request = ProviderRequest(line["content_type"], line["headers"], line["body"].encode())
        [event] = events_of_request(PROVIDERS[provider], request)
        assert isinstance(event, Event)
        assert event.recipient == "ann@example.com"


@pytest.mark.parametrize("provider", ["mailgun", "mandrill"])
@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"a=&" * 1_000_000),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * 50_000,
        ),
    ],
)
def test_a_form_with_many_fields_is_refused_unparsed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, provider: str, content_type: str, body: bytes
) -> None:
    monkeypatch.setattr(anymail, "_posted", lambda *_: pytest.fail("the form was parsed"))
    answer = client.post(address(provider), content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.text) == (400, "The form has more than 1,000 fields.\n")


@pytest.mark.parametrize("value", [b"[],", b"{},", b"0,", b"["])
def test_json_with_many_values_is_refused_unparsed(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, value: bytes
) -> None:
    monkeypatch.setattr(checking, "check_sender", lambda *_: pytest.fail("the request was checked"))
    answer = client.post(address("mailgun"), content=b"[" + value * 1_000_001 + b"0]")
    assert (answer.status_code, answer.text) == (400, "The JSON has more than 1,000,000 values.\n")


def test_slow_strangers_make_room_for_real_requests(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slots, "MIN_AGE_SECONDS", 0.0)
    signed = delivery("mailersend", address("mailersend"))
    patient = Settings(webhook_body_seconds=PATIENCE_SECONDS)
    with real_server(Webhooks(spool, SECRETS, patient)) as port, ExitStack() as opened:
        slow = [opened.enter_context(begin(port, signed, 1)) for _ in range(2 * slots.MAX_REQUESTS)]
        evicted = slow[: len(slow) - slots.MAX_UNPROVEN_PER_CLIENT]
        for provider in ("mailersend", "brevo", "mailersend"):
            sent = delivery(provider, address(provider))
            target = f"http://127.0.0.1:{port}/webhooks/{provider}/"
            headers = dict(sent.headers)
            answer = httpx.post(target, content=sent.body, headers=headers, timeout=PATIENCE_SECONDS)
            assert answer.status_code == 200, answer.text
        assert b"Too many requests at once, and this was the slowest." in read_all(evicted[0])
        assert httpx.get(f"http://127.0.0.1:{port}/page", timeout=PATIENCE_SECONDS).text == "a page"


def read_all(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(4096), b""))


def test_proven_requests_over_the_limit_must_retry(spool: Spool) -> None:
    sent = delivery("brevo", address("brevo"))
    patient = Settings(webhook_body_seconds=PATIENCE_SECONDS)
    with real_server(Webhooks(spool, SECRETS, patient)) as port, ExitStack() as opened:
        half = [opened.enter_context(begin(port, sent, 10)) for _ in range(slots.MAX_REQUESTS)]
        target = f"http://127.0.0.1:{port}/webhooks/brevo/"
        assert httpx.get(f"http://127.0.0.1:{port}/page", timeout=PATIENCE_SECONDS).text == "a page"
        again = partial(
            httpx.post, target, content=sent.body, headers=dict(sent.headers), timeout=PATIENCE_SECONDS
        )
        refused = again()
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        for connection in half:
            connection.sendall(sent.body[10:])
        assert {connection.recv(12) for connection in half} == {b"HTTP/1.1 200"}
        assert again().status_code == 200
    assert len(stored(spool)) == slots.MAX_REQUESTS + 1


def test_amazon_sns_may_deliver_the_bare_event(client: TestClient, spool: Spool) -> None:
    event = json.loads(SAMPLES["amazon_ses"].delivery["Message"])  # type: ignore[index]
    raw = post(address("amazon_ses"), event, "text/plain; charset=UTF-8").with_headers(
        X_Amz_Sns_Rawdelivery="true", X_Amz_Sns_Message_Type="Notification", X_Amz_Sns_Message_Id="1"
    )
    assert send(client, proven("amazon_ses", raw)).status_code == 200
    assert [json.loads(line["body"]) for line in stored(spool)] == [event]


@pytest.mark.parametrize(("key", "status"), [(USER, 200), ("ann:wrong", 403), ("", 401)])
def test_firehose_sends_its_access_key_and_waits_for_a_receipt(
    client: TestClient, spool: Spool, key: str, status: int
) -> None:
    event = str(SAMPLES["amazon_ses"].delivery["Message"])  # type: ignore[index]
    records = [{"data": base64.b64encode(text).decode()} for text in (event.encode(), b"no JSON")]
    sent = post(
        address("amazon_ses"), {"requestId": "r1", "timestamp": 1776160870111, "records": records}
    ).with_headers(X_Amz_Firehose_Request_Id="r1", X_Amz_Firehose_Access_Key=key)
    answer = send(client, sent)
    assert answer.status_code == status
    if status == 200:
        assert answer.json()["requestId"] == "r1"
        assert answer.json()["timestamp"] > 1776160870111
        assert [json.loads(line["body"])["records"] for line in stored(spool)] == [records]
    else:
        assert stored(spool) == []


@pytest.mark.parametrize(
    ("headers", "status", "reason"),
    [
        ({"X_Amz_Sns_Message_Type": "SubscriptionConfirmation"}, 400, "x-amz-sns-message-type"),
        ({"X_Amz_Sns_Message_Id": "another"}, 400, "x-amz-sns-message-id"),
        ({}, 200, ""),
    ],
)
def test_a_sender_with_the_right_password_learns_what_is_wrong(
    client: TestClient, headers: dict[str, str], status: int, reason: str
) -> None:
    sent = post(address("amazon_ses"), SAMPLES["amazon_ses"].delivery).with_headers(**headers)
    answer = send(client, proven("amazon_ses", sent))
    assert answer.status_code == status
    assert reason in answer.text
    assert "password" not in answer.text


PASSWORD_SUFFICES = [name for name, provider in PROVIDERS.items() if BASIC_AUTH in provider.secrets]


@pytest.mark.parametrize("body", [b"{", b"[" * 100_000, b"\xff{}"], ids=["cut off", "deep", "no text"])
@pytest.mark.parametrize("provider", PASSWORD_SUFFICES)
def test_a_malformed_body_with_the_right_password_is_called_malformed(
    spool: Spool, provider: str, body: bytes
) -> None:
    client = serving(Webhooks(spool, {provider: {"basic_auth": USER}}))
    sent = basic_auth(WebhookRequest(address(provider), body, {"Content-Type": "application/json"}))
    answer = send(client, sent.with_headers(X_Amz_Sns_Message_Type="Notification"))
    assert answer.status_code == 400
    assert "password" not in answer.text
    assert stored(spool) == []


TEST_SECRET = "test_Am3L1GuOIc4blLUuHqAPxxwkZaJyEk8G"


@pytest.mark.parametrize(("kind", "status"), [("webhook.test", 200), ("activity.sent", 403)])
def test_mailersend_can_test_a_new_webhook_and_nothing_else(
    client: TestClient, spool: Spool, kind: str, status: int
) -> None:
    ping = post(
        address("mailersend"), {"type": kind, "message": "Hello", "created_at": "2026-04-14T09:00:00.000000Z"}
    )
    signature = hmac.new(TEST_SECRET.encode(), ping.body, hashlib.sha256).hexdigest()
    assert send(client, ping.with_headers(Signature=signature)).status_code == status
    assert len(stored(spool)) == (status == 200)


def test_mailtrap_may_send_json_lines(client: TestClient, spool: Spool) -> None:
    events = [
        {
            "event": word,
            "timestamp": 1776157205 + place,
            "message_id": "m1",
            "email": "ann@example.com",
            "event_id": f"e{place}",
        }
        for place, word in enumerate(("delivery", "open", "activity_log.user.login"))
    ]
    body = "".join(f"{json.dumps(event)}\n" for event in events).encode()
    sent = WebhookRequest(address("mailtrap"), body, {"Content-Type": "application/jsonl"})
    assert send(client, proven("mailtrap", sent)).status_code == 200
    [line] = stored(spool)
    assert line["body"] == body.decode()
    request = ProviderRequest(line["content_type"], line["headers"], body)
    read = events_of_request(PROVIDERS["mailtrap"], request)
    assert [(event.type, event.event_id) for event in read if isinstance(event, Event)] == [
        ("delivered", "e0"),
        ("opened", "e1"),
    ]
