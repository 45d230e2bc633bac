"""The campaigns that a campaign is compared with, and the age at which they are compared."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailsight.loading import bundles
from mailsight.reports import campaign
from mailsight.reports import campaigns as list_reports
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST
from mailsight.vocabulary import Audience
from mailsight.warehouse import queries
from mailsight.warehouse.reader import Snapshot, Warehouse

START = datetime(2026, 3, 1, 9, tzinfo=UTC)
CUSTOMERS = 40
# Hours since send at which customers opened.
EARLY, LATE = (0.5, 3.5), (30.5,)


def sent(campaign_id: str, day: int, sender: str | None, customers: int = CUSTOMERS) -> dict[str, Any]:
    return {
        "campaign_id": campaign_id,
        "name": f"Campaign {campaign_id}",
        "from_email": sender,
        "sent_at": START + timedelta(days=day),
        "customers": customers,
    }


CAMPAIGNS = [
    *(sent(f"a{day:02}", day, "News@A.example" if day % 2 else "hello@a.example") for day in range(12)),
    sent("other domain", 5, "news@b.example"),
    sent("test", 6, "news@a.example", customers=5),
    sent("no sender", 7, None),
    sent("now", 20, "news@a.example"),
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Each campaign has 8 opens in its first hours and 4 a day later. Of the newest, only 6 hours are known."""
    folder = tmp_path_factory.mktemp("previous")
    horizon = START + timedelta(days=20, hours=6)
    rows: dict[str, list[dict[str, Any]]] = {"campaigns": [], "messages": [], "events": []}
    for each in CAMPAIGNS:
        number = each["customers"]
        rows["campaigns"].append({key: value for key, value in each.items() if key != "customers"})
        rows["messages"] += [
            {"campaign_id": each["campaign_id"], "customer_id": f"c{person}", "sent_at": each["sent_at"]}
            for person in range(number)
        ]
        hours = [*[EARLY[0]] * 4, *[EARLY[1]] * 4, *[LATE[0]] * 4][:number]
        rows["events"] += [
            {
                "campaign_id": each["campaign_id"],
                "customer_id": f"c{person}",
                "type": "opened",
                "occurred_at": at,
            }
            for person, hour in enumerate(hours)
            if (at := each["sent_at"] + timedelta(hours=hour)) <= horizon
        ]
    rows["events"].append(
        {"campaign_id": "a00", "customer_id": "c0", "type": "delivered", "occurred_at": horizon}
    )
    for kind, lines in rows.items():
        text = "".join(json.dumps(line, default=datetime.isoformat) + "\n" for line in lines)
        (folder / f"{kind}.ndjson").write_text(text)
    bundles.load(folder / "m.duckdb", [folder / f"{kind}.ndjson" for kind in rows])
    return Warehouse(folder / "m.duckdb").snapshot()


def previous(data: Snapshot, campaign_id: str) -> list[campaign.EarlierCampaign]:
    return list(campaign.report(data, campaign_id, Audience.HUMAN).previous)


def test_a_campaign_is_compared_with_the_last_ten_of_its_domain(data: Snapshot) -> None:
    assert [earlier.campaign_id for earlier in previous(data, "now")] == [
        f"a{day:02}" for day in range(2, 12)
    ]
    assert [earlier.campaign_id for earlier in previous(data, "a02")] == ["a00", "a01"]
    assert previous(data, "a00") == previous(data, "other domain") == previous(data, "no sender") == []
    assert previous(data, "a02")[0].name == "Campaign a00"


def test_a_young_campaign_is_compared_at_the_same_age(data: Snapshot) -> None:
    report = campaign.report(data, "now", Audience.HUMAN)
    assert report.age_hours == pytest.approx(6)
    assert report.is_unfinished
    assert report.counts.opened == 8
    assert {earlier.counts.opened for earlier in report.previous} == {8}
    assert report.changes["cor"].direction == ""


def test_an_older_campaign_is_compared_as_a_whole(data: Snapshot) -> None:
    report = campaign.report(data, "a11", Audience.HUMAN)
    assert not report.is_unfinished
    assert {earlier.counts.opened for earlier in report.previous} == {12}


def test_the_list_compares_like_the_page(data: Snapshot) -> None:
    listed = list_reports.page(data, Audience.HUMAN, EVERYTHING, NEWEST_FIRST, 0, 100)
    changes = list_reports.changes(data, listed, Audience.HUMAN)
    assert changes.keys() == {each["campaign_id"] for each in CAMPAIGNS}
    for campaign_id, shown in changes.items():
        report = campaign.report(data, campaign_id, Audience.HUMAN)
        for key, change in shown.items():
            if change.difference >= 0:
                assert change == report.changes[key]


def test_comparing_reads_no_messages_or_events() -> None:
    """So the cost of a page and of the list depends on the number of campaigns, not of events."""
    tables = set(re.findall(r"(?<!distinct )\b(?:from|join) (\w+)", queries.statement("campaigns_before")))
    steps = {"horizon", "sent_campaigns", "last_ones", "before", "by_then"}
    assert tables - steps == {"campaign_totals", "known_campaigns", "campaign_hours", "loads", "event_counts"}
