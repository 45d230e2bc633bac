"""At every width, nothing on a page, a tab or a dialog is cut off, and no page scrolls sideways."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from mailsight.loading import bundles
from tests.support import wide_texts
from tests.support.browsing import close_dialog, grid, settle, until_still, visit
from tests.support.campaigns import newest_clicked
from tests.support.examples import examples

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# A phone, usual screens, and 200% zoom. `make thorough` tries them all.
WIDTHS = (390, 1024, 720, 1280, 1366, 1180, 1440, 1920)[: examples(2)]
HEIGHT = 900
CLIPPED = (Path(__file__).parent.parent / "support" / "clipped.js").read_text(encoding="utf-8")
TABS = ("Heatmap", "Timeline", "Weekday and hour", "Mailbox providers", "Mail programs", "Status")
DIALOGS = ("Selection", "Preview e-mail", "Who and why", "How is Opened counted?", "How is COR counted?")


@pytest.fixture(scope="module")
def address(serve: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A dashboard in which every text is long."""
    folder = tmp_path_factory.mktemp("wide")
    bundles.load(folder / "mailsight.duckdb", [wide_texts.write(folder / "bundle")])
    return serve(folder / "mailsight.duckdb")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    with visit(browser) as (page, wrong):
        yield page
        assert wrong == []


def clipped(page: Page) -> dict[int, list[str]]:
    """The texts that are cut off, by width."""
    faults = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        until_still(page, 3)
        faults[width] = page.evaluate(CLIPPED)
    return {width: found for width, found in faults.items() if found}


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    settle(page)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/compare?" + "&".join(f"id=wide-{number}" for number in range(5)),
        f"/customer?id={wide_texts.WORD}-3",
        "/data",
        "/campaign?id=missing",
    ],
)
def test_no_page_is_cut_off(page: Page, address: str, path: str) -> None:
    open_page(page, f"{address}{path}")
    assert clipped(page) == {}


def test_no_tab_or_dialog_of_a_campaign_is_cut_off(page: Page, address: str) -> None:
    open_page(page, f"{address}/campaign?id={wide_texts.CAMPAIGN}")
    faults = {}
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        settle(page)
        faults[tab] = clipped(page)
    for button in (*DIALOGS, "mail"):
        opener = (
            grid(page).locator(".preview") if button == "mail" else page.get_by_role("button", name=button)
        )
        opener.first.click()
        expect(page.get_by_role("dialog")).to_be_visible()
        settle(page)
        faults[button] = clipped(page)
        close_dialog(page)
        settle(page)
    assert {place: found for place, found in faults.items() if found} == {}


def test_figures_and_switches_stay_on_one_line(browser: Browser, server: str, sample_database: Path) -> None:
    with visit(browser) as (page, _):
        page.set_viewport_size({"width": 1024, "height": HEIGHT})
        open_page(page, f"{server}/campaign?id={newest_clicked(sample_database)}")
        figures = page.get_by_role("table", name="Opened and clicked").locator("td.right")
        lines = figures.evaluate_all(
            """cells => cells.map(cell => {
                const range = document.createRange();
                range.selectNodeContents(cell);
                return new Set([...range.getClientRects()].map(box => Math.round(box.bottom / 4))).size;
            })"""
        )
        assert set(lines) == {1}
        page.get_by_role("tab", name="Heatmap").click()
        switches = page.get_by_role("button", name="PNG").locator("xpath=..")
        assert (
            switches.evaluate("tools => new Set([...tools.children].map(tool => tool.offsetTop >> 3)).size")
            == 1
        )


@pytest.mark.parametrize(
    ("path", "button"),
    [("/data", "Upload"), (f"/customer?id={wide_texts.WORD}-3", "Show all events of this e-mail")],
)
def test_no_other_dialog_is_cut_off(page: Page, address: str, path: str, button: str) -> None:
    open_page(page, f"{address}{path}")
    page.get_by_role("button", name=button).first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    settle(page)
    assert clipped(page) == {}
