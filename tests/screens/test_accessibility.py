"""What screen readers and keyboards need, checked on each page by axe (https://github.com/dequelabs/axe-core)."""

from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from mailsight.reports import recipients
from mailsight.warehouse.reader import Warehouse
from tests.support.campaigns import listed, newest_clicked

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page_name", ["campaigns", "campaign", "compare", "customer", "data"])
def test_a_page_keeps_nobody_out(
    browser: Browser, server: str, sample_database: Path, page_name: str, scheme: Literal["light", "dark"]
) -> None:
    warehouse = Warehouse(sample_database)
    campaign_id = newest_clicked(warehouse)
    customer_id = recipients.not_sent(warehouse.snapshot(), campaign_id).customers[0]["customer_id"]
    address = {
        "campaigns": "/",
        "campaign": f"/campaign?id={campaign_id}",
        "compare": f"/compare?{'&'.join(f'id={one.campaign_id}' for one in listed(warehouse))}",
        "customer": f"/customer?id={customer_id}",
        "data": "/data",
    }
    page = browser.new_page(viewport={"width": 1440, "height": 1200}, color_scheme=scheme)
    page.goto(server + address[page_name])
    expect(page.locator("h1")).to_be_visible(timeout=20_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=20_000)
    page.wait_for_timeout(1000)
    found = Axe().run(page)
    serious = [
        f"{violation['id']}: {violation['help']}: {violation['nodes'][0]['html'][:200]}"
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("button", ["How is Opened counted?", "How is COR counted?", "Which, and why"])
def test_a_dialog_keeps_nobody_out(
    browser: Browser, server: str, sample_database: Path, button: str, scheme: Literal["light", "dark"]
) -> None:
    campaign_id = newest_clicked(sample_database)
    page = browser.new_page(viewport={"width": 1440, "height": 1200}, color_scheme=scheme)
    page.goto(f"{server}/campaign?id={campaign_id}")
    page.get_by_role("button", name=button).click()
    expect(page.get_by_role("dialog")).to_be_visible(timeout=20_000)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0, timeout=20_000)
    page.wait_for_timeout(1000)
    found = Axe().run(page, context={"include": [['[role="dialog"]']]})
    assert [
        one["id"] for one in found.response["violations"] if one["impact"] in ("serious", "critical")
    ] == []
    page.close()
