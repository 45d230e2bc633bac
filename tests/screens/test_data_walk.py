"""The Data page in a real browser: hostile texts, exports, uploads and newer data."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from mailsight.loading import bundles
from tests.support import exports
from tests.support.browsing import settle, visit
from tests.support.examples import thorough
from tests.support.exported import MAILCHIMP_EXPORT
from tests.support.provider_events import EVENTS, HUGE, OPENED, event
from tests.support.uploaded import BUNDLE, zipped

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)>\u202e**x**"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database in which every text is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "bundle").mkdir()
    harm = [
        event(
            9, OPENED, HOSTILE, recipient=HOSTILE, message_id=HOSTILE, diagnostic=HOSTILE, url="javascript:x"
        )
    ]
    lines = [json.dumps(row) for row in EVENTS + harm] + [f'{{"type": "{HOSTILE}"}}', HUGE]
    (folder / "bundle" / f"events-{HOSTILE.replace('/', '')}.ndjson").write_text("\n".join(lines))
    bundles.load(folder / "mailsight.duckdb", [folder / "bundle"])
    return folder / "mailsight.duckdb"


@pytest.mark.parametrize("size", ["wide", *thorough(["phone"])])
def test_hostile_text_is_shown_literally_and_can_be_exported(
    browser: Browser, serve: Callable[..., str], hostile: Path, size: str
) -> None:
    address = serve(hostile)
    with visit(browser, size) as (page, wrong):
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        frames: list[int] = []
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(len(frame)))
        )
        page.goto(address)
        page.get_by_role("link", name="Data", exact=True).click()
        expect(page).to_have_url(f"{address}/data")
        expect(page).to_have_title("Data · Mailsight")
        expect(page.get_by_role("table", name="Loads")).to_contain_text("events-<img src=x onerror=alert(1)>")
        counts = page.get_by_role("table", name="Events by provider and type")
        expect(counts.get_by_role("row", name="Opened")).to_contain_text("3")
        events = page.get_by_role("table", name="Unmatched events")
        expect(events).to_contain_text("<img src=x onerror=alert(1)>\\x202e**x**")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        page.get_by_placeholder("Search recipient, message ID or type").fill("bounced")
        expect(events.get_by_text("Bounced")).to_be_visible()
        expect(events.get_by_text("@mail.example")).to_have_count(1)
        assert exported(page) == 2

        page.get_by_role("tab", name="Rejected rows").click()
        rejected = page.get_by_role("table", name="Rejected rows")
        expect(rejected).to_contain_text("=cmd()[[[[")
        expect(rejected).to_contain_text("<img src=x onerror=alert(1)>")
        assert exported(page) == 3

        page.get_by_role("link", name="Campaigns", exact=True).click()
        expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
        assert max(frames) < 500_000
        assert [url for url in requested if not url.startswith((address, "data:", "blob:"))] == []
        assert wrong == []


def exported(page: Page) -> int:
    """The number of lines in the export of the open tab."""
    settle(page)  # the button comes after the table
    with page.expect_download() as download:
        page.get_by_role("button", name="Export as CSV").click()
    return len(download.value.path().read_text("utf-8-sig").splitlines())


def test_a_new_installation_can_be_filled_by_upload(
    browser: Browser, serve: Callable[..., str], tmp_path: Path
) -> None:
    address = serve(tmp_path / "mailsight.duckdb")
    (tmp_path / "spring.zip").write_bytes(zipped(BUNDLE))
    (tmp_path / "not-a.zip").write_bytes(b"no")
    opened = {"event": "opened", "email": "ann@mail.example", "ts_event": 1776161550, "tags": ["spring"]}
    (tmp_path / "events.json").write_text(json.dumps([opened]))
    with visit(browser) as (page, wrong):
        page.goto(address)
        expect(page.get_by_role("heading", name="No campaigns yet")).to_be_visible()
        page.get_by_role("link", name="Load data").click()
        dialog = upload_dialog(page)

        send(page, tmp_path / "not-a.zip")
        expect(dialog.get_by_text("is not a readable zip")).to_be_visible()
        dialog.get_by_role("button", name="Upload more").click()
        send(page, tmp_path / "spring.zip")
        expect(dialog.get_by_text("Upload complete.")).to_be_visible()
        expect(dialog.get_by_role("row", name="Campaigns")).to_contain_text("1")
        dialog.get_by_role("button", name="Upload more").click()

        dialog.get_by_text("Provider files", exact=True).click()
        expect(dialog.get_by_role("group", name="Event files from a provider")).to_be_visible()
        expect(page.locator('input[type="file"]')).to_have_count(1)  # that of the files before has gone
        page.locator('input[type="file"]').set_input_files(tmp_path / "events.json")
        expect(dialog.get_by_text("Recognised as Brevo.")).to_be_visible()
        dialog.get_by_role("button", name="Load", exact=True).click()
        expect(dialog.get_by_text("Upload complete.")).to_be_visible()
        dialog.get_by_role("button", name="Done").click()
        expect(dialog).to_have_count(0)

        loads = page.get_by_role("table", name="Loads")
        expect(loads.get_by_role("row")).to_have_count(3)
        expect(loads).to_contain_text("Brevo")
        page.get_by_role("link", name="Campaigns", exact=True).click()
        expect(page.get_by_role("link", name="Spring", exact=True)).to_be_visible()
        assert wrong == []


def test_a_newcomer_uploads_the_export_of_an_account_and_sees_its_campaigns(
    browser: Browser, serve: Callable[..., str], tmp_path: Path
) -> None:
    export = exports.zipped(tmp_path / "export.zip", MAILCHIMP_EXPORT, "acme/46727/")
    with visit(browser) as (page, wrong):
        page.goto(serve(tmp_path / "mailsight.duckdb"))
        expect(page.get_by_text("an export from Mailchimp, Brevo", exact=False)).to_be_visible()
        page.get_by_role("link", name="Load data").click()
        dialog = upload_dialog(page)
        expect(dialog.get_by_text("an export from Mailchimp", exact=False)).to_be_visible()
        send(page, export)
        expect(dialog.get_by_text("Upload complete.")).to_be_visible()
        dialog.get_by_role("button", name="Done").click()
        expect(page.get_by_role("table", name="Loads")).to_contain_text("export.zip")
        dialog = upload_dialog(page)
        send(page, export)
        expect(dialog.get_by_text("Nothing has changed.")).to_be_visible()
        dialog.get_by_role("link", name="Show campaigns").click()
        page.get_by_role("link", name="Tulips (copy 01)", exact=True).click()
        expect(page.get_by_role("heading", name="Tulips (copy 01)")).to_be_visible()
        assert wrong == []


def upload_dialog(page: Page) -> Locator:
    """Opens the Upload dialog."""
    page.get_by_role("button", name="Upload", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Load", exact=True)).to_be_disabled()
    return dialog


def send(page: Page, file: Path) -> None:
    """Chooses a file and loads it."""
    button = page.get_by_role("dialog").get_by_role("button", name="Load", exact=True)
    expect(button).to_be_disabled()
    page.locator('input[type="file"]').set_input_files(file)
    expect(button).to_be_enabled()
    button.click()


def test_an_open_page_offers_newer_data(browser: Browser, serve: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "campaigns.csv").write_text("campaign_id,name\nspring,Spring\n")
    bundles.load(tmp_path / "mailsight.duckdb", [tmp_path / "campaigns.csv"])
    with visit(browser) as (page, wrong):
        page.goto(serve(tmp_path / "mailsight.duckdb"))
        expect(page.get_by_text("Updated", exact=False)).to_be_visible()
        (tmp_path / "campaigns.csv").write_text("campaign_id,name\nsummer,Summer\n")
        bundles.load(tmp_path / "mailsight.duckdb", [tmp_path / "campaigns.csv"])
        page.get_by_role("button", name="Show newer data").click()
        expect(page.get_by_role("link", name="Summer", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Show newer data")).to_have_count(0)
        assert wrong == []
