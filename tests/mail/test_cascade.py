"""Which elements selectors match, and that no selector takes forever."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from selectolax.lexbor import LexborHTMLParser, LexborNode

from mailsight.mail.cascade import Cascade
from mailsight.mail.stylesheets import component_values
from tests.support.browsing import open_page

MAIL = (
    '<!DOCTYPE html><html lang="en"><body id="body" class="body"><div class="a b" id="x"><p class="c">one</p>'
    '<p class="d" lang="nl-BE">two <a href="#x" class="link e" title="A B">three</a></p></div>'
    '<table><tbody><tr><td class="d"></td><td></td><td class="d e"><a name="n">four</a></td></tr></tbody></table>'
    '<input type="checkbox" checked><u></u>'
)
DOCUMENT = LexborHTMLParser(MAIL)


def matching(selector: str, document: LexborHTMLParser = DOCUMENT) -> list[LexborNode]:
    cascade = Cascade(document)
    cascade.add(component_values(selector), "rule")
    return [node for node in document.css("*") if cascade.payloads(node)]


def names(selector: str, html: str = MAIL) -> str:
    return " ".join(node.tag or "" for node in matching(selector, LexborHTMLParser(html)))


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("a", "a a"),
        ("A.link", "a"),
        (".LINK", ""),
        ("#x", "div"),
        ("[href='#x']", "a"),
        ("[title~=B]", "a"),
        ("[title='a b' i]", "a"),
        ("[lang|=nl]", "p"),
        (":lang(en) > .c, :lang(nl)", "p p a"),
        (":is(.c,.d)", "p p td td"),
        (":where(.c, !!) ", "p"),
        ("p:not(.c, .z)", "p"),
        (".a.b > p + p a", "a"),
        ("p ~ .d", "p"),
        ("td:first-child, td:last-child, td:nth-child(2)", "td td td"),
        ("td:nth-last-child(2)", "td"),
        ("td:nth-child(2 of .d)", "td"),
        ("td:nth-last-child(1 of .d)", "td"),
        ("td:nth-of-type(odd), td:nth-last-of-type(2)", "td td td"),
        ("p:first-of-type, p:last-of-type, div:only-of-type", "div p p"),
        ("a:only-child", "a a"),
        (":root", "html"),
        ("td:empty", "td td"),
        ("a:link", "a"),
        (":checked", "input"),
        (":enabled:not(input)", "a"),
        ("a:hover, a:focus-within", ""),
        ("a:not(:hover)", "a a"),
        ("a, b::before, b::-webkit-any", "a a"),
        ("a, b:has(p)", "a a"),
        ("a, b:unheard-of", ""),
        ("a, !!", ""),
        ("a, [", ""),
        ("a, :lang()", ""),
        ("", ""),
        (",", ""),
    ],
)
def test_a_selector_matches_the_same_elements_as_in_a_browser(selector: str, expected: str) -> None:
    assert names(selector) == expected


def test_selectors_are_case_sensitive_as_in_a_browser() -> None:
    html = '<p class="Big" id="ONE">x'
    assert names(".bIG, :is(#onE)", html) == "p"
    assert names(".bIG, :is(#onE)", f"<!DOCTYPE html>{html}") == ""
    assert names("[class=big]", html) == ""


def test_payloads_come_by_specificity_and_then_in_the_order_added() -> None:
    cascade = Cascade(DOCUMENT)
    for selector in ("#x", "div.a", "div", '[class="a b"]', ".b", ":where(#x)"):
        cascade.add(component_values(selector), selector)
    [div] = DOCUMENT.css("div")
    assert cascade.payloads(div) == [":where(#x)", "div", '[class="a b"]', ".b", "div.a", "#x"]


SIMPLE = [
    "a", "p", "td", "div", ".a", ".d", ".e", "#x", "*", "[href]", "[lang|=nl]", "[class^=b]", "[title$='B']", "[id]",
    ":first-child", ":last-child", ":only-child", ":nth-child(2n+1)", ":nth-last-child(2)", ":nth-child(-n + 2 of .d)",
    ":first-of-type", ":nth-last-of-type(2)", ":empty", ":not(.d)", ":not(p, .e)", ":is(p, .e, !!)", ":where(p > a)",
    ":is(div p, table *)", ":root", ":link", ":checked", ":hover", "::before", ":unheard-of",
]  # fmt: skip
MATCHING = """selectors => selectors.map(selector => {
  try {
    const matching = new Set(document.querySelectorAll(selector));
    return [...document.querySelectorAll('*')].map(element => matching.has(element));
  } catch {
    return [];
  }
})"""


@pytest.mark.browser
def test_random_selectors_match_the_same_elements_as_in_a_browser(browser: Browser) -> None:
    chance = random.Random(11)
    selectors = []
    for _ in range(3_000):
        parts = [
            chance.choice(SIMPLE) + chance.choice(["", "", " ", " > ", " + ", " ~ ", ", "])
            for _ in range(chance.randint(1, 4))
        ]
        selectors.append("".join(parts).rstrip(" >+~,"))
    with open_page(browser) as page:
        page.set_content(MAIL)
        browser_matches = page.evaluate(MATCHING, selectors)
    wrong = []
    for selector, expected in zip(selectors, browser_matches, strict=True):
        nodes = {node.mem_id for node in matching(selector)}
        ours = [node.mem_id in nodes for node in DOCUMENT.css("*")]
        wrong += [selector] if any(ours) != any(expected) or (any(ours) and ours != expected) else []
    assert wrong == []


PIECES = [
    "a", ".l", "#i", "*", "|", ">", "+", "~", ",", ":", "::", ":is(", ":not(", ":has(", ":nth-child(", "2n+1", " of ",
    "[", "]", "[a|b]", "[*|x]", "[x~='a b']", ":lang(", "en", ":local-link", ":enabled", ":root", ":empty", ":dir(ltr)",
    "/**/", "url(x)", '"s"', "'", "(", ")", "{", "}", ";", "@", "!", "5px", "10%", "U+1", "\\", "&", "<!--", " ", "\n",
    "é",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_selector_raises_an_error(selector: str) -> None:
    matching(selector)


@pytest.mark.parametrize(
    "selector",
    [
        f"b {'div ' * 25} a",
        "b ~ " + "div ~ " * 25 + "a",
        "a" + ":is(" * 1_000,
        "a" + ":not(" * 20_000 + ")" * 20_000,
        "(" * 100_000,
        "a " * 100_000,
        "a," * 20_000 + "a",
        "[x=" + "y" * 100_000 + "]",
    ],
)  # fmt: skip
def test_no_selector_takes_forever_to_match(selector: str) -> None:
    deep = LexborHTMLParser("<div>" * 2_000 + "<div></div>" * 50 + "<a href=x>x</a>")
    cascade = Cascade(deep)
    cascade.add(component_values(selector), "rule")
    for node in deep.css("*"):
        cascade.payloads(node)


@pytest.mark.parametrize(
    "selector", ["a:not(.z{})", "*:not(.z{})", "p:nth-of-type(2n+{}) a", "b p ~ p a:not(.z{})"]
)
def test_matching_many_rules_against_many_links_ends(selector: str) -> None:
    document = LexborHTMLParser("<p><a href=x>x</a></p>" * 10_000)
    cascade = Cascade(document)
    for number in range(2_000):
        cascade.add(component_values(selector.format(number)), number)
    matches = [len(cascade.payloads(node)) for node in document.css("a")]
    assert sum(matches) < 3_000_000
    assert all(before >= after for before, after in pairwise(matches[1:]))
