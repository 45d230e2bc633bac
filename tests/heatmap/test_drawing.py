"""Badges: what they show and, in a real browser, where they are."""

import json
import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from mailsight.exports.mail_pages import heatmap
from mailsight.heatmap.badges import (
    MAX_BADGES,
    MEASURES,
    SCALE,
    SHOWS,
    Measure,
    Show,
    beyond,
    click_totals,
    link_totals,
)
from mailsight.heatmap.drawing import LOOKS, canvas, draw, layers
from mailsight.mail.content import safe
from mailsight.mail.links import LinkClicks, links, outlook_links, shared
from mailsight.mail.personal_links import Recipient
from mailsight.mime.charsets import decode
from mailsight.reports.heatmap import view
from tests.support.browsing import open_page

THREE = '<a href="https://a.example/">A</a> <a href="https://b.example/">B</a> <a href="https://a.example/">A2</a>'


def clicked(html: str, numbers: Sequence[int]) -> list[LinkClicks]:
    """Clicks on an e-mail's links: `numbers` in rotation, all on the first of links to the same place."""
    mail_links = links(html)
    firsts = shared(mail_links)
    groups = list(firsts.values())
    return [
        LinkClicks(
            link.link_position,
            link.url,
            link.label,
            number := numbers[link.link_position % len(numbers)]
            if firsts[link.link_position] == link.link_position
            else 0,
            number // 2,
            groups.count(firsts[link.link_position]),
        )
        for link in mail_links
    ]


def badges(html: str) -> dict[int, tuple[str, str]]:
    """The badges of a heatmap by position: look, and number."""
    matches = re.findall(
        r'<mailsight-badge data-badge="(\d+)"[^>]*><template[^>]*><style>(.*?)</style>.*?</template>'
        r"(.*?)</mailsight-badge>",
        html,
    )
    looks = {declarations: look for look, declarations in LOOKS.items()}
    return {
        int(position): (next(looks[one] for one in looks if one in style.partition("}")[0]), number)
        for position, style, number in matches
    }


def test_every_link_has_a_badge_with_its_number() -> None:
    heatmap = draw(THREE, clicked(THREE, [1234, 0]))
    assert badges(heatmap) == {0: ("4", "1234"), 1: ("quiet", "0"), 2: ("pointer", "0")}
    assert re.findall(r'<a [^>]*data-link="(\d+)"', heatmap) == ["0", "1", "2"]


def test_customers_can_be_counted_instead_of_clicks() -> None:
    assert badges(draw(THREE, clicked(THREE, [1234, 4]), measure="clickers"))[0] == ("4", "617")


def test_badges_add_up_to_the_clicks_of_the_links() -> None:
    html = THREE + '<map name="m"><area href="https://a.example/"><area href="https://c.example/"></map>'
    clicks = clicked(html, [7, 1300, 5, 9, 11])
    other = LinkClicks(None, "https://elsewhere.example/", "", 99, 90, 1)
    assert sum(int(text) for _, text in badges(draw(html, [*clicks, other])).values()) == sum(
        link.clicks for link in clicks
    )


def test_links_to_the_same_place_show_their_own_clicks_if_known() -> None:
    clicks = [
        LinkClicks(position, "https://a.example/", "", number, 1, 1) for position, number in ((0, 8), (2, 3))
    ]
    assert badges(draw(THREE, clicks)) == {0: ("4", "8"), 1: ("quiet", "0"), 2: ("2", "3")}


def test_shades_get_darker() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    order = [lightness(shade.background) for shade in SCALE]
    assert order == sorted(order, reverse=True)


def test_a_mail_without_links_or_body_is_drawn() -> None:
    assert badges(draw("", [])) == {}
    assert badges(draw("<frameset><frame src=a></frameset>", [])) == {}


# In the browser. A badge is in place if its centre is near its link's box or near the link's content.

