"""Two walls stand between a hostile mail and its reader, and each holds alone.

The first is what we write: here without its content security policy, and with scripts allowed. The second is the frame
with its sandbox and policy: here around mails that nothing has filtered.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, Request, Route

from mailsight.components.mail_frame import frontend
from mailsight.heatmap.drawing import draw
from mailsight.mail.content import safe_mail
from mailsight.mail.links import LinkClicks, links
from mailsight.mail.safety import SafeMail
from mailsight.mime.charsets import decode
from tests.support.browsing import open_page
from tests.support.hostile import CDN, EVIL, MAILS, PICTURES
from tooling.servers import PROJECT

pytestmark = pytest.mark.browser

_LINKS = "".join(f'<a href="https://shop.example/{number}">Offer</a> ' for number in range(3))
HOST = "http://dashboard.example/"
HARNESS = f"""<!DOCTYPE html><title>Dashboard</title><div id=place></div>
<script>{frontend("frame.js")}
const frame = mailFrame(document.getElementById("place"), () => window.opened = true);
window.show = (html, origins) => {{ window.opened = false; frame.show({{ html, title: "Mail", origins }}); }};
</script>"""


def drawn(html: str) -> SafeMail:
    clicks = [LinkClicks(link.link_position, link.url, link.label, 5, 4, 1) for link in links(html)]
    return SafeMail(draw(html, clicks))


def drawn_twice(page: Page) -> None:
    """Waits until the page was drawn, by which time everything in it has been requested."""
    page.evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"
    )


@pytest.fixture(scope="module")
def mails() -> dict[str, str]:
    """The hostile mails here, and those that others wrote, if they are on this machine."""
    others = (PROJECT.parent / "shared" / "faults" / "attacks" / "mails").glob("*.html")
    return MAILS | {
        path.name: decode(path.read_bytes()).replace("127.0.0.1:8790", EVIL.partition("//")[2])
        for path in others
    }


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


Make = Callable[..., SafeMail]


@pytest.mark.parametrize(
    ("make", "pictures"),
    [
        (safe_mail, True),
        (drawn, False),
        pytest.param(
            safe_mail,
            False,
            marks=pytest.mark.thorough,
        ),
    ],
    ids=["safe, with images", "heatmap", "safe"],
)
def test_what_we_write_is_harmless_without_its_policy(
    page: Page, attempts: list[str], mails: dict[str, str], tmp_path: Path, make: Make, pictures: bool
) -> None:
    path = tmp_path / "mail.html"
    acted = {}
    for name, html in mails.items():
        attempts.clear()
        made = make(PICTURES + html, pictures=True) if pictures else make(html)
        unprotected, policies = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", made.html)
        assert policies == 1
        path.write_text(unprotected, encoding="utf-8")
        page.goto(path.as_uri())
        drawn_twice(page)
        left = page.evaluate(
            "[document.querySelectorAll('script, link, base[href]').length, document.cookie, frames.length, "
            "document.title]"
        )
        worse = beyond_pictures(attempts)
        if worse or left[:3] != [0, "", 0] or left[3] == "hacked":
            acted[name] = worse, left
    assert acted == {}


@pytest.mark.parametrize(
    "pictures",
    [
        pytest.param(False, marks=pytest.mark.thorough),
        True,
    ],
    ids=["without images", "with images"],
)
def test_the_frame_holds_mails_that_nothing_filtered(
    page: Page, attempts: list[str], mails: dict[str, str], pictures: bool
) -> None:
    page.goto(HOST)
    acted = {}
    for name, html in mails.items():
        attempts.clear()
        show(page, PICTURES + html if pictures else html, [CDN] if pictures else [])
        state = page.title(), page.url, page.evaluate("[document.cookie, frames[0].location.protocol]")
        # No policy would keep them from looking up or connecting to a server, which no request shows.
        unstopped = page.evaluate("frames[0].document.querySelectorAll('link, iframe').length")
        worse = beyond_pictures(attempts)
        if worse or unstopped or state != ("Dashboard", HOST, ["", "blob:"]):
            acted[name] = worse, unstopped, state
    assert acted == {}


def beyond_pictures(attempts: list[str]) -> list[str]:
    """What else a mail attempted than to load its harmless pictures."""
    return [attempt for attempt in attempts if attempt != f"request {CDN}/picture"]


def show(page: Page, html: str, origins: Sequence[str]) -> None:
    page.evaluate("([html, origins]) => show(html, origins)", [html, list(origins)])
    page.wait_for_function("opened")
    drawn_twice(page)


def test_the_frame_lets_pictures_load_on_demand_and_nothing_else(page: Page, attempts: list[str]) -> None:
    page.goto(HOST)
    html = "".join(
        f"<img src={origin}/picture><script src={origin}/script></script><link rel=stylesheet href={origin}/sheet>"
        f"<link rel=prefetch href={origin}/prefetch><link rel=preload as=image href={origin}/preload>"
        for origin in (CDN, EVIL, f"{CDN}:8443")
    )
    show(page, html, [CDN, "*", "https:", f"https://*.example;script-src {EVIL}"])
    assert attempts == [f"request {CDN}/picture"]


def test_the_server_names_the_origins_of_the_pictures_that_load(page: Page, attempts: list[str]) -> None:
    page.goto(HOST)
    mail = safe_mail(f"{PICTURES}<img src={CDN}:8443/other><img src={EVIL}/large>", pictures=True)
    show(page, mail.html, mail.origins)
    assert mail.origins == (CDN, f"{CDN}:8443")
    assert sorted(attempts) == [f"request {CDN}/picture", f"request {CDN}:8443/other"]


def test_with_images_on_only_pictures_load_from_their_host(
    page: Page, attempts: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "mail.html"
    loaded: dict[str, str] = {}

    def listen(request: Request) -> None:
        loaded.setdefault(request.resource_type, request.url)

    page.on("request", listen)
    for html in (MAILS[name] for name in MAILS if name.startswith(("CSS", "svg", "links", "math"))):
        made = safe_mail(PICTURES + html.replace(EVIL, CDN), pictures=True)
        unprotected = made.html.replace("Content-Security-Policy", "x")
        path.write_text(unprotected, encoding="utf-8")
        page.goto(path.as_uri())
        drawn_twice(page)
    assert loaded.keys() == {"document", "image"}
    assert loaded["document"].startswith("file:")
    assert not [attempt for attempt in attempts if not attempt.startswith(f"request {CDN}")]


SPYING = "".join(
    f"{badge}::{part}{{background:url({CDN}/{part}/{number})}}"
    f"@container style(--own:{number}px){{{badge}::{part}{{list-style:url({CDN}/{part}/own-{number})}}}}"
    f"{badge}:has([title*='{number}']){{background:url({CDN}/has/{number})}}"
    f"{badge}[style*='{number}']{{background:url({CDN}/style/{number})}}"
    f"{badge}{{content:if(style(--own:{number}px):url({CDN}/if/{number}))}}"
    for part in ("before", "after", "first-letter", "first-line", "marker", "selection")
    for number in (0, 5, 18)
    for badge in ("mailsight-badge", f"body>:nth-last-child({number})", "*")
)


def test_no_style_sheet_can_tell_the_sender_what_was_clicked(
    page: Page, attempts: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "mail.html"
    html = f"<style>{SPYING}</style><img src={CDN}/picture width=90 height=90>{_LINKS}"
    seen = []
    for number in (0, 5):
        attempts.clear()
        clicks = [LinkClicks(link.link_position, link.url, "", number, number, 1) for link in links(html)]
        path.write_text(draw(html, clicks, pictures=True), encoding="utf-8")
        page.goto(path.as_uri())
        drawn_twice(page)
        assert page.locator("[data-badge]").all_text_contents() == [str(number)] * 3
        seen.append(sorted(set(attempts)))
    assert seen[0] == seen[1]
    assert f"request {CDN}/picture" in seen[0]


def test_the_frame_keeps_the_mode_of_the_mail(page: Page) -> None:
    page.goto(HOST)
    for html, mode in (
        ("<p>x", "BackCompat"),
        ("<!DOCTYPE html><p>x", "CSS1Compat"),
        ("<!-- x -->\n<!doctype HTML><html lang=nl><body>x", "CSS1Compat"),
    ):
        show(page, html, [])
        assert page.evaluate("frames[0].document.compatMode") == mode
    assert page.evaluate("frames[0].document.documentElement.lang") == "nl"


@pytest.mark.parametrize("start", ["<!-->", "<!--->", "<!-- --!>", "<!----!>", "<!--\n--!>"])
def test_nothing_comes_before_the_frames_policy(page: Page, attempts: list[str], start: str) -> None:
    """A comment that ends sooner for a browser than for whoever looks for `-->`."""
    page.goto(HOST)
    html = f"{start}<img src={EVIL}/a><link rel=preconnect href={EVIL}><style>@import '{EVIL}/b'</style>-->"
    show(page, f"{html}<!DOCTYPE html><p>x", [])
    assert attempts == []
    assert page.evaluate("frames[0].document.querySelectorAll('link, img').length") == 0
    assert page.evaluate("frames[0].document.compatMode") == "CSS1Compat"


def test_many_comments_do_not_keep_the_frame_waiting(page: Page) -> None:
    page.goto(HOST)
    show(page, f"{'<!-- - -- x -->' * 50_000}<p>x", [])
    assert page.evaluate("frames[0].document.body.textContent") == "x"


def test_the_checks_notice_a_mail_that_acts(page: Page, attempts: list[str], tmp_path: Path) -> None:
    path = tmp_path / "mail.html"
    path.write_text(MAILS["scripts"] + MAILS["CSS: variables"], encoding="utf-8")
    page.goto(path.as_uri())
    drawn_twice(page)
    assert {attempt.partition(" ")[0] for attempt in attempts} >= {"request", "dialog"}
