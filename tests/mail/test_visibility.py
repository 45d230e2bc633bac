"""Where links are visible according to their HTML, and that a real browser agrees."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from mailsight.heatmap.drawing import draw
from mailsight.mail.links import Link, Matcher, links, shared
from mailsight.mail.visibility import PHONE_PX, WIDE_PX, Visibility
from mailsight.mime.charsets import decode
from tests.support.browsing import open_page

LINK = '<a href="https://a.example/" class="l">Read more</a>'
PHONES = "@media only screen and (max-width: 600px)"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (LINK, Visibility.EVERYWHERE),
        (f'<div style="display:none">{LINK}</div>', Visibility.NOWHERE),
        (f'<div style="DISPLAY : None !important">{LINK}</div>', Visibility.NOWHERE),
        (f"<div hidden>{LINK}</div>", Visibility.NOWHERE),
        (f'<div style="max-height:0px;overflow:hidden">{LINK}</div>', Visibility.NOWHERE),
        (f'<div style="max-height:0">{LINK}</div>', Visibility.EVERYWHERE),
        (f'<div style="opacity:0">{LINK}</div>', Visibility.NOWHERE),
        (f'<div style="opacity:0.9">{LINK}</div>', Visibility.EVERYWHERE),
        (f'<div style="visibility:hidden">{LINK}</div>', Visibility.NOWHERE),
        (
            f'<style>a {{ visibility: visible }}</style><div style="visibility:hidden">{LINK}</div>',
            Visibility.EVERYWHERE,
        ),
        (
            f'<style>{PHONES} {{ .m {{ display: block !important }} }}</style><p class="m" style="display:none">{LINK}',
            Visibility.PHONE,
        ),
        (
            f'<style>.m {{ display: none }} {PHONES} {{ .m {{ display: block }} }}</style><p class="m">{LINK}</p>',
            Visibility.PHONE,
        ),
        (f"<style>{PHONES} {{ .l {{ display: none !important }} }}</style>{LINK}", Visibility.WIDE),
        (f"<style>@media (min-width: 601px) {{ .l {{ display: none }} }}</style>{LINK}", Visibility.PHONE),
        (f"<style>@media (max-width: 25em) {{ .l {{ display: none }} }}</style>{LINK}", Visibility.WIDE),
        (f"<style>@media print {{ .l {{ display: none }} }}</style>{LINK}", Visibility.EVERYWHERE),
        (
            f"<style>@media (prefers-color-scheme: dark) {{ .l {{ display: none }} }}</style>{LINK}",
            Visibility.EVERYWHERE,
        ),
        (f"<style>.l {{ display: none }} a.l {{ display: inline }}</style>{LINK}", Visibility.EVERYWHERE),
        (f"<style>a.l {{ display: inline }} .l {{ display: none }}</style>{LINK}", Visibility.EVERYWHERE),
        (
            f"<style>a {{ display: none !important }} a.l {{ display: inline }}</style>{LINK}",
            Visibility.NOWHERE,
        ),
        (f"<style>.l:hover {{ display: none }}</style>{LINK}", Visibility.EVERYWHERE),
        (
            f"<style>/* .l {{ display: none }} */ !!, .l[ {{ display: none }}</style>{LINK}",
            Visibility.EVERYWHERE,
        ),
        ("<style>.l { display: none", Visibility.EVERYWHERE),
        # A brace in a string doesn't end the rule.
        (
            f"<style>.x::after {{ content: '}}' }} {PHONES} {{ .l {{ display: none }} }}</style>{LINK}",
            Visibility.WIDE,
        ),
        (f'<style>{PHONES} {{ a {{ content: "}}"; display: none }} }}</style>{LINK}', Visibility.WIDE),
        (f"<style>a {{ content: '\f; display: none }}</style>{LINK}", Visibility.NOWHERE),
        (f"<style>:is(.c, .l) {{ display: none }}</style>{LINK}", Visibility.NOWHERE),
        (f"<style>:is(.l,.d) {{ display: none }} a {{ display: inline }}</style>{LINK}", Visibility.NOWHERE),
        # An attribute selector is as specific as a class, whatever its value looks like.
        (
            f"<style>[href*='#'] {{ display: none }} .l {{ display: inline }}</style>{LINK}",
            Visibility.EVERYWHERE,
        ),
        (
            '<style>[href="#x"] { display: none } a.l { display: inline }</style><a class="l" href="#x">x</a>',
            Visibility.EVERYWHERE,
        ),
        (
            f"<style>:where(#x, .l) {{ display: none }} a {{ display: inline }}</style>{LINK}",
            Visibility.EVERYWHERE,
        ),
        (f"<style>.l {{ dis\\play: none }}</style>{LINK}", Visibility.NOWHERE),
        (f"<style>.l, .x:bogus {{ display: none }}</style>{LINK}", Visibility.EVERYWHERE),
        (f"<style>.x {{</style><style>.l {{ display: none }}</style>{LINK}", Visibility.NOWHERE),
        (f'<style media="print">.l {{ display: none }}</style>{LINK}', Visibility.EVERYWHERE),
        (f'<style media="(max-width: 600px)">.l {{ display: none }}</style>{LINK}', Visibility.WIDE),
        (
            f"<style>@media print, (max-width:37rem) {{ .l {{ display: none }} }}</style>{LINK}",
            Visibility.WIDE,
        ),
        (
            f"<style>@media screen {{ {PHONES} {{ .l {{ display: none }} }} }}</style>{LINK}",
            Visibility.WIDE,
        ),
        (f"<style><!-- .l {{ display: none }} --></style>{LINK}", Visibility.NOWHERE),
        (f"<style>.L {{ display: none }}</style>{LINK}", Visibility.NOWHERE),
        (f"<!DOCTYPE html><style>.L {{ display: none }}</style>{LINK}", Visibility.EVERYWHERE),
        (
            f'<style>p {{ display: block !important }}</style><p style="display:none">{LINK}',
            Visibility.EVERYWHERE,
        ),
        (f"<p style=\"display:block;font-family:'a;b';display:none\">{LINK}", Visibility.NOWHERE),
        ('<a href="https://a.example/"></a>', Visibility.NOWHERE),
        ('<a href="https://a.example/">&zwnj;&nbsp; </a>', Visibility.NOWHERE),
        ('<map name="m"><area href="https://a.example/"></map>', Visibility.NOWHERE),
        ('<img usemap="#m"><map name="m"><area href="https://a.example/"></map>', Visibility.EVERYWHERE),
        (
            '<img style="display:none" usemap="#m"><map name="m"><area href="https://a.example/"></map>',
            Visibility.NOWHERE,
        ),
    ],
)
def test_where_a_link_is_visible(html: str, expected: Visibility) -> None:
    assert [link.visibility for link in links(html)] == ([expected] if "href" in html else [])


@pytest.mark.parametrize(
    ("visibilities", "expected"),
    [
        ((Visibility.EVERYWHERE, Visibility.EVERYWHERE), 0),
        ((Visibility.NOWHERE, Visibility.EVERYWHERE, Visibility.EVERYWHERE), 1),
        ((Visibility.PHONE, Visibility.NOWHERE, Visibility.WIDE), 2),
        ((Visibility.NOWHERE, Visibility.PHONE), 1),
        ((Visibility.NOWHERE, Visibility.NOWHERE), 0),
    ],
)
def test_the_first_visible_link_represents_all_links_to_the_same_url(
    visibilities: tuple[Visibility, ...], expected: int
) -> None:
    mail = [Link(position, "https://a.example/", "", seen) for position, seen in enumerate(visibilities)]
    assert shared(mail) == dict.fromkeys(range(len(visibilities)), expected)
    assert Matcher(mail).position("https://A.example") == expected


SHOWN = """() => [...document.querySelectorAll('[data-link]:not(area)')].map(link => [
  link.dataset.link,
  link.checkVisibility({ opacityProperty: true, visibilityProperty: true })
    && [link, ...link.querySelectorAll('*')].some(element => element.getBoundingClientRect().width > 0),
])"""


@pytest.mark.browser
@pytest.mark.parametrize("width", [WIDE_PX, PHONE_PX])
def test_a_browser_shows_the_links_of_real_mails_where_expected(
    browser: Browser, samples: Path, width: int
) -> None:
    shown_here = (Visibility.EVERYWHERE, Visibility.WIDE if width == WIDE_PX else Visibility.PHONE)
    wrong, total = [], 0
    with open_page(browser, viewport={"width": width, "height": 1000}) as page:
        page.route("http**", lambda route: route.abort())
        for path in sorted((samples / "emails").glob("*.html")):
            html = decode(path.read_bytes())
            page.set_content(draw(html, []))
            expected = {str(link.link_position): link.visibility in shown_here for link in links(html)}
            for position, shown in page.evaluate(SHOWN):
                total += 1
                wrong += [(path.name, position)] if expected[position] != shown else []
    # The rest are links around a single picture, which has no size until it loads.
    assert len(wrong) * 100 < total, wrong