MEASURE = """() => {
  const box = element => { const r = element.getBoundingClientRect(); return [r.x, r.y, r.width, r.height] };
  const seen = element => { const s = getComputedStyle(element); return s.visibility != 'hidden' && +s.opacity > 0 };
  const shape = area => {
    const picture = [...document.images].find(p => p.useMap && p.useMap.slice(1) == area.parentElement.name);
    if (!picture) return [];
    const [x, y, width, height] = box(picture), n = (area.coords || '').split(',').map(Number);
    if (area.shape == 'circle') return [[x + n[0] - n[2], y + n[1] - n[2], 2 * n[2], 2 * n[2]]];
    if (n.length < 4) return [[x, y, width, height]];
    const xs = n.filter((_, i) => i % 2 == 0), ys = n.filter((_, i) => i % 2);
    const left = Math.min(...xs), top = Math.min(...ys);
    return [[x + left, y + top, Math.max(...xs) - left, Math.max(...ys) - top]];
  };
  return [...document.querySelectorAll('[data-link]')].map(link => {
    const position = link.dataset.link, badge = document.querySelector(`[data-badge="${position}"]`);
    const own = [...link.getClientRects()].map(r => [r.x, r.y, r.width, r.height]);
    const inner = [...link.querySelectorAll('*')].filter(seen).map(box);
    const boxes = (link.tagName == 'AREA' ? shape(link) : [...own, ...inner])
      .filter(([, , width, height]) => width > 0 && height > 0);
    return { position, boxes: seen(link) ? boxes : [], badge: badge && box(badge) };
  });
}"""
EXTENT = "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with open_page(browser, viewport={"width": 820, "height": 1000}) as page:
        page.route(
            "**/*", lambda route: route.abort() if route.request.url.startswith("http") else route.continue_()
        )
        yield page


def measured(page: Page, heatmap: str) -> list[dict[str, Any]]:
    page.set_content(heatmap, wait_until="domcontentloaded")
    boxes: list[dict[str, Any]] = page.evaluate(MEASURE)
    return boxes


def misplaced(measured_links: Sequence[dict[str, Any]], within_px: int = 30) -> list[str]:
    return [link["position"] for link in measured_links if link["boxes"] and not in_place(link, within_px)]


def in_place(link: dict[str, Any], within_px: int) -> bool:
    if not link["badge"] or min(link["badge"][2:]) < 8:
        return False
    x, y = centre(link["badge"])
    return any(
        left - within_px <= x <= left + width + within_px and top - within_px <= y <= top + height + within_px
        for left, top, width, height in link["boxes"]
    )


def covering(measured_links: Sequence[dict[str, Any]]) -> list[tuple[str, str]]:
    shown = [link for link in measured_links if link["boxes"] and link["badge"]]
    return [
        (upper["position"], lower["position"])
        for upper in shown
        for lower in shown
        if upper is not lower and covers(upper["badge"], centre(lower["badge"]))
    ]


def covers(box: Sequence[float], point: tuple[float, float]) -> bool:
    return box[0] < point[0] < box[0] + box[2] and box[1] < point[1] < box[1] + box[3]


def centre(box: Sequence[float]) -> tuple[float, float]:
    return box[0] + box[2] / 2, box[1] + box[3] / 2


@pytest.mark.browser
def test_badges_of_real_mails_are_at_their_links(page: Page, samples: Path) -> None:
    wrong = {}
    visible = 0
    for path in sorted((samples / "emails").glob("*.html")):
        html = decode(path.read_bytes())
        boxes = measured(page, draw(html, clicked(html, [0, 3, 17, 240, 1312, 9876])))
        extent = page.evaluate(EXTENT)
        page.set_content(safe(html), wait_until="domcontentloaded")
        visible += sum(bool(link["boxes"]) for link in boxes)
        problems = misplaced(boxes), covering(boxes), extent != page.evaluate(EXTENT)
        if any(problems):
            wrong[path.name] = problems
    assert wrong == {}
    assert visible > 1000


