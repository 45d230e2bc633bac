"""Pages on paper, with forced colours, and with reduced motion."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import grid, settle, visit
from tests.support.campaigns import newest_clicked
from tests.support.examples import thorough

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def page(
    request: pytest.FixtureRequest, browser: Browser, server: str, sample_database: Path
) -> Iterator[Page]:
    """The newest campaign's heatmap, as a user with these preferences sees it."""
    preferences: dict[str, Any] = request.param
    with visit(browser) as (page, _):
        page.set_viewport_size({"width": 1440, "height": 900})
        page.emulate_media(**preferences)
        page.goto(f"{server}/campaign?id={newest_clicked(sample_database)}")
        page.get_by_role("tab", name="Heatmap").click()
        expect(page.frame_locator(".mail iframe").locator("[data-badge]").first).to_be_attached()
        settle(page)
        yield page


def colour(page: Page, selector: str, name: str = "backgroundColor") -> str:
    return str(
        page.locator(selector).first.evaluate("(element, name) => getComputedStyle(element)[name]", name)
    )


@pytest.mark.parametrize(
    "page", [*thorough([{"color_scheme": "light"}]), {"color_scheme": "dark"}], indirect=True
)
def test_paper_shows_the_figures_and_the_mail_without_controls(page: Page) -> None:
    customers = page.locator('iframe[title="Customers"]')
    expect(customers).to_be_visible()
    page.emulate_media(media="print")
    for control in ("Selection", "Report", "Download as HTML", "PNG", "How is Opened counted?"):
        expect(page.get_by_role("button", name=control)).to_be_hidden()
    expect(customers).to_be_hidden()
    expect(page.get_by_role("link", name="Campaigns")).to_be_hidden()
    expect(page.get_by_role("tab", name="Heatmap")).to_be_visible()
    expect(page.get_by_role("tab", name="Timeline")).to_be_hidden()
    expect(page.locator(".cards .value").first).to_be_visible()
    assert colour(page, ".stApp") == "rgb(255, 255, 255)"
    assert colour(page, ".cards .value", "color") == colour(page, "h1", "color") == "rgb(14, 22, 33)"
    badge = page.frame_locator(".mail iframe").locator("[data-badge]").first
    assert colour(page, '[role="tablist"]', "breakAfter") == "avoid"
    assert badge.evaluate("badge => getComputedStyle(badge).printColorAdjust") == "exact"
    top = page.locator("h1").bounding_box()
    logo = page.get_by_test_id("stLogoLink").bounding_box()
    assert top is not None
    assert logo is None or logo["y"] + logo["height"] <= top["y"]
    # Printed as a whole: nothing scrolls.
    assert page.get_by_test_id("stMain").evaluate("main => main.scrollHeight - main.clientHeight") <= 1


@pytest.mark.parametrize("page", [{"forced_colors": "active"}], indirect=True)
def test_forced_colours_keep_what_colour_alone_shows(page: Page) -> None:
    for switch in (".choice button[aria-checked={}]", ".toggle[aria-checked={}] i"):
        assert colour(page, switch.format('"true"')) != colour(page, switch.format('"false"'))
    assert len({colour(page, f".swatches i:nth-child({place})") for place in range(1, 6)}) == 5
    dots = page.locator(".sums .dot").evaluate_all(
        "dots => dots.map(dot => getComputedStyle(dot).backgroundColor)"
    )
    assert len(set(dots)) > 3
    assert "underline" in colour(page, '[role="tab"][aria-selected="true"] p', "textDecorationLine")
    page.get_by_role("tab", name="Status").click()
    expect(page.get_by_role("table", name="Status of messages")).to_be_visible()
    bar, filled = (
        colour(page, f'table[aria-label="Status of messages"] .bar {part}') for part in ("i", "i b")
    )
    assert bar != filled
    chosen = '[data-testid="stButtonGroup"] [aria-checked="true"]'
    assert colour(page, chosen) == filled  # the system's colour of what is selected
    assert colour(page, f"{chosen} p", "color") != colour(page, chosen)
    chips = page.locator('table[aria-label="Status of messages"] .chip').evaluate_all(
        "chips => chips.map(chip => getComputedStyle(chip, '::before').backgroundColor)"
    )
    assert len(set(chips)) > 4
    in_grid = (
        grid(page)
        .locator(".state")
        .first.evaluate("state => getComputedStyle(state, '::before').backgroundColor")
    )
    assert in_grid in chips


@pytest.mark.parametrize("page", [{"reduced_motion": "reduce"}], indirect=True)
def test_reduced_motion_moves_nothing(page: Page) -> None:
    page.get_by_role("switch", name="Unclicked links").click()
    page.get_by_role("tab", name="Status").click()
    longest = page.evaluate(
        """() => Math.max(0, ...document.getAnimations().map(
            animation => Number(animation.effect.getComputedTiming().activeDuration)))"""
    )
    assert longest <= 1
