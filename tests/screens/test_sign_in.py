"""Signing in with OpenID Connect: before, nothing is shown; afterwards, every link works."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from mailsight.state import audit
from mailsight.state.audit import Search
from tests.support import signed_in
from tests.support.browsing import visit
from tests.support.campaigns import listed
from tests.support.signed_in import Guarded, sign_in
from tests.support.waiting import PATIENCE_SECONDS
from tooling.servers import free_port

pytestmark = pytest.mark.browser

ENVIRONMENT = {"MAILSIGHT_ANALYSTS": "@company.example", "MAILSIGHT_ADMINS": "ann@company.example"}


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with signed_in.provider() as address:
        yield address


@pytest.fixture(scope="module")
def guarded(
    sample_database: Path, tmp_path_factory: pytest.TempPathFactory, provider: str
) -> Iterator[Guarded]:
    """A dashboard for people of one domain."""
    folder = tmp_path_factory.mktemp("guarded")
    with signed_in.dashboard(sample_database, folder, provider, environment=ENVIRONMENT) as started:
        yield started


def test_a_page_opens_only_after_sign_in(browser: Browser, guarded: Guarded, sample_database: Path) -> None:
    campaign = listed(sample_database)[1]
    with visit(browser) as (page, _):
        page.goto(f"{guarded.address}/campaign?id={campaign.campaign_id}&audience=all")
        expect(page.get_by_role("heading", name="Sign in to Mailsight")).to_be_visible()
        expect(page.get_by_text(campaign.name)).to_have_count(0)
        guessed = {"token": "guessed", "start": 0, "end": 10}
        denied = httpx.post(f"{guarded.address}/api/recipients", json=guessed, timeout=PATIENCE_SECONDS)
        assert denied.status_code == 401
        sign_in(page, "ann")
        expect(page.get_by_role("heading", name=campaign.name)).to_be_visible()
        assert page.url == f"{guarded.address}/campaign?id={campaign.campaign_id}&audience=all"


@pytest.mark.parametrize(
    ("name", "unconfirmed"),
    [("cleo", 1), *(pytest.param(name, 0, marks=pytest.mark.thorough) for name in ("dan", "eva"))],
)
def test_somebody_who_is_not_listed_sees_no_data(
    browser: Browser, guarded: Guarded, name: str, unconfirmed: int
) -> None:
    with visit(browser) as (page, _):
        page.goto(f"{guarded.address}/data")
        sign_in(page, name)
        expect(page.get_by_role("heading", name="You don't have access yet")).to_be_visible()
        expect(page.get_by_text("doesn't confirm that this address is yours")).to_have_count(unconfirmed)
        expect(page.get_by_text("Loads")).to_have_count(0)
        page.get_by_role("button", name="Sign out").click()
        leave_provider(page)
        expect(page.get_by_role("heading", name="Sign in to Mailsight")).to_be_visible()


@pytest.mark.parametrize(("name", "may"), [("ann", True), ("bob", False)])
def test_only_listed_uploaders_can_upload(browser: Browser, guarded: Guarded, name: str, may: bool) -> None:
    with visit(browser) as (page, _):
        page.goto(f"{guarded.address}/data")
        sign_in(page, name)
        expect(page.get_by_role("heading", name="Loads")).to_be_visible()
        expect(page.get_by_role("button", name="Upload", exact=True)).to_have_count(int(may))


def test_signing_out_ends_the_session_in_all_tabs_and_its_tokens(
    browser: Browser, guarded: Guarded, sample_database: Path
) -> None:
    campaign = listed(sample_database)[1]
    address = f"{guarded.address}/campaign?id={campaign.campaign_id}"
    since = datetime.now(UTC)
    with visit(browser) as (page, _):
        with page.expect_request("**/api/recipients?*") as asked:
            page.goto(address)
            sign_in(page, "ann")
            expect(page.get_by_text("company.example")).to_be_visible()
        request = asked.value.post_data_json
        stolen = page.context.cookies()
        theirs = {str(cookie["name"]): str(cookie["value"]) for cookie in stolen}

        def ask(cookies: dict[str, str]) -> httpx.Response:
            url = f"{guarded.address}/api/recipients"
            return httpx.post(url, json=request, cookies=cookies, timeout=PATIENCE_SECONDS)

        assert (ask(theirs).status_code, ask({}).status_code) == (200, 401)
        with page.context.new_page() as other:
            other.goto(address)
            expect(other.get_by_role("heading", name=campaign.name)).to_be_visible()
            page.get_by_role("button", name="Sign out").focus()
            page.keyboard.press("Enter")
            leave_provider(page)
            expect(page.get_by_role("heading", name="Sign in to Mailsight")).to_be_visible()
            other.get_by_role("button", name="Selection").click()
            expect(other.get_by_role("heading", name="Sign in to Mailsight")).to_be_visible()
        answer = ask(theirs)
        assert (answer.status_code, answer.json()["error"]["title"]) == (401, "This page has expired")
    with visit(browser) as (page, _):
        page.context.add_cookies(
            [{"name": cookie["name"], "value": cookie["value"], "url": address} for cookie in stolen]
        )
        page.goto(address)
        expect(page.get_by_text("Your session has ended")).to_be_visible()
    by_ann = Search(person="ann@company.example", since=since)
    actions = Counter(entry.action for entry in audit.beside(sample_database, 0).entries(by_ann, size=50))
    assert (actions["signed_in"], actions["signed_out"]) == (1, 1)
    assert actions["listed_customers"] >= 1


def test_a_session_ends_after_its_time(
    browser: Browser, sample_database: Path, tmp_path: Path, provider: str
) -> None:
    campaign = listed(sample_database)[1]
    # Long enough to open a page on a busy machine
    environment = ENVIRONMENT | {"MAILSIGHT_SESSION_HOURS": str(20 / 3600)}
    with (
        signed_in.dashboard(sample_database, tmp_path, provider, environment=environment) as guarded,
        visit(browser) as (page, _),
    ):
        address = f"{guarded.address}/campaign?id={campaign.campaign_id}"
        with page.expect_request("**/api/recipients?*") as asked:
            page.goto(address)
            sign_in(page, "ann")
        request = asked.value.post_data_json
        # The clock of the figures asks for a part of the page; the answer is the sign-in page.
        expect(page.get_by_text("Your session has ended")).to_be_visible()
        answer = httpx.post(f"{guarded.address}/api/recipients", json=request, timeout=PATIENCE_SECONDS)
        assert answer.status_code == 401
        sign_in(page, "ann")
        expect(page.get_by_role("heading", name=campaign.name)).to_be_visible()
        assert page.url == address


def test_a_provider_that_is_down_gives_a_page_that_says_so(
    browser: Browser, sample_database: Path, tmp_path: Path
) -> None:
    nowhere = f"http://localhost:{free_port()}"
    campaign = listed(sample_database)[1]
    with (
        signed_in.dashboard(sample_database, tmp_path, nowhere, environment=ENVIRONMENT) as guarded,
        visit(browser) as (page, _),
    ):
        page.goto(f"{guarded.address}/campaign?id={campaign.campaign_id}")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_text("The sign-in service can't be reached right now")).to_be_visible()
        expect(page).to_have_url(re.compile(r"/campaign\?id=.*&sign_in=unavailable"))
        expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("error=access_denied&state=x", "sign-in was cancelled"),
        pytest.param(
            "error=server_error&error_description=oops",
            "can't be reached right now",
            marks=pytest.mark.thorough,
        ),
        ("state=forged&code=forged", "took too long or was interrupted"),
        pytest.param("code=forged", "took too long or was interrupted", marks=pytest.mark.thorough),
        ("", "See how your campaigns performed."),
    ],
)
def test_an_answer_that_signs_nobody_in_is_explained(
    browser: Browser, guarded: Guarded, query: str, says: str
) -> None:
    with visit(browser) as (page, _):
        page.goto(f"{guarded.address}/oauth2callback?{query}")
        expect(page.get_by_role("heading", name="Sign in to Mailsight")).to_be_visible()
        expect(page.get_by_text(says)).to_be_visible()


def test_an_answer_that_the_provider_does_not_confirm_is_explained_and_ends_no_earlier_sign_in(
    browser: Browser, guarded: Guarded, sample_database: Path
) -> None:
    campaign = listed(sample_database)[1]
    address = f"{guarded.address}/campaign?id={campaign.campaign_id}"

    def come_back_with_a_forged_code(page: Page) -> None:
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("button", name="ann", exact=True)).to_be_visible()
        [state] = parse_qs(urlsplit(page.url).query)["state"]
        page.goto(f"{guarded.address}/oauth2callback?code=forged&state={state}")

    with visit(browser) as (page, _), page.context.new_page() as other:
        for each in (page, other):
            each.goto(address)
            expect(each.get_by_role("heading", name="Sign in to Mailsight")).to_be_visible()
        come_back_with_a_forged_code(page)
        expect(page.get_by_text("The sign-in service can't be reached right now")).to_be_visible()
        assert page.url == f"{address}&sign_in=unavailable"
        sign_in(page, "ann")
        expect(page.get_by_role("heading", name=campaign.name)).to_be_visible()
        come_back_with_a_forged_code(other)
        expect(other.get_by_role("heading", name=campaign.name)).to_be_visible()
        page.reload()
        expect(page.get_by_role("heading", name=campaign.name)).to_be_visible()


def leave_provider(page: Page) -> None:
    """Confirms at the provider that it may sign the person out too."""
    page.get_by_role("button", name="End session").click()