FILLER = "<p>" + "words " * 300 + "</p>"
LINK = '<a href="https://a.example/">Read more</a>'
TRICKY = {
    "float in a link": '<a href="https://a.example/"><img src="x" width="90" height="60" align="right"></a>text',
    "block in a link": '<a href="https://a.example/"><table><tr><td>one<br>two</td></tr></table></a>',
    "several lines": f'<p style="width:90px">words and then <a href="https://a.example/">{"a link " * 9}</a></p>',
    "transformed": f'<div style="transform:translate(200px,50px)">{LINK}</div>',
    "fixed": f'{FILLER}<div style="position:fixed;top:200px;left:300px">{LINK}</div>',
    "sticky": f'{FILLER}<div style="position:sticky;top:0">{LINK}</div>{FILLER * 4}',
    "absolute": f'<div style="position:absolute;top:300px;left:200px">{LINK}</div>',
    "positioned body": f'<body style="position:relative;margin:40px;border:9px solid">{FILLER}{LINK}',
    "flex body": f'<body style="display:flex;align-items:center">{LINK}<p>next</p>',
    "clipped": f'<div style="overflow:hidden;width:200px">{LINK}</div>',
    "right to left": f'<html dir="rtl"><body>{FILLER}{LINK}',
    "wider than the window": f'<table width="1600"><tr><td align="right">{LINK}</td></tr></table>',
    "an anchor of its own": f"<style>a {{ anchor-name: --own !important; a\\6echor-scope: all }}</style>{LINK}",
    "anchors shut in": f"<style>* {{ anchor-scope: all; contain: layout }}</style><div>{LINK}</div>",
    "styled badges": f"<style>* {{ position: static !important; display: none }} p, a, body, html {{ display: block }}"
    f"mailsight-badge[data-badge][data-badge] {{ left: 9px !important; --right: 9px !important }}</style>"
    f"{FILLER}{LINK}",
    "last children": f"<style>body > *:last-child {{ visibility: hidden !important }}</style>{LINK}<p>x</p>",
    "page numbers": FILLER
    + " ".join(f'<a href="https://a.example/{number}">{number}</a>' for number in range(1, 9)),
    "icons": "<table><tr>"
    + "".join(
        f'<td><a href="https://a.example/{n}"><img src="data:," width=24 height=24></a></td>'
        for n in range(6)
    )
    + "</tr></table>",
    "image map": '<img usemap="#m" width=400 height=200 src="data:,"><map name="m">'
    '<area shape="rect" coords="0,0,60,40" href="https://a.example/1">'
    '<area shape="circle" coords="200,100,50" href="https://a.example/2">'
    '<area shape="poly" coords="300,20,390,90,310,190" href="https://a.example/3">'
    '<area shape="rect" coords="0,0,60,40" href="https://a.example/4"><area shape="default" href="https://a.example/5">'
    "</map>",
}


@pytest.mark.browser
@pytest.mark.parametrize("html", TRICKY.values(), ids=TRICKY)
def test_badges_of_tricky_mails_are_at_their_links(page: Page, html: str) -> None:
    boxes = measured(page, draw(html, clicked(html, [12, 3])))
    extent = page.evaluate(EXTENT)
    page.set_content(safe(html), wait_until="domcontentloaded")
    assert (misplaced(boxes), covering(boxes)) == ([], [])
    assert extent == page.evaluate(EXTENT)


@pytest.mark.browser
@pytest.mark.parametrize(
    "html",
    [
        f'<div style="display:none">{LINK}</div>',
        '<a href="https://a.example/"></a>',
        f'<div style="display:none"><img usemap="#m" width=9 height=9></div><map name="m"><area href="{LINK}"></map>',
        '<map name="m"><area href="https://a.example/" coords="1,1,9,9"></map>',
    ],
)
def test_an_invisible_link_has_no_visible_badge(page: Page, html: str) -> None:
    (link,) = measured(page, draw(html, clicked(html, [12])))
    x, y, width, height = link["badge"]
    assert width * height == 0 or x + width < 0 or y + height < 0


