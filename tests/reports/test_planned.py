"""The customers of a planned campaign are planned, wherever they are counted or listed; they are not "not sent"."""

import json
from typing import Any

import pytest

from mailsight.exports import report as report_export
from mailsight.loading import bundles
from mailsight.reports import campaign, customer, grid, recipients
from mailsight.reports import campaigns as list_reports
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST, Order
from mailsight.screens.campaign import figures
from mailsight.vocabulary import Audience, Status
from mailsight.warehouse.reader import Snapshot, Warehouse
from tests.support import visitors

SENT_AT = "2026-04-14T09:00:00Z"
ROWS: dict[str, list[dict[str, Any]]] = {
    "campaigns": [
        {"campaign_id": "sent", "sent_at": SENT_AT},
        {"campaign_id": "nobody-got-it", "sent_at": SENT_AT},
        {"campaign_id": "planned"},
        {"campaign_id": "begun"},
    ],
    "messages": [
        {"campaign_id": "sent", "customer_id": "ann", "sent_at": SENT_AT},
        {"campaign_id": "sent", "customer_id": "bob"},
        {"campaign_id": "nobody-got-it", "customer_id": "ann"},
        {"campaign_id": "planned", "customer_id": "ann"},
        {"campaign_id": "planned", "customer_id": "bob", "not_sent_reason": "no_consent"},
        {"campaign_id": "begun", "customer_id": "ann", "sent_at": SENT_AT},
        {"campaign_id": "begun", "customer_id": "bob"},
    ],
    # All that is known of this campaign is that the provider refused to send it.
    "events": [
        {
            "campaign_id": "refused",
            "customer_id": "ann",
            "type": "rejected",
            "occurred_at": SENT_AT,
            "reject_reason": "invalid",
        }
    ],
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    folder = tmp_path_factory.mktemp("planned")
    for name, rows in ROWS.items():
        (folder / f"{name}.ndjson").write_text("\n".join(map(json.dumps, rows)))
    database = folder / "mailsight.duckdb"
    bundles.load(database, sorted(folder.glob("*.ndjson")))
    return Warehouse(database).snapshot()


@pytest.mark.parametrize(
    ("campaign_id", "states"),
    [
        ("sent", {"ann": Status.RECEIVED, "bob": Status.NOT_SENT}),
        ("nobody-got-it", {"ann": Status.NOT_SENT}),
        ("planned", {"ann": Status.PLANNED, "bob": Status.PLANNED}),
        ("begun", {"ann": Status.RECEIVED, "bob": Status.NOT_SENT}),
        ("refused", {"ann": Status.NOT_SENT}),
    ],
)
def test_only_the_customers_of_a_planned_campaign_are_planned(
    data: Snapshot, campaign_id: str, states: dict[str, Status]
) -> None:
    for audience in Audience:
        page = recipients.page(data, campaign_id, audience, grid.grid_query())
        assert {row["customer_id"]: row["status"] for row in page.rows} == states
        for customer_id, state in states.items():
            contacts = customer.report(data, customer_id, audience).contacts
            assert next(c.status for c in contacts if c.campaign_id == campaign_id) is state


def test_the_totals_of_the_list_leave_planned_campaigns_out(data: Snapshot) -> None:
    for audience in Audience:
        result = list_reports.search_totals(data, audience, EVERYTHING)
        assert (result.campaigns, result.planned) == (5, 2)
        assert (result.totals.selected, result.totals.sent, result.totals.not_sent) == (6, 2, 4)
        listed = list_reports.page(data, audience, EVERYTHING, NEWEST_FIRST, 0, 9)
        assert [row.campaign_id for row in listed if row.is_planned] == ["planned"]
        assert sum(row.counts.not_sent for row in listed if not row.is_planned) == result.totals.not_sent


@pytest.mark.parametrize("down", [True, False])
def test_a_planned_campaign_is_last_in_the_order_of_not_sent(data: Snapshot, down: bool) -> None:
    listed = list_reports.page(data, Audience.ALL, EVERYTHING, Order("not_sent", down), 0, 9)
    assert listed[-1].campaign_id == "planned"


def test_the_card_of_a_planned_campaign_is_no_alarm(data: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    with visitors.local(monkeypatch):
        shown = figures.shown_card(campaign.report(data, "planned", Audience.HUMAN), "not_sent")
        other = figures.shown_card(campaign.report(data, "nobody-got-it", Audience.HUMAN), "not_sent")
    assert (shown.label, shown.value, shown.attention) == ("Planned", "2", "")
    assert (shown.calm, shown.more) == ("1 will be left out", "Who and why")
    assert (other.label, other.value, other.attention) == ("Not sent", "1", "Who and why")


def test_the_report_of_a_planned_campaign_says_planned(data: Snapshot) -> None:
    page = report_export.page(report_export.read(data, "planned", Audience.HUMAN))
    assert "Planned" in page
    assert "Not sent<" not in page
    assert "Not sent, and why" not in page
