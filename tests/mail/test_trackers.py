"""Tracking pixels never load, even when other pictures may."""

from collections.abc import Callable

import pytest
from selectolax.lexbor import LexborHTMLParser

from mailsight.heatmap.drawing import draw
from mailsight.mail.content import safe
from mailsight.mail.trackers import host, tracking_hosts

PIXEL = '<img src="https://open.mail.example/o/812.gif" width="1" height="1">'
PICTURE = '<img src="https://cdn.shop.example/{}.jpg" width="600">'
LOGIN = '<a href="https://shop.example/login?next=https://shop.example/a">x</a>'
REDIRECT = '<a href="https://Click.mail.example/c?to=https%3A%2F%2Fshop.example%2F{}">x</a>'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (PICTURE.format(1), set()),
        (PICTURE.format(1) + PIXEL, {"open.mail.example"}),
        (REDIRECT.format(1) + REDIRECT.format(2), {"click.mail.example"}),
        (LOGIN + 2 * '<a href="https://shop.example/">y</a>', set()),
        (PIXEL.replace("open.mail", "cdn.shop") + PICTURE.format(1) + PICTURE.format(2), set()),
        ('<img src="//open.mail.example/o.gif" style="display:none">', {"open.mail.example"}),
        ('<img src="cid:1" width="1" height="1"><img src="https://[/x" width="1"><a href="https://[">', set()),
    ],
    ids=["none", "a pixel", "redirects", "one link of many", "all on one host", "hidden", "no addresses"],
)  # fmt: skip
def test_the_hosts_that_count_a_mails_opens_and_clicks(html: str, expected: set[str]) -> None:
    assert tracking_hosts(LexborHTMLParser(html)) == expected


@pytest.mark.parametrize("make", [safe, lambda html, pictures: draw(html, [], pictures=pictures)])
@pytest.mark.parametrize(
    "tracker",
    [
        PIXEL,
        '<img src="https://open.mail.example/logo.png">',
        '<img src="https://OPEN.mail.example.:443/logo.png">',
        '<img src="https:\\\\open.mail.example/logo.png"><img src="https://x\\@open.mail.example/a">',
        '<table background="https://open.mail.example/b.png"><tr><td>x</table>',
        '<p style="background:url(https://open.mail.example/c.png)">x</p>',
        "<style>p { background: url('//open.mail.example/d.png'), u\\72l(https://open.mail.example/e.png) }</style>",
        '<img src="https://elsewhere.example/f.gif" style="width:1px;height:1px">',
        '<img src="https://open%2email.example/g.png"><img src="https://open.mail%E3%80%82example/h.png">',
        '<img src="https://open\u3002mail.example/i.png"><img src="https://\uff4fpen.mail.example/j.png">',
        '<img src="https://user:word@open.mail.example/k.png"><img src="https:open.mail.example/l.png">',
        '<img src="ht\ntps://open.\tmail.example/m.png"><img src="https:///open.mail.example/n.png">',
        "<p style='background:url(\"https://open\\2email.example/o.png\")'>x</p>",
        "<style>p { background: url('ht\\9tps://open.mail.example/p.png') }</style>",
        "<style>p { background: url(https:\\/\\/open.mail.example/q) }</style>",
        "<style>p { background: url(HTTPS://OPEN.MAIL.EXAMPLE:443/r), url(//x@open.mail.example/s) }</style>",
        '<input type="image" src="//open.mail.example./t.png"><body background="//OPEN.mail.example/u.png">',
    ],
)
def test_pictures_load_except_those_that_report_an_open(make: Callable[..., str], tracker: str) -> None:
    html = PICTURE.format(1) + PICTURE.format(2) + PIXEL + tracker
    written = make(html, pictures=True)
    assert written.count("https://cdn.shop.example/") == 2
    assert "open.mail" not in written.lower()
    assert "elsewhere" not in written


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://A.example:443/x", "a.example"),
        ("//a.example/x", "a.example"),
        ("https://user@a.example./", "a.example"),
        ("cid:1", ""),
        ("picture.png", ""),
        ("https://[", ""),
    ],
)
def test_the_host_of_an_address(address: str, expected: str) -> None:
    assert host(address) == expected
