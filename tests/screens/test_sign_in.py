"""Signing in with OpenID Connect: before, nothing is shown; afterwards, every link works."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import oidc_provider_mock
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import open_page
from tests.support.campaigns import listed
from tests.support.waiting import PATIENCE_SECONDS
from tooling.servers import free_port

pytestmark = pytest.mark.browser

SECRETS = """
[auth]
redirect_uri = "{dashboard}/oauth2callback"
cookie_secret = "not-a-secret-but-long-enough-for-a-test"
client_id = "mailsight"
client_secret = "of the tests"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""


@pytest.fixture
def guarded(serve: Callable[..., str], sample_database: Path, tmp_path: Path) -> Iterator[str]:
    """The address of a dashboard that requires people to sign in."""
    port = free_port()
    with oidc_provider_mock.run_server_in_thread() as provider:
        secrets = tmp_path / "secrets.toml"
        secrets.write_text(
            SECRETS.format(
                dashboard=f"http://127.0.0.1:{port}", provider=f"http://localhost:{provider.server_port}"
            )
        )
        yield serve(sample_database, f"--secrets.files={secrets}", port=port)


def test_a_page_opens_only_after_sign_in(browser: Browser, guarded: str, sample_database: Path) -> None:
    campaign = listed(sample_database)[1]
    with open_page(browser) as page:
        page.goto(f"{guarded}/campaign?id={campaign.campaign_id}")
        expect(page.get_by_role("heading", name="Sign in to Mailsight")).to_be_visible()
        expect(page.get_by_text(campaign.name)).to_have_count(0)
        guessed = {"token": "guessed", "start": 0, "end": 10}
        denied = httpx.post(f"{guarded}/api/recipients", json=guessed, timeout=PATIENCE_SECONDS)
        assert denied.status_code == 401
        sign_in(page, "ann@company.example")
        expect(page.get_by_role("heading", name="Campaigns", exact=True)).to_be_visible()
        page.goto(f"{guarded}/campaign?id={campaign.campaign_id}")
        expect(page.get_by_role("heading", name=campaign.name)).to_be_visible()


@pytest.mark.parametrize(
    ("uploaders", "may"),
    [("", False), ("*", True), ("Ann@company.example", True), ("bob@company.example", False)],
)
def test_only_listed_uploaders_can_upload(
    browser: Browser,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    uploaders: str,
    may: bool,
) -> None:
    monkeypatch.setenv("MAILSIGHT_UPLOADERS", uploaders)
    with open_page(browser) as page:
        page.goto(f"{request.getfixturevalue('guarded')}/data")
        sign_in(page, "ann@company.example")
        page.get_by_role("link", name="Data", exact=True).click()
        expect(page.get_by_role("heading", name="Loads")).to_be_visible()
        expect(page.get_by_role("button", name="Upload", exact=True)).to_have_count(int(may))


def sign_in(page: Page, address: str) -> None:
    """Signs in at the mock provider, which accepts any name."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_placeholder("sub").fill(address)
    page.get_by_role("button", name="Authorize", exact=True).click()
