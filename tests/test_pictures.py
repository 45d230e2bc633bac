"""The screenshots for the README. Every test run takes them to check that it works; `make docs` saves them."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from PIL import Image
from playwright.sync_api import Browser

from mailsight.reports import recipients
from mailsight.reports.grid import grid_query
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import open_page, settle
from tests.support.campaigns import newest_clicked
from tests.support.faults import EACH
from tooling.servers import PROJECT

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Picture:
    """One screenshot: the page's path, with {campaign_id} and {customer_id}, and the tab to open."""

    name: str
    path: str
    scheme: Literal["light", "dark"] = "light"
    tab: str | None = None
    height: int = 900


PICTURES = (
    Picture("campaigns-light", "/"),
    Picture("campaign-light", "/campaign?id={campaign_id}", height=1120),
    Picture("campaign-dark", "/campaign?id={campaign_id}", scheme="dark"),
    Picture("heatmap-light", "/campaign?id={campaign_id}", tab="Heatmap"),
    Picture("customer-light", "/customer?id={customer_id}"),
    Picture("data-light", "/data", height=1120),
)


@pytest.fixture(scope="module")
def ids(shown_database: Path) -> dict[str, str]:
    """The ids of the newest campaign with clicks, and of the customer with the most clicks in it."""
    warehouse = Warehouse(shown_database)
    campaign_id = newest_clicked(warehouse)
    most_clicks = grid_query({}, [{"colId": "clicks", "sort": "desc"}], start=0, end=1)
    [customer] = recipients.page(warehouse.snapshot(), campaign_id, Audience.HUMAN, most_clicks).rows
    return {"campaign_id": campaign_id, "customer_id": customer["customer_id"]}


@pytest.fixture(scope="module")
def address(serve: Callable[..., str], shown_database: Path) -> str:
    return serve(shown_database)


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_screenshot_for_the_readme(
    picture: Picture,
    browser: Browser,
    address: str,
    ids: dict[str, str],
    tmp_path: Path,
    keeps: bool,
) -> None:
    if not keeps and EACH > 1:
        pytest.skip("other tests open these pages; `make docs` and `make thorough` run it")
    with open_page(
        browser,
        viewport={"width": 1280, "height": picture.height},
        color_scheme=picture.scheme,
        timezone_id="Europe/Amsterdam",
        locale="en-GB",
    ) as page:
        page.goto(address + picture.path.format(**ids))
        settle(page)
        if picture.tab:
            page.get_by_role("tab", name=picture.tab).click()
            settle(page)
            # The header covers the top 60 pixels.
            page.get_by_role("tab", name=picture.tab).evaluate(
                "tab => { tab.style.scrollMarginTop = '76px'; tab.scrollIntoView(); }"
            )
        shot = Image.open(io.BytesIO(page.screenshot()))

    folder = PROJECT / "docs" / "pictures" if keeps else tmp_path
    # With 256 colours, the file is a quarter of the size and looks the same.
    shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(
        folder / f"{picture.name}.png", optimize=True
    )

    assert len(shot.convert("RGB").getcolors(maxcolors=2**24) or []) > 50, "the screenshot is nearly empty"
