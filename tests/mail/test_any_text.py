# ruff: noqa: E501 - lists of odd things are easier to follow on few lines
"""Whatever strangers write, every parser returns; only documented errors come out."""

from collections.abc import Sequence

import pytest
import tinycss2
from hypothesis import given
from hypothesis import strategies as st

from mailsight.audience import agents, programs
from mailsight.audience.crawlers import is_listed
from mailsight.audience.mail_programs import is_image_proxy, is_mail_program
from mailsight.exports.mail_pages import on_paper
from mailsight.exports.masking import Mask, addresses, segments
from mailsight.heatmap.badges import click_totals, link_totals
from mailsight.heatmap.drawing import canvas, draw, layers
from mailsight.mail.documents import MAX_DEPTH, MAX_ELEMENTS, SIMPLIFIED, parse, within_bounds
from mailsight.mail.links import LinkClicks, Matcher, links, outlook_links
from mailsight.mail.safety import MAX_AREAS, safe
from mailsight.mail.stylesheets import component_values, safe_css
from mailsight.mail.trackers import picture_address, tracking_hosts
from mailsight.mail.urls import RULES, pattern, targets
from mailsight.mail.values import coordinates, pixels, split_url, unescape
from mailsight.mail.wrappers import unwrapped
from mailsight.merging.sample_values import sampled
from mailsight.reports.heatmap import view
from tests.support.hostile import MAILS

# What parsers trip over, beside what any text has.
ODD = [
    "9" * 5_000, "1e999", "-0", "1.2.3px", "NaN", "inf", "٣", "²", "0x7f.1", "\ud800", "\udfff", "\ufffe", "\0", "\f", "\r",
    "&#" + "1" * 5_000 + ";", "&#xD800;", "&#x110000;", "&nosuch;", "%", "%zz", "%C3%28", "xn--", "http://[", "http://[::1",
    "http://a:b:c/", "http://a:99999999/", "//", "///", "\\\\", "mailto:", "data:image/png;base64,A", "cid:", "{{a}}", "*|",
    "%name%", "tulpenzwiebeln-für-frühling-und-sommer", "a" * 300, "é" * 300, "@" * 9, "ann@mail.example", "eJzAAAAAAAAAAAAAAAAAAAAA",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(ODD) | st.text(max_size=9), max_size=6).map("".join)

_NAMES = [
    "a",
    "p",
    "b",
    "i",
    "table",
    "tr",
    "td",
    "div",
    "span",
    "img",
    "area",
    "map",
    "style",
    "title",
    "svg",
    "math",
    "select",
    "option",
    "form",
    "input",
    "template",
    "body",
    "font",
    "o:p",
]
_ATTRIBUTES = [
    "href",
    "src",
    "style",
    "class",
    "id",
    "width",
    "height",
    "coords",
    "shape",
    "usemap",
    "name",
    "background",
    "media",
    "type",
    "hidden",
    "xlink:href",
]
_PIECES = [
    "url(", "url('", ")", "(", "{", "}", "[", "]", ";", ":", "@media", "@import", "@font-face", "display", "none", "max-width",
    "opacity", "px", "!important", "'", '"', "\\", "\\75 ", "/*", "*/", "var(--x)", "calc(", ":has(", ":not(", "::before", ">",
    "<!--", "-->", "U+26", "#a", ".b", "*", "1e5", "-",
]  # fmt: skip
CSS = st.lists(st.sampled_from(_PIECES) | TEXT, max_size=12).map(" ".join)


@st.composite
def _tags(draw: st.DrawFn) -> str:
    name = draw(st.sampled_from(_NAMES))
    if draw(st.integers(0, 3)) == 0:
        return f"</{name}>"
    pairs = draw(st.lists(st.tuples(st.sampled_from(_ATTRIBUTES), TEXT | CSS), max_size=4))
    quote = draw(st.sampled_from(['"', "'", ""]))
    return f"<{name} {' '.join(f'{attribute}={quote}{value}{quote}' for attribute, value in pairs)}>"


HTML = st.lists(
    _tags() | TEXT | CSS.map("<style>{}</style>".format) | st.sampled_from([*MAILS.values()]), max_size=8
).map("".join)


@given(HTML)
def test_any_mail_is_shown_and_drawn(html: str) -> None:
    found = links(html)
    clicks = [LinkClicks(link.link_position, link.url, link.label, 5, 4, 1) for link in found]
    safe(html).encode()
    safe(html, pictures=True).encode()
    draw(html, clicks).encode()
    layers(html, clicks, click_totals(clicks), pictures=True)
    outlook_links(html)
    tracking_hosts(parse(html))
    canvas.cache_clear()
    assert [link.link_position for link in found] == list(range(len(found)))
    assert {Matcher(found).position(link.url) for link in found} <= {None, *range(len(found))}


@given(HTML, st.dictionaries(st.sampled_from(["a", "name"]), TEXT))
def test_any_mail_is_filled_in_and_masked(html: str, fields: dict[str, str]) -> None:
    sampled(html, fields)
    sampled(html, fields, escape=False)
    mask = Mask(("Ann", *fields.values()), "mail.example")
    assert addresses(mask.text(html)) <= {
        address for address in addresses(html) if address.endswith("@mail.example")
    }


