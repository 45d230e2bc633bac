"""E-mail HTML: removing anything harmful."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailsight.mail.content import safe
from mailsight.mail.safety import ATTRIBUTES, DROPPED, ELEMENTS, SCHEMES, link_nodes
from mailsight.mail.stylesheets import safe_css
from mailsight.mail.values import words
from mailsight.mime.charsets import decode


def body(html: str) -> str:
    """The safe HTML of a body."""
    match = re.search(r"<body>(.*)</body></html>$", safe(html), re.DOTALL)
    assert match is not None
    return match[1]


def test_a_document_keeps_everything_its_layout_depends_on() -> None:
    doctype = '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Transitional//EN" "http://www.w3.org/TR/xhtml1/DTD/x.dtd">'
    html = (
        f'<?xml version="1.0"?>\n<!-- a comment -->{doctype}<html lang="nl" dir="ltr"><head><title>A &amp; B</title>'
        '<meta name="viewport" content="width=device-width"><style media="screen">a > b { color: red }</style></head>'
        '<body bgcolor="#eee" class="x" leftmargin="0" style="margin:0"><table width="600" cellpadding="0"><tbody><tr>'
        '<td align="center">A&nbsp;B<!--[if mso]><v:rect>Outlook</v:rect><![endif]--></td></tr></tbody></table>'
        "<pre>\n\nx</pre><o:p>y</o:p></body></html>"
    )
    safe_html = re.sub(r"<meta charset.*?<base[^>]*>", "", safe(html))
    assert safe_html == re.sub(r"^.*?(?=<!DOCTYPE)|<!--\[.*?endif\]-->", "", html, flags=re.DOTALL)


def test_the_security_policy_comes_before_everything_it_must_stop() -> None:
    head = safe("<html><head><style>a{}</style><title>x</title>").partition("<head>")[2]
    assert head.startswith(
        '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
    )
    assert "img-src data:;" in head
    pictures = (
        "<img src=HTTPS://A.example:8443/x><p style='background:url(//b.example/y)'>"
        "<img src=//c.example/z width=1 height=1>"
    )
    assert "img-src data: https://a.example:8443 https://b.example;" in safe(pictures, pictures=True)


@pytest.mark.parametrize(
    ("html", "left"),
    [
        ("a<script>alert(1)</script>b", "ab"),
        ("<p onclick=x() OnLoad='y' onfocus autofocus contenteditable accesskey=x>a</p>", "<p>a</p>"),
        ("<noscript><img src=x onerror=y></noscript>", '<img src="data:,">'),
        ("<noscript><p title='</noscript><img onerror=y>'>", '<p title="&lt;/noscript&gt;&lt;img onerror=y&gt;"></p>'),
        ("<iframe src=x>a</iframe><frame><embed src=x><object data=x>shown</object>", "shown"),
        ("<video src=x poster=y><source src=z>in its place</video>", "in its place"),
        ("<link rel=stylesheet href=x><meta http-equiv=refresh content='0;url=x'><base href=x>", ""),
        ("<form action=x method=post><input name=a value=b formaction=y><button>c</button></form>",
         '<form><input value="b" inert><button inert>c</button></form>'),
        ("<svg onload=x><a href=y><script>z</script></a></svg><math><mtext><style><img onerror=x></style></math>", ""),
        ("<svg><foreignObject><p>a</p></foreignObject></svg>b", "b"),
        ("<template><script>x</script><a href=y>z</a></template>a", "a"),
        ("<xmp><script>x</script></xmp>", "<pre>&lt;script&gt;x&lt;/script&gt;</pre>"),
        ("a<plaintext></plaintext><script>x", "a<pre>&lt;/plaintext&gt;&lt;script&gt;x</pre>"),
        ("<textarea></textarea><script>x</script></textarea>", "<textarea inert></textarea>"),
        ("a<style>b{}</style x><script>x</script>", "a<style>b{}</style>"),
        ('a<style>b{}</style><i title="</style><script>">',
         'a<style>b{}</style><i title="&lt;/style&gt;&lt;script&gt;"></i>'),
        ("a<style type='text/x'>b</style><style><!-- b{} --></style>", "a<style><!-- b{} --></style>"),
        ("<!-- <p> --!><script>x</script>a<!-- <p>b", "a"),
        ("<b data-badge=1 data-link=2 data-link-picture=3 data-badge-x=4 data-id=5>a</b>", '<b data-id="5">a</b>'),
        ("<mailsight-badge data-badge=1>99</mailsight-badge><x-y onclick=z>a</x-y>", "99<x-y>a</x-y>"),
        ("<selectedcontent>a</selectedcontent><fencedframe src=x>b</fencedframe>", "ab"),
        ("<img name=body><form name=documentElement id=x></form>", '<img><form id="x"></form>'),
        ('<p title=\'"><script>x</script>\'>', '<p title="&quot;&gt;&lt;script&gt;x&lt;/script&gt;"></p>'),
    ],
)  # fmt: skip
def test_anything_active_is_removed(html: str, left: str) -> None:
    assert body(html) == left


@pytest.mark.parametrize(
    "address", ["https://a.example/?x=1&y", "HTTP://a.example", "mailto:a@b.example", "tel:+31201234567"]
)
def test_a_link_opens_in_a_new_tab_without_a_referrer(address: str) -> None:
    (link,) = link_nodes(
        LexborHTMLParser(safe(f'<a href=" {address}" target=_top ping=x download rel=opener>a</a>'))
    )
    assert dict(link.attributes) == {"href": address, "rel": "noopener noreferrer"}


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " \x01JaVaScRiPt:alert(1)",
        "java\tscr\nipt:alert(1)",
        "&#106;avascript&colon;alert(1)",
        "&#x6A&#x61vascript:alert(1)",
        "vbscript:x",
        "data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "blob:https://a.example/1",
        "view-source:https://a.example",
        "about:blank",
        "intent://x",
        "/campaign?id=1",
        "campaign",
        "?id=1",
        "#",
        "",
        "{{url}}",
        "*|UNSUB|*",
    ],
)
def test_a_link_with_another_scheme_leads_nowhere(address: str) -> None:
    (link,) = link_nodes(LexborHTMLParser(safe(f'<a href="{address}">a</a>')))
    assert (
        dict(link.attributes) == {"href": "#", "target": "_self", "inert": None}
        or link.attributes["inert"] == ""
    )


def test_a_link_within_the_mail_stays_in_it() -> None:
    assert body('<a href="#c4s">a</a>') == '<a href="#c4s" target="_self">a</a>'


PICTURES = {
    "https://a.example/1.png": True,
    "//a.example/1.png": True,
    "http://a.example/1.png": True,
    "1.png": False,
    "cid:1": False,
    "javascript:x": False,
    "file:///1.png": False,
}


@pytest.mark.parametrize(("address", "loads"), PICTURES.items())
def test_remote_pictures_load_only_on_demand(address: str, loads: bool) -> None:
    html = f'<img src="{address}" srcset="{address} 2x"><table background="{address}"><tr>'
    html += f'<td style="background:url({address})">'
    blocked, shown = safe(html), safe(html, pictures=True)
    assert blocked.count("a.example") == 0
    assert blocked.count('src="data:,"') == 1
    assert shown.count("a.example/1.png") == (3 if loads else 0) or address.startswith("//")


def test_pictures_in_the_mail_are_always_shown() -> None:
    assert body('<img src="data:image/gif;base64,R0lG">') == '<img src="data:image/gif;base64,R0lG">'
    assert body('<img src="data:text/html,x">') == '<img src="data:,">'


@pytest.mark.parametrize(
    ("attributes", "loads"),
    [
        ("width=1 height=1", False),
        ("width=0 height=0", False),
        ("width=1px height=1px", False),
        ("style='width:1px;height:1px'", False),
        ("style='display:none!important'", False),
        ("style='visibility: hidden'", False),
        ("style='opacity:0'", False),
        ("hidden", False),
        ("style='opacity:0.5'", True),
        ("width=1 height=300", True),
        ("width=600", True),
        ("", True),
    ],
)
def test_a_tracking_pixel_never_loads(attributes: str, loads: bool) -> None:
    assert ("t.example" in safe(f'<img src="https://t.example/o.gif" {attributes}>', pictures=True)) is loads


@pytest.mark.parametrize(
    ("css", "left"),
    [
        ("a{color:red;background:#fff}", "a{color:red;background:#fff}"),
        ("a{background:url(https://t.example/x) #fff}", "a{background:none #fff}"),
        ("a{background:URL( 'https://t.example/x' )}", "a{background:none}"),
        ("a{background:\\75 rl(//t.example)}", "a{background:none}"),
        ("a{background:u\\rl(//t.example)}", "a{background:none}"),
        ("a{background:url(//t.example", "a{background:none"),
        ("a{background:url(a'b\\)c);color:red}", "a{background:none;color:red}"),
        ("@import 'https://t.example';a{}", "@-blocked 'https://t.example';a{}"),
        ("@\\69mport url(https://t.example);", "@-blocked none;"),
        ("a{background:image-set('https://t.example' 1x)}", "a{background:-blocked('https://t.example' 1x)}"),
        ("a{content:'url(x)'} /* url(x) */", "a{content:'url(x)'} /* url(x) */"),
        ("a{background:url(data:image/png;base64,AA==)}", "a{background:url(data:image/png;base64,AA==)}"),
        ("a{background:url(data:text/html,x)}", "a{background:none}"),
        ("a{fill:url(#b)}", "a{fill:url(#b)}"),
        ("a{position:fixed}b{position : STICKY}", "a{position:absolute}b{position : relative}"),
        ("a{anchor-name:--x;position-\\61nchor:--y}", "a{-blocked-anchor-name:--x;-blocked-position-anchor:--y}"),
        ("a{}<!-- b{} -->", "a{}<!-- b{} -->"),
    ],
)  # fmt: skip
def test_a_style_sheet_loads_nothing(css: str, left: str) -> None:
    assert safe_css(css) == left


def test_a_style_sheet_may_load_pictures_on_demand_but_no_fonts() -> None:
    css = "@font-face{src:url(https://t.example/f)}a{background:url(https://t.example/p)}"
    assert (
        safe_css(css, remote=lambda address: address if address.startswith("https://t.example") else None)
        == "@font-face{src:none}a{background:url(https://t.example/p)}"
    )


PIECES = words("""
    <a/href=x> </a> <p> <table> <tr> <td> <style> </style> <script> </script> <svg> </svg> <math> <mtext> <title>
    </title> <textarea> <noscript> </noscript> <!-- --> <b <i> <form> <img/src=x/onerror=y> <template> <select>
    </template> <foreignObject> <desc> <xmp> " ' > javascript: onclick=z <plaintext> <frameset> <body/onload=q>
