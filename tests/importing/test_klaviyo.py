"""Klaviyo's campaign analytics, and rows of metrics."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
import xlsxwriter

from mailsight.errors import ImportFailed
from mailsight.importing.files.klaviyo import SOURCE
from tests.support.exported import KLAVIYO_CAMPAIGNS
from tests.support.exports import read, written


def test_a_campaign_has_its_totals(tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text(KLAVIYO_CAMPAIGNS)
    imported = read(SOURCE, tmp_path / "campaigns.csv")
    assert imported.rows["campaigns"] == [
        {
            "campaign_id": "klaviyo-01H1ABC",
            "name": "Tulips",
            "subject": "Tulips are here",
            "sent_at": datetime(2023, 5, 4, 10, tzinfo=UTC),
            "tags": ["spring", "offer"],
            "selection": "Gardeners",
            "source": "klaviyo",
        }
    ]
    assert imported.rows["totals"] == [
        {
            "campaign_id": "klaviyo-01H1ABC",
            "source": "klaviyo",
            "sent": 1004,
            "delivered": 1002,
            "bounces": 2,
            "opened": 402,
            "opens": 650,
            "clicked": 33,
            "clicks": 41,
            "unsubscribed": 5,
            "complained": 1,
            "orders": 12,
            "revenue": 1234.5,
        }
    ]
    assert imported.unusable == []
    assert "Only e-mails were imported. Text messages and push notifications were left out." in imported.notes


def test_variations_are_campaigns_of_their_own(tmp_path: Path) -> None:
    rows = "Unique opens,Campaign ID,Variation Name,Campaign Name,Send Date Time\n"
    rows += '5,c1,A,Tulips,"May 4, 2023, 10:00 AM"\n7,c1,B,Tulips,"May 4, 2023, 10:00 AM"\n'
    (tmp_path / "x.csv").write_text(rows)
    imported = read(SOURCE, tmp_path / "x.csv", timezone="Europe/Amsterdam")
    sent_at = datetime(2023, 5, 4, 8, tzinfo=UTC)
    assert imported.of("campaigns", "campaign_id", "name", "sent_at") == [
        ("klaviyo-c1-A", "Tulips (A)", sent_at),
        ("klaviyo-c1-B", "Tulips (B)", sent_at),
    ]
    assert imported.of("totals", "campaign_id", "opened") == [("klaviyo-c1-A", 5), ("klaviyo-c1-B", 7)]


def test_rows_of_metrics_are_events(tmp_path: Path) -> None:
    rows = "Timestamp;Metric;Email;Campaign ID;URL;Apple Privacy Open\n"
    rows += "2023-05-04T10:00:00+00:00;Received Email;ann@example.com;c1;;\n"
    rows += "2023-05-04T10:05:00+00:00;Opened Email;ann@example.com;c1;;True\n"
    rows += "2023-05-04T10:06:00+00:00;Clicked Email;ann@example.com;c1;https://x.example/;\n"
    rows += "2023-05-04T10:07:00+00:00;Placed Order;ann@example.com;c1;;\n"
    (tmp_path / "metrics.csv").write_text(rows)
    imported, again = (read(SOURCE, tmp_path / "metrics.csv") for _ in range(2))
    assert imported.of("events", "campaign_id", "type", "url", "provider_machine") == [
        ("klaviyo-c1", "delivered", None, None),
        ("klaviyo-c1", "opened", None, True),
        ("klaviyo-c1", "clicked", "https://x.example/", None),
    ]
    assert imported.of("events", "event_id") == again.of("events", "event_id")
    assert imported.unusable == [("metrics.csv", 5, "not a metric of e-mails: placed order")]


def test_what_is_not_klaviyos_is_not_imported(tmp_path: Path) -> None:
    with pytest.raises(ImportFailed, match="holds nothing that Klaviyo exports"):
        read(SOURCE, written(tmp_path, {"x.csv": "a,b\n1,2\n"}))


def test_a_workbook_may_have_several_sheets(tmp_path: Path) -> None:
    with xlsxwriter.Workbook(tmp_path / "campaigns.xlsx") as book:
        book.add_worksheet("About").write_row(0, 0, ["Exported by"])
        sheet = book.add_worksheet("Data")
        sheet.write_row(
            0, 0, ["Campaign ID", "Campaign Name", "Send Time", "Unique Opens", "Placed Order Rate"]
        )
        date = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.write_row(1, 0, ["c1", "Tulips"])
        sheet.write_datetime(1, 2, datetime(2023, 5, 4, 10), date)  # noqa: DTZ001  # spreadsheets have no zones
        sheet.write_row(1, 3, [402, 0.012])
    imported = read(SOURCE, tmp_path / "campaigns.xlsx")
    assert imported.of("campaigns", "campaign_id", "name", "sent_at") == [
        ("klaviyo-c1", "Tulips", datetime(2023, 5, 4, 10, tzinfo=UTC))
    ]
    assert imported.of("totals", "opened") == [(402,)]
