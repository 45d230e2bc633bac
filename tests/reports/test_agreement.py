"""One figure is the same wherever it stands: on the list, the page, in the grid, in exports, on the command line."""

import csv
import html
import io
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mailsight.__main__ import app
from mailsight.exports import heatmap, lists, writers
from mailsight.exports import rows as export_rows
from mailsight.exports.lists import Format
from mailsight.figures import formats
from mailsight.figures.metrics import COUNT_NAMES, FIGURES, RATES, Counts
from mailsight.reports import campaign, customer, grid, mails, recipients
from mailsight.screens.campaign import figures
from mailsight.vocabulary import SENT_STATES, Audience, EventType, Status
from mailsight.warehouse.reader import Warehouse
from tests.support import campaigns
from tests.support.pages import show


@pytest.fixture(params=list(Audience))
def audience(request: pytest.FixtureRequest) -> Audience:
    found: Audience = request.param
    return found


@pytest.fixture
def listed(sample_database: Path, audience: Audience) -> dict[str, Counts]:
    """The figures of the list, by the campaign's id."""
    return {one.campaign_id: one.counts for one in campaigns.listed(sample_database, audience)}


def in_grid(warehouse: Warehouse, campaign_id: str, audience: Audience) -> list[dict[str, object]]:
    """Every row of the customers' grid."""
    rows: list[dict[str, object]] = []
    while True:
        query = grid.grid_query(start=len(rows), end=len(rows) + grid.LARGEST_BLOCK)
        page = recipients.page(warehouse.snapshot(), campaign_id, audience, query)
        rows += page.rows
        if len(rows) >= page.total:
            return rows