""")
MARKUP = st.text("<>/='\"& -!abhpimgstyled", max_size=80) | st.lists(
    st.sampled_from(sorted(PIECES)), max_size=25
).map(" ".join)


@given(MARKUP)
def test_safe_html_stays_safe_when_parsed_again(html: str) -> None:
    once = safe(html)
    again = LexborHTMLParser(once)
    for node in again.css("*"):
        assert node.tag in ELEMENTS | {"style", "meta", "base"}
        assert node.tag not in DROPPED - {"base"}
        for name, value in node.attributes.items():
            if node.tag not in ("meta", "base"):
                assert name in ATTRIBUTES | {
                    "href",
                    "rel",
                    "target",
                    "inert",
                    "src",
                    "background",
                    "name",
                    "style",
                }
            if name == "href":
                assert value == "#" or (value or "").startswith(("#", *SCHEMES))


@given(MARKUP)
def test_no_link_is_lost_outside_dropped_elements(html: str) -> None:
    if not re.search(r"<(?:svg|math|template|noembed|iframe|xmp|plaintext|frameset|select)|<b ", html):
        before, after = (len(link_nodes(LexborHTMLParser(source))) for source in (html, safe(html)))
        assert before <= after


def test_real_mails_keep_all_links(samples: Path) -> None:
    for path in sorted((samples / "emails").glob("*.html")):
        html = decode(path.read_bytes())
        before, after = (len(link_nodes(LexborHTMLParser(source))) for source in (html, safe(html)))
        assert before == after, path.name
