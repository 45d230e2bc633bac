"""Keila's campaigns in MJML as HTML."""

import pytest

from mailsight.importing.databases.keila_mjml import as_html, filled

LINK = '<a href="https://shop.example/a">a</a>'


@pytest.mark.parametrize(
    ("mjml", "html"),
    [
        (f"<mj-text>Hi {{{{ name }}}} {LINK}<br></mj-text>", f"Hi {{{{ name }}}} {LINK}<br></div>"),
        ('<mj-button href="https://b.example?x=1&amp;y=2">Go</mj-button>', '<a href="https://b.example?x=1&amp;y=2" '),
        ("<mj-button href='https://shop.example/b'>Go</mj-button>", ">Go</a></div>"),
        (
            '<mj-image src="https://shop.example/i.png" href="https://shop.example/i" alt="A &quot;b&quot;"/>',
            '<a href="https://shop.example/i"><img src="https://shop.example/i.png" alt="A &quot;b&quot;" style=',
        ),
        ('<mj-section background-color="red;x:y">', "background-color:redx:y"),
        ("<keila-code>{% if contact.vip %}</keila-code><mj-raw><p>VIP</p></mj-raw>", "{% if contact.vip %}<p>VIP</p>"),
        ("<mj-divider />", "<hr></body>"),
    ],
)  # fmt: skip
def test_elements_become_html(mjml: str, html: str) -> None:
    whole = f"<mjml><mj-head><mj-style>a {{}}</mj-style></mj-head><mj-body>{mjml}</mj-body></mjml>"
    found = (as_html(whole) or "").replace("</div></body>", "</body>")
    assert html in found
    assert "mj-" not in found


HEAD = """
<mj-head><mj-title>News</mj-title><mj-attributes>
  <mj-all font-family="Inter" color="black" />
  <mj-text color="grey" font-size="14px"/>
  <mj-class name="big" font-size="30px" />
  <mj-class name="loud" color="red"></mj-class>
</mj-attributes><mj-style>.a { color: blue }</mj-style><mj-style inline="inline">.b > i {}</mj-style></mj-head>
"""


@pytest.mark.parametrize(
    ("mjml", "style"),
    [
        ("<mj-text>x</mj-text>", "color:grey;font-family:Inter;font-size:14px"),
        ('<mj-text color="#111">x</mj-text>', "color:#111;font-family:Inter;font-size:14px"),
        ('<mj-text mj-class="loud  big none">x</mj-text>', "color:red;font-family:Inter;font-size:30px"),
        ('<mj-text mj-class="big" font-size="9px">x</mj-text>', "color:grey;font-family:Inter;font-size:9px"),
        ("<mj-column>x</mj-column>", "color:black;font-family:Inter"),
    ],
)
def test_elements_have_the_attributes_that_the_head_gives_them(mjml: str, style: str) -> None:
    assert f'{style}">x' in (as_html(f"<mjml>{HEAD}<mj-body>{mjml}</mj-body></mjml>") or "")


def test_styles_of_the_head_concern_elements_with_a_class() -> None:
    whole = as_html(f'<mjml>{HEAD}<mj-body><mj-divider css-class="a b" /></mj-body></mjml>') or ""
    assert whole.startswith("<html><head><style>.a { color: blue } .b > i {}</style></head><body>")
    assert '<hr class="a b"' in whole


@pytest.mark.parametrize("mjml", ["", "<p>Hello</p>", "<mjml></mjml>"])
def test_what_is_no_mjml_is_nothing(mjml: str) -> None:
    assert as_html(mjml) is None


@pytest.mark.parametrize(
    ("body", "content", "text"),
    [
        ('<p><keila-content name="a">\nHello\n</keila-content></p>', None, "<p>Hello</p>"),
        ("<p><keila-content name=a>Hello</keila-content></p>", {"a": "Hi", "b": "x"}, "<p>Hi</p>"),
        ("<keila-content name='a'/>x</keila-content>-<keila-content name='b'>y</keila-content>", {"b": 1}, "x-1"),
        ("a<keila-content>x</keila-content>b", {}, "a<keila-content>xb"),
    ],
)  # fmt: skip
def test_the_slots_of_a_template_are_filled(body: str, content: object, text: str) -> None:
    assert filled(body, content) == text
