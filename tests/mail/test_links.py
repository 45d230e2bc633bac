"""The links of a mail, and the link each clicked URL belongs to."""

import base64
import json
import re
import zlib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from mailsight.mail.links import Link, Matcher, links, shared
from mailsight.mail.urls import RULES, Pattern
from mailsight.mail.visibility import Visibility
from mailsight.mime.charsets import decode
from tests.support.browsing import open_page


def listed(*urls: str) -> list[Link]:
    return [Link(position, url, "") for position, url in enumerate(urls)]


def test_links_are_numbered_in_document_order() -> None:
    html = """<a name="top">no link</a><A HREF=' https://a.example/?x=1&amp;y=2 '>A &amp; B</A>
        <!-- <a href="comment">no</a> --><template><a href="template">no</a></template>
        <map name="m"><area href="/map" alt="Map"></map><table><a href="https://b.example/moved">moved<tr><td>x</table>"""
    assert links(html) == [
        Link(0, "https://a.example/?x=1&y=2", "A & B"),
        Link(1, "/map", "Map", Visibility.NOWHERE),
        Link(2, "https://b.example/moved", "moved"),
    ]


@pytest.mark.parametrize(
    ("html", "label"),
    [
        ('<a href="/x">Read\n  <b>m</b>ore&nbsp;&zwnj;</a>', "Read more"),
        ('<a href="/x"><img alt=""><img alt="Boots, red"></a>', "Boots, red"),
        ('<a href="/x"><table><tr><td>Sale</td><td>today</td></tr></table></a>', "Sale today"),
        ('<a href="/x" aria-label="Our shop" title="Shop"><img></a>', "Our shop"),
        ('<a href="/x" title="Shop"><style>a {}</style></a>', "Shop"),
        ('<a href="https://a.example/spring/sale?x=1"></a>', "/spring/sale"),
        ('<a href="https://a.example/"><img></a>', "a.example"),
        ('<a href="mailto:hello@a.example"></a>', "hello@a.example"),
        ('<a href="#top"></a>', "#top"),
        ("<a href></a>", ""),
    ],
)
def test_a_link_is_labelled_by_what_a_reader_sees(html: str, label: str) -> None:
    assert [link.label for link in links(html)] == [label]


@pytest.mark.browser
def test_links_of_real_mails_equal_those_in_a_browser(browser: Browser, samples: Path) -> None:
    with open_page(browser, java_script_enabled=False) as page:
        page.route("**/*", lambda route: route.abort())
        for path in sorted((samples / "emails").glob("*.html")):
            html = decode(path.read_bytes())
            page.set_content(html, wait_until="commit")
            in_browser = page.eval_on_selector_all(
                "a[href], area[href]", "links => links.map(link => link.getAttribute('href'))"
            )
            ours = [link.url for link in links(html)]
            assert ours == [re.sub(r"[\t\r\n]", "", url.strip()) for url in in_browser], path.name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.reason[:30])
def test_every_rule_matches_its_example(rule) -> None:  # type: ignore[no-untyped-def]
    assert Matcher(listed("https://other.example/", rule.link)).position(rule.clicked) == 1


ADDED = [
    "j=123&sfmc_sub=456&l=7_HTML&u=89&mid=1000&jb=12",
    "_ri_=X0Gz&_ei_=EolaG&_di_=abc",
    "sc_src=email_1&sc_lid=2&sc_uid=3&sc_llid=4&sc_eh=5",
    "lid=0goty30mviyz",
    "ct=YTo1OntzOjY6InNvdXJjZSI7YToxOnt9fQ%3D%3D&mtc_id=1",
    "_bhlid=d0e4c1&_se=YW5u&et_rid=7&oft_id=2",
]


@pytest.mark.parametrize("parameters", ADDED)
def test_a_click_with_what_its_sender_adds_finds_the_link(parameters: str) -> None:
    matcher = Matcher(
        listed("https://other.example/", "https://shop.example/sale", "https://shop.example/sale?a=1")
    )
    assert matcher.position(f"https://shop.example/sale?{parameters}") == 1
    assert matcher.position(f"https://shop.example/sale?{parameters}&a=1") == 2


@pytest.mark.parametrize("parameters", ["j=1&l=2", "u=89", "mid=7", "lid=42", "ct=red"])
def test_a_parameter_that_only_looks_like_tracking_tells_links_apart(parameters: str) -> None:
    assert (
        Matcher(listed("https://shop.example/sale")).position(f"https://shop.example/sale?{parameters}")
        is None
    )


def mailgun(url: str) -> str:
    packed = base64.urlsafe_b64encode(zlib.compress(f"h=1a&i=2&l={url}".encode())).decode().rstrip("=")
    return f"https://email.mg.example/c/{packed}"


def mandrill(url: str) -> str:
    inner = json.dumps({"u": 1, "v": 1, "url": url}).replace("/", "\\/")
    packed = (
        base64.urlsafe_b64encode(json.dumps({"s": "x", "v": 1, "p": inner}).encode()).decode().rstrip("=")
    )
    return f"https://mandrillapp.com/track/click/1/shop.example?p={packed}"


