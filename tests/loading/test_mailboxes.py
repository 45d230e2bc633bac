"""Where the mails of a mailbox start and end, in every variant of the format, at every size of what is read at once."""

import io
import mailbox
import tracemalloc
from email.message import EmailMessage
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.loading import mailboxes
from mailsight.loading.mailboxes import Piece

FROM = b"From ann@mail.example Tue Apr 14 09:00:00 2026\n"


def split(raw: bytes, most: int = 10**9) -> list[Piece]:
    return list(mailboxes.mails(io.BytesIO(raw).read, most))


def raws(raw: bytes) -> list[bytes]:
    return [piece.raw for piece in split(raw)]


INNER = FROM + b"Subject: inner\n\nb\n"
LENGTH = b"Subject: a\nContent-Length: %d\n\n" % len(INNER) + INNER


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (FROM + b"Subject: a\n\na\n\n" + FROM + b"Subject: b\n\nb", [b"Subject: a\n\na\n", b"Subject: b\n\nb"]),
        # without a blank line before it, and with other line ends
        (FROM + b"Subject: a\n\na\n" + FROM + b"Subject: b\n\n", [b"Subject: a\n\na\n", b"Subject: b\n\n"]),
        (
            (FROM + b"Subject: a\n\na\n\n" + FROM + b"To: b\n\nb\n").replace(b"\n", b"\r\n"),
            [b"Subject: a\r\n\r\na\r\n", b"To: b\r\n\r\nb\r\n"],
        ),
        # lines of text that start with From
        (FROM + b"To: a\n\na\n\nFrom here on:\nNote: x\n", [b"To: a\n\na\n\nFrom here on:\nNote: x\n"]),
        (FROM + b"To: a\n\nx\nFrom bob\nSubject: quoted\n", [b"To: a\n\nx\nFrom bob\nSubject: quoted\n"]),
        (FROM + b"To: a\n\n" + FROM + b"no header\n", [b"To: a\n\n" + FROM + b"no header\n"]),
        # what protected them
        (FROM + b"To: a\n\n>From me\n>>From you\n> From x\n", [b"To: a\n\nFrom me\n>From you\n> From x\n"]),
        # other first lines
        (b"From - Tue Apr 14 09:00:00 2026\nTo: a\n\n", [b"To: a\n\n"]),
        (b"From - \nTo: a\n\na\nFrom - \nTo: b\n\n", [b"To: a\n\na\n", b"To: b\n\n"]),
        (b"From 18@xxx Tue Apr 14 09:00:00 +0000 2026\nTo: a\n\n", [b"To: a\n\n"]),
        (b"From ann at mail.example  Tue Apr 14 09:00:00 2026\nX: a\n\n", [b"X: a\n\n"]),
        (b"From ann\nReturn-Path: <a>\n\na\n\nFrom bob\nTo: b\n\n", [b"Return-Path: <a>\n\na\n", b"To: b\n\n"]),
        # a length that is right, with a mail in it, at the end or not; and lengths that are wrong
        (FROM + LENGTH, [LENGTH]),
        (FROM + LENGTH + b"\n" + FROM + b"To: b\n\n", [LENGTH, b"To: b\n\n"]),
        (FROM + b"Content-Length: 1\n\nabc\n" + FROM + b"To: b\n\n", [b"Content-Length: 1\n\nabc\n", b"To: b\n\n"]),
        (FROM + b"Content-Length: 99\n\nab\n" + FROM + b"To: b\n\n", [b"Content-Length: 99\n\nab\n", b"To: b\n\n"]),
        (b"\xef\xbb\xbf\n\n" + FROM + b"To: a\n\n", [b"To: a\n\n"]),
        (b"", []),
        (b"\n\n", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("chunk", [7, 60, 2**20])
def test_the_mails_of_a_mailbox(
    raw: bytes, expected: list[bytes], chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailboxes, "CHUNK", chunk)
    assert raws(raw) == expected


def test_a_large_mail_is_cut_and_the_next_ones_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailboxes, "CHUNK", 5_000)
    small = FROM + b"Subject: small\n\na\n\n"
    pieces = split(small + FROM + b"Subject: large\n\n" + b"x" * 300_000 + b"\n\n" + small, 100_000)
    assert [piece.is_whole for piece in pieces] == [True, False, True]
    assert pieces[1].raw.startswith(b"Subject: large\n\nxx")
    assert len(pieces[1].raw) < 70_000
    assert pieces[2].raw == b"Subject: small\n\na\n"


def test_a_mail_without_end_is_not_held() -> None:
    parts = iter([FROM + b"To: a\n\n", *[b"x" * 10_000] * 5_000])
    tracemalloc.start()
    [piece] = mailboxes.mails(lambda _: next(parts, b""), 1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not piece.is_whole
    assert peak < 5_000_000


def test_mailboxes_that_python_wrote_are_read(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "box")
    expected = []
    for number in range(50):
        message = EmailMessage()
        message["Subject"] = f"Mail {number}"
        message.set_content(f"From {number} on\n\nFrom time to time\n")
        box.add(message)
        expected.append(message.as_bytes())
    box.close()
    read = raws((tmp_path / "box").read_bytes())
    assert read == expected


@given(
    st.lists(
        st.sampled_from(
            [FROM, b"From ", b"\n", b"\r\n", b"To: a\n", b"Content-Length: 9\n", b"x", b">From x\n"]
        )
    ),
    st.integers(1, 40),
)
def test_how_much_is_read_at_once_makes_no_difference(lines: list[bytes], chunk: int) -> None:
    raw = b"".join(lines)
    file = io.BytesIO(raw)
    assert list(mailboxes.mails(lambda _: file.read(chunk), 10**9)) == split(raw)
