"""The dashboard as a company hosts it: behind nginx with TLS, at a base path, with sign-in. For real, in a browser."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.support import proxies, signed_in
from tests.support.browsing import open_page
from tests.support.campaigns import listed
from tests.support.dashboard import start_dashboard
from tests.support.proxies import Proxy
from tests.support.waiting import until
from tooling import servers

pytestmark = pytest.mark.browser

TOKEN = "0123456789abcdef0123456789abcdef"
PASSWORD = "mailsight:long-and-of-the-tests"
URL = "https://mailsight.example/mailsight"
ENVIRONMENT = {
    "MAILSIGHT_PUBLIC_URL": "https://mailsight.example",
    "MAILSIGHT_MARKETERS": "@company.example",
    "MAILSIGHT_ADMINS": "ann@company.example",
    "MAILSIGHT_METRICS_TOKEN": TOKEN,
    "MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH": PASSWORD,
    "MAILSIGHT_WEBHOOK_LOAD_SECONDS": "0.2",
    "STREAMLIT_SERVER_BASE_URL_PATH": "mailsight",
}


@dataclass(frozen=True, slots=True)
class Hosted:
    """A hosted dashboard: what is in front of it, and where it listens itself."""

    proxy: Proxy
    direct: str
    database: Path
    log: Path


@pytest.fixture(scope="module")
def hosted(sample_database: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hosted]:
    folder = tmp_path_factory.mktemp("hosted")
    database = folder / "mailsight.duckdb"
    shutil.copyfile(sample_database, database)
    port, log, secrets = servers.free_port(), folder / "server.log", folder / "secrets.toml"
    with proxies.nginx(folder, [port], "mailsight") as proxy, signed_in.provider() as provider:
        secrets.write_text(signed_in.SECRETS.format(dashboard=URL, provider=provider))
        process = start_dashboard(database, log, port, f"--secrets.files={secrets}", environment=ENVIRONMENT)
        direct = f"http://127.0.0.1:{port}/mailsight"

        def is_ready() -> bool:
            assert process.poll() is None, log.read_text()
            try:
                return httpx.get(f"{direct}/readyz").is_success
            except httpx.TransportError:
                return False

        try:
            until(is_ready, "the dashboard")
            yield Hosted(proxy, direct, database, log)
        finally:
            servers.stop(process)


@pytest.fixture(scope="module")
def outside(browser: Browser, chromium_path: str, hosted: Hosted) -> Iterator[Browser]:
    with proxies.browser_outside(browser, chromium_path, hosted.proxy) as outside:
        yield outside


def ask(hosted: Hosted, path: str, **more: Any) -> httpx.Response:
    """What the proxy answers to a program outside."""
    with httpx.Client(verify=False) as client:  # noqa: S501
        request = client.build_request(
            more.pop("method", "GET"), f"https://127.0.0.1:{hosted.proxy.port}/mailsight/{path}", **more
        )
        request.headers["Host"] = "mailsight.example"
        request.extensions["sni_hostname"] = "mailsight.example"
        return client.send(request)


def metrics(hosted: Hosted) -> str:
    return httpx.get(f"{hosted.direct}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text


def test_people_sign_in_read_and_upload(outside: Browser, hosted: Hosted, tmp_path: Path) -> None:
    campaign = listed(hosted.database)[1]
    upload = tmp_path / "campaigns.csv"
    upload.write_text("campaign_id,name\nhosted,Uploaded through a proxy\n")
    with open_page(outside, ignore_https_errors=True) as page:
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{URL}/campaign?id={campaign.campaign_id}&audience=all")
        signed_in.sign_in(page, "ann")
        expect(page.get_by_role("heading", name=campaign.name)).to_be_visible()
        assert page.url == f"{URL}/campaign?id={campaign.campaign_id}&audience=all"
        cookies = {cookie["name"]: cookie for cookie in page.context.cookies(URL)}
        assert cookies.keys() >= {"mailsight_browser", "_streamlit_user", "_streamlit_xsrf"}
        assert all(cookie["secure"] for cookie in cookies.values())
        assert cookies["_streamlit_user"]["path"].startswith("/mailsight")
        assert cookies["_streamlit_user"]["httpOnly"]
        # The customers' grid asks a route of its own, outside the WebSocket.
        expect(page.frame_locator("iframe").first.locator(".ag-row").first).to_be_visible()
        page.goto(f"{URL}/data")
        page.get_by_role("button", name="Upload").click()
        page.locator('input[type="file"]').first.set_input_files(upload)
        page.get_by_role("button", name="Load", exact=True).click()
        expect(page.get_by_role("dialog").get_by_text("Upload complete.")).to_be_visible()
        page.goto(URL)
        expect(page.get_by_text("Uploaded through a proxy").first).to_be_visible()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_text(campaign.name)).to_have_count(0)
        assert not wrong


def test_monitoring_asks_the_process_and_not_the_proxy(hosted: Hosted) -> None:
    assert ask(hosted, "readyz").json()["status"] == "ready"
    assert ask(hosted, "healthz").json() == {"status": "ok"}
    for path in ("metrics", "_stcore/metrics"):
        with_token = {"Authorization": f"Bearer {TOKEN}"}
        assert ask(hosted, path, headers=with_token).status_code == 404
        assert httpx.get(f"{hosted.direct}/{path}").status_code == 401
        assert httpx.get(f"{hosted.direct}/{path}", headers=with_token).status_code == 200


def test_webhooks_arrive_through_the_proxy(hosted: Hosted) -> None:
    event = {"event": "open", "email": "ann@mail.example", "timestamp": 1776161550, "campaign_id": "hooked"}
    user, password = PASSWORD.split(":")
    answer = ask(hosted, "webhooks/sendgrid/", method="POST", content=json.dumps([event | {"sg_event_id": "1"}]),
                 headers={"Content-Type": "application/json"})  # fmt: skip
    assert answer.status_code == 401
    with httpx.Client(verify=False) as client:  # noqa: S501
        sent = client.post(
            f"https://127.0.0.1:{hosted.proxy.port}/mailsight/webhooks/sendgrid/",
            headers={"Host": "mailsight.example"},
            auth=(user, password),
            json=[event | {"sg_event_id": "1"}],
        )
    assert sent.status_code == 200
    loaded = 'mailsight_load_seconds_count{kind="webhooks",result="loaded"}'
    until(lambda: loaded in metrics(hosted), "the load")
    assert "hooked" in {campaign.campaign_id for campaign in listed(hosted.database)}


def test_requests_are_counted_under_their_own_routes_and_nothing_personal_is(hosted: Hosted) -> None:
    text = metrics(hosted)
    for line in (
        'mailsight_requests_total{route="/campaign",status="200"}',
        'mailsight_requests_total{route="/_stcore/stream",status="101"}',
        'mailsight_requests_total{route="/api/recipients",status="200"}',
        'mailsight_requests_total{route="/webhooks/{provider}/",status="200"}',
        'mailsight_load_seconds_count{kind="webhooks",result="loaded"}',
        'mailsight_load_seconds_count{kind="upload",result="loaded"}',
        'mailsight_page_seconds_count{page="campaign"}',
    ):
        assert f"\n{line}" in text
    campaigns = listed(hosted.database)
    for personal in ("ann", "mail.example", "127.0.0.1", *(campaign.name for campaign in campaigns)):
        assert personal not in text
    assert not any(f'"{campaign.campaign_id}"' in text for campaign in campaigns)


def test_neither_log_has_addresses_or_tokens(hosted: Hosted) -> None:
    assert "GET /mailsight/campaign 200" in hosted.log.read_text()
    assert "/static/" not in hosted.log.read_text()  # what succeeds all the time
    for log in (hosted.log.read_text(), hosted.proxy.log.read_text()):
        assert "@" not in log.replace("…@…", "")
        assert TOKEN not in log
        assert "code=" not in log.replace("code=…", "")