SALE = "https://shop.example/sale?size=42"
BELONGS = [
    # link in the mail, clicked URL
    (SALE, "  https://shop.example/sale?size=42\n"),
    (SALE, "HTTPS://SHOP.EXAMPLE:443/s%61le?size=42"),
    (SALE, "https://shop.example/sale/?size=42#reviews"),
    (SALE, "https://shop.example/sale?utm_source=n&size=42&utm_medium=email&fbclid=1&gclid=2"),
    ("https://shop.example", "https://shop.example/?utm_source=n"),
    ("https://shop.example/a b/é", "https://shop.example/a%20b/%C3%A9"),
    ("https://shop.example/?q=a+b", "https://shop.example/?q=a%20b"),
    ("https://bücher.example/", "https://xn--bcher-kva.example/"),
    ("//shop.example/sale", "https://shop.example/sale"),
    ("https://shop.example/?utm_source=a", "https://shop.example/?utm_source=b"),
    ("mailto:Hello@shop.example", "MAILTO:Hello@shop.example"),
    ("https://shop.example/u/{{id}}?t={{token}}", "https://shop.example/u/812?t=x9"),
    ("https://shop.example/u/{{id}}?t={{token}}", "https://shop.example/u/812?t=&utm_source=x"),
    ("https://shop.example/u/*|ID|*/", "https://shop.example/u/812"),
    ("https://shop.example/u?id=%id%&n={{ customer.name }}", "https://shop.example/u?n=Ann%20B&id=7"),
    ("https://{{ shop }}.example/spring", "https://utrecht.example/spring"),
    ("{{ base_url }}/unsubscribe?c={{ id }}", "https://news.shop.example/unsubscribe?c=5"),
    (SALE, "https://click.example/r?d=1&u=https%3A%2F%2Fshop.example%2Fsale%3Fsize%3D42&h=abc"),
    (SALE, "https://x.awstrack.me/L0/https:%2F%2Fshop.example%2Fsale%3Fsize=42/1/0102018e/sig=1"),
    (SALE, "https://click.example/go/https://shop.example/sale?size=42"),
    ("https://shop.example/sale?a=1&b=2", "https://click.example/r?u=https://shop.example/sale?a=1&b=2"),
    (SALE, mailgun("https%3A%2F%2Fshop.example%2Fsale%3Fsize%3D42")),
    (SALE, mandrill(SALE)),
    ("https://shop.example/u/{{id}}", mandrill("https://shop.example/u/812?utm_source=x")),
]


@pytest.mark.parametrize(("link", "clicked"), BELONGS)
def test_a_clicked_url_matches_its_link(link: str, clicked: str) -> None:
    assert Matcher(listed("https://other.example/", link)).position(clicked) == 1


@pytest.mark.parametrize(
    ("link", "clicked"),
    [
        (SALE, "https://shop.example/sale?size=43"),
        (SALE, "https://shop.example/Sale?size=42"),
        (SALE, "https://www.shop.example/sale?size=42"),
        ("https://shop.example/a%2Fb", "https://shop.example/a/b"),
        ("https://shop.example/u/{{id}}", "https://shop.example/u/812/orders"),
        ("https://shop.example/u/{{id}}", "https://shop.example/v/812"),
        ("{{unsubscribe_url}}", "https://shop.example/anything"),
        ("https://{{host}}/", "https://shop.example/"),
        ("", "https://shop.example/"),
        (SALE, "https://click.example/r?u=https%3A%2F%2Felsewhere.example%2F"),
        (SALE, "https://click.example/" + "A" * 5000),
        (SALE, "http://[broken"),
        (SALE, ""),
    ],
)
def test_a_url_that_is_not_in_the_mail_has_no_link(link: str, clicked: str) -> None:
    assert Matcher(listed("https://other.example/", link)).position(clicked) is None


def test_the_most_similar_link_wins() -> None:
    matcher = Matcher(
        listed(
            "https://shop.example/sale?utm_content=top",
            "https://shop.example/sale?utm_content=bottom",
            "https://shop.example/sale#shoes",
            "https://shop.example/{{page}}",
            "https://shop.example/u/{{id}}/orders",
            "https://shop.example/u/{{id}}/{{page}}",
        )
    )
    positions = [
        matcher.position(f"https://shop.example/{rest}")
        for rest in (
            "sale?utm_content=bottom",
            "sale#shoes",
            "sale",
            "sale?utm_content=x",
            "boots",
            "u/1/orders",
            "u/1/x",
        )
    ]
    assert positions == [1, 2, 2, 0, 3, 4, 5]


def test_links_to_the_same_url_share_their_clicks() -> None:
    mail = listed(
        "https://a.example/",
        "https://b.example/",
        "https://A.example",
        "https://b.example/#x",
        "{{a}}",
        "{{a}}",
    )
    assert shared(mail) == {0: 0, 1: 1, 2: 0, 3: 3, 4: 4, 5: 4}
    assert Matcher(mail).position("https://A.example") == 0


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_text_can_be_looked_up(link: str, clicked: str) -> None:
    matcher = Matcher(listed(link, "https://shop.example/{{x}}"))
    matcher.position(clicked)
    assert matcher.position(link) == 0


@given(st.from_regex(r"https://[a-z]{1,9}\.example(/[ -~]{0,20})?(\?[ -~]{0,20})?", fullmatch=True))
def test_a_redirect_finds_any_target(url: str) -> None:
    from urllib.parse import quote

    assert Matcher(listed(url)).position("https://click.example/?to=" + quote(url.strip(), safe="")) == 0


def test_a_personal_url_is_compared_with_each_link_once_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    matcher = Matcher(listed(*(f"https://shop.example/{page}/{{{{id}}}}" for page in range(100))))
    compared, matches = Counter[str](), Pattern.matches

    def count(pattern: Pattern, url: str) -> bool:
        compared[url] += 1
        return matches(pattern, url)

    monkeypatch.setattr(Pattern, "matches", count)
    for n in range(10_000):
        assert matcher.position(f"https://shop.example/{n % 100}/{n}?utm_source=x") == n % 100
    assert max(compared.values()) <= 100
