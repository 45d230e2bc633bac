"""Two walls stand between a hostile mail and its reader, and each holds alone.

The first is what we write: here without its content security policy, and with scripts allowed. The second is the frame
with its sandbox and policy: here around mails that nothing has filtered.
"""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Route

from mailsight.components.mail_frame import frontend
from mailsight.heatmap.drawing import draw
from mailsight.mail.content import safe
from mailsight.mail.links import LinkClicks, links
from mailsight.mime.charsets import decode
from tests.support.browsing import open_page
from tests.support.hostile import EVIL, MAILS
from tooling.servers import PROJECT

pytestmark = pytest.mark.browser

HOST = "http://dashboard.example/"
HARNESS = f"""<!DOCTYPE html><title>Dashboard</title><div id=place></div>
<script>{frontend("frame.js")}
const frame = mailFrame(document.getElementById("place"), () => window.opened = true);
window.show = (html, pictures) => {{ window.opened = false; frame.show({{ html, title: "Mail", pictures }}); }};
</script>"""


def drawn(html: str) -> str:
    return draw(html, [LinkClicks(link.link_position, link.url, link.label, 5, 4, 1) for link in links(html)])


def drawn_twice(page: Page) -> None:
    """Waits until the page was drawn, by which time everything in it has been requested."""
    page.evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    )


@pytest.fixture(scope="module")
def mails() -> dict[str, str]:
    """The hostile mails here, and those that others wrote, if they are on this machine."""
    others = (PROJECT.parent / "shared" / "faults" / "attacks" / "mails").glob("*.html")
    return MAILS | {path.name: decode(path.read_bytes()) for path in others}


@pytest.fixture
def attempts() -> list[str]:
    return []


@pytest.fixture
def page(browser: Browser, attempts: list[str]) -> Iterator[Page]:
    """A page that notes whatever a mail attempts, and lets nothing through."""

    # Only what no policy has stopped comes here.
    def answer(route: Route) -> None:
        if route.request.url == HOST:
            route.fulfill(body=HARNESS, content_type="text/html")
        elif route.request.url.startswith("file:") and route.request.url.endswith("/mail.html"):
            route.continue_()
        else:
            attempts.append(f"request {route.request.url}")
            route.abort()

    def refused(dialog: Dialog) -> None:
        attempts.append(f"dialog {dialog.message}")
        dialog.dismiss()

    with open_page(browser) as page:
        page.route("**/*", answer)
        page.on("dialog", refused)
        page.on("pageerror", lambda error: attempts.append(f"error {error}"))
        page.on("popup", lambda popup: attempts.append(f"popup {popup.url}"))
        page.on("download", lambda download: attempts.append(f"download {download.url}"))
        yield page


@pytest.mark.parametrize("make", [safe, drawn], ids=["safe", "heatmap"])
def test_what_we_write_is_harmless_without_its_policy(
    page: Page, attempts: list[str], mails: dict[str, str], tmp_path: Path, make: Callable[[str], str]
) -> None:
    path = tmp_path / "mail.html"
    acted = {}
    for name, html in mails.items():
        attempts.clear()
        unprotected, policies = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", make(html))
        assert policies == 1
        path.write_text(unprotected, encoding="utf-8")
        page.goto(path.as_uri())
        drawn_twice(page)
        left = page.evaluate("[document.scripts.length, document.cookie, frames.length, document.title]")
        if attempts or left[:3] != [0, "", 0] or left[3] == "hacked":
            acted[name] = attempts.copy(), left
    assert acted == {}


def test_the_frame_holds_mails_that_nothing_filtered(
    page: Page, attempts: list[str], mails: dict[str, str]
) -> None:
    page.goto(HOST)
    acted = {}
    for name, html in mails.items():
        attempts.clear()
        page.evaluate("html => show(html, false)", html)
        page.wait_for_function("opened")
        drawn_twice(page)
        state = page.title(), page.url, page.evaluate("[document.cookie, frames[0].location.protocol]")
        if attempts or state != ("Dashboard", HOST, ["", "blob:"]):
            acted[name] = attempts.copy(), state
    assert acted == {}


def test_the_frame_lets_pictures_load_on_demand_and_nothing_else(page: Page, attempts: list[str]) -> None:
    page.goto(HOST)
    html = (
        f"<img src={EVIL}/picture><script src={EVIL}/script></script><link rel=stylesheet href={EVIL}/sheet>"
    )
    page.evaluate("html => show(html, true)", html)
    page.wait_for_function("opened")
    drawn_twice(page)
    assert attempts == [f"request {EVIL}/picture"]


def test_the_frame_keeps_the_mode_of_the_mail(page: Page) -> None:
    page.goto(HOST)
    for html, mode in (
        ("<p>x", "BackCompat"),
        ("<!DOCTYPE html><p>x", "CSS1Compat"),
        ("<!-- x -->\n<!doctype HTML><html lang=nl><body>x", "CSS1Compat"),
    ):
        page.evaluate("html => show(html, false)", html)
        page.wait_for_function("opened")
        assert page.evaluate("frames[0].document.compatMode") == mode
    assert page.evaluate("frames[0].document.documentElement.lang") == "nl"


def test_the_checks_notice_a_mail_that_acts(page: Page, attempts: list[str], tmp_path: Path) -> None:
    path = tmp_path / "mail.html"
    path.write_text(MAILS["scripts"] + MAILS["CSS: variables"], encoding="utf-8")
    page.goto(path.as_uri())
    drawn_twice(page)
    assert {attempt.partition(" ")[0] for attempt in attempts} >= {"request", "dialog"}
