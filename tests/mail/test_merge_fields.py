"""Values are escaped for where they stand in HTML."""

import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from mailsight.mail.merge_fields import Encoded, replaced

_FIELD = re.compile(r"\{\{ ?(\w+) ?\}\}")
FIELDS = {
    "name": "Ann & Bo",
    "town": "Den <b>Haag</b>",
    "id": "7/8?",
    "url": "https://a.example/?x=1&y=2",
    "bad": "javascript:x()",
}


def fill(
    template: str, values: Mapping[str, str] = FIELDS, *, escape: bool = True, links: bool = True
) -> str:
    return replaced(template, _FIELD, lambda field: values.get(field[1]), escape=escape, links=links)


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("{{name}} {{ name }}", "Ann &amp; Bo " * 2),
        ("{{ town }}", "Den &lt;b&gt;Haag&lt;/b&gt;"),
        ("{{unknown}} {{ 1 }} 100% or 20%", "{{unknown}} {{ 1 }} 100% or 20%"),
        ('<p title="{{town}}">', '<p title="Den &lt;b&gt;Haag&lt;/b&gt;">'),
        ("<p title={{town}}>", "<p title=Den&#32;&#60;b&#62;Haag&#60;&#47;b&#62;>"),
        (
            '<a href="https://a.example/{{id}}?n={{name}}">',
            '<a href="https://a.example/7%2F8%3F?n=Ann%20%26%20Bo">',
        ),
        ("<!-- {{name}} -->", "<!-- {{name}} -->"),
        ("<style>a{color:{{town}}}</style>{{name}}", "<style>a{color:Den bHaagb}</style>Ann &amp; Bo"),
        ("caf%C3%A9%20x", "caf%C3%A9%20x"),
    ],
)
def test_merge_fields_are_filled(template: str, filled: str) -> None:
    assert fill(template).strip() == filled.strip()


@pytest.mark.parametrize(
    ("template", "address"),
    [
        ('<a href="{{url}}">', "https://a.example/?x=1&y=2"),
        ("<a href={{url}}>", "https://a.example/?x=1&y=2"),
        ('<a href="{{url}}&z={{name}}">', "https://a.example/?x=1&y=2&z=Ann%20%26%20Bo"),
        ('<a href="{{bad}}">', "javascript%3Ax%28%29"),
        ('<a href=" {{bad}}">', "javascript%3Ax%28%29"),
        ('<a href="java{{bad}}">', "javajavascript%3Ax%28%29"),
        ('<a href="{{unknown}}">', "{{unknown}}"),
    ],
)
def test_a_field_may_be_a_whole_url_but_never_a_script(template: str, address: str) -> None:
    link = LexborHTMLParser(fill(template)).css_first("a")
    assert link is not None
    assert (link.attributes["href"] or "").strip() == address


@given(st.text(max_size=30))
def test_no_value_becomes_markup_or_a_script(value: str) -> None:
    template = "<a href=\"{{x}}\" title={{x}} class='{{x}}'>{{x}}</a><a href=https://a.example/{{x}}>b</a><style>{{x}}</style>"
    document = LexborHTMLParser(fill(template, {"x": value}))
    assert [node.tag for node in document.css("*")] == ["html", "head", "body", "a", "a", "style"]
    first, second = document.css("a")
    assert set(first.attributes) == {"href", "title", "class"}
    assert set(second.attributes) == {"href"}
    assert not re.match(
        r"[\x00-\x20]*(?:javascript|data|vbscript):", first.attributes["href"] or "", re.IGNORECASE
    )


def test_a_subject_is_filled_without_escaping() -> None:
    assert fill("Hello {{name}}, {{town}}", escape=False) == "Hello Ann & Bo, Den <b>Haag</b>"


def test_links_may_stay_as_they_are() -> None:
    html = '<a title="{{id}}" href="{{url}}?{{id}}" class={{id}}>{{id}}</a>'
    assert fill(html, links=False) == '<a title="7/8?" href="{{url}}?{{id}}" class=7&#47;8&#63;>7/8?</a>'


def test_encoded_values_are_written_as_they_are() -> None:
    values = {"html": Encoded("<b>x</b>"), "code": Encoded("a%2Fb+c")}
    assert fill("{{html}}<b title={{html}}>", values) == "<b>x</b><b title=&#60;b&#62;x&#60;&#47;b&#62;>"
    assert (
        fill('<a href="https://a.example/?x={{code}}">', values) == '<a href="https://a.example/?x=a%2Fb+c">'
    )


_PIECES = ["{{name}}", " a ", '<a title="{{town}}" href="{{url}}">', "<b>", "<p class={{id}}>", "<!-- {{id}} -->",
           "<style>{{town}}</style>", "<style>a{}</style>"]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES)))
def test_a_field_is_found_wherever_others_are(pieces: list[str]) -> None:
    assert fill("".join(pieces)) == "".join(map(fill, pieces))


def test_markup_without_a_field_stays_as_it_is() -> None:
    assert (
        fill('<p title="{{name}}"><p class=\'a> {{name}}')
        == "<p title=\"Ann &amp; Bo\"><p class='a> Ann &amp; Bo'"
    )
    assert fill("<b title = a  class='a> <i>") == "<b title = a  class='a> <i>"


def test_many_long_values_fill_a_mail_only_so_far() -> None:
    filled = fill("{{x}}" * 100, {"x": "a" * 100_000})
    assert filled == "a" * 5_000_000 + "{{x}}" * 50
