"""Every answer has the security headers, and no page violates its content security policy."""

import re
import socket
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient, WebSocketDenialResponse

from mailsight.reports import recipients
from mailsight.reports.grid import grid_query
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse
from mailsight.web import headers
from tests.support.browsing import close_dialog, settle, visit
from tests.support.campaigns import listed, newest_clicked
from tests.support.waiting import PATIENCE_SECONDS

EXPECTED = {name.lower() for name in headers.ALWAYS} | {"content-security-policy"}


def cookie(_: Request) -> PlainTextResponse:
    answer = PlainTextResponse("", headers={"Content-Security-Policy": "sandbox"})
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2", secure=True)
    return answer


def client(*, is_https: bool = False, url: str = "http://testserver") -> TestClient:
    middleware = Middleware(headers.SecurityHeaders, ("let a = 1",), "/component/", is_https)
    return TestClient(Starlette(routes=[Route("/", cookie)], middleware=[middleware]), url)


def test_an_answer_keeps_its_own_stricter_policy() -> None:
    assert client().get("/").headers["content-security-policy"] == "sandbox"
    assert set(client().get("/missing").headers) >= EXPECTED


def test_a_refused_websocket_is_an_answer() -> None:
    with pytest.raises(WebSocketDenialResponse) as refused, client().websocket_connect("/missing"):
        pass
    assert refused.value.status_code == 403
    assert set(refused.value.headers) >= EXPECTED


def test_behind_tls_cookies_are_secure_and_browsers_stay_there() -> None:
    for answer in (client(is_https=True).get("/"), client(url="https://testserver").get("/")):
        assert answer.headers["strict-transport-security"] == headers.HSTS
        cookies = answer.headers.get_list("set-cookie")
        assert [value.lower().count("; secure") for value in cookies] == [1, 1]
    plain = client().get("/")
    assert "strict-transport-security" not in plain.headers
    assert "; secure" not in plain.headers.get_list("set-cookie")[0].lower()


def test_the_policy_names_the_inline_scripts_and_no_others() -> None:
    policy = client().get("/missing").headers["content-security-policy"]
    [scripts] = re.findall(r"script-src ([^;]*)", policy)
    assert re.fullmatch(r"'self' blob: 'wasm-unsafe-eval' 'sha256-[\w+/]{43}='", scripts)
    component = client().get("/component/x").headers["content-security-policy"]
    assert "script-src 'self' blob: 'wasm-unsafe-eval' 'unsafe-eval';" in component


@pytest.mark.browser
def test_every_answer_of_the_server_has_the_headers(server: str) -> None:
    paths = ["/", "/api/export", "/campaign", "/nothing", "/static/nothing.js",
             "/app/static/fonts/inter-latin.woff2", "/healthz", "/_stcore/health", "/_stcore/host-config", "/media/x",
             "/webhooks/brevo/", "/api/recipients",
             "/component/x/y.js", "/_stcore/upload_file/a/b", "/..%2f..%2fetc", "//x"]  # fmt: skip
    for path in paths:
        for method in ("GET", "POST", "PUT", "OPTIONS"):
            answer = httpx.request(method, f"{server}{path}", timeout=PATIENCE_SECONDS)
            assert set(answer.headers) >= EXPECTED, (method, path, answer.status_code)
    port = httpx.URL(server).port or 0
    upgrade = (
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\n"
    )
    key = upgrade.replace("Key: x", "Key: dGhlIHNhbXBsZSBub25jZQ==")
    for status, request in {
        101: f"GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\n{key}\r\n",
        403: f"GET /_stcore/stream HTTP/1.1\r\nHost: localhost\r\nOrigin: null\r\n{key}\r\n",
        400: "GET / HTTP/1.1\r\nHost: attacker.example\r\n\r\n",
    }.items():
        head = answer_head(port, request)
        assert head.startswith(f"HTTP/1.1 {status} "), head
        assert all(f"\r\n{name}:" in head.lower() for name in EXPECTED), head
    for malformed in ("NOT HTTP\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", f"GET / HTTP/1.1\r\nX: {'x' * 200_000}"):
        head = answer_head(port, malformed)
        assert head.startswith("HTTP/1.1 400 "), head
        assert all(f"\r\n{name}:" in head.lower() for name in EXPECTED), head


def answer_head(port: int, request: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(request.encode())
        received = b""
        while b"\r\n\r\n" not in received and (part := connection.recv(65_536)):
            received += part
        return received.partition(b"\r\n\r\n")[0].decode() + "\r\n"


@pytest.mark.browser
def test_no_page_violates_its_policy(
    browser: Browser, serve: Callable[..., str], sample_database: Path
) -> None:
    server = serve(sample_database)
    warehouse = Warehouse(sample_database)
    campaign_id = newest_clicked(warehouse)
    with warehouse.snapshot() as data:
        [row] = recipients.page(data, campaign_id, Audience.ALL, grid_query(end=1)).rows
    others = "&".join(f"id={campaign.campaign_id}" for campaign in listed(warehouse)[:2])
    with visit(browser) as (page, wrong):
        page.add_init_script(
            "addEventListener('securitypolicyviolation', event =>"
            " console.error('violation', event.violatedDirective, event.blockedURI))"
        )
        for path in ("", "data", f"compare?{others}", f"customer?id={row['customer_id']}"):
            page.goto(f"{server}/{path}")
            settle(page)
            click_all(page, "tab")
        page.goto(f"{server}/campaign?id={campaign_id}")
        settle(page)
        page.get_by_role("button", name="Preview e-mail").click()
        expect(page.frame_locator(".mail iframe").locator("a[href]").first).to_be_attached()
        close_dialog(page)
        click_all(page, "tab")
        with page.expect_download():
            page.get_by_role("button", name="Export", exact=True).last.click()
            page.get_by_text("CSV,").last.click()
        assert wrong == []


def click_all(page: Page, role: str) -> None:
    for name in page.get_by_role(role).all_inner_texts():  # type: ignore[arg-type]
        page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]
        settle(page)
