"""A marketer's walk through the dashboard in a real browser, from the list to a customer's mail."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mailsight.figures import formats
from mailsight.figures.metrics import COR, CTO
from mailsight.loading import bundles
from mailsight.reports import campaign as campaign_reports
from mailsight.reports import recipients
from mailsight.reports.grid import grid_query
from mailsight.vocabulary import SENT_STATES, Audience, Stage, Status
from mailsight.warehouse.reader import Warehouse
from tests.support import odd_campaigns
from tests.support.browsing import (
    choose,
    click_funnel,
    close_dialog,
    expect_customers,
    grid,
    settle,
    visit,
)
from tests.support.campaigns import newest_clicked
from tests.support.examples import thorough

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(sample_database: Path) -> campaign_reports.CampaignReport:
    """The newest campaign with clicks. Few or no customers are in one of its states."""
    warehouse = Warehouse(sample_database)
    return campaign_reports.report(warehouse.snapshot(), newest_clicked(warehouse), Audience.HUMAN)


@pytest.mark.parametrize(
    ("size", "scheme"),
    # Each size and each scheme once; `make thorough` combines them all.
    [
        ("wide", "dark"),
        ("phone", "light"),
        pytest.param("wide", "light", marks=pytest.mark.thorough),
        pytest.param("phone", "dark", marks=pytest.mark.thorough),
    ],
)
def test_a_marketer_walks_from_the_list_to_a_customers_mail(
    browser: Browser,
    server: str,
    report: campaign_reports.CampaignReport,
    size: str,
    scheme: Literal["light", "dark"],
) -> None:
    campaign, counts = report.campaign, report.counts
    with visit(browser, size, scheme) as (page, wrong):
        page.goto(server)
        expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
        page.get_by_role("link", name=campaign.name, exact=True).click()

        expect(page.get_by_role("heading", name=campaign.name, exact=True)).to_be_visible()
        expect(page).to_have_title(f"{campaign.name} · Mailsight")
        expect(page).to_have_url(f"{server}/campaign?id={campaign.campaign_id}")
        for number in (counts.sent, counts.not_sent, counts.opened, counts.clicked):
            expect(
                page.locator(".cards .value").get_by_text(formats.count(number), exact=True).first
            ).to_be_visible()
        expect(page.get_by_text(formats.of(counts.opened, counts.delivered), exact=True)).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page.get_by_role("button", name="Selection").click()
        expect(page.get_by_role("dialog")).to_contain_text(
            f"{formats.things(counts.selected, 'customer')} selected"
        )
        close_dialog(page)

        page.get_by_role("button", name="Preview e-mail").click()
        mail = page.get_by_role("dialog").frame_locator(".mail iframe")
        expect(mail.locator("a[href]").first).to_be_attached()
        page.get_by_role("dialog").get_by_text("Phone", exact=True).click()
        expect(mail.locator("a[href]").first).to_be_attached()
        expect(page.get_by_role("dialog")).to_contain_text(
            f"or one of {formats.count(counts.sent)} customers"
        )
        page.get_by_role("dialog").get_by_role("button", name="Next customer").click()
        expect(page.get_by_role("dialog")).to_contain_text(f"Customer 1 of {formats.count(counts.sent)}")
        close_dialog(page)

        reason, number = max(report.not_sent.items(), key=lambda item: item[1])
        page.get_by_role("button", name="Who and why").click()
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_text(formats.things(counts.not_sent, "customer"), exact=True)).to_be_visible()
        dialog.get_by_role("table", name="Reasons").get_by_text(reason.label, exact=True).click()
        expect(dialog.get_by_text(formats.things(number, "customer"), exact=True)).to_be_visible()
        with page.expect_download() as download:
            choose(dialog, "Export", "CSV")
        assert len(download.value.path().read_text("utf-8-sig").splitlines()) == number + 1
        close_dialog(page)

        expect_customers(page, counts.selected)
        for stage in (Stage.RECEIVED, Stage.CLICKED):
            click_funnel(page, stage)
            expect_customers(page, getattr(counts, stage))
        for state in (Status.NOT_RECEIVED, Status.CLICKED):
            click_funnel(page, state)
            expect_customers(page, report.status[state])

        page.get_by_role("tab", name="Heatmap").click()
        drawn = page.frame_locator(".mail iframe")
        expect(drawn.locator("[data-badge]").first).to_be_attached()
        expect(page.get_by_role("table", name="Links in the e-mail")).to_be_visible()
        page.get_by_role("tab", name="Timeline").click()
        expect(page.get_by_role("table", name="Totals by time since send")).to_be_visible()

        expect_customers(page, report.status[Status.CLICKED])
        name = grid(page).locator(".name").first
        customer = name.inner_text()
        grid(page).locator(".preview").first.click()
        expect(page.get_by_role("dialog")).to_contain_text(customer)
        expect(
            page.get_by_role("dialog").frame_locator(".mail iframe").locator("a[href]").first
        ).to_be_attached()
        close_dialog(page)
        settle(page)

        name.click()
        expect(page.get_by_role("heading", name=customer, exact=True)).to_be_visible()
        history = page.get_by_role("table", name="Contact history")
        row = history.get_by_role("row").filter(has=page.get_by_role("link", name=campaign.name, exact=True))
        expect(row).to_be_visible()
        row.get_by_label("Show the e-mail this customer received").click()
        expect(page.get_by_role("dialog")).to_contain_text(customer)
        close_dialog(page)
        row.get_by_label("Show all events of this e-mail").click()
        expect(page.get_by_role("dialog").get_by_role("table", name="Events")).to_be_visible()
        close_dialog(page)

        page.get_by_test_id("stPageLink").get_by_text(campaign.name, exact=True).click()
        expect(page.get_by_role("heading", name=campaign.name, exact=True)).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", name=customer, exact=True)).to_be_visible()
        assert wrong == []


def test_the_back_button_shows_the_previous_page(
    browser: Browser, server: str, report: campaign_reports.CampaignReport
) -> None:
    campaign = report.campaign
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={campaign.campaign_id}")
        name = grid(page).locator(".name").first
        customer = name.inner_text()
        name.click()
        expect(page.get_by_role("heading", name=customer, exact=True)).to_be_visible()
        expect(page).to_have_url(re.compile("/customer"))
        page.go_back()
        expect(page.get_by_role("heading", name=campaign.name, exact=True)).to_be_visible()
        page.go_forward()
        expect(page.get_by_role("heading", name=customer, exact=True)).to_be_visible()
        history = page.get_by_role("table", name="Contact history")
        history.get_by_role("link", name=campaign.name, exact=True).click()
        expect(page.get_by_role("heading", name=campaign.name, exact=True)).to_be_visible()
        expect(page).to_have_url(re.compile("/campaign"))
        page.go_back()
        expect(page.get_by_role("heading", name=customer, exact=True)).to_be_visible()
        assert wrong == []


def test_a_page_opens_at_its_top(
    browser: Browser, server: str, report: campaign_reports.CampaignReport
) -> None:
    with visit(browser, "phone") as (page, wrong):
        page.goto(server)
        page.get_by_role("link", name=report.campaign.name, exact=True).click()
        expect(page.locator(".cards .value").first).to_be_in_viewport()
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
        assert wrong == []


def test_the_grid_keeps_its_state_until_the_user_returns(
    browser: Browser, server: str, sample_database: Path, report: campaign_reports.CampaignReport
) -> None:
    campaign = report.campaign
    query = grid_query(
        {"name": {"type": "contains", "filter": "a"}}, [{"colId": "email", "sort": "asc"}], search="an"
    )
    shown = recipients.page(
        Warehouse(sample_database).snapshot(), campaign.campaign_id, Audience.HUMAN, query
    )
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={campaign.campaign_id}")
        expect_customers(page, report.counts.selected)
        grid(page).get_by_label("Name Filter Input").fill("a")
        grid(page).get_by_role("columnheader", name="E-mail").first.click()
        search = page.get_by_placeholder("Search name or e-mail")
        search.fill("an")
        foot = grid(page).locator(".foot")
        expect(foot).to_contain_text(
            f"{formats.things(shown.total, 'customer')} of {formats.count(report.counts.selected)}"
        )
        expect(grid(page).locator('[aria-sort="ascending"]')).to_have_count(1)
        row, first = grid(page).locator('.ag-row[row-index="0"] .name'), shown.rows[0]["name"]
        expect(row).to_have_text(first)
        text = foot.text_content() or ""
        row.click()
        expect(page.get_by_role("heading", name=first, exact=True)).to_be_visible()
        page.get_by_test_id("stPageLink").get_by_text(campaign.name, exact=True).click()
        expect(search).to_have_value("an")
        expect(foot).to_have_text(text)
        expect(row).to_have_text(first)
        expect(foot).to_be_in_viewport()
        foot.get_by_role("button", name="Clear column filters").click()
        expect(foot).not_to_have_text(text)
        assert wrong == []


def test_a_second_click_on_the_funnel_removes_the_filter(
    browser: Browser, server: str, report: campaign_reports.CampaignReport
) -> None:
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={report.campaign.campaign_id}")
        expect_customers(page, report.counts.selected)
        click_funnel(page, Status.CLICKED)
        expect_customers(page, report.status[Status.CLICKED])
        settle(page)
        click_funnel(page, Status.CLICKED)
        expect_customers(page, report.counts.selected)
        assert wrong == []


def test_the_parts_of_the_funnel_are_buttons_that_lead_to_their_customers(
    browser: Browser, server: str, report: campaign_reports.CampaignReport
) -> None:
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={report.campaign.campaign_id}")
        expect_customers(page, report.counts.selected)
        stages = page.get_by_role("group", name="Customers who got at least this far")
        states = page.get_by_role("group", name="Customers by status")
        numbers = [report.status[state] for state in SENT_STATES]
        expect(states.get_by_role("button")).to_have_text(
            [f"{state.label} {formats.count(report.status[state])}" for state in SENT_STATES]
        )
        expect(states).to_contain_text(f"= {formats.count(sum(numbers))} sent")
        opened = stages.get_by_role("button", name=f"Opened {formats.count(report.counts.opened)}")
        expect_to_lead(page, opened, report.counts.opened)
        page.get_by_role("button", name="Got as far as").click()
        expect_customers(page, report.counts.selected)
        table = page.get_by_role("table", name="Status of messages")
        row = table.get_by_role("button", name=Status.OPENED.label)
        expect_to_lead(page, row, report.status[Status.OPENED])
        assert wrong == []


def expect_to_lead(page: Page, button: Locator, number: int) -> None:
    """Presses a button with the keyboard and follows it to this number of customers."""
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect_customers(page, number)
    said = page.locator(".shown").filter(has_text=formats.things(number, "customer"))
    expect(said).to_have_count(2)
    expect(page.get_by_role("status").and_(said)).to_have_count(1)
    page.get_by_placeholder("Search name or e-mail").fill("nobody is called this")
    expect(page.locator(".shown").filter(has_text="0 customers · See them")).to_have_count(2)
    page.get_by_placeholder("Search name or e-mail").fill("")
    expect(said).to_have_count(2)
    said.first.get_by_role("button", name="See them").click()
    expect(grid(page).locator(".name").first).to_be_in_viewport()
    expect(page.get_by_role("heading", name="Customers")).to_be_focused()


def test_filters_survive_a_search_and_a_sort(
    browser: Browser, server: str, report: campaign_reports.CampaignReport
) -> None:
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={report.campaign.campaign_id}")
        expect_customers(page, report.counts.selected)
        grid(page).get_by_label("Name Filter Input").fill("a")
        expect(grid(page).locator(".foot span")).not_to_have_text(
            formats.things(report.counts.selected, "customer")
        )
        filtered = grid(page).locator(".foot span").inner_text()
        page.get_by_placeholder("Search name or e-mail").fill("@")
        grid(page).get_by_text("E-mail", exact=True).click()
        expect(grid(page).get_by_label("Name Filter Input")).to_have_value("a")
        page.get_by_placeholder("Search name or e-mail").fill("nobody is called this")
        expect_customers(page, 0)
        page.get_by_placeholder("Search name or e-mail").fill("")
        expect(grid(page).locator(".foot span")).to_have_text(filtered)
        expect(grid(page).get_by_role("columnheader", name="E-mail")).to_have_attribute(
            "aria-sort", "ascending"
        )
        assert wrong == []


def test_campaigns_and_customers_can_be_opened_with_the_keyboard(
    browser: Browser, server: str, report: campaign_reports.CampaignReport
) -> None:
    with visit(browser) as (page, wrong):
        page.goto(server)
        page.get_by_role("link", name=report.campaign.name, exact=True).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=report.campaign.name, exact=True)).to_be_visible()
        expect_customers(page, report.counts.selected)
        grid(page).locator('.ag-cell[col-id="email"]').first.click()
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Contact history")).to_be_visible()
        assert wrong == []


@pytest.mark.parametrize("page_name", ["campaign", *thorough(["customer"])])
def test_a_deep_link_works_on_a_fresh_server(
    browser: Browser,
    serve: Callable[..., str],
    sample_database: Path,
    report: campaign_reports.CampaignReport,
    page_name: str,
) -> None:
    unsent = recipients.not_sent(Warehouse(sample_database).snapshot(), report.campaign.campaign_id)
    customer_id = unsent.customers[0]["customer_id"]
    item_id, heading = {
        "campaign": (report.campaign.campaign_id, "Opened and clicked"),
        "customer": (customer_id, "Contact history"),
    }[page_name]
    with visit(browser) as (page, wrong):
        page.goto(f"{serve(sample_database, fresh=True)}/{page_name}?id={item_id}")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert wrong == []


def test_names_that_look_like_code_are_shown_literally(
    browser: Browser, serve: Callable[..., str], tmp_path: Path
) -> None:
    bundles.load(tmp_path / "mailsight.duckdb", [odd_campaigns.write(tmp_path / "bundle")])
    address = serve(tmp_path / "mailsight.duckdb")
    with visit(browser) as (page, wrong):
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        page.goto(address)
        page.get_by_role("link", name=odd_campaigns.HOSTILE_NAME, exact=True).click()
        # Invisible word joiners keep Markdown from turning it into links and icons.
        expect(page.get_by_role("heading", name="Opened and clicked")).to_be_visible()
        heading = page.get_by_role("heading", level=1)
        assert heading.inner_text().replace("\N{WORD JOINER}", "") == odd_campaigns.HOSTILE_NAME
        assert heading.locator("a, img, em, strong").count() == 0
        page.get_by_role("button", name="Selection").click()
        expect(page.get_by_role("dialog")).to_contain_text("<b>f</b> contains **x** <img src=x>")
        close_dialog(page)
        expect_customers(page, 2)
        expect(grid(page).locator(".name").first).to_have_text(
            "<b>Ann</b> **x** ::JSCODE::alert(1)::JSCODE::"
        )
        page.get_by_placeholder("Search name or e-mail").fill("::JSCODE::alert(1)::JSCODE::")
        expect_customers(page, 1)
        page.get_by_placeholder("Search name or e-mail").fill("=cmd")
        grid(page).get_by_text("=cmd()").click()
        expect(page.get_by_role("heading", name="=cmd()")).to_be_visible()
        expect(page.get_by_text("customer ID c/2?&=#")).to_be_visible()
        assert [url for url in requested if not url.startswith((address, "data:", "blob:"))] == []
        assert wrong == []


def test_explanations_can_be_read_with_the_keyboard(
    browser: Browser, server: str, report: campaign_reports.CampaignReport
) -> None:
    portion = COR.portion(report.counts)
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={report.campaign.campaign_id}")
        rates = page.get_by_role("table", name="Opened and clicked")
        first = rates.locator("[data-tip][tabindex='0']").and_(rates.locator("td"))
        expect(first).to_have_count(1)
        first.focus()
        tip = page.get_by_role("tooltip")
        expect(tip).to_contain_text(f"COR = {COR.formula}")
        expect(tip).to_contain_text(
            f"{formats.count(portion.part)} ÷ {formats.count(portion.whole)} customers"
        )
        page.keyboard.press("ArrowDown")
        expect(tip).to_have_count(1)
        expect(tip).to_contain_text(f"CTO = {CTO.formula}")
        page.keyboard.press("Escape")
        expect(tip).to_have_count(0)
        question = page.get_by_role("button", name="How is Opened counted?")
        question.focus()
        expect(tip).to_contain_text(formats.of(report.counts.opened, report.counts.delivered))
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_contain_text("A click proves an open")
        close_dialog(page)
        assert wrong == []


def test_events_by_machines_can_be_inspected(
    browser: Browser, server: str, sample_database: Path, report: campaign_reports.CampaignReport
) -> None:
    warehouse, campaign_id = Warehouse(sample_database), report.campaign.campaign_id
    rules = campaign_reports.machines(warehouse.snapshot(), campaign_id)
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={campaign_id}")
        page.get_by_role("button", name="See details").click()
        dialog = page.get_by_role("dialog")
        for rule in rules:
            row = (
                dialog.get_by_role("table", name="Opens and clicks by machines, by rule")
                .get_by_role("row")
                .filter(has=page.get_by_text(rule.label, exact=True))
            )
            expect(row).to_contain_text(formats.count(rule.opens))
            expect(row).to_contain_text(formats.count(rule.clicks))
        rule = rules[-1]
        examples = campaign_reports.machine_examples(warehouse.snapshot(), campaign_id, rule.reason)
        dialog.get_by_text(rule.label, exact=True).first.click()
        shown = dialog.get_by_role("table", name=f"Examples: {rule.label}")
        expect(shown.get_by_role("row")).to_have_count(len(examples) + 1)
        name = examples["name"].iloc[0]
        shown.get_by_role("link", name=name, exact=True).first.click()
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
        history = page.get_by_role("table", name="Contact history").get_by_role("row")
        mail = history.filter(has=page.get_by_role("link", name=report.campaign.name, exact=True))
        mail.get_by_label("Show all events of this e-mail").click()
        greyed = page.get_by_role("dialog").locator("tr.quiet")
        expect(greyed.first).to_contain_text("by a machine: ")
        expect(page.get_by_role("dialog")).to_contain_text(f"by a machine: {rule.label}")
        assert wrong == []


def test_the_audience_switch_applies_everywhere(
    browser: Browser, server: str, report: campaign_reports.CampaignReport
) -> None:
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={report.campaign.campaign_id}")
        page.get_by_role("tab", name="Heatmap").click()
        page.get_by_role("tabpanel").get_by_role("radio", name="All", exact=True).click()
        expect(page).to_have_url(re.compile("audience=all"))
        for place in page.get_by_role("radio", name="All", exact=True).all():
            expect(place).to_have_attribute("aria-checked", "true")
        expect(page.get_by_text(f"{formats.things(report.all_clicks, 'click')} by")).to_be_visible()
        with page.expect_download() as download:
            page.get_by_role("button", name="Download as HTML").click()
        assert download.value.suggested_filename.endswith("-all.html")
        address = grid(page).locator(".name").first.get_attribute("href")
        assert address is not None
        assert address.endswith("&audience=all")
        page.goto(f"{server}{address}")
        expect(page.get_by_role("radio", name="All", exact=True)).to_have_attribute("aria-checked", "true")
        page.goto(f"{server}/?audience=all")
        with page.expect_download() as download:
            choose(page, "Export", "CSV")
        assert download.value.suggested_filename == "campaigns-all.csv"
        assert wrong == []