ENDS = {
    "<p>Some words, then <a href=x>a link</a></p>": True,
    "<p><a href=x>a link</a><br>and the next line</p>": True,
    "<table width=300><tr><td align=center><a href=x>a link</a></td><td>next</td></tr></table>": True,
    "<ul><li><b><a href=x>a link</a></b> </li><li>next</li></ul>": True,
    "<p><a href=x>a link</a> and more words</p>": False,
    "<table width=300><tr><td align=right><a href=x>a link</a></td><td>next</td></tr></table>": False,
    '<p style="width:150px"><a href=x>a link that fills its line up to the end of it</a></p>': False,
    '<p dir="rtl">\u05e9\u05dc\u05d5\u05dd <a href=x>\u05e7\u05d9\u05e9\u05d5\u05e8</a></p>': False,
}


@pytest.mark.browser
@pytest.mark.parametrize(("html", "is_beside"), ENDS.items())
def test_a_badge_keeps_off_the_words_where_there_is_room_beside_them(
    page: Page, html: str, is_beside: bool
) -> None:
    (link,) = measured(page, draw(html, clicked(html, [12])))
    left, top, _, height = link["badge"]
    assert all(left >= x + w for x, _, w, _ in link["boxes"]) == is_beside
    assert not is_beside or any(y <= top + height / 2 <= y + h for _, y, _, h in link["boxes"])


ABOVE = {
    '<table><tr><td style="padding:14px">Words <a href=x>a link</a> and more</td></tr></table>': True,
    '<table width=300><tr><td align=right style="padding-top:14px"><a href=x>a link</a></td></tr></table>': True,
    # Above these are other words, or there may be.
    "<p>Words.</p><p style='margin:0'><a href=x>a link</a> and more words</p>": False,
    f'<div style="padding:14px">{"Some words. " * 40}<a href=x>a link</a> and more</div>': False,
    '<div style="padding:14px">One line<br><a href=x>a link</a> and more</div>': False,
}


@pytest.mark.browser
@pytest.mark.parametrize(("html", "is_above"), ABOVE.items())
def test_a_badge_keeps_off_the_words_where_there_is_room_above_them(
    page: Page, html: str, is_above: bool
) -> None:
    (link,) = measured(page, draw(html, clicked(html, [12])))
    _, top, _, height = link["badge"]
    # Letters start below the top of their link's box.
    assert (top + height <= link["boxes"][0][1] + 2) == is_above


def test_a_badge_shows_on_hover_where_its_link_leads() -> None:
    html = '<a href="https://a.example/?id={{customer_id}}&b=1">A</a>'
    title = 'title="12 clicks by 6 customers · 100.0% of all clicks'
    assert f'{title}&#10;https://a.example/?id=12345&amp;b=1"' in draw(html, clicked(html, [12]))
    assert f'{title}"' in draw(html, clicked(html, [12]), personal=False)


@pytest.mark.browser
def test_the_first_visible_link_shows_shared_clicks(page: Page) -> None:
    html = (
        "<style>.wide { display: none }"
        "@media (min-width: 600px) { .wide { display: inline } .narrow { display: none } }</style>"
        '<a class="wide" href="https://a.example/">Wide</a> <a class="narrow" href="https://a.example/">Narrow</a>'
        '<p><a href="https://a.example/">Both</a>'
    )
    heatmap = draw(html, clicked(html, [1240]))
    has_number = {}
    for width in (820, 390):
        page.set_viewport_size({"width": width, "height": 1000})
        has_number[width] = {
            link["position"]: link["badge"][2] > 40 for link in measured(page, heatmap) if link["boxes"]
        }
    page.set_viewport_size({"width": 820, "height": 1000})
    assert has_number == {820: {"0": True, "2": False}, 390: {"1": True, "2": False}}


