"""The campaign page by keyboard alone, and where the focus is afterwards."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mailsight.figures import formats
from mailsight.reports import campaign as campaign_reports
from mailsight.reports.campaign import CampaignReport
from mailsight.vocabulary import Audience, Status
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import expect_customers, grid, settle, visit
from tests.support.campaigns import newest_clicked

pytestmark = pytest.mark.browser

MAX_STOPS = 250  # more than there are on any page


@pytest.fixture(scope="module")
def report(sample_database: Path) -> CampaignReport:
    warehouse = Warehouse(sample_database)
    return campaign_reports.report(warehouse.snapshot(), newest_clicked(warehouse), Audience.HUMAN)


@pytest.fixture
def page(browser: Browser, server: str, report: CampaignReport) -> Iterator[Page]:
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={report.campaign.campaign_id}")
        expect_customers(page, report.counts.selected)
        settle(page)
        yield page
        assert wrong == []


def has_focus(element: Locator) -> bool:
    """Whether the element is there and has the focus, in whichever shadow root or frame it is."""
    return element.count() == 1 and bool(
        element.evaluate("node => node.getRootNode().activeElement === node && document.hasFocus()")
    )


def tab_to(page: Page, element: Locator, key: str = "Tab") -> None:
    """Presses Tab, or another key, until the focus is on the element."""
    settle(page)  # a tab stop that is drawn anew at this moment would be missed
    for _ in range(MAX_STOPS):
        if has_focus(element):
            return
        page.keyboard.press(key)
    raise AssertionError(f"Tab doesn't reach {element}")


def leave_dialog(page: Page, opener: Locator) -> None:
    """Closes the dialog with Escape, which returns the focus to what opened it."""
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_a_campaign_can_be_read_with_the_keyboard_alone(page: Page, report: CampaignReport) -> None:
    dialog = page.get_by_role("dialog")

    preview = page.get_by_role("button", name="Preview e-mail")
    tab_to(page, preview)
    page.keyboard.press("Enter")
    expect(dialog).to_be_focused()
    tab_to(page, dialog.frame_locator("iframe").locator("a[href]").first)
    leave_dialog(page, preview)  # from within the mail

    why = page.get_by_role("button", name="Who and why")
    tab_to(page, why)
    page.keyboard.press("Space")
    expect(dialog).to_be_focused()
    reason, number = max(report.not_sent.items(), key=lambda item: item[1])
    chosen = dialog.get_by_role("button", name=reason.label, exact=True)
    tab_to(page, chosen)
    page.keyboard.press("Enter")
    expect(chosen).to_have_attribute("aria-pressed", "true")
    expect(dialog.get_by_text(formats.things(number, "customer"), exact=True)).to_be_visible()
    people = dialog.get_by_role("table", name="Customers who were not sent this campaign")
    tab_to(page, people.get_by_role("link").first)
    leave_dialog(page, why)

    state = page.get_by_role("group", name="Customers by status").get_by_role(
        "button", name=re.compile("^Clicked")
    )
    tab_to(page, state)
    page.keyboard.press("Space")
    expect(state).to_have_attribute("aria-pressed", "true")
    expect_customers(page, report.status[Status.CLICKED])
    expect(state).to_be_focused()
    page.keyboard.press("Space")
    expect_customers(page, report.counts.selected)

    tab_to(page, page.get_by_role("tab", name="Status"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    panel = page.get_by_role("tabpanel", name="Heatmap")
    clicks, customers = (
        panel.get_by_role("radiogroup", name="Measure").get_by_role("radio", name=name)
        for name in ("Clicks", "Customers")
    )
    expect(clicks).to_be_visible()
    tab_to(page, clicks)
    page.keyboard.press("ArrowRight")
    expect(customers).to_have_attribute("aria-checked", "true")
    expect(customers).to_be_focused()
    unclicked = panel.get_by_role("switch", name="Unclicked links")
    tab_to(page, unclicked)
    page.keyboard.press("Space")
    expect(unclicked).to_have_attribute("aria-checked", "false")
    picture = panel.get_by_role("button", name="Save as PNG")
    tab_to(page, picture)
    with page.expect_download():
        page.keyboard.press("Enter")
    expect(picture).to_be_focused()
    link = panel.locator(".list .pick").first
    tab_to(page, link)
    page.keyboard.press("Enter")
    expect(link).to_have_attribute("aria-pressed", "true")
    expect(link).to_be_focused()
    page.keyboard.press("Enter")
    expect_customers(page, report.counts.selected)

    tab_to(page, page.get_by_placeholder("Search name or e-mail"))
    export = page.get_by_role("button", name="Export", exact=True)
    tab_to(page, export)
    page.keyboard.press("Enter")
    entry = page.get_by_role("menuitem").first
    expect(entry).to_be_visible()
    tab_to(page, entry, "ArrowDown")
    with page.expect_download():
        page.keyboard.press("Enter")
    expect(export).to_be_focused()
    remove = page.get_by_role("button", name="Remove")
    tab_to(page, remove)
    page.keyboard.press("Enter")
    expect(remove).to_have_count(0)
    expect(export).to_be_focused()

    cells = grid(page).locator(".ag-cell")
    for _ in range(MAX_STOPS):
        if grid(page).locator(".ag-cell-focus:focus").count():
            break
        page.keyboard.press("Tab")
    mail = cells.and_(grid(page).locator('[row-index="0"] [col-id="mail"]'))
    tab_to(page, mail, "ArrowLeft")
    page.keyboard.press("ArrowDown")
    mail = cells.and_(grid(page).locator('[row-index="1"] [col-id="mail"]'))
    assert has_focus(mail)
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    settle(page)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(mail).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Contact history")).to_be_visible()


@pytest.mark.parametrize("button", ["How is Opened counted?", "How is COR counted?", "See details"])
def test_the_focus_returns_to_what_opened_a_dialog(page: Page, button: str) -> None:
    opener = page.get_by_role("button", name=button)
    for close in ("Escape", "Enter"):
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog")).to_be_visible()
        settle(page)
        if close == "Enter":
            page.get_by_role("dialog").get_by_role("button", name="Close").focus()
        page.keyboard.press(close)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(opener).to_be_focused()


def test_names_in_dialogs_lead_to_the_customer(page: Page) -> None:
    page.get_by_role("button", name="Who and why").click()
    people = page.get_by_role("dialog").get_by_role("table", name="Customers who were not sent this campaign")
    name = people.get_by_role("link").first
    customer = name.inner_text()
    name.focus()
    page.keyboard.press("Enter")
    title = page.get_by_role("heading", name=customer, exact=True, level=1)
    expect(title).to_be_visible()
    expect(title).to_be_focused()
