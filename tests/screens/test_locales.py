"""Each viewer sees numbers, dates, the clock and weeks as usual where they live, in every part of a page."""

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import thousands
from tests.support.browsing import choose, grid, settle, visit
from tests.support.examples import thorough


@dataclass(frozen=True)
class Written:
    """How a locale writes what the pages show; `foreign` is what would be from another one."""

    sent: str
    in_grid: str
    counts: tuple[str, str]
    rate: str
    days: tuple[str, str]
    hour: str
    date_input: str
    typed: str
    calendar: str
    size: str
    foreign: str


WRITTEN = {
    "de-DE": Written(
        sent="sent Tue 14. Apr 2026, 18:30",
        in_grid="14. Apr 2026, 18:30",
        counts=("1.200", "1.000"),
        rate="83,3\xa0%",
        days=("Monday", "Sunday"),
        hour="20:00",
        date_input="dd.mm.yyyy–dd.mm.yyyy",
        typed="14.4.2026",
        calendar="MDMDFSS",
        size=r"Download · \d+,\d\xa0kB",
        foreign=r"(?<!\d)\d,\d{3}|\d\.\d\s?%|\d[AP]M",
    ),
    "en-US": Written(
        sent="sent Tue, Apr 14, 2026, 6:30\xa0PM",
        in_grid="Apr 14, 2026, 6:30\xa0PM",
        counts=("1,200", "1,000"),
        rate="83.3%",
        days=("Sunday", "Saturday"),
        hour="8:00\xa0PM",
        date_input="mm/dd/yyyy–mm/dd/yyyy",
        typed="4/14/2026",
        calendar="SMTWTFS",
        size=r"Download · \d+\.\d\xa0kB",
        foreign=r"(?<!\d)\d\.\d{3}|\d,\d\s?%|\d\s%|14\.? Apr|1[89]:\d\d",
    ),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, serve: Callable[..., str]) -> str:
    return serve(thousands.load(tmp_path_factory.mktemp("locales")))


@pytest.mark.browser
@pytest.mark.parametrize("tag", [*list(WRITTEN)[:1], *thorough(list(WRITTEN)[1:])])
def test_a_page_is_written_as_the_viewers_locale_has_it(browser: Browser, address: str, tag: str) -> None:
    written = WRITTEN[tag]
    sent, clicked = written.counts
    with visit(browser, locale=tag) as (page, wrong):
        page.goto(f"{address}/campaign?id=spring&audience=all")
        settle(page)
        expect(page.locator(".facts")).to_contain_text(written.sent)
        expect(page.locator(".card").first).to_contain_text(sent)
        expect(page.get_by_role("row", name="COR").first).to_contain_text(written.rate)
        expect(page.locator(".js-plotly-plot .ytick text").first).to_contain_text(sent)
        expect(grid(page).locator('[row-index="0"] [col-id="sent_at"]')).to_have_text(written.in_grid)
        expect(grid(page).locator(".foot span")).to_have_text(f"{sent} customers")
        assert foreign(page, written) == []

        day = grid(page).get_by_label("Sent Filter Input")
        expect(day).to_have_attribute("placeholder", written.date_input.split("–")[0])
        day.fill("31")
        expect(day).to_have_attribute("aria-invalid", "true")
        day.fill(written.typed)
        expect(page).to_have_url(re.compile("filter=sent_at.equals.2026-04-14"))
        expect(grid(page).locator(".foot span")).to_have_text(f"{sent} customers")
        grid(page).get_by_role("button", name="Clear column filters").click()
        expect(day).to_have_value("")

        # A click reruns only the part of the page with the customers.
        page.get_by_role("button", name=re.compile("^Clicked")).first.click()
        expect(page.locator(".shown").first).to_contain_text(f"{clicked} customers")
        expect(grid(page).locator(".foot span")).to_have_text(f"{clicked} customers")
        expect(grid(page).locator(".foot")).to_contain_text(f" of {sent}")
        choose(page, "Export", "CSV")
        expect(page.get_by_text(re.compile(written.size))).to_be_visible()

        page.get_by_role("tab", name="Heatmap").click()
        expect(page.get_by_role("row", name="Shop")).to_contain_text(clicked)
        page.get_by_role("tab", name="Weekday and hour").click()
        expect(page.get_by_text("peaked on")).to_contain_text(f"and {written.hour}")
        days = page.locator(".js-plotly-plot").last.locator(".ytick text")
        expect(days.last).to_have_text(written.days[0])  # in the document, the days are from bottom to top
        expect(days.first).to_have_text(written.days[1])
        page.get_by_role("tab", name="Timeline").click()
        settle(page)
        expect(page.locator(".js-plotly-plot").last.locator(".ytick text").last).to_have_text(clicked)
        assert foreign(page, written) == []

        page.goto(address)
        settle(page)
        dates = page.get_by_test_id("stDateInput")
        assert re.sub(r"\s", "", dates.inner_text()) == f"Sent{written.date_input}"
        dates.get_by_role("button").first.click()
        expect(page.get_by_role("grid").locator("thead")).to_have_text(written.calendar)
        assert foreign(page, written) == []
        assert wrong == []


def foreign(page: Page, written: Written) -> list[str]:
    """What is written as in another locale, in the page and in the grid."""
    texts = [frame.locator("body").inner_text() for frame in page.frames if not frame.is_detached()]
    return [found.group() for text in texts for found in re.finditer(written.foreign, text)]