def test_shared_clicks_are_on_the_link_they_were_assigned_to() -> None:
    html = f'<div style="display:none">{LINK}</div>{LINK} {LINK}'
    clicks = [
        LinkClicks(
            position, "https://a.example/", "", 12 if position == 1 else 0, 9, 3 if position == 1 else 1
        )
        for position in range(3)
    ]
    heatmap = draw(html, clicks)
    assert badges(heatmap) == {0: ("pointer", "0"), 1: ("4", "12"), 2: ("pointer", "0")}
    assert heatmap.count("content:' · 3 links'") == 1


@pytest.mark.parametrize(
    ("measure", "show", "expected"),
    [
        ("clicks", "count", "30"),
        ("clicks", "share", "75.0%"),
        ("clicks", "rate", "15.0%"),
        ("clickers", "count", "20"),
        ("clickers", "share", "80.0%"),
        ("clickers", "rate", "10.0%"),
    ],
)
def test_a_badge_shows_its_number_in_every_measure(measure: Measure, show: Show, expected: str) -> None:
    clicks = [LinkClicks(0, "https://a.example/", "", 30, 20, 1), LinkClicks(None, "x", "x", 10, 5, 1)]
    totals = click_totals(clicks, clickers=25, delivered=200)
    assert badges(draw(LINK, clicks, measure=measure, show=show, totals=totals))[0] == ("4", expected)


def test_a_rate_without_delivered_messages_is_a_dash() -> None:
    clicks = [LinkClicks(0, "https://a.example/", "", 30, 20, 1)]
    assert badges(draw(LINK, clicks, show="rate"))[0] == ("4", "–")


def test_the_layers_have_the_look_of_each_badge_in_every_measure() -> None:
    clicks = clicked(THREE, [1234, 0])
    parts = layers(THREE, clicks, click_totals(clicks))
    assert set(parts.looks) == {f"{measure}-{show}" for measure in MEASURES for show in SHOWS}
    assert parts.looks["clickers-count"][0] == ("4", "617", " · 2 links", "", 86, 18)
    assert parts.near == [None, None, 0]
    assert parts.titles[1] == "Nobody clicked this link"


def test_personal_links_open_neither_in_the_mail_nor_from_the_list() -> None:
    urls = [f"https://a.example/{path}" for path in ("sale", "unsubscribe", "c/1042x", "d?email={{email}}")]
    html = " ".join(f'<a href="{url}">Here</a>' for url in urls)
    clicks = [*clicked(html, [1]), LinkClicks(None, "https://a.example/optout/1", "", 1, 1, 1)]
    customer = Recipient("ann@a.example", "1042x")
    parts = layers(html, clicks, click_totals(clicks), customer)
    assert re.findall('href="(.*?)"', parts.html) == [urls[0], "#", "#", "#"]
    shown = view(clicks, [clicks[-1]], click_totals(clicks), link_totals(clicks), html, recipient=customer)
    assert [row["href"] for row in (*shown["links"], *shown["others"])] == [urls[0], *[None] * 5]
    assert re.findall('href="(.*?)"', heatmap(html, clicks, title="x")) == [urls[0], "#", urls[2], "#"]


def test_what_the_mails_style_sheets_see_does_not_depend_on_clicks() -> None:
    html = TRICKY["image map"] + THREE
    without, few, many = (clicked(html, numbers) for numbers in ([0], [3, 0], [123_456, 7, 99]))
    seen = [
        (made.html, made.badges)
        for made in (layers(html, clicks, click_totals(clicks)) for clicks in (without, few, many))
    ]
    assert seen[0] == seen[1] == seen[2]
    in_files = [
        re.sub(r"<template .*?</template>\d*", "", heatmap(html, clicks, title="x"), flags=re.DOTALL)
        for clicks in (without, few, many)
    ]
    assert in_files[0] == in_files[1] == in_files[2]
    assert in_files[0].count("<mailsight-badge") == 8


def test_only_the_first_links_of_a_huge_mail_have_badges() -> None:
    html = LINK * (MAX_BADGES + 500) + '<a href="https://b.example/">B</a>'
    clicks = [LinkClicks(link.link_position, link.url, "", 2, 1, 1) for link in links(html)]
    drawn = badges(draw(html, clicks))
    assert list(drawn) == list(range(MAX_BADGES))
    assert (
        beyond(link_totals(clicks))
        == "Only the first 2,000 links have badges. The other 501 links had 1,002 clicks."
    )
    assert sum(int(text) for _, text in drawn.values()) + 1002 == sum(link.clicks for link in clicks)


