"""E-mails as the dialogs show them: links that open nothing, dark styles, the place where Gmail clips them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mail.clipping import LIMIT_BYTES, clipped_at, size_bytes, with_comment
from mailsight.mail.content import safe
from mailsight.mail.personal_links import Effect, Recipient
from mailsight.mail.removed import Unsafe
from mailsight.mail.safety import safe_mail
from mailsight.mail.views import CLIPPED, ShownLink, shown

ANN = Recipient("ann@mail.example", "48213")
SALE = "https://shop.example/sale"
LINKS = (
    f'<a href="{SALE}">Sale</a><a href="https://shop.example/bye">Unsubscribe</a><a href="#more">More</a>'
    '<map><area href="//shop.example/area?u=48213"></map><a href="javascript:x">Script</a>'
    '<a href="mailto:info@shop.example">Mail</a><svg><a xlink:href="https://shop.example/svg">x</a></svg>'
)


def hrefs(html: str) -> list[str]:
    return re.findall(r'<(?:a|area) [^>]*href="([^"]*)"', html)


def test_no_link_in_a_customers_mail_leads_out_of_it() -> None:
    mail = shown(LINKS, ANN)
    assert hrefs(mail.html) == ["#", "#", "#more", "#", "#", "#"]
    assert "shop.example" not in mail.html
    assert mail.links == {
        0: ShownLink(SALE, None),
        1: ShownLink("https://shop.example/bye", Effect.UNSUBSCRIBES),
        3: ShownLink("https://shop.example/area?u=48213", Effect.IDENTIFIES),
        5: ShownLink("mailto:info@shop.example", None),
    }
    assert re.findall(r'data-link="(\d)"', mail.html) == ["0", "1", "3", "5"]


def test_in_a_template_only_personal_links_lead_nowhere() -> None:
    mail = shown(LINKS, ANN, opens=True)
    assert hrefs(mail.html) == [SALE, "#", "#more", "#", "#", "mailto:info@shop.example"]
    assert mail.links.keys() == {1, 3}


def test_a_link_that_only_says_here_is_read_with_its_sentence() -> None:
    html = (
        '<p>Our sale: click <a href="https://shop.example/a">here</a>. To unsubscribe, click '
        '<a href="https://shop.example/b">here</a>.</p><p><a href="https://shop.example/c">here</a> to log in</p>'
        '<p>Lorem ipsum</p><p>Wenn Sie sich abmelden wollen, klicken Sie <a href="https://shop.example/d">hier</a></p>'
    )
    effects = [link.effect for link in shown(html, ANN).links.values()]
    assert effects == [None, Effect.UNSUBSCRIBES, None, Effect.UNSUBSCRIBES]


def test_no_mail_writes_the_marks_of_links_or_of_clipping_itself() -> None:
    html = f'<a data-link="9" href="{SALE}">x</a><p data-link="0">y<!--{CLIPPED}--></p>'
    mail = shown(html, ANN)
    assert mail.html.count("data-link") == 1
    assert CLIPPED not in mail.html


def test_a_shown_mail_is_the_safe_one_but_for_its_links() -> None:
    html = '<style>a{color:red}</style><p class=x>A<img src="https://a.example/x"><script>x</script>'
    assert shown(html, ANN).html == safe(html)


def test_a_long_mail_is_marked_where_gmail_clips_it() -> None:
    rows = "".join(f"<tr><td>Row {number:05} é</td></tr>" for number in range(5_000))
    html = f"<table>{rows}</table>"
    mail = shown(html, ANN)
    assert mail.is_clipped
    before, after = mail.html.split(f"<!--{CLIPPED}-->")
    source = html.encode()[:LIMIT_BYTES].decode("utf-8", "ignore")
    assert re.findall(r"Row \d+", before)[-1] == re.findall(r"Row \d+", source)[-1]
    assert before.count("Row") + after.count("Row") == 5_000
    assert before.replace("\n", "") + after == safe(html)
    assert mail.size_bytes == len(html.encode())


@pytest.mark.parametrize(
    ("length", "is_clipped"), [(LIMIT_BYTES - 3, False), (LIMIT_BYTES - 2, True), (LIMIT_BYTES, True)]
)
def test_gmail_counts_bytes(length: int, is_clipped: bool) -> None:
    html = f"<p>{'x' * (length - 3)}€"
    assert (clipped_at(html) is not None) == is_clipped
    assert shown(html, ANN).is_clipped == is_clipped


def test_pictures_that_came_beside_the_html_dont_count() -> None:
    picture = f'<img src="data:image/png;base64,{"A" * LIMIT_BYTES}">'
    assert shown(picture, ANN).is_clipped
    assert not shown(picture, ANN, embedded=True).is_clipped
    text = "<p>x</p>" * (LIMIT_BYTES // 8)
    at = clipped_at(picture + text, embedded=True)
    assert at is not None
    assert size_bytes((picture + text)[:at], embedded=True) == LIMIT_BYTES


@given(st.text(alphabet="<>a\"'= -!/é€😀\ud800styleb", max_size=60), st.integers(0, 60))
def test_a_comment_is_never_within_a_tag(html: str, at: int) -> None:
    marked = with_comment(html, min(at, len(html)), "x")
    assert marked.replace("<!--x-->", "", 1) == html
    assert len(marked) == len(html) + 8


DARK = (
    "<style>@media (prefers-color-scheme:dark){p{color:red}}"
    "@media (prefers-color-scheme: light){p{color:blue}}</style>"
)


def test_dark_styles_apply_in_the_dark_only() -> None:
    html = f'{DARK}<style media="(prefers-color-scheme: dark)">b{{}}</style><p>(prefers-color-scheme: dark)'
    light, dark = shown(html, ANN), shown(html, ANN, dark=True)
    assert light.html == safe(html)
    assert "@media (max-width:0){p{color:red}}@media (min-width:0){p{color:blue}}" in light.html
    assert '<style media="(max-width:0)">' in light.html
    assert "@media (min-width:0){p{color:red}}@media (max-width:0){p{color:blue}}" in dark.html
    assert '<style media="(min-width:0)">' in dark.html
    assert "<p>(prefers-color-scheme: dark)</p>" in dark.html
    assert light.has_dark_styles
    assert dark.has_dark_styles
    assert not shown("<style>@media (prefers-color-scheme: light){}</style>", ANN).has_dark_styles


@pytest.mark.parametrize(
    ("declares", "has_canvas"),
    [
        ('<meta name="color-scheme" content="light dark">', True),
        ("<style>:root{color-scheme:light dark}</style>", True),
        ('<meta name="color-scheme" content="light only">', False),
        ("", False),
    ],
)
def test_the_canvas_is_dark_if_the_mail_says_so(declares: str, has_canvas: bool) -> None:
    assert (":root{color-scheme:dark!important}" in shown(declares + DARK, ANN, dark=True).html) == has_canvas
    for without in (shown(declares, ANN, dark=True), shown(declares + DARK, ANN)):
        assert ":root{color-scheme:dark!important}" not in without.html
        assert (":root{color-scheme:light!important}" in without.html) == has_canvas


HOSTILE = """
<link rel="stylesheet" href="https://a.example/x.css"><link rel="icon" href="x">
<meta http-equiv="Refresh" content="0;url=x">
<script>1</script><script src=x></script><body onload="x()"><p onclick="x()" ONMOUSEOVER="y">a</p>
<form action="x"><input></form>
<iframe src=x></iframe><frame><embed src=x><object data=x></object><svg onload=x><script>2</script></svg>
<a href="javascript:x">a</a><a href="data:text/html,x">b</a><a href="">c</a><a href="#a">d</a>
<img src="https://a.example/pixel.gif" width=1 height=1><img src="data:image/gif;base64,R" width=1 height=1>
<img src="https://a.example/1.png"><img src="//a.example/2.png"><img src="cid:x"><img src="data:image/png;base64,A">
<table background="http://a.example/3.png"><tr><td style="background:#fff url('https://a.example/4.png')">x
<style>p{background-image:url(https://a.example/5.png)} @font-face{src:url(https://a.example/font)}</style>
"""


def test_what_is_taken_out_is_counted() -> None:
    assert safe_mail(HOSTILE).unsafe == {
        Unsafe.SCRIPT: 2,
        Unsafe.HANDLER: 3,
        Unsafe.FRAME: 1,
        Unsafe.PLUGIN: 2,
        Unsafe.SHEET: 1,
        Unsafe.DRAWING: 1,
        Unsafe.REDIRECT: 1,
        Unsafe.PIXEL: 1,
        Unsafe.FORM: 1,
        Unsafe.LINK: 2,
        Unsafe.PICTURE: 5,
    }
    loaded = safe_mail(HOSTILE.replace("a.example/pixel", "p.example/pixel"), pictures=True)
    assert Unsafe.PICTURE not in loaded.unsafe
    assert safe_mail("<p>Tulips <a href='https://shop.example/'>now</a>").unsafe == {}
