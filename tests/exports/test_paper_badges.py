"""The mail in a PDF: badges at links and on image maps, and text aligned as browsers align it."""

import re
from base64 import b64decode, b64encode
from io import BytesIO

import pytest
from PIL import Image
from selectolax.lexbor import LexborHTMLParser

from mailsight.exports.mail_pages import on_paper
from mailsight.heatmap.badges import click_totals
from mailsight.mail.links import LinkClicks, links

AREAS = """<map name="m"><area shape="rect" coords="0,40,100,80" href="https://shop.example/a">
<area shape="circle" coords="300,100,100" href="https://shop.example/b">
<area href="https://shop.example/rest"><area coords="0,90,100,99" href="https://shop.example/quiet"></map>"""


def _png(width: int, height: int) -> str:
    data = BytesIO()
    Image.new("RGB", (width, height)).save(data, "PNG")
    return f"data:image/png;base64,{b64encode(data.getvalue()).decode()}"


def paper(html: str, numbers: dict[int, int]) -> LexborHTMLParser:
    clicks = [
        LinkClicks(link.link_position, link.url, link.label, numbers.get(link.link_position or 0, 0), 1, 1)
        for link in links(html)
    ]
    return LexborHTMLParser(on_paper(html, clicks, click_totals(clicks)))


def drawn(document: LexborHTMLParser) -> str:
    """The SVG that replaced the map's picture."""
    picture = document.css_first("img[usemap]")
    assert picture is not None
    source = picture.attributes["src"] or ""
    assert source.startswith("data:image/svg+xml;base64,")
    return b64decode(source.partition(",")[2]).decode()


def badges(svg: str) -> list[tuple[int, int, str]]:
    """Left, top and text of each badge."""
    found = re.findall(r'<svg [^>]*x="(\d+)" y="(\d+)".*?<text[^>]*>([^<]*)</text>', svg, re.DOTALL)
    return [(int(left), int(top), text) for left, top, text in found]


def test_clicks_on_areas_are_drawn_into_the_picture() -> None:
    html = f'<a href="https://shop.example/x">x</a><img usemap="#m" src="{_png(4, 3)}" width="400" height=300>{AREAS}'
    document = paper(html, {0: 5, 1: 7, 2: 1_200, 3: 2})
    svg = drawn(document)
    # At the corner of each shape, and inside the picture.
    assert badges(svg) == [(91, 30, "7"), (348, 20, "1,200"), (382, 0, "2")]
    assert '<image href="data:image/png;base64,' in svg
    assert [picture.attributes["alt"] for picture in document.css("a + img")] == ["5"]


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        (f'src="{_png(600, 200)}"', (600, 200)),
        (f'src="{_png(600, 200)}" width=300', (300, 100)),
        (f'src="{_png(600, 200)}" height="100px" width="100%"', (300, 100)),
        (f'src="{_png(600, 200)}" width=10 style="border:0;width:450px"', (450, 150)),
        ("src=\"data:image/svg+xml,%3Csvg viewBox='0 0 640 480'/%3E\"", (640, 480)),
        ('src="https://shop.example/p.png" width=500 height=120', (500, 120)),
        ('src="https://shop.example/p.png"', (410, 80)),
        ('src="data:image/png;base64,AAAA" alt="<A & B>"', (410, 80)),
        ("", (410, 80)),
    ],
)
def test_a_maps_picture_has_the_size_at_which_the_mail_shows_it(
    attributes: str, size: tuple[int, int]
) -> None:
    svg = drawn(paper(f"<img usemap=#m {attributes}>{AREAS}", {0: 1, 1: 1}))
    assert f'viewBox="0 0 {size[0]} {size[1]}"' in svg
    assert ("<image" in svg) == ("base64,iVBOR" in attributes or "svg" in attributes or "AAAA" in attributes)
    LexborHTMLParser(svg)


def test_a_map_without_clicks_or_without_a_picture_stays_as_it_is() -> None:
    unclicked = paper(f"<img usemap=#m src='{_png(4, 3)}'>{AREAS}", {})
    assert (unclicked.css_first("img").attributes["src"] or "").startswith("data:image/png")  # type: ignore[union-attr]
    assert paper(AREAS, {0: 3}).css_first("img") is None


@pytest.mark.parametrize(
    ("html", "is_reset"),
    [
        ("<table><tr><td align=center><table id=t>", True),
        ("<center><table id=t>", True),
        ("<div ALIGN=Right><p><table id=t>", True),
        ("<table><tr><td style='text-align:center'><table id=t>", False),
        ("<table><tr align=center><td style='text-align:center'><table id=t>", False),
        ("<table align=center><tr><td><table id=t>", False),
        ("<table><tr><td align=center><table><tr><td><table id=t>", False),
        ("<table id=t align=center>", False),
    ],
)
def test_text_in_a_table_is_not_aligned_by_an_attribute_around_it(html: str, is_reset: bool) -> None:
    table = paper(f"<!DOCTYPE html>{html}", {}).css_first("#t")
    assert table is not None
    assert ("data-mailsight-start" in table.attributes) == is_reset


@pytest.mark.parametrize(("doctype", "is_quirky"), [("", True), ("<!DOCTYPE html>", False)])
def test_a_mail_without_doctype_has_the_quirks_of_browsers(doctype: str, is_quirky: bool) -> None:
    html = paper(f"{doctype}<p>x", {}).html or ""
    assert ("font-size: medium" in html) == is_quirky