def test_the_size_of_a_heatmap_grows_with_its_links() -> None:
    def size(number: int) -> int:
        made = layers(LINK * number, clicked(LINK * number, [9]), click_totals([]))
        return len(made.html) + len(made.badges) + len(json.dumps(made.looks))

    assert size(2 * MAX_BADGES) - size(MAX_BADGES) < size(MAX_BADGES)
    assert size(MAX_BADGES) < 5 * size(MAX_BADGES // 4)


def test_a_mail_cannot_fake_the_place_of_the_badges() -> None:
    html = f"<style>/* <mailsight-badges> */</style><p>&lt;mailsight-badges&gt;</p>{LINK}"
    assert draw(html, clicked(html, [3])).index("<mailsight-badge data-badge") > draw(html, []).index("</a>")


BUSY = {
    "rules": "<style>"
    + "".join(f".c{n},div p .d{n}{{display:none}}" for n in range(6000))
    + "</style>"
    + "<div class=c1><p>" * 3000,
    "spaces": f'<style>a{{display:{" " * 200_000}x}}</style><p style="display:{" " * 200_000}">',
    "media": "<style>" + "@media screen{" * 20_000 + "</style>",
    "conditions": "<!--[if mso]>" * 20_000,
    "comments": "<!--[if mso]><v:rect href=x>-->" * 8_000,
    "depth": "<div>" * 5_000,
    "links": LINK * 4_000,
}


USUAL = f'<table><tr><td style="padding:8px"><p>Some words.</p>{LINK}</td></tr></table>'


@pytest.mark.parametrize("html", BUSY.values(), ids=BUSY)
def test_a_mail_built_to_be_slow_costs_little_more_than_a_usual_one(html: str) -> None:
    assert work(html) < 30 * work(USUAL * (len(html) // len(USUAL) + 1))


def work(html: str) -> float:
    """The processor's time, whatever else the machine does: the least of three."""

    def drawn() -> float:
        canvas.cache_clear()
        start = time.thread_time()
        draw(html + LINK, [])
        outlook_links(html)
        return time.thread_time() - start

    return min(drawn() for _ in range(3))


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.thorough
def test_badges_of_real_mails_are_at_their_links_on_a_phone_too(page: Page, samples: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    wrong, visible = {}, 0
    for path in sorted((samples / "emails").glob("*.html")):
        html = decode(path.read_bytes())
        boxes = measured(page, draw(html, clicked(html, [0, 3, 17, 240, 1312, 9876])))
        visible += sum(bool(link["boxes"]) for link in boxes)
        if problems := misplaced(boxes):
            wrong[path.name] = problems
    page.set_viewport_size({"width": 820, "height": 1000})
    assert wrong == {}
    assert visible > 1000


@pytest.mark.browser
def test_the_exported_file_has_a_legend_that_moves_nothing(page: Page) -> None:
    html = f"<title>Theirs</title>{FILLER}{LINK}"
    clicks = [*clicked(html, [1240]), LinkClicks(None, "https://b.example/", "", 60, 9, 1)]
    page.set_content(safe(html))
    before = page.evaluate(EXTENT)
    page.set_content(heatmap(html, clicks, title="Spring <sale>"))
    assert page.evaluate(EXTENT) == before
    assert page.title() == "Clicks: Spring <sale>"
    legend = page.locator("mailsight-legend")
    assert legend.locator("p:visible").all_inner_texts() == ["Legend"]
    legend.hover()
    assert legend.get_by_text("1,300 clicks by 629 customers, 60 of them on other links").is_visible()
    assert legend.locator(".scale b").all_inner_texts() == ["0", "5", "20", "50", "80"]
    assert page.evaluate("document.scripts.length") == 0
