"""The comparison: the campaigns in its URL, their figures and verdicts, and the checkboxes that lead to it."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import escape
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from streamlit.testing.v1 import AppTest

from mailsight.figures import comparison, explanations, formats
from mailsight.figures.metrics import FIGURES, portion
from mailsight.loading import bundles
from mailsight.reports import campaign
from mailsight.reports import campaigns as list_reports
from mailsight.reports.campaigns import ListedCampaign
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST, Order
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import close_dialog, visit
from tests.support.pages import shell, show, words
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def campaigns(sample_database: Path) -> list[ListedCampaign]:
    """The campaigns of the sample, largest first, the planned one last."""
    listed = list_reports.page(
        Warehouse(sample_database).snapshot(), Audience.HUMAN, EVERYTHING, Order("sent"), 0, 100
    )
    assert len(listed) == 6
    return listed


def compare(*ids: str, **parameters: str) -> AppTest:
    return show("compare", id=list(ids), **parameters)


@pytest.mark.parametrize("audience", Audience)
def test_each_figure_says_whether_it_differs(
    use: Callable[[Path], Warehouse],
    sample_database: Path,
    campaigns: list[ListedCampaign],
    audience: Audience,
) -> None:
    warehouse, ids = use(sample_database), [listed.campaign_id for listed in campaigns[:3]]
    at = compare(*ids, audience=audience.value)
    text = words(at)
    assert [title.value for title in at.title] == ["Comparison"]
    compared = list_reports.compared(warehouse.snapshot(), ids, audience)
    rates, differences = list_reports.rates(compared), list_reports.differences(compared)
    for key in comparison.COMPARED:
        counts = [campaign.report(warehouse.snapshot(), campaign_id, audience).counts for campaign_id in ids]
        assert rates[key] == [portion(count, key) for count in counts]
        assert " ".join(comparison.sentences(differences[key])) in text
        assert FIGURES[key].label in text
    names = [listed.campaign.name for listed in compared]
    for sentence in comparison.headline(names, rates, differences):
        assert escape(sentence) in text


@pytest.mark.parametrize("key", comparison.COMPARED)
def test_every_figure_explains_how_it_is_compared(key: str) -> None:
    def dialog(key: str) -> None:
        from mailsight.screens.dialogs import explained
        from mailsight.vocabulary import Audience

        explained.compared(key, Audience.HUMAN)

    text = words(AppTest.from_function(dialog, args=(key,), default_timeout=PATIENCE_SECONDS).run())
    assert "Holm's method" in text
    assert explanations.of_figure(key).text in text


@pytest.mark.parametrize("period", ["First day", "First 2 weeks", "All"])
def test_the_curves_can_show_another_period(
    use: Callable[[Path], Warehouse], sample_database: Path, campaigns: list[ListedCampaign], period: str
) -> None:
    use(sample_database)
    at = compare(*(listed.campaign_id for listed in campaigns[:2]))
    at.segmented_control(key="compared_period").set_value(period).run()
    assert not at.exception


@pytest.mark.parametrize(
    ("places", "more", "says"),
    [
        ([], [], "This link contains no campaigns."),
        ([0], [], "This link contains only one campaign."),
        ([0, 0], [], "This link contains only one campaign."),
        ([0], ["<b>gone</b>"], "Campaign not found"),
        ([], ["gone", "lost"], "Campaigns not found: “gone”, “lost”."),
    ],
)
def test_a_link_with_nothing_to_compare_says_what_to_do(
    use: Callable[[Path], Warehouse],
    sample_database: Path,
    campaigns: list[ListedCampaign],
    places: list[int],
    more: list[str],
    says: str,
) -> None:
    use(sample_database)
    at = compare(*(campaigns[place].campaign_id for place in places), *more)
    assert not at.exception
    assert [title.value for title in at.title][-1] == "Nothing to compare"
    assert says in words(at)
    assert "Tick two to five campaigns in the list" in words(at)


def test_an_unknown_campaign_is_left_out(
    use: Callable[[Path], Warehouse], sample_database: Path, campaigns: list[ListedCampaign]
) -> None:
    use(sample_database)
    at = compare(campaigns[0].campaign_id, "**gone**", campaigns[1].campaign_id)
    assert [warning.value for warning in at.warning] == [
        f"{formats.plain('Campaign not found: “**gone**”')}."
    ]
    assert [expander.label for expander in at.expander] == ["How sure is this?"]


def test_more_than_five_are_not_shown(
    use: Callable[[Path], Warehouse], sample_database: Path, campaigns: list[ListedCampaign]
) -> None:
    use(sample_database)
    at = compare(*(listed.campaign_id for listed in campaigns))
    assert [warning.value for warning in at.warning] == [
        "This link contains 6 campaigns. Only the first 5 are shown."
    ]


def test_planned_campaigns_have_no_figures_to_compare(
    use: Callable[[Path], Warehouse], sample_database: Path
) -> None:
    listed = list_reports.page(
        use(sample_database).snapshot(), Audience.HUMAN, EVERYTHING, NEWEST_FIRST, 0, 100
    )
    planned = [campaign for campaign in listed if not campaign.counts.sent]
    at = compare(planned[0].campaign_id, listed[-1].campaign_id)
    assert "There is nothing to compare: fewer than two of these campaigns have this figure." in words(at)


def test_the_compare_bar_opens_the_comparison(
    use: Callable[[Path], Warehouse], sample_database: Path, campaigns: list[ListedCampaign]
) -> None:
    use(sample_database)
    at = shell()
    at.run()
    assert "Compare" not in [link.label for link in at.page_link]
    at.session_state["campaigns_selected"] = [campaigns[0].campaign_id]
    at.run()
    assert "**1 campaign selected**. Select another one to compare it with." in words(at)
    [link] = [link for link in at.page_link if link.label == "Compare"]
    assert link.disabled
    at.session_state["campaigns_selected"] = [listed.campaign_id for listed in campaigns[:2]]
    at.run()
    at.button(key="clear_selected").click().run()
    assert "Compare" not in [link.label for link in at.page_link]
    at.session_state["campaigns_selected"] = [listed.campaign_id for listed in campaigns[:2]]
    at.run()
    [link] = [link for link in at.page_link if link.label == "Compare"]
    assert not link.disabled
    assert parse_qs(link.proto.query_string)["id"] == [listed.campaign_id for listed in campaigns[:2]]


MANY = 60


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with more campaigns than fit on a page of the list; `Mailing 01` is the oldest."""
    folder = tmp_path_factory.mktemp("many")
    sent = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(MANY)]
    campaigns = [(f"m{number:02}", at.isoformat()) for number, at in enumerate(sent, start=1)]
    messages = [(campaign_id, f"c{person}", at) for campaign_id, at in campaigns for person in range(40)]
    rows: dict[str, list[dict[str, str]]] = {
        "campaigns": [
            {"campaign_id": campaign_id, "name": f"Mailing {campaign_id[1:]}", "sent_at": at}
            for campaign_id, at in campaigns
        ],
        "messages": [
            {"campaign_id": campaign_id, "customer_id": customer_id, "sent_at": at}
            for campaign_id, customer_id, at in messages
        ],
        "events": [
            {"campaign_id": campaign_id, "customer_id": customer_id, "type": "opened", "occurred_at": at}
            for campaign_id, customer_id, at in messages
            if int(customer_id[1:]) * 3 < int(campaign_id[1:])
        ],
    }
    for kind, lines in rows.items():
        (folder / f"{kind}.ndjson").write_text("".join(json.dumps(line) + "\n" for line in lines))
    bundles.load(folder / "mailsight.duckdb", [folder / f"{kind}.ndjson" for kind in rows])
    return folder / "mailsight.duckdb"


