"""The tabs Timeline, Weekday and hour, Mailbox providers and Mail programs, in a real browser."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mailsight.figures import formats
from mailsight.reports import campaign, patterns
from mailsight.reports.campaign import CampaignReport
from mailsight.vocabulary import Audience, EventType
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import barriers, settle, visit
from tests.support.campaigns import most_clicked

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def shown(sample_database: Path) -> CampaignReport:
    """The campaign with the most clicks."""
    warehouse = Warehouse(sample_database)
    return campaign.report(warehouse.snapshot(), most_clicked(warehouse), Audience.HUMAN)


@pytest.fixture
def page(browser: Browser, server: str, shown: CampaignReport) -> Iterator[Page]:
    with visit(browser, "tall") as (page, _):
        page.goto(f"{server}/campaign?id={shown.campaign.campaign_id}")
        expect(page.get_by_role("tab", name="Timeline")).to_be_visible()
        yield page


def test_the_timeline_adds_up_to_the_figures_of_the_page(page: Page, shown: CampaignReport) -> None:
    page.get_by_role("tab", name="Timeline").click()
    last = page.get_by_role("table", name="Totals by time since send").get_by_role("row").last
    expect(last).to_contain_text(formats.count(shown.counts.opens))
    expect(last).to_contain_text(formats.count(shown.counts.clicks))
    page.locator(".js-plotly-plot .xy .bars").last.scroll_into_view_if_needed()
    plot = page.locator(".js-plotly-plot .nsewdrag").last.bounding_box()
    assert plot
    page.mouse.move(plot["x"] + plot["width"] * 0.5, plot["y"] + plot["height"] * 0.5)
    expect(page.locator(".hoverlayer .legend")).to_contain_text(re.compile(r"\d\s(h|days?)"))
    expect(page.locator(".hoverlayer .legend")).not_to_contain_text("-")
    page.get_by_text("Cumulative", exact=True).click()
    settle(page)
    page.get_by_role("tabpanel").get_by_role("radio", name="Customers", exact=True).click()
    expect(last).to_contain_text(formats.count(shown.counts.opened))
    expect(last).to_contain_text(formats.count(shown.counts.clicked))
    expect(page.get_by_text("Customers who opened")).to_be_visible()
    assert barriers(page) == []


def test_the_week_is_in_the_customers_time(page: Page, shown: CampaignReport) -> None:
    page.get_by_role("tab", name="Weekday and hour").click()
    whole = formats.count(shown.counts.opens + shown.counts.clicks)
    expect(page.get_by_text(f"Time zones used for {whole} opens and clicks")).to_be_visible()
    page.get_by_text("Exact counts").click()
    last = page.get_by_role("table", name="Counts per weekday and hour").get_by_role("row").last
    expect(last.get_by_role("cell").last).to_have_text(formats.count(shown.counts.opens))
    assert barriers(page) == []


def test_a_click_on_a_provider_shows_why_mail_bounced(
    page: Page, shown: CampaignReport, sample_database: Path
) -> None:
    providers = patterns.mailbox_providers(
        Warehouse(sample_database).snapshot(), shown.campaign.campaign_id, Audience.HUMAN
    )
    most = max(providers, key=lambda provider: provider.counts.undeliverable)
    page.get_by_role("tab", name="Mailbox providers").click()
    table = page.get_by_role("table", name="Mailbox providers")
    expect(table.get_by_role("row")).to_have_count(len(providers) + 1)
    table.get_by_text(most.name, exact=True).first.click()
    reasons = page.get_by_role("table", name=f"Bounces at {most.name}")
    expect(reasons).to_be_visible()
    bounces = patterns.bounce_reasons(
        Warehouse(sample_database).snapshot(),
        shown.campaign.campaign_id,
        [provider.name for provider in providers],
    )
    for bounce in bounces[most.name]:
        expect(reasons.get_by_text(bounce.reason.label, exact=True)).to_be_visible()
    assert barriers(page) == []
    table.get_by_text(most.name, exact=True).first.click()
    expect(reasons).to_have_count(0)


def test_programs_are_shown_for_opens_and_for_clicks(
    page: Page, shown: CampaignReport, sample_database: Path
) -> None:
    used = patterns.usage(Warehouse(sample_database).snapshot(), shown.campaign.campaign_id, Audience.HUMAN)
    page.get_by_role("tab", name="Mail programs").click()
    table = page.get_by_role("table", name="Mail programs: counts")
    expect(table.get_by_role("row")).to_have_count(len(used[EventType.OPENED].programs) + 1)
    expect(table).to_contain_text(used[EventType.OPENED].programs[0].name)
    page.get_by_text("Clicks", exact=True).and_(page.locator("button *")).first.click()
    clicked = page.get_by_role("table", name="Browsers and mail programs: counts")
    expect(clicked.get_by_role("row")).to_have_count(len(used[EventType.CLICKED].programs) + 1)
    assert barriers(page) == []
    page.get_by_role("button", name="How is this counted?").click()
    expect(page.get_by_role("dialog")).to_contain_text("An open in a browser counts as webmail")
