"""The sentence on top of a campaign and its trends, on the page, in reports and on the command line."""

import html
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from streamlit.testing.v1 import AppTest

from mailsight.exports import report as report_export
from mailsight.figures import formats
from mailsight.reports import campaign
from mailsight.reports.campaign import CampaignReport
from mailsight.screens.campaign import figures
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.browsing import barriers, visit
from tests.support.campaigns import listed
from tests.support.command_line import run
from tests.support.pages import show, words
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture(scope="module")
def newest(sample_database: Path) -> CampaignReport:
    """The campaign of the sample with the most campaigns before it."""
    data = Warehouse(sample_database).snapshot()
    reports = [campaign.report(data, row.campaign_id, Audience.HUMAN) for row in listed(sample_database)]
    return max(reports, key=lambda report: len(report.previous))


def test_the_page_the_report_and_the_command_line_say_the_same(
    use: Callable[[Path], Warehouse], sample_database: Path, newest: CampaignReport
) -> None:
    campaign_id, verdict = newest.campaign.campaign_id, newest.verdict
    data = use(sample_database).snapshot()
    exported = html.unescape(report_export.page(report_export.read(data, campaign_id, Audience.HUMAN)))
    shown = html.unescape(words(show("campaign", id=campaign_id)))
    for part in (verdict.result, verdict.notable, verdict.link):
        assert part in exported
        assert part in shown
    _, out, _ = run("report", campaign_id, "--database", sample_database)
    assert json.loads(out)["verdict"] == verdict.text


def test_a_links_words_are_shown_literally() -> None:
    def page() -> None:
        from mailsight.screens import frame

        frame.verdict("About as usual.", "Best link: <script>alert(1)</script> **b** :red[x].")

    text = words(AppTest.from_function(page, default_timeout=PATIENCE_SECONDS).run())
    assert "&lt;script&gt;alert(1)&lt;/script&gt; **b** :red[x]." in text


def test_the_switch_says_what_the_other_choice_would_show(
    use: Callable[[Path], Warehouse], sample_database: Path, newest: CampaignReport
) -> None:
    use(sample_database)
    campaign_id = newest.campaign.campaign_id
    opens = formats.things(newest.machine_opens, "open")
    for audience, note in ((Audience.HUMAN, "People only · "), (Audience.ALL, "All · ")):
        at = show("campaign", id=campaign_id, audience=audience.value)
        [caption] = [caption for caption in at.caption if caption.value.startswith(note)]
        assert opens in caption.value
        other = campaign.report(
            Warehouse(sample_database).snapshot(),
            campaign_id,
            Audience.ALL if audience is Audience.HUMAN else Audience.HUMAN,
        )
        switch = at.segmented_control(key=f"audience:top:{campaign_id}")
        assert f"shows {formats.count(other.counts.opened)} opened" in switch.help
        assert switch.label == "Opens and clicks by"


@pytest.mark.browser
def test_a_trend_names_its_campaigns_and_opens_them_by_keyboard(
    browser: Browser, server: str, newest: CampaignReport
) -> None:
    with visit(browser) as (page, wrong):
        page.goto(f"{server}/campaign?id={newest.campaign.campaign_id}")
        trend = page.get_by_role("group", name=figures.card(newest, "opened").trend_label)
        links = trend.get_by_role("link")
        expect(links).to_have_count(len(newest.previous))
        first, second = newest.previous[:2]
        links.first.focus()
        expect(page.get_by_role("tooltip")).to_contain_text(first.name)
        page.keyboard.press("ArrowRight")
        expect(links.nth(1)).to_be_focused()
        expect(page.get_by_role("tooltip")).to_contain_text(second.name)
        assert barriers(page) == []
        links.nth(1).focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name=second.name, exact=True)).to_be_visible()
        page.go_back()
        expect(page.get_by_role("heading", name=newest.campaign.name, exact=True)).to_be_visible()
        # By mouse: the point under the pointer.
        links.last.click()
        expect(page.get_by_role("heading", name=newest.previous[-1].name, exact=True)).to_be_visible()
        assert wrong == []


@pytest.mark.browser
def test_a_change_says_why_it_has_no_colour(browser: Browser, server: str, newest: CampaignReport) -> None:
    with visit(browser) as (page, _):
        page.goto(f"{server}/campaign?id={newest.campaign.campaign_id}")
        change = page.locator(".cards .pill").first
        change.focus()
        expect(page.get_by_role("tooltip")).to_contain_text("Too few earlier campaigns to tell")
        expect(page.get_by_role("table", name="Opened and clicked").locator(".good, .bad")).to_have_count(0)
