"""Each page, tab and dialog meets the rules of axe (https://github.com/dequelabs/axe-core) and reads well aloud."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, expect

from mailsight.reports import recipients
from mailsight.warehouse.reader import Warehouse
from tests.support import contrast
from tests.support.browsing import barriers, grid, settle, visit
from tests.support.campaigns import listed, newest_clicked
from tests.support.examples import thorough
from tests.support.spoken import oddities

pytestmark = pytest.mark.browser

TABS = ("Heatmap", "Timeline", "Weekday and hour", "Mailbox providers", "Mail programs")
DIALOGS = {
    "campaigns": ("Find a customer", "How is COR counted?"),
    "campaign": (
        "Selection",
        "Preview e-mail",
        "Who and why",
        "How is Opened counted?",
        "How is COR counted?",
        "See details",
    ),
    "customer": ("Show all events of this e-mail",),
    "data": ("Upload",),
}


def addresses(database: Path) -> dict[str, str]:
    warehouse = Warehouse(database)
    campaign_id = newest_clicked(warehouse)
    customer_id = recipients.not_sent(warehouse.snapshot(), campaign_id).customers[0]["customer_id"]
    return {
        "campaigns": "/",
        "campaign": f"/campaign?id={campaign_id}",
        "compare": f"/compare?{'&'.join(f'id={campaign.campaign_id}' for campaign in listed(warehouse))}",
        "customer": f"/customer?id={customer_id}",
        "data": "/data",
        "audit": "/audit",
        "error": "/campaign?id=unknown",
    }


def problems(page: Page, part: str = "body") -> list[str]:
    """What axe finds on the page or in a part of it, and what reads odd there."""
    found = barriers(page, None if part == "body" else {"include": [[part]]})
    return found + oddities(page.locator(part).aria_snapshot())


@pytest.mark.parametrize("scheme", ["dark", *thorough(["light"])])
@pytest.mark.parametrize(
    "page_name", ["campaigns", "campaign", "compare", "customer", "data", "audit", "error"]
)
def test_a_page_has_no_accessibility_barriers(
    browser: Browser, server: str, sample_database: Path, page_name: str, scheme: Literal["light", "dark"]
) -> None:
    with visit(browser, "tall", scheme) as (page, _):
        page.goto(server + addresses(sample_database)[page_name])
        shown = [problems(page)]
        if page_name == "campaign" and scheme == "dark":  # test_tabs.py tests most of them in the light
            for tab in TABS:
                page.get_by_role("tab", name=tab).click()
                panel = '[role="tabpanel"]:not([hidden])'
                expect(page.locator(panel)).to_have_accessible_name(tab)
                shown.append(problems(page, panel) + contrast.faint_words(page))
        for button in DIALOGS.get(page_name, ()):
            page.get_by_role("button", name=button).first.click()
            expect(page.get_by_role("dialog")).to_be_visible()
            shown.append(problems(page, '[role="dialog"]'))
            page.keyboard.press("Escape")
            expect(page.get_by_role("dialog")).to_have_count(0)
        if page_name == "campaign":
            page.goto(f"{page.url}&dialog=share")
            for number in (1, 2):
                page.get_by_role("button", name="Create link").click()
                expect(page.get_by_role("button", name="Revoke")).to_have_count(number)
            shown.append(problems(page, '[role="dialog"]'))
        assert [found for found in shown if found] == []


def test_a_campaign_reads_well_aloud(browser: Browser, server: str, sample_database: Path) -> None:
    with visit(browser, "tall") as (page, _):
        page.goto(server + addresses(sample_database)["campaign"])
        settle(page)
        spoken = page.locator("body").aria_snapshot()
        order = [
            'navigation "Breadcrumbs"',
            "[level=1]",
            'list "Figures"',
            'heading "Opened and clicked" [level=2]',
            'table "Opened and clicked"',
            'heading "Status of messages" [level=2]',
            'figure "Status of messages: Sent',
            'group "Customers who got at least this far"',
            'group "Customers by status"',
            "tablist",
            'heading "Customers" [level=2]',
            'searchbox "Search customers"',
            "iframe",
        ]
        places = [spoken.index(part) for part in order]
        assert places == sorted(places)
        # A chart is read as its description only, a sign of change without its arrow.
        figure = spoken[places[6] : places[7]]
        assert [line for line in figure.splitlines() if "- img" in line] == []
        assert "↑" not in spoken
        assert "↓" not in spoken
        customers = grid(page).locator("body").aria_snapshot()
        assert 'grid "Customers"' in customers
        assert oddities(customers) == []
