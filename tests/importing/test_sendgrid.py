"""SendGrid's email activity and the statistics of Marketing Campaigns."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailsight.importing.files.sendgrid import SOURCE
from tests.support.exported import sendgrid_activity
from tests.support.exports import read

AT = datetime(2023, 5, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "event"),
    [
        ({"event": "processed"}, {"type": "queued"}),
        ({"event": "delivered"}, {"type": "delivered"}),
        (
            {"event": "open", "user_agent": "UA", "originating_ip": "203.0.113.9"},
            {"type": "opened", "user_agent": "UA"},
        ),
        ({"event": "clicked", "url": "https://x.example/"}, {"type": "clicked", "url": "https://x.example/"}),
        (
            {"event": "bounced", "type": "blocked", "reason": "550 no"},
            {"type": "bounced", "bounce_type": "soft"},
        ),
        ({"event": "bounce", "type": "bounce"}, {"type": "bounced", "bounce_type": "hard"}),
        ({"event": "dropped", "reason": "Bounced Address"}, {"type": "rejected", "reject_reason": "bounced"}),
        ({"event": "dropped", "reason": "Who knows"}, {"type": "rejected", "reject_reason": "other"}),
        ({"event": "spam_report"}, {"type": "complained"}),
        ({"event": "group_unsubscribe"}, {"type": "unsubscribed"}),
        ({"event": "deferred", "reason": "try later"}, {"type": "deferred", "diagnostic": "try later"}),
        ({"event": "something"}, {"type": "unknown", "payload": {"event": "something"}}),
    ],
)
def test_rows_of_the_activity_are_events(
    tmp_path: Path, row: dict[str, str], event: dict[str, object]
) -> None:
    (tmp_path / "activity.csv").write_text(sendgrid_activity(row))
    [imported] = read(SOURCE, tmp_path / "activity.csv").rows["events"]
    assert event.items() <= imported.items()
    assert (imported["message_id"], imported["customer_id"], imported["occurred_at"]) == (
        "m1",
        "ann@example.com",
        AT,
    )


def test_campaigns_and_variations_are_named_by_the_rows(tmp_path: Path) -> None:
    campaign = {
        "marketing_campaign_id": "23314",
        "marketing_campaign_name": "Spring",
        "marketing_campaign_version": "B",
    }
    own = {"unique_args": '"{""campaign_id"": ""mine""}"'}
    text = sendgrid_activity(
        campaign | {"event": "processed"},
        campaign | {"event": "open"},
        own | {"event": "open"},
        {"event": "open"},
    )
    (tmp_path / "activity.csv").write_text(text)
    imported = read(SOURCE, tmp_path / "activity.csv")
    assert imported.of("campaigns", "campaign_id", "name", "subject") == [
        ("sendgrid-23314-B", "Spring (B)", "Tulips"),
        ("mine", None, "Tulips"),
    ]
    assert imported.of("events", "campaign_id") == [
        ("sendgrid-23314-B",),
        ("sendgrid-23314-B",),
        ("mine",),
        (None,),
    ]
    assert imported.of("messages", "campaign_id", "message_id", "sent_at") == [("sendgrid-23314-B", "m1", AT)]


def test_rows_are_told_apart_by_their_columns_and_machines_by_the_verdict(tmp_path: Path) -> None:
    (tmp_path / "activity.csv").write_text(
        "email,event,processed,message_id,sg_machine_open,url\n"
        "ann@example.com,open,2023-05-04T10:00:00Z,m1,true,\n"
        "ann@example.com,open,2023-05-04T10:00:00Z,m1,true,\n"
        "ann@example.com,open,2023-05-04T10:00:00Z,m1,false,\n"
        "ann@example.com,click,2023-05-04T10:00:00Z,m1,,https://x.example/a\n"
        "ann@example.com,click,2023-05-04T10:00:00Z,m1,,https://x.example/b\n"
        ",click,2023-05-04T10:00:00Z,m1,,https://x.example/b\n"
    )
    imported = read(SOURCE, tmp_path / "activity.csv")
    assert imported.of("events", "provider_machine") == [(True,), (True,), (False,), (None,), (None,)]
    assert len(set(imported.of("events", "event_id"))) == 4
    assert imported.unusable == [("activity.csv", 7, "no e-mail address")]


def test_statistics_are_totals_of_campaigns_and_variations_summed_over_their_days(tmp_path: Path) -> None:
    (tmp_path / "stats.csv").write_text(
        "Date,Single Send Name,Single Send ID,Variation,Requests,Delivered,Unique Opens,Total Opens,Unique Clicks,"
        "Clicks,Bounces,Bounce Drops,Spam Reports,Unsubscribes\n"
        "2023-05-04,Spring,s1,A,100,98,40,60,5,6,2,0,1,0\n"
        "2023-05-05,Spring,s1,A,0,0,2,5,1,1,0,0,0,1\n"
        "2023-05-04,Spring,s1,B,100,99,30,50,5,6,1,0,0,0\n"
    )
    imported = read(SOURCE, tmp_path / "stats.csv")
    assert imported.of("campaigns", "campaign_id", "name") == [
        ("sendgrid-s1-A", "Spring (A)"),
        ("sendgrid-s1-B", "Spring (B)"),
    ]
    columns = (
        "sent",
        "delivered",
        "opened",
        "opens",
        "clicked",
        "clicks",
        "bounces",
        "complained",
        "unsubscribed",
    )
    assert imported.of("totals", *columns) == [
        (100, 98, 42, 65, 6, 7, 2, 1, 1),
        (100, 99, 30, 50, 5, 6, 1, 0, 0),
    ]
