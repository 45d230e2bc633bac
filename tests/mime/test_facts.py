"""What headers say: authentication, ways to unsubscribe, times; and headers that lie or are broken."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mime import facts, headers
from mailsight.mime.facts import Facts

RAW = b"""From bounces@shop.example Tue Apr 14 09:00:05 2026\r
Received: by mx.mail.example; Tue, 14 Apr 2026 11:00:05 +0200\r
Received: from shop.example; Tue, 14 Apr 2026 09:00:01 +0000\r
Authentication-Results: mx.mail.example (the "server"; 2);\r
\tdkim=fail (bad (nested; dmarc=pass) key) header.d=other.example;\r
\tdkim=pass header.d=shop.example; spf=softfail smtp.mailfrom="a;dmarc=pass"\r
Authentication-Results: mx.mail.example; dmarc=fail (p=NONE)\r
Authentication-Results: shop.example; spf=pass; dmarc=pass\r
From: =?utf-8?q?The_Caf=C3=A9?= <cafe@shop.example>\r
To: Ann <ann@mail.example>\r
Subject: Caf\xc3\xa9\r
Date: Tue, 14 Apr 2026 09:00:00 GMT\r
Message-ID: <1@shop.example>\r
List-Unsubscribe: <mailto:out@shop.example>,\r
 <https://shop.example/out?x=1>\r
List-Unsubscribe-Post: List-Unsubscribe=One-Click\r
\r
Subject: not this one\r
"""


def test_the_receiving_servers_claims_count() -> None:
    fields = facts.fields(headers.source(RAW))
    assert fields[0] == ("Received", "by mx.mail.example; Tue, 14 Apr 2026 11:00:05 +0200")
    assert ("Subject", "Café") in fields
    assert facts.facts(fields) == Facts(
        sender="The Café <cafe@shop.example>",
        to="Ann <ann@mail.example>",
        subject="Café",
        date=datetime(2026, 4, 14, 9, tzinfo=UTC),
        message_id="<1@shop.example>",
        received_at=datetime(2026, 4, 14, 9, 0, 5, tzinfo=UTC),
        unsubscribe=("mailto:out@shop.example", "https://shop.example/out?x=1"),
        is_one_click=True,
        checked_by="mx.mail.example",
        spf="softfail",
        dkim="pass",
        dmarc="fail",
    )


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", (None, None, None, None)),
        ("Authentication-Results: mx.example; none", ("mx.example", None, None, None)),
        (
            "Authentication-Results: mx.example 1; SPF=Pass; dkim/1=neutral",
            ("mx.example", "pass", "neutral", None),
        ),
        ("Authentication-Results: spf=pass; dkim=none", (None, "pass", "none", None)),
        ("Received-SPF: Pass (mx: domain of a@b.example)", (None, "pass", None, None)),
        (
            "Authentication-Results: mx.example; dkim=pass\nReceived-SPF: fail x",
            ("mx.example", "fail", "pass", None),
        ),
        (
            "ARC-Authentication-Results: i=2; a.example; dmarc=pass\nARC-Authentication-Results: i=1; b; dmarc=fail",
            ("a.example", None, None, "pass"),
        ),
        ("Authentication-Results: mx.example; x=(((; dmarc=pass", ("mx.example", None, None, None)),
    ],
)
def test_authentication(source: str, expected: tuple[str | None, ...]) -> None:
    said = facts.facts(facts.fields(source))
    assert (said.checked_by, said.spf, said.dkim, said.dmarc) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("List-Unsubscribe: <https://a.example>", False),
        ("List-Unsubscribe-Post: List-Unsubscribe=One-Click", False),
        ("List-Unsubscribe: <mailto:a@b.example>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click", False),
        ("list-unsubscribe: <HTTPS://a.example>\nlist-unsubscribe-post: list-unsubscribe = one-click", True),
    ],
)
def test_one_click_takes_a_secure_address_and_the_senders_word(source: str, expected: bool) -> None:
    assert facts.facts(facts.fields(source)).is_one_click == expected


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "Tue, 99 Apr 2026 09:00:00 +0000", "Tue, 14 Apr 99999999 9:0:0 +9999", "1" * 9_999],
)
def test_times_that_are_none(text: str) -> None:
    assert facts.moment(text) is None


def test_a_header_of_megabytes_is_cut_at_the_end_of_a_line() -> None:
    source = headers.source(
        b"Subject: a\n" + b"X-Long: " + b"x" * 90_000 + b"\nX-More: " + b"y" * 90_000 + b"\n\nbody"
    )
    assert [name for name, _ in facts.fields(source)] == ["Subject", "X-Long"]


@given(st.binary(max_size=300))
def test_no_header_is_too_broken(raw: bytes) -> None:
    fields = facts.fields(headers.source(raw))
    facts.facts(fields)
    assert all(name and "\n" not in value for name, value in fields)


@given(st.text(alphabet='();" =\\spfdkimas-', max_size=60))
def test_no_report_is_too_broken(report: str) -> None:
    facts.facts([("Authentication-Results", report), ("ARC-Authentication-Results", report)])
