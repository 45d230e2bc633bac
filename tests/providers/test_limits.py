"""Forged requests cost little: they are refused, or stored as they are, before they are expanded."""

import tracemalloc
from contextlib import suppress

import pytest

from mailsight.errors import NotThisProvider
from mailsight.providers import anymail, checking
from mailsight.providers.events import Request
from mailsight.providers.registry import PROVIDERS

SIZE = 2_000_000
FORM, MULTIPART, JSON = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/json",
)
FORGED: dict[str, tuple[str, bytes]] = {
    "empty fields": (FORM, b"a=&" * (SIZE // 3)),
    "separators": (FORM, b"&" * SIZE),
    "escapes": (FORM, b"a=" + b"%41" * (SIZE // 3)),
    "an open array in a form": (FORM, b"mandrill_events=" + b"[" * SIZE),
    "parts": (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n' * (SIZE // 53)),
    "headers of a part": (MULTIPART, b"--x\r\n" + b"A: b\r\n" * (SIZE // 6)),
    "almost boundaries": (
        MULTIPART,
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"\r\n--" * (SIZE // 4),
    ),
    "open arrays": (JSON, b"[" * SIZE),
    "empty objects": (JSON, b"[" + b"{}," * (SIZE // 3) + b"{}]"),
    "fields": (JSON, b"{" + b",".join(b'"k%d":0' % number for number in range(100_000)) + b"}"),
    "a number": (JSON, b"1" * SIZE),
}


@pytest.mark.parametrize("provider", ["mandrill", "mailgun"])
@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_request_takes_little_memory(kind: str, provider: str) -> None:
    content_type, body = FORGED[kind]
    # Imports and Django's setup are not what is measured.
    check(provider, content_type, b"x")
    tracemalloc.start()
    try:
        check(provider, content_type, body)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 40 * len(body)


def check(provider: str, content_type: str, body: bytes) -> None:
    with suppress(NotThisProvider):
        checking.check_payload(PROVIDERS[provider], Request(content_type, {}, body))


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"a=1&b=%C3%A9+x&a=2", {"a": ["1", "2"], "b": "é x"}),
        (b"a&=1&&c=%", {"a": "", "": "1", "c": "%"}),
        (b"a=" + b"%41" * 70_000, {"a": "A" * 70_000}),
        (b"a=" + b"x" * 65_535 + b"%C3%A9", {"a": "x" * 65_535 + "é"}),
        (b"a=" + b"x" * 65_534 + b"%C3%A9%", {"a": "x" * 65_534 + "é%"}),
    ],
)
def test_a_form_is_read_as_browsers_write_it(body: bytes, fields: dict[str, object]) -> None:
    assert anymail.form_fields(Request(FORM, {}, body)) == fields