@given(TEXT, TEXT)
def test_any_url_is_read(first: str, second: str) -> None:
    url = f"https://shop.example/{first}"
    for text in (first, url, f"https://{first}/{second}", f"https://x.example/?u={first}"):
        for rule in RULES:
            rule.form(text)
        list(targets(text))
        pattern(text)
        split_url(text)
        picture_address(text)
        unescape(text)
        Mask((second,)).url(text)
        segments([text])
        Matcher(links(f'<a href="{second}"></a><a href="https://shop.example/{{{{a}}}}">')).position(text)


@pytest.mark.parametrize("surrogate", ["\ud800", "\udfff{{a}}", "{{a}}\ud800", "\ud83d\ude00\udc00"])
def test_lone_surrogates_are_read_like_any_letter(surrogate: str) -> None:
    template = pattern("https://shop.example/abc/{{a}}?u={{b}}")
    assert template is not None
    assert template.matches(f"https://shop.example/abc/{surrogate}?u={surrogate}")
    for text in (
        surrogate,
        f"https://{surrogate}.example/",
        f"https://shop.example/abc/{surrogate}?{surrogate}",
    ):
        pattern(text)
        pattern(f"{text}{{{{a}}}}")
        assert unwrapped(text) == text
        Matcher(links(f'<a href="{text}"></a><a href="https://shop.example/{{{{a}}}}">')).position(text)
        Matcher(links('<a href="https://shop.example/abc/{{a}}">')).position(text)
        for agent in (text, f"Mozilla/5.0 {text} bot", f"{text} Outlook 16.0"):
            agents.kind(agent, machines=["bot"], people=["phone"])
            programs.used(agent)
            programs.described(agent)
            is_image_proxy(agent)
            is_mail_program(agent)
            is_listed(agent)


@given(TEXT)
def test_any_number_is_read(text: str) -> None:
    assert (number := pixels(text)) is None or abs(number) < 10_000_000
    assert all(abs(number) < 10_000_001 for number in coordinates(text))


def _depth(values: Sequence[object]) -> int:
    return max(
        (1 + _depth(getattr(v, "content", None) or getattr(v, "arguments", None) or ()) for v in values),
        default=0,
    )


@given(CSS)
def test_filtered_css_is_parsed_as_it_was_written(css: str) -> None:
    left = safe_css(css)
    assert _depth(component_values(css)) < 40
    todo = tinycss2.parse_component_value_list(left)
    while todo:
        value = todo.pop()
        assert value.type != "url" or value.value.lower().startswith(("data:image/", "#"))
        assert value.type != "at-keyword" or value.lower_value != "import"
        todo += value.arguments if value.type == "function" else getattr(value, "content", [])


def test_a_mail_is_cut_off_where_no_real_one_would_be() -> None:
    assert within_bounds("<p>x</p>" * 1_000).notice == ""
    huge = within_bounds("<p>x</p>" * (MAX_ELEMENTS + 10))
    assert huge.html.count("<p>") == MAX_ELEMENTS
    assert huge.notice in safe("<p>x</p>" * (MAX_ELEMENTS + 10))


def test_what_nests_too_deep_is_left_out_and_its_content_stays() -> None:
    deep = "<div>" * 100_000 + '<a href="https://a.example/">x</a>' + "</div>" * 100_000
    assert [link.url for link in links(deep)] == ["https://a.example/"]
    assert parse(deep).html.count("<div>") == MAX_DEPTH  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "mail",
    ["<style>{}</style><p class=a>x", '<p style="{}">x</p>'],
    ids=["a style sheet", "a style attribute"],
)
def test_dropped_styles_are_mentioned(mail: str) -> None:
    few, many = (mail.format("color:red;" * times) for times in (10, 50_000))
    assert canvas(few).notice == ""
    assert canvas(many).notice == SIMPLIFIED
    assert SIMPLIFIED in safe(many)
    assert SIMPLIFIED not in safe(few)


def test_areas_beyond_any_image_map_are_left_out_of_the_mail_but_still_links() -> None:
    html = '<img usemap="#m"><map name="m">{}</map><p>The end'.format(
        '<area href="https://a.example/">' * 5_000
    )
    written = safe(html)
    assert written.count("<area") == MAX_AREAS
    assert "The end" in written
    assert SIMPLIFIED in written
    assert len(links(html)) == 5_000
    assert SIMPLIFIED not in safe(html.replace("area", "a"))


def test_the_heatmap_says_once_what_is_left_out() -> None:
    html = "<b>" * 100
    assert draw(html, []).count(SIMPLIFIED) == 1
    assert on_paper(html, [], click_totals([])).count(SIMPLIFIED) == 1
    data = view([], [], click_totals([]), link_totals([]), html)
    assert data["notices"] == [SIMPLIFIED]
    assert SIMPLIFIED not in data["html"]
