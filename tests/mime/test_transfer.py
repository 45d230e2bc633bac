"""Transfer encodings, undamaged and damaged."""

import base64 as python_base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mime import charsets, transfer


def _uu(raw: bytes) -> bytes:
    lines = b"".join(binascii.b2a_uu(raw[start : start + 45]) for start in range(0, len(raw), 45))
    return b"begin 644 a file.bin\n" + lines + b"`\nend\n"


@given(st.binary(max_size=300))
def test_what_python_encodes_is_decoded(raw: bytes) -> None:
    assert transfer.base64(python_base64.encodebytes(raw)) == raw
    assert transfer.body(_uu(raw), "x-uuencode") == raw
    assert transfer.quoted_printable(quopri.encodestring(raw)) == raw or b"\r" in raw


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded(raw: bytes) -> None:
    for encoding in ("base64", "quoted-printable", "uuencode", "8bit", "nonsense", ""):
        transfer.body(raw, encoding)
    transfer.without_enclosed(raw.decode("latin-1"))
    transfer.is_saved_undecoded(raw)


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        (b"SGVsbG8=", b"Hello"),
        (b"SGVsbG8", b"Hello"),
        (b"SGVsbG8==", b"Hello"),
        (b"SGVsbG8=\nSGVsbG8=\n", b"HelloHello"),
        (b"SGVsbG8=\r\rSGVsbG8=", b"HelloHello"),
        (b"SGV!s\x00b\xffG8=", b"Hello"),
        (b" SGVs\r\n\tbG8=\r\n", b"Hello"),
        (b"SGVsbG8=\n\n____\nSent to the list. Unsubscribe: https://list.example\n", b"Hello"),
        (b"SGVsbG8hA", b"Hello!"),
        (b"!!", b""),
        (b"", b""),
    ],
)
def test_damaged_base64_is_decoded(raw: bytes, decoded: bytes) -> None:
    assert transfer.base64(raw) == decoded


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        (b"caf=C3=A9", b"caf\xc3\xa9"),
        (b"caf=c3=a9", b"caf\xc3\xa9"),
        (b"a=\nb=\r\nc", b"abc"),
        (b"a= \nb", b"ab"),
        (b"a=\rb", b"ab"),
        (b"a  \nb", b"a\nb"),
        (b"100 = 100, =zz, =", b"100 = 100, =zz, "),
        (b"a\r\nb", b"a\r\nb"),
    ],
)
def test_damaged_quoted_printable_is_decoded(raw: bytes, decoded: bytes) -> None:
    assert transfer.quoted_printable(raw) == decoded


HTML = b'<p class="a"><a href="https://green.example/?a=20&b=3D1">x</a>'


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "", "7bit", "x-unknown"])
def test_a_body_that_was_never_encoded_stays(encoding: str) -> None:
    assert transfer.body(HTML, encoding) == HTML


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        (b'<p class="a">h=C3=B6h=C3=B6</p>', '<p class="a">höhö</p>'),
        (b'<img alt="h=C3=B6" src="?color=FF0000">', '<img alt="hö" src="?color=FF0000">'),
        (
            b'<a href="?a=20&b==\n21" class="b">=E2=82=AC = 20</a>',
            '<a href="?a=20&b=21" class="b">€ = 20</a>',
        ),
        (b"====== Fr=F6sche <b>=FC</b>", "====== Frösche <b>ü</b>"),
    ],
)
def test_letters_are_decoded_where_equals_signs_were_not_encoded(raw: bytes, decoded: str) -> None:
    assert charsets.decode(transfer.body(raw, "quoted-printable"), "utf-8") == decoded


@pytest.mark.parametrize(
    "encoding", ["quoted-printable", "QUOTED-PRINTABLE ", "", "7bit", '"quoted-printable"']
)
def test_a_body_in_quoted_printable_is_decoded_whatever_the_header_says(encoding: str) -> None:
    assert transfer.body(quopri.encodestring(HTML), encoding) == HTML


def test_a_file_within_a_text_is_taken_out() -> None:
    before, after = "See the picture.\n", "\nRegards"
    text = before + _uu(b"GIF89a" * 20).decode() + after
    assert transfer.without_enclosed(text) == (
        before + "\n" + after,
        [transfer.Enclosed("a file.bin", 120)],
    )
    assert transfer.without_enclosed("begin 644 nothing\n") == ("begin 644 nothing\n", [])
