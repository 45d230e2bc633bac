"""Links in a customer's e-mail never act, whatever is done with them: a server counts what is requested."""

import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

from mailsight.loading import bundles
from tests.support.browsing import settle, until_quiet, visit
from tests.support.bundles import CAMPAIGN, bundle, ndjson

pytestmark = pytest.mark.browser

PICTURE = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='200' height='60'%3E%3Crect width='200' "
    "height='60' fill='%23e69f00'/%3E%3C/svg%3E"
)
STORY = f"<p style='color:#000;background:#fff'>{'Words about tulips. ' * 40}</p>"


class _Counter(BaseHTTPRequestHandler):
    requests: list[str]

    def do_GET(self) -> None:
        self.requests.append(self.path)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def counted() -> Iterator[tuple[str, list[str]]]:
    """The address of the server that all links lead to, and what it was asked for."""
    requests: list[str] = []
    handler = type("Counter", (_Counter,), {"requests": requests})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def dashboard(
    serve: Callable[..., str], counted: tuple[str, list[str]], tmp_path_factory: pytest.TempPathFactory
) -> str:
    site, _ = counted
    folder = tmp_path_factory.mktemp("links")
    html = (
        f'<!DOCTYPE html><body><img src="{PICTURE}" width=200 height=60 usemap="#m"><map name=m>'
        f'<area shape=rect coords="0,0,200,60" href="{site}/area"></map>'
        f'<p><a href="{site}/sale" target=_top>Sale</a> <a href="{site}/u/{{{{customer_id}}}}" target=_parent>Bye</a> '
        f'<a href="{site}/unsubscribe" target=_self>Stop</a> <a href="#more">More</a>'
        f'<form action="{site}/form"><button>Send</button></form>'
        f'<svg><a href="{site}/svg" xlink:href="{site}/svg"><text y=20>Drawn</text></a></svg>'
        f"{STORY * 160}<p id=more>More"
    )
    files = {
        "mail.html": html,
        "campaigns.ndjson": ndjson(CAMPAIGN),
        "customers.ndjson": ndjson({"customer_id": "48213", "first_name": "Ann"}),
        "messages.ndjson": ndjson(
            {"campaign_id": "spring", "customer_id": "48213", "sent_at": "2026-04-14T09:00:00Z"}
        ),
    }
    bundles.load(folder / "m.duckdb", [bundle(folder / "bundle", files)])
    return serve(folder / "m.duckdb")


@pytest.fixture(scope="module")
def page(browser: Browser, dashboard: str) -> Iterator[Page]:
    with visit(browser, fresh=True) as (page, wrong):
        page.goto(f"{dashboard}/campaign?id=spring&dialog=mail:48213")
        settle(page)
        yield page
        # Chromium logs this for every event that Playwright sends to a frame without scripts.
        assert [problem for problem in wrong if "Blocked script execution" not in problem] == []


def mail_of(page: Page) -> FrameLocator:
    frame = page.frame_locator("iframe[title^='E-mail']")
    expect(frame.get_by_text("Sale")).to_be_visible()
    return frame


def test_no_click_and_no_key_follows_a_link(page: Page, counted: tuple[str, list[str]]) -> None:
    opened: list[str] = []
    page.context.on("page", lambda other: opened.append(other.url))
    page.on("download", lambda download: opened.append(download.url))
    address, mail = page.url, mail_of(page)
    bar = page.get_by_role("region", name="Where the link leads")
    links = [mail.get_by_text("Sale"), mail.get_by_text("Bye"), mail.get_by_text("Stop"), mail.locator("img")]
    for link in links:
        link.click()
        expect(bar).to_contain_text("Leads to 127.0.0.1")
        for key in ("Control", "Shift", "Alt", "Meta"):
            link.click(modifiers=[key])
        link.click(button="middle")
        link.click(button="right")
        link.dblclick()
    for link in [*links[:3], mail.locator("area")]:
        for keys in ("Enter", "Control+Enter", "Shift+Enter"):
            link.focus()
            page.keyboard.press(keys)
    mail.get_by_text("Drawn").or_(mail.get_by_text("More")).first.click(modifiers=["Control"])
    until_quiet(page)
    assert (counted[1], opened, page.url) == ([], [], address)
    assert set(
        mail.locator("a, area").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    ) == {
        "#",
        "#more",
    }


def test_only_a_link_for_everybody_opens_and_only_after_it_is_shown(
    page: Page, counted: tuple[str, list[str]]
) -> None:
    site, requests = counted
    mail = mail_of(page)
    bar = page.get_by_role("region", name="Where the link leads")
    mail.get_by_text("Bye").focus()
    page.keyboard.press("Enter")
    expect(bar).to_contain_text(f"{site}/u/48213")
    expect(bar).to_contain_text("because it identifies this customer")
    expect(bar.get_by_role("link")).to_have_count(0)
    assert "null" not in bar.inner_text()
    expect(bar).to_be_focused()
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()
    expect(mail.get_by_text("Bye")).to_be_focused()
    mail.get_by_text("Sale").click()
    assert requests == []
    with page.expect_popup() as popup:
        bar.get_by_role("link", name="Open anyway").click()
    assert popup.value.url == f"{site}/sale"
    popup.value.wait_for_load_state()
    assert "/sale" in requests
    requests.clear()


def test_gmails_clipping_is_marked_where_it_falls(page: Page) -> None:
    mail = mail_of(page)
    line = page.get_by_role("note").filter(has_text="Gmail clips the message here (102 KB)")
    expect(line).to_be_visible()
    tops = mail.locator("p").evaluate_all("texts => texts.map(text => text.getBoundingClientRect().top)")
    frame = page.locator("iframe[title^='E-mail']").bounding_box()
    box = line.bounding_box()
    assert frame
    assert box
    top = box["y"] - frame["y"]
    number = round(102 * 1024 / len(STORY))
    assert tops[number - 3] < top < tops[number + 3]


def test_colours_are_inverted_in_the_dark_and_pictures_stay(page: Page) -> None:
    mail = mail_of(page)
    story = mail.locator("p").nth(1)
    assert re.search(
        r"rgb\(255, 255, 255\)", story.evaluate("text => getComputedStyle(text).backgroundColor")
    )
    page.get_by_text("Dark", exact=True).click()
    settle(page)
    dark = "text => [getComputedStyle(text).color, getComputedStyle(text).backgroundColor]"
    page.wait_for_function("document.querySelectorAll('iframe').length > 0")
    expect(story).to_have_css("color", "rgb(255, 255, 255)")
    assert story.evaluate(dark) == ["rgb(255, 255, 255)", "rgb(18, 18, 18)"]
    assert mail.locator("img").evaluate("picture => getComputedStyle(picture).filter") == "none"
    assert "colours=dark" in page.url
