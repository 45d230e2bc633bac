"""Uploaded event files are recognised by their contents, in every form that can be loaded."""

import gzip
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mailsight.loading import recognition
from mailsight.providers.registry import PROVIDERS
from tests.support.providers.registry import SAMPLES, delivery


def recognised(*contents: bytes) -> list[str]:
    files = [io.BytesIO(content) for content in contents]
    names = [provider.name for provider in recognition.providers_of(files)]
    assert not any(file.tell() for file in files)
    return names


def captured(payload: Any) -> bytes:
    return json.dumps({"headers": {"Content-Type": "application/json"}, "body": json.dumps(payload)}).encode()


FORMS: dict[str, Callable[[Any], bytes]] = {
    "JSON": lambda payload: json.dumps(payload, indent=2).encode(),
    "NDJSON": lambda payload: b"\n".join([json.dumps(payload).encode()] * 3),
    "a list": lambda payload: json.dumps(payload if isinstance(payload, list) else [payload] * 3).encode(),
    "gzip": lambda payload: gzip.compress(json.dumps(payload).encode()),
    "zstd": lambda payload: zstandard.compress(json.dumps(payload).encode()),
    "UTF-16": lambda payload: json.dumps(payload).encode("utf-16"),
    "UTF-32": lambda payload: json.dumps(payload).encode("utf-32"),
    "with a mark": lambda payload: b"\xef\xbb\xbf" + json.dumps(payload).encode(),
    "captured requests": captured,
    "cut off": lambda payload: json.dumps([payload, payload]).encode()[:-5],
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_provider_is_recognised_in_every_form(provider: str, form: str) -> None:
    sent = delivery(provider, "http://localhost/")
    payload = SAMPLES[provider].delivery if provider == "mandrill" else json.loads(sent.body)
    assert recognised(FORMS[form](payload)) == [provider]


def test_a_captured_form_is_recognised() -> None:
    sent = delivery("mandrill", "http://localhost/")
    line = {"content_type": sent.headers["Content-Type"], "headers": {}, "body": sent.body.decode()}
    assert recognised(json.dumps(line).encode()) == ["mandrill"]


def test_files_of_several_providers_are_recognised_as_such() -> None:
    files = [json.dumps(SAMPLES[name].delivery).encode() for name in ("brevo", "postmark")]
    assert recognised(*files) == ["brevo", "postmark"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"a,b\n1,2\n", b'{"hello": "world"}', b"\xff\xfe\x00", b"[" * 100_000, b"\x1f\x8bx",
     zstandard.FRAME_HEADER, gzip.compress(b"\0" * 10_000_000, mtime=0), b'{"headers": {}, "body": "{"}'],
    ids=lambda content: repr(content[:12]),
)  # fmt: skip
def test_other_files_are_not_recognised(content: bytes) -> None:
    assert recognised(content) == []


@given(st.binary(max_size=200))
def test_any_file_can_be_looked_at(content: bytes) -> None:
    for packed in (content, gzip.compress(content), zstandard.compress(content)):
        assert recognised(packed) == []
