"""Each figure is the same in the list, on the campaign page, in the grid, in exports and on the command line."""

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
from tests.support import campaigns, visitors
from tests.support.pages import show


@pytest.fixture(params=list(Audience))
def audience(request: pytest.FixtureRequest) -> Audience:
    parameter: Audience = request.param
    return parameter


@pytest.fixture
def listed(sample_database: Path, audience: Audience) -> dict[str, Counts]:
    """The counts in the campaign list, by campaign id."""
    return {row.campaign_id: row.counts for row in campaigns.listed(sample_database, audience)}


def in_grid(warehouse: Warehouse, campaign_id: str, audience: Audience) -> list[dict[str, object]]:
    """Return all rows of the customers' grid."""
    rows: list[dict[str, object]] = []
    while True:
        query = grid.grid_query(start=len(rows), end=len(rows) + grid.MAX_BLOCK_ROWS)
        page = recipients.page(warehouse.snapshot(), campaign_id, audience, query)
        rows += page.rows
        if len(rows) >= page.total:
            return rows


@pytest.mark.slow
def test_the_campaign_page_shows_the_figures_of_the_list(
    use: Callable[[Path], Warehouse],
    sample_database: Path,
    listed: dict[str, Counts],
    audience: Audience,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    warehouse = use(sample_database)
    for campaign_id, counts in listed.items():
        report = campaign.report(warehouse.snapshot(), campaign_id, audience)
        assert report.counts == counts
        with visitors.local(monkeypatch):
            assert not show("campaign", id=campaign_id, audience=audience.value).exception
            shown = [
                figures.card(report, key) for key in ("sent", "not_sent", "opened", "clicked", "opted_out")
            ]
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
        assert states[report.unsent] == report.counts.not_sent
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


def test_the_export_holds_the_figures_of_the_list(
    sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    written = io.BytesIO()
    exported = export_rows.campaigns(Warehouse(sample_database).snapshot(), audience)
    writers.write(exported, Format.CSV, written, lambda _: None)
    text = written.getvalue().decode("utf-8-sig")
    rows = {row["campaign_id"]: row for row in csv.DictReader(io.StringIO(text))}
    assert rows.keys() == set(listed)
    for campaign_id, expected in listed.items():
        row = rows[campaign_id]
        assert row["audience"] == audience
        assert Counts.of({name: int(row[name]) for name in COUNT_NAMES}) == expected
        for rate in RATES:
            assert (float(row[rate.key]) if row[rate.key] else None) == rate.rate(expected)


def test_the_command_line_prints_the_figures_of_the_list(
    sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    for campaign_id, counts in listed.items():
        arguments = ["--database", str(sample_database), "report", campaign_id, "--audience", audience]
        printed = json.loads(CliRunner().invoke(app, arguments).stdout)
        assert printed["audience"] == audience
        assert Counts(**printed["counts"]) == counts
        assert printed["rates"] == {rate.key: rate.rate(counts) for rate in RATES}


@pytest.mark.slow
def test_customer_histories_add_up_to_the_list(
    sample_database: Path, listed: dict[str, Counts], audience: Audience
) -> None:
    warehouse = Warehouse(sample_database)
    opens, clicks = Counter[str](), Counter[str]()
    customers = {
        str(row["customer_id"]) for campaign_id in listed for row in in_grid(warehouse, campaign_id, audience)
    }
    for customer_id in customers:
        for contact in customer.report(warehouse.snapshot(), customer_id, audience).contacts:
            opens[contact.campaign_id] += contact.opens
            clicks[contact.campaign_id] += contact.clicks
    for campaign_id, counts in listed.items():
        assert (opens[campaign_id], clicks[campaign_id]) == (counts.opens, counts.clicks)


def test_machine_events_are_the_difference_between_the_audiences(sample_database: Path) -> None:
    warehouse = Warehouse(sample_database)
    for campaign_id in (row.campaign_id for row in campaigns.listed(warehouse)):
        human, everything = (
            campaign.report(warehouse.snapshot(), campaign_id, audience) for audience in Audience
        )
        rules = campaign.machines(warehouse.snapshot(), campaign_id)
        assert sum(rule.opens for rule in rules) == everything.counts.opens - human.counts.opens
        assert sum(rule.clicks for rule in rules) == everything.counts.clicks - human.counts.clicks
        assert (human.machine_opens, human.machine_clicks) == (
            everything.machine_opens,
            everything.machine_clicks,
        )
        assert (human.all_opens, human.all_clicks) == (everything.counts.opens, everything.counts.clicks)
        assert (everything.all_opens, everything.all_clicks) == (human.all_opens, human.all_clicks)


def test_apple_opens_equal_a_recount_over_the_grid(sample_database: Path) -> None:
    """Recounts them customer by customer, from the events that each customer's dialog shows."""
    warehouse = Warehouse(sample_database)
    newest = campaigns.newest_sent(warehouse)
    proxied = unseen = seen_delivered = seen_opened = 0
    for row in in_grid(warehouse, newest, Audience.HUMAN):
        if row["status"] in (Status.NOT_SENT, Status.NOT_RECEIVED):
            continue
        events = customer.message_events(warehouse.snapshot(), newest, str(row["customer_id"]))
        opened = events[events["type"].isin([EventType.OPENED, EventType.CLICKED])]
        by_people = bool(opened["machine"].isna().any())
        by_apple = "apple_privacy" in set(opened[opened["type"] == EventType.OPENED]["machine"])
        proxied += by_apple
        unseen += by_apple and not by_people
        seen_delivered += not by_apple
        seen_opened += by_people and not by_apple
    apple = campaign.apple_opens(warehouse.snapshot(), newest)
    assert (apple.proxied, apple.unseen) == (proxied, unseen)
    assert (apple.seen_delivered, apple.seen_opened) == (seen_delivered, seen_opened)
    assert 0 < unseen <= proxied
    assert apple.unseen_in[Audience.HUMAN] <= unseen


@pytest.mark.parametrize("audience", Audience)
def test_a_file_name_contains_the_audience(audience: Audience) -> None:
    assert lists.file_name("heatmap", "spring/2026 \u2026", audience) == f"heatmap-spring-2026-{audience}"