def box(page: Page, number: int) -> Locator:
    table = page.get_by_role("table", name="Campaigns")
    return table.get_by_role("checkbox", name=f"Select Mailing {number:02} to compare")


def expect_selected(page: Page, number: int) -> None:
    expect(page.get_by_text(f"{formats.things(number, 'campaign')} selected")).to_be_visible()


@pytest.mark.browser
def test_a_tick_marks_its_row_without_redrawing_the_table(
    browser: Browser, serve: Callable[..., str], many: Path
) -> None:
    # A table that is redrawn between mouse down and mouse up would lose the click.
    with visit(browser, "wide") as (page, _):
        page.goto(serve(many))
        row = box(page, 60).locator("xpath=ancestor::tr")
        before = row.element_handle()
        box(page, 60).check()
        expect_selected(page, 1)
        expect(row).to_have_class(re.compile(r"\bchosen\b"))
        assert before is not None
        assert before.evaluate("row => row.isConnected")


@pytest.mark.browser
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_campaigns_can_be_ticked_and_compared(
    browser: Browser, serve: Callable[..., str], many: Path, size: str
) -> None:
    address = serve(many)
    with visit(browser, size) as (page, wrong):
        page.goto(address)
        box(page, 60).check()
        expect_selected(page, 1)
        expect(page.get_by_role("link", name="Compare", exact=True)).to_have_attribute("disabled", "")
        # The keyboard focus stays where it was.
        page.keyboard.press("Space")
        expect(box(page, 60)).not_to_be_checked()
        expect(page.get_by_text("campaign selected")).to_have_count(0)
        page.keyboard.press("Space")
        expect_selected(page, 1)

        page.get_by_role("button", name="Next page").click()
        box(page, 20).check()
        expect_selected(page, 2)
        page.get_by_placeholder("Search name, subject or tag").fill("mailing 1")
        expect(box(page, 20)).to_have_count(0)
        box(page, 10).check()
        expect_selected(page, 3)
        # Faster than the server responds: its response to the first tick must not revert the second.
        for number in (11, 12):
            box(page, number).click(no_wait_after=True)
        expect_selected(page, 5)
        expect(box(page, 11)).to_be_checked()
        expect(box(page, 12)).to_be_checked()
        box(page, 13).click()
        expect(page.get_by_text("You can compare up to 5")).to_be_visible()
        expect(box(page, 13)).not_to_be_checked()
        box(page, 12).uncheck()
        expect_selected(page, 4)
        if size == "wide":
            page.get_by_role("button", name="COR", exact=True).click()
            expect(page.get_by_role("columnheader", name="COR")).to_have_attribute("aria-sort", "descending")
            expect(page.get_by_role("columnheader", name="COR").get_by_role("button")).to_be_focused()
        expect(box(page, 11)).to_be_checked()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page.get_by_role("link", name="Compare", exact=True).click()
        expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
        expect(page).to_have_url(f"{address}/compare?id=m60&id=m20&id=m10&id=m11")
        compared = page.get_by_role("table", name="Campaigns compared")
        # On a phone, the table is cards without a line of headings.
        expect(compared.get_by_role("row")).to_have_count(5 if size == "wide" else 4)
        expect(page).to_have_title("Mailing 60 vs Mailing 20 vs Mailing 10 vs Mailing 11 · Mailsight")
        expect(page.get_by_text("“Mailing 60” got the most opens")).to_be_visible()
        figures = page.get_by_role("table", name="Figures compared")
        expect(figures.get_by_text("✓ Best")).to_have_count(1)
        tests = page.get_by_text(re.compile("More than chance: A above B by 32.5.points"))
        expect(tests).not_to_be_visible()
        page.get_by_text("How sure is this?").click()
        expect(tests).to_be_visible()
        figures.get_by_role("button", name="How is COR counted?").click()
        expect(page.get_by_role("dialog").get_by_text("How is this compared?")).to_be_visible()
        close_dialog(page)
        expect(page.locator(".js-plotly-plot")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        compared.get_by_role("link", name="Mailing 20").click()
        expect(page.get_by_role("heading", name="Mailing 20", exact=True)).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", name="Comparison")).to_be_visible()
        expect(compared.get_by_role("link", name="Mailing 60")).to_be_visible()

        page.get_by_role("link", name="Campaigns", exact=True).click()
        expect(page.get_by_placeholder("Search name, subject or tag")).to_have_value("mailing 1")
        expect_selected(page, 4)
        expect(box(page, 11)).to_be_checked()
        page.get_by_role("button", name="Clear", exact=True).click()
        expect(box(page, 11)).not_to_be_checked()
        assert wrong == []


@pytest.mark.browser
def test_the_next_page_of_a_table_starts_at_its_top(
    browser: Browser, serve: Callable[..., str], many: Path
) -> None:
    address = serve(many)
    with visit(browser) as (page, wrong):
        page.goto(address)
        first = page.get_by_role("table", name="Campaigns").get_by_role("link").first
        before = first.inner_text()
        page.get_by_role("button", name="Next page").click()
        expect(first).not_to_have_text(before)
        expect(first).to_be_in_viewport()
        expect(page).to_have_url(f"{address}/?page=2")
        page.go_back()
        expect(first).to_have_text(before)
        assert wrong == []
