"""SparkPost's language is rendered as its documentation says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.rendering import Rendered, render

KNOWN = {
    "name": "Ann <b> & Co/",
    "nickname": None,
    "state": "MD",
    "age": 31,
    "zero": 0,
    "lapsed": False,
    "code": "Daily Deal!",
    "address": {"street": "1 Harbour Road", "city": "Oslo"},
    "part": "city",
    "children": ["Rusty", "Audrey"],
    "none": [],
    "cart": [
        {"title": "Jacket", "price": 39.99, "sizes": [{"size": "M"}, {"size": "L"}]},
        {"title": "Gloves", "price": 5.0},
    ],
}

CASES = {
    "Hi {{ name }} {{{name}}} {{nickname}}": "Hi Ann &lt;b&gt; &amp; Co&#x2F; Ann <b> & Co/ ",
    "{{ nickname or 'there' }} {{name2 or \"you\"}}{{state or 'x'}}": "there youMD",
    "{{address.street}}, {{address['city']}}, {{address[part]}}": "1 Harbour Road, Oslo, Oslo",
    "{{children[1]}} {{children[2]}} {{cart[1].title}} {{#children}}": "Rusty Audrey Jacket 2",
    "{{if state == 'MD'}}a{{elseif age}}b{{else}}c{{end}}": "a",
    "{{if age > 30 and address.city != 'Rome' then}}a{{end}}{{ if not lapsed }}b{{ end }}": "ab",
    "{{if zero}}true{{end}} {{if nickname or lapsed}}x{{else}}-{{end}}": "true -",
    "{{each children}}{{loop_index}}. {{loop_var}} {{end}}": "1. Rusty 2. Audrey ",
    "{{each cart}}{{loop_var.title}} ${{loop_var.price}} {{end}}": "Jacket $39.99 Gloves $5 ",
    "{{each cart}}{{loop_vars.cart.title}}:{{each loop_vars.cart.sizes}}{{loop_vars.sizes.size}}{{end}};{{end}}": (
        "Jacket:ML;Gloves:;"
    ),
    "{{if not empty(cart)}}full{{end}}{{if empty(none)}} empty{{end}}": "full empty",
    "{{opening_double_curly()}}x{{closing_double_curly()}}": "{{x}}",
    "a\n{{ if state == 'MD' }}\nMaryland\n{{ end }}\nb": "a\nMaryland\nb",
    '<a href="https://x.example/{{state}}?c={{code}}">{{code}}</a>': (
        '<a href="https://x.example/MD?c=Daily%20Deal%21">Daily Deal!</a>'
    ),
    "https://{{{address.city}}}.example/{{{code}}}": "https://Oslo.example/Daily Deal!",
}


@pytest.mark.parametrize("template", CASES)
def test_a_template_is_rendered_as_documented(template: str) -> None:
    rendered = render(template, KNOWN, Language.SPARKPOST, is_html=True)
    assert (rendered.text, rendered.unknown, rendered.unsupported) == (CASES[template], (), ())


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("{{fname}} {{{a.b}}} {{part}}", Rendered("{{fname}} {{{a.b}}} city", unknown=("fname", "a.b"))),
        ("{{if who}}a{{else}}b{{end}}{{each them}}c{{end}}", Rendered("b", assumed=("who", "them"))),
        ("{{if who == 'x' or age > 90}}a{{end}}", Rendered("", assumed=("who",))),
        (
            "{{render_dynamic_content(x)}}",
            Rendered("{{render_dynamic_content(x)}}", unsupported=("{{render_dynamic_content(x)}}",)),
        ),
        ("{{cart}}", Rendered("{{cart}}", unsupported=("{{cart}}",))),
        (
            "{{if age >}}a{{part}}{{end}}",
            Rendered("{{if age >}}acity{{end}}", unsupported=("{{if age >}}", "{{end}}")),
        ),
        (
            "{{if shout(age)}}a{{part}}{{else}}b{{end}}",
            Rendered("{{if shout(age)}}acity{{else}}b{{end}}", unsupported=("{{if shout(age)}}",)),
        ),
        ("{{if age}}a{{part}}", Rendered("{{if age}}acity", unsupported=("{{if age}}",))),
        (
            "a {{end}} {{part}} {{else}}",
            Rendered("a {{end}} city {{else}}", unsupported=("{{end}}", "{{else}}")),
        ),
    ],
)
def test_what_is_unknown_or_broken_stays_visible(template: str, rendered: Rendered) -> None:
    assert render(template, KNOWN, Language.SPARKPOST) == rendered


PIECES = "{{ }} {{{ }}} {{if {{each {{end}} {{else}} {{elseif a . [ ] ( ) == > and or not # 1 ' then"


@given(st.lists(st.sampled_from([*PIECES.split(), '"', " ", "\n", "\0", "\ud800"])).map("".join))
def test_any_template_is_rendered(template: str) -> None:
    assert isinstance(render(template, {"a": [{"b": [1, None]}]}, Language.SPARKPOST, is_html=True).text, str)


@given(st.text().filter(lambda text: "{{" not in text))
def test_a_text_without_tags_is_unchanged(text: str) -> None:
    assert render(text, {}, Language.SPARKPOST).text == text