@pytest.mark.slow
def test_the_page_says_what_the_list_says(
    use: Callable[[Path], Warehouse], sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    warehouse = use(sample_database)
    for campaign_id, counts in listed.items():
        report = campaign.report(warehouse.snapshot(), campaign_id, audience)
        assert report.counts == counts
        assert not show("campaign", id=campaign_id, audience=audience.value).exception
        shown = [figures.card(report, key) for key in ("sent", "not_sent", "opened", "clicked", "opted_out")]
        assert [(card.label, card.value) for card in shown] == [
            (FIGURES[card.key].label, formats.count(getattr(counts, card.key))) for card in shown
        ]


def test_the_grid_adds_up_to_the_page(
    sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    warehouse = Warehouse(sample_database)
    for campaign_id in listed:
        report = campaign.report(warehouse.snapshot(), campaign_id, audience)
        rows = in_grid(warehouse, campaign_id, audience)
        states = Counter(row["status"] for row in rows)
        assert len(rows) == report.counts.selected
        assert {state: states[state] for state in SENT_STATES} == report.status
        assert states[Status.NOT_SENT] == report.counts.not_sent
        assert sum(int(str(row["opens"])) for row in rows) == report.counts.opens
        assert sum(int(str(row["clicks"])) for row in rows) == report.counts.clicks


def test_the_links_add_up_to_the_page(
    sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    warehouse = Warehouse(sample_database)
    for campaign_id in listed:
        report = campaign.report(warehouse.snapshot(), campaign_id, audience)
        assert sum(link.clicks for link in (*report.links, *report.other_links)) == report.counts.clicks
        mail = mails.of_campaign(warehouse.snapshot(), campaign_id)
        assert mail is not None
        drawn = html.unescape(heatmap.of_campaign(report, mail.html))
        assert heatmap.summary(report) in drawn
        assert heatmap.summary(report).startswith(formats.things(report.counts.clicks, "click"))
        assert audience.meaning in drawn


def test_the_hours_add_up_to_the_page(
    sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    for campaign_id, counts in listed.items():
        hours = campaign.timeline(Warehouse(sample_database).snapshot(), campaign_id, audience)
        for name in ("opens", "clicks", "opened", "clicked"):
            assert hours[name].sum() == getattr(counts, name)


def test_the_export_is_the_list(sample_database: Path, listed: dict[str, Counts], audience: Audience) -> None:
    written = io.BytesIO()
    found = export_rows.campaigns(Warehouse(sample_database).snapshot(), audience)
    writers.write(found, Format.CSV, written, lambda _: None)
    text = written.getvalue().decode("utf-8-sig")
    rows = {row["campaign_id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows.keys() == set(listed)
    for campaign_id, expected in listed.items():
        row = rows[campaign_id]
        assert row["audience"] == audience
        assert Counts(**{name: int(row[name]) for name in COUNT_NAMES}) == expected
        for rate in RATES:
            assert (float(row[rate.key]) if row[rate.key] else None) == rate.rate(expected)


def test_the_command_line_says_what_the_list_says(
    sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    for campaign_id, counts in listed.items():
        arguments = ["--database", str(sample_database), "report", campaign_id, "--audience", audience]
        told = json.loads(CliRunner().invoke(app, arguments).stdout)
        assert told["audience"] == audience
        assert Counts(**told["counts"]) == counts
        assert told["rates"] == {rate.key: rate.rate(counts) for rate in RATES}


@pytest.mark.slow
def test_customers_histories_add_up_to_the_list(
    sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    warehouse = Warehouse(sample_database)
    opens, clicks = Counter[str](), Counter[str]()
    customers = {str(row["customer_id"]) for one in listed for row in in_grid(warehouse, one, audience)}
    for customer_id in customers:
        for contact in customer.report(warehouse.snapshot(), customer_id, audience).contacts:
            opens[contact.campaign_id] += contact.opens
            clicks[contact.campaign_id] += contact.clicks
    assert {one: (opens[one], clicks[one]) for one in listed} == {
        one: (counts.opens, counts.clicks) for one, counts in listed.items()
    }


def test_what_machines_did_is_the_difference_of_the_audiences(sample_database: Path) -> None:
    warehouse = Warehouse(sample_database)
    for campaign_id in (one.campaign_id for one in campaigns.listed(warehouse)):
        human, everything = (campaign.report(warehouse.snapshot(), campaign_id, one) for one in Audience)
        rules = campaign.machines(warehouse.snapshot(), campaign_id)
        assert sum(rule.opens for rule in rules) == everything.counts.opens - human.counts.opens
        assert sum(rule.clicks for rule in rules) == everything.counts.clicks - human.counts.clicks
        assert (human.machine_opens, human.machine_clicks) == (
            everything.machine_opens,
            everything.machine_clicks,
        )
        assert (human.all_opens, human.all_clicks) == (everything.counts.opens, everything.counts.clicks)
        assert (everything.all_opens, everything.all_clicks) == (human.all_opens, human.all_clicks)


def test_apples_opens_are_those_of_the_grid(sample_database: Path) -> None:
    """The same once more, customer by customer, from what the dialog of each customer's mail shows."""
    warehouse = Warehouse(sample_database)
    newest = campaigns.newest_sent(warehouse)
    proxied = unseen = seen_delivered = seen_opened = 0
    for row in in_grid(warehouse, newest, Audience.HUMAN):
        if row["status"] in (Status.NOT_SENT, Status.NOT_RECEIVED):
            continue
        events = customer.message_events(warehouse.snapshot(), newest, str(row["customer_id"]))
        looked = events[events["type"].isin([EventType.OPENED, EventType.CLICKED])]
        by_people = bool(looked["machine"].isna().any())
        by_apple = "apple_privacy" in set(looked[looked["type"] == EventType.OPENED]["machine"])
        proxied += by_apple
        unseen += by_apple and not by_people
        seen_delivered += not by_apple
        seen_opened += by_people and not by_apple
    found = campaign.apple_opens(warehouse.snapshot(), newest)
    assert (found.proxied, found.unseen) == (proxied, unseen)
    assert (found.seen_delivered, found.seen_opened) == (seen_delivered, seen_opened)
    assert 0 < unseen <= proxied
    assert found.unseen_in[Audience.HUMAN] <= unseen


@pytest.mark.parametrize("audience", Audience)
def test_a_files_name_says_whose_figures_it_holds(audience: Audience) -> None:
    assert lists.file_name("heatmap", "spring/2026 \u2026", audience) == f"heatmap-spring-2026-{audience}"
