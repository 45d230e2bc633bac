"""What the screens show of e-mails that are too much work."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.bounded import pool
from mailsight.bounded.pool import Lane
from mailsight.bounded.process import Limits
from mailsight.exports import heatmap
from mailsight.exports import report as report_export
from mailsight.loading import bundles
from mailsight.reports import campaign
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import CAMPAIGN, EVENT, bundle, ndjson
from tests.support.waiting import PATIENCE_SECONDS
from tooling import large_mails

TOO_LONG = "Processing takes longer than 0.001 seconds."
URL = "https://shop.example/sale"


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("large")
    files = {
        "mail.html": f"<p>Hi {{{{first_name}}}}, this is the sale: <a href='{URL}'>Sale</a>",
        "campaigns.ndjson": ndjson(CAMPAIGN),
        "customers.ndjson": ndjson({"customer_id": "1", "first_name": "Ann"}),
        "messages.ndjson": ndjson(
            {"campaign_id": "spring", "customer_id": "1", "sent_at": "2026-04-14T09:00:00Z"}
        ),
        "events.ndjson": ndjson(EVENT | {"type": "clicked", "url": URL}),
    }
    bundles.load(folder / "m.duckdb", [bundle(folder / "bundle", files)])
    return folder / "m.duckdb"


@pytest.fixture(autouse=True)
def no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that every e-mail exceeds."""
    lane = Lane("no time", Limits(seconds=0.001, memory_bytes=2**30))
    monkeypatch.setattr(pool, "FAST", lane)
    monkeypatch.setattr(pool, "SLOW", lane)


@pytest.fixture
def shown(use: Callable[[Path], Warehouse], database: Path) -> Callable[[Callable[[], None]], AppTest]:
    """A function that runs a page on the database."""
    use(database)

    def run(page: Callable[[], None]) -> AppTest:
        result = AppTest.from_function(page).run(timeout=PATIENCE_SECONDS)
        assert not result.exception
        return result

    return run


def test_the_heatmap_tab_lists_the_links_without_the_mail(
    shown: Callable[[Callable[[], None]], AppTest],
) -> None:
    def tab() -> None:
        from mailsight.reports import campaign
        from mailsight.screens import cached
        from mailsight.screens.campaign import heatmap
        from mailsight.vocabulary import Audience

        with cached.one_generation():
            heatmap.show(cached.read(campaign.report, "spring", Audience.HUMAN), lambda _: 0)

    page = shown(tab)
    assert [warning.value for warning in page.warning] == [f"This e-mail can't be shown. {TOO_LONG}"]


@pytest.mark.parametrize("dialog", ["preview", "customer_mail"])
def test_a_dialog_says_why_it_shows_no_mail(
    shown: Callable[[Callable[[], None]], AppTest], dialog: str
) -> None:
    def preview() -> None:
        from mailsight.screens.dialogs import mail

        mail.preview("spring")

    def customer_mail() -> None:
        from mailsight.screens.dialogs import mail

        mail.customer_mail("spring", "1")

    page = shown({"preview": preview, "customer_mail": customer_mail}[dialog])
    assert [warning.value for warning in page.warning] == [f"This e-mail can't be shown. {TOO_LONG}"]


def test_files_without_the_mail_say_why(database: Path) -> None:
    data = Warehouse(database).snapshot()
    report = campaign.report(data, "spring", Audience.HUMAN)
    content = report_export.read(data, "spring", Audience.HUMAN)
    html, note = report_export.as_html(content)
    assert note == f"The e-mail was left out of this report. {TOO_LONG}"
    assert note in html
    assert "<iframe" not in html
    assert TOO_LONG in heatmap.of_campaign_or_reason(report, "<p>")


def test_the_kinds_of_large_mails_have_the_size_and_the_links() -> None:
    for html in large_mails.mails(20_000).values():
        assert 19_000 < len(html) < 23_000
        assert html.count('<a href="https://shop.example/') >= 20
