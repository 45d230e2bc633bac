"""Mailgun's logs and suppressions."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailsight.importing.files.mailgun import SOURCE
from tests.support.exported import MAILGUN_ITEM, mailgun_logs
from tests.support.exports import read, written

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
