"""Odd, broken and hostile CSS is parsed as in a browser and serialized with the same meaning."""

import pytest
import tinycss2
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mail.content import safe
from mailsight.mail.links import links
from mailsight.mail.stylesheets import safe_css, safe_sheet
from tests.support.hostile import EFFECTS


@pytest.mark.parametrize(
    ("css", "left"),
    [
        # A form feed ends a string, as any line break does.
        ("a{content:'\f;background:url(//t.example)}", "a{content:'\n;background:none}"),
        ("a{content:'\r\n;background:url(//t.example)}", "a{content:'\n;background:none}"),
        ("a{content:\"url(x)\";b:'it\\'s'}", "a{content:'url(x)';b:'it\\'s'}"),
        ('a{content:"it\'s </style>"}', "a{content:'it\\'s <\\/style>'}"),
        ("a{src:url(data:font/woff2;base64,AA)}", "a{src:url(data:font/woff2;base64,AA)}"),
        (
            "a{b:url( \"data:image/svg+xml,<svg a='b'/>\" )}",
            "a{b:url('data:image/svg+xml,<svg a=\\'b\\'/>')}",
        ),
        ("a{b:url('data:image/png,' x)}", "a{b:none}"),
        ("a{b:url(\\64 ata:image/png,x)}", "a{b:url(data:image/png,x)}"),
        ("a{b:url(data:image/png,x", "a{b:url(data:image/png,x)"),
        ("a{b:url('data:image/png,x", "a{b:url('data:image/png,x'"),
        ("a{b:src(var(--x)) image('//t.example')", "a{b:-blocked(var(--x)) -blocked('//t.example')}"),
        ("a{color:re\\64;b:url(x)}", "a{color:red;b:none}"),
        ("a{po/**/sition:fixed;b:url(x)}", "a{po/**/sition:fixed;b:none}"),
        ("a{position:fixed!important}b{x:fixed}", "a{position:absolute!important}b{x:fixed}"),
        ("a{position:var(--p, sticky)}", "a{position:var(--p, relative)}"),
        ("a{content:'\\d800';b:url(x)}", "a{content:'\ufffd';b:none}"),
        ("@media print{@import url(x)}", "@media print{@-blocked none}"),
        ("@font-face{a:b}c{d:url(#e)}", "@font-face{a:b}c{d:url(#e)}"),
    ],
)
def test_allowed_css_is_serialized_from_parsed_values(css: str, left: str) -> None:
    assert safe_css(css) == safe_sheet(css) == left


@pytest.mark.parametrize(
    "name",
    [
        *("background", "BACKGROUND-IMAGE", "b\\61 ckground", "list-style", "border-image", "content"),
        "-webkit-border-image",
    ],
)
def test_allowed_pictures_stay_in_properties_that_show_pictures(name: str) -> None:
    for css in (
        f"{name}:url(https://a.example/x)",
        f"a{{color:red;{name}:red 1px url(https://a.example/x)!important}}",
    ):
        assert "url(https://a.example/x)" in safe_css(css, remote=lambda address: address)


@pytest.mark.parametrize(
    "css",
    [
        *(f"{name}:url(https://a.example/x#y)" for name in EFFECTS),
        *(f"background:red;a{{{name}:url('https://a.example/x')}}" for name in EFFECTS),
        "f\\69lter:url(https://a.example/x)",
        "--x:url(https://a.example/x);filter:var(--x)",
        "--x:{} background url(https://a.example/x)",
        "background filter:none;mask:url(https://a.example/x)",
        "a{background:red;&:hover{filter:url(https://a.example/x)}}",
        "a{background:{}filter:url(https://a.example/x)}",
        "background{filter:url(https://a.example/x)}",
        "@media all{background{filter:url(https://a.example/x)}}",
        "@property --x{syntax:'<url>';initial-value:url(https://a.example/x)}",
        "@counter-style x{symbols:url(https://a.example/x)}",
        "@font-face{src:url(https://a.example/x)}",
        "@import url(https://a.example/x)",
        "background:image-set('https://a.example/x' 1x)",
        "background:src('https://a.example/x')",
    ],
)
def test_nothing_else_loads_from_the_host_of_allowed_pictures(css: str) -> None:
    assert "url(" not in (left := safe_css(css, remote=lambda address: address))
    assert "https" not in left or "-blocked(" in left


PIECES = [
    "a", "{", "}", "(", ")", "[", "]", ";", ":", "url(", "url('", 'url("', "//t.example", "data:image/png,", "'", '"',
    "\\", "\n", "\f", "\\75 ", "\\d800", "/*", "*/", "@import", "@font-face", "position", "fixed", "src(", "image-set(",
    "</style>", "<!--", "-->", "U+1", "1e5", "anchor-name", "--x", "#", "!", " ", "\0", "é",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_filtered_css_means_the_same_when_parsed_again(css: str) -> None:
    left = safe_css(f"{css}<")
    # Blocks left open at the end of the sheet may be closed the second time.
    assert safe_css(left).rstrip(")]}") == left.rstrip(")]}")
    assert "</" not in left
    left.encode()
    todo = tinycss2.parse_component_value_list(left)
    while todo:
        value = todo.pop()
        assert value.type != "url" or value.value.startswith(("data:image/", "#"))
        assert value.type != "at-keyword" or value.lower_value != "import"
        todo += value.arguments if value.type == "function" else getattr(value, "content", [])


@pytest.mark.parametrize(
    "css",
    [
        "a{background:url(" + "x" * 300_000,
        "a" * 1_000_000,
        "1" * 1_000_000,
        "a{" * 300_000,
        "(" * 40_000,
        "a{b:" + "c(" * 40_000 + "url(x)",
        "@media all{" * 10_000 + "a{display:none}",
        "url(" * 75_000,
        "'" * 300_000,
        '"\n' * 150_000,
        "/*" * 300_000,
        "\\" * 1_000_000,
        "\n" * 1_000_000,
        "\x0b" * 1_000_000,
        "a{" + "display:none;" * 20_000,
        "a{" + "x x;" * 20_000,
        "-1" * 150_000,
    ],
    ids=lambda css: css[:12],
)
def test_hostile_css_is_parsed_in_bounded_time_and_depth(css: str) -> None:
    html = f"<style>{css}<</style><a href=x style='{css.replace(chr(39), '')}<'>x</a>"
    assert "url(x" not in safe(html)
    assert len(links(html)) == 1


def test_an_oversized_style_sheet_is_dropped() -> None:
    rule = "a{background:url(#x)}"
    assert safe_css(rule * 1_000) == rule * 1_000
    assert safe_css(rule * 10_000) == ""
    picture = f"a{{background:url(data:image/png;base64,{'A' * 2_000_000})}}"
    assert safe_css(picture) == picture
