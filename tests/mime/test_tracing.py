"""What a header tells about which message a mail is."""

from datetime import UTC, datetime

from mailsight.mime import facts
from mailsight.mime.tracing import Trace, trace

SOURCE = """\
Delivered-To: Ann+news@Mail.example
Received: from mx by mail.example for <ann@mail.example>; Tue, 14 Apr 2026 09:00:09 +0000
Received: from shop by mx; Tue, 14 Apr 2026 09:00:05 +0000
From: "Shop (news@not.example)" <News@Shop.example>
To: "Ann, the first" <ann@mail.example>, (none) undisclosed-recipients:;
Subject: =?utf-8?q?Caf=C3=A9?=
Date: yesterday
Message-ID: <010001-long-enough-000000@eu-west-1.amazonses.com>
X-Campaign-ID: spring
"""


def test_a_header_names_ids_people_and_times() -> None:
    assert trace(facts.fields(SOURCE)) == Trace(
        ids=["010001-long-enough-000000@eu-west-1.amazonses.com", "010001-long-enough-000000"],
        campaigns=["spring"],
        customers=[],
        recipients=["ann+news@mail.example", "ann@mail.example"],
        sender="news@shop.example",
        subject="Café",
        sent_at=datetime(2026, 4, 14, 9, 0, 5, tzinfo=UTC),
    )


def test_an_empty_header_tells_nothing() -> None:
    assert trace([]) == Trace([], [], [], [], None, None, None)


def test_a_header_with_very_many_recipients_is_bounded() -> None:
    assert (
        len(trace([("To", ", ".join(f"a{number}@b.example" for number in range(100_000)))]).recipients) == 50
    )
