"""Each page and dialog meets the accessibility rules of axe (https://github.com/dequelabs/axe-core)."""

from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, expect

from mailsight.reports import recipients
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import barriers, open_page
from tests.support.campaigns import listed, newest_clicked

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page_name", ["campaigns", "campaign", "compare", "customer", "data"])
def test_a_page_has_no_accessibility_barriers(
    browser: Browser, server: str, sample_database: Path, page_name: str, scheme: Literal["light", "dark"]
) -> None:
    warehouse = Warehouse(sample_database)
    campaign_id = newest_clicked(warehouse)
    customer_id = recipients.not_sent(warehouse.snapshot(), campaign_id).customers[0]["customer_id"]
    address = {
        "campaigns": "/",
        "campaign": f"/campaign?id={campaign_id}",
        "compare": f"/compare?{'&'.join(f'id={campaign.campaign_id}' for campaign in listed(warehouse))}",
        "customer": f"/customer?id={customer_id}",
        "data": "/data",
    }
    with open_page(browser, viewport={"width": 1440, "height": 1200}, color_scheme=scheme) as page:
        page.goto(server + address[page_name])
        assert barriers(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("button", ["How is Opened counted?", "How is COR counted?", "See details"])
def test_a_dialog_has_no_accessibility_barriers(
    browser: Browser, server: str, sample_database: Path, button: str, scheme: Literal["light", "dark"]
) -> None:
    campaign_id = newest_clicked(sample_database)
    with open_page(browser, viewport={"width": 1440, "height": 1200}, color_scheme=scheme) as page:
        page.goto(f"{server}/campaign?id={campaign_id}")
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        assert barriers(page, {"include": [['[role="dialog"]']]}) == []
