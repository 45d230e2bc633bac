"""Mailgun's logs and suppressions."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailsight.importing import engine
from mailsight.importing.files.mailgun import SOURCE
from mailsight.loading import bundles
from tests.support.bundles import bundle
from tests.support.exported import MAILGUN_ITEM, mailgun_logs
from tests.support.exports import read, written
from tests.support.tables import table

AT = datetime(2024, 7, 8, 16, 30, 18, 530_000, tzinfo=UTC)


def test_logs_are_events(tmp_path: Path) -> None:
    (tmp_path / "logs.json").write_text(
        mailgun_logs(MAILGUN_ITEM, {"event": "stored"}, MAILGUN_ITEM | {"recipient": None})
    )
    imported = read(SOURCE, tmp_path / "logs.json")
    [event] = imported.rows["events"]
    assert event == {
        "event_id": event["event_id"],
        "provider": "mailgun",
        "campaign_id": "spring",
        "customer_id": "ann@example.com",
        "message_id": "m1@green.example",
        "recipient": "ann@example.com",
        "type": "bounced",
        "occurred_at": AT,
        "bounce_type": "hard",
        "smtp_status": "5.1.1",
        "diagnostic": "no such user",
    }
    assert imported.of("campaigns", "campaign_id", "name", "subject") == [("spring", "spring", "Tulips")]
    assert imported.unusable == [("logs.json", 1, "no recipient")]


@pytest.mark.parametrize(
    ("change", "event"),
    [
        ({"event": "accepted"}, ("queued", None)),
        ({"event": "delivered"}, ("delivered", None)),
        ({"event": "opened", "client-info": {"user-agent": "UA", "bot": "apple"}}, ("opened", None)),
        ({"event": "clicked", "url": "https://x.example/"}, ("clicked", None)),
        ({"event": "failed", "severity": "temporary"}, ("deferred", None)),
        ({"event": "failed", "reason": "suppress-bounce"}, ("rejected", "bounced")),
        ({"event": "failed", "reason": "suppress-unsubscribe"}, ("rejected", "unsubscribed")),
        ({"event": "failed", "reason": "suppress-complaint"}, ("rejected", "spam")),
        ({"event": "complained"}, ("complained", None)),
        ({"event": "unsubscribed"}, ("unsubscribed", None)),
    ],
)
def test_each_type_of_event(tmp_path: Path, change: dict[str, object], event: tuple[str, str | None]) -> None:
    (tmp_path / "logs.json").write_text(mailgun_logs(MAILGUN_ITEM | {"severity": "permanent"} | change))
    assert read(SOURCE, tmp_path / "logs.json").of("events", "type", "reject_reason") == [event]


def test_items_on_their_own_are_read_too_and_again_as_the_same(tmp_path: Path) -> None:
    (tmp_path / "logs.ndjson").write_text(
        f"{json.dumps(MAILGUN_ITEM)}\nhello\n{json.dumps(MAILGUN_ITEM | {'tags': []})}\n"
    )
    imported, again = (read(SOURCE, tmp_path / "logs.ndjson") for _ in range(2))
    assert len(imported.rows["events"]) == 2
    assert imported.rows == again.rows
    assert [name for (name,) in imported.of("campaigns", "name")] == ["spring", "Tulips"]
    assert [line for _, line, _ in imported.unusable] == [2]


@pytest.mark.parametrize(
    ("file", "text", "why", "detail"),
    [
        (
            "x.csv",
            "address,code,error,created_at\nann@example.com,550,no such user,{}\n",
            "bounced_before",
            "550 no such user",
        ),
        ("x.csv", "created_at,tags,address\n{},*,ann@example.com\n", "opted_out", None),
        ("complaints.csv", "address,created_at\nann@example.com,{}\n", "complained_before", None),
        (
            "x.json",
            '{{"items": [{{"address": "ann@example.com", "tags": [], "created_at": {}}}]}}',
            "opted_out",
            None,
        ),
    ],
    ids=["bounces", "unsubscribes", "complaints", "of the API"],
)
def test_suppressions_are_people_with_the_reason_for_not_sending(
    tmp_path: Path, file: str, text: str, why: str, detail: str | None
) -> None:
    written(tmp_path, {file: text.format('"Tue, 07 Jan 2025 19:25:45 UTC"')})
    imported = read(SOURCE, tmp_path / file)
    assert imported.of("customers", "customer_id", "suppressed", "suppressed_at", "suppressed_detail") == [
        ("ann@example.com", why, "2025-01-07T19:25:45+00:00", detail)
    ]


def test_a_suppression_is_the_reason_why_a_later_campaign_was_not_sent(tmp_path: Path) -> None:
    """In any order of loading, and only for messages that are listed as not sent, without a reason of their own."""
    listed = bundle(
        tmp_path / "bundle",
        {
            "campaigns.csv": "campaign_id,sent_at\nbefore,2025-01-07T19:00:00Z\nafter,2025-02-01T09:00:00Z\nplanned,\n",
            "customers.csv": "customer_id,email\n1,Ann@example.com\n2,bob@example.com\n3,\n4,dan@example.com\n",
            "messages.csv": "campaign_id,customer_id,email,sent_at,not_sent_reason\n"
            "before,1,,,\nafter,1,,,\nplanned,1,,,\nafter,2,,,frequency_cap\nafter,3,ann@example.com,,\n"
            "after,4,ann@example.com,2025-02-01T09:00:01Z,\nafter,5,cat@example.com,,\n",
        },
    )
    written(
        tmp_path / "lists",
        {
            "bounces.csv": "address,code,error,created_at\n"
            'ann@example.com,550,no such user,"Tue, 07 Jan 2025 19:25:45 UTC"\n'
            'bob@example.com,550,no such user,"Tue, 07 Jan 2025 19:25:45 UTC"\n'
        },
    )
    for database, names in (("a.duckdb", "bundle lists"), ("b.duckdb", "lists bundle lists")):
        for name in names.split():
            if name == "bundle":
                bundles.load(tmp_path / database, [listed])
            else:
                engine.run(tmp_path / database, SOURCE, str(tmp_path / name))
        reasons = table(
            tmp_path / database,
            "recipients",
            "campaign_id, customer_id, not_sent_reason, not_sent_detail",
        )
        assert [tuple(row.values()) for row in reasons] == [
            ("after", "1", "bounced_before", "550 no such user"),
            ("after", "2", "frequency_cap", None),
            ("after", "3", "bounced_before", "550 no such user"),
            ("after", "4", None, None),
            ("after", "5", "other", None),
            ("before", "1", "other", None),
            ("planned", "1", "other", None),
        ]
