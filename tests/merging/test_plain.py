"""Plain fields, in every way that senders write them."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.plain import ALTERNATIVES, FIELD, SYNTAXES, Syntax
from mailsight.merging.rendering import Rendered, render

CUSTOMER = {
    "first_name": "Anna & Bo",
    "email": "anna@mail.example",
    "City": "Oslo",
    "nothing": None,
    "points": 12,
    "vip": True,
    "customer": {"address": {"zip": "0150"}},
    "product": "tea",
}


def plain(template: str, values: Any = CUSTOMER, *, is_html: bool = False) -> Rendered:
    sent_at = datetime(2026, 3, 1, tzinfo=UTC)
    return render(template, values, Language.PLAIN, is_html=is_html, sent_at=sent_at)


IDS = [syntax.example for syntax in SYNTAXES]


@pytest.mark.parametrize("syntax", SYNTAXES, ids=IDS)
def test_every_syntax_is_filled(syntax: Syntax) -> None:
    assert plain(f"Hi {syntax.example}, you") == Rendered("Hi Anna & Bo, you")
    assert plain(f"<p>{syntax.example}</p>", is_html=True) == Rendered("<p>Anna &amp; Bo</p>")


@pytest.mark.parametrize("syntax", SYNTAXES, ids=IDS)
def test_a_value_that_nobody_knows_has_its_default_or_stays(syntax: Syntax) -> None:
    rendered = plain(f"Hi {syntax.example}", {"other": 1})
    if "there" in syntax.example:
        assert rendered == Rendered("Hi there")
    else:
        assert rendered.text == f"Hi {syntax.example}"
        assert len(rendered.unknown) == 1


@pytest.mark.parametrize("syntax", SYNTAXES, ids=IDS)
def test_an_empty_value_has_its_default(syntax: Syntax) -> None:
    expected = "Hi there" if "there" in syntax.example else "Hi "
    assert plain(f"Hi {syntax.example}", {"first_name": None}) == Rendered(expected)


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{ .Subscriber.City }} {{customer.address.zip}} {{lead.Email:default=x}}", "Oslo 0150 anna@mail.example"),
        ("{{points}} {{vip}} {{nothing}}.", "12 true ."),
        ('[[firstname mode="ucfw" fallback="you"]] [[ CITY ]]', "Anna & Bo Oslo"),
        ('{$city|default:"nowhere"} {$town|default("nowhere")}', "Oslo nowhere"),
        ("[MERGE_CITY/nowhere] [MERGE_CITY] [EMAIL]", "Oslo Oslo anna@mail.example"),
        ("{!first_name_fix}", "Anna & Bo"),
        ("[currentday] [currentmonthname] [currentyear], [currentdayname]", "1 March 2026, Sunday"),
        ("[ÄRGER%%x] [Ort,fallback=y] {$straße|default('z')}", "x y z"),
        ("[FNAME] %FNAME%", "Anna & Bo Anna & Bo"),
        ("-city- well-city-ed {city} {product} ##city## $!{city}", "Oslo well-city-ed Oslo tea Oslo Oslo"),
        # Not fields
        # Conditions
        ("[if:city=Oslo]a[elseif:city=Bergen]b[else]c[endif]", "a"),
        ("[if:city=Bergen]a[elseif:points>=12]b[else]c[endif]", "b"),
        ("[if:city!=Oslo]a[else]c[if:vip]d[endif][endif]e", "cde"),
        ('{if $city == "Oslo" && $points > 10}a{else}b{/if}{if !empty($nothing) || not $vip}c{elseif $vip}d{/if}',
         "ad"),
    ],
)  # fmt: skip
def test_a_template_is_rendered(template: str, text: str) -> None:
    assert plain(template) == Rendered(text)


@given(
    st.lists(st.sampled_from([*IDS, *"{}*|[]%$#~@:-<>!&a1 \n", "{{", "[[", "%%", "</a>"]), max_size=20).map(
        "".join
    )
)
def test_nothing_that_is_passed_over_is_a_field(text: str) -> None:
    each = re.compile(ALTERNATIVES, re.DOTALL)
    assert [field.span() for field in FIELD.finditer(text)] == [field.span() for field in each.finditer(text)]


@pytest.mark.parametrize(
    "text",
    ["[SALE] 50% off%, [1] [Offer/2]", "{a} {color:red} a-b-c ## x ## {{ 1 }}", "caf%C3%A9%20x", "[else] [endif]"],
)  # fmt: skip
def test_other_text_stays(text: str) -> None:
    assert plain(text) == Rendered(text)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ company }} [COMPANY] [name]", Rendered("{{ company }} [COMPANY] [name]", ("company", "COMPANY", "name"))),
        ("[UNSUBSCRIBEURL] [SALE]", Rendered("[UNSUBSCRIBEURL] [SALE]", ("UNSUBSCRIBEURL",))),
        ("{{customer}}", Rendered("{{customer}}", ("customer",))),
        ("[if:plan=pro]a[else]b[endif]", Rendered("b", (), ("plan",))),
        ("[if:city]a", Rendered("[if:city]a", (), (), ("[if:city]",))),
        ("{if shuffle($city)}a{/if}", Rendered("{if shuffle($city)}a{/if}", (), (), ("{if shuffle($city)}", "{/if}"))),
    ],
)  # fmt: skip
def test_what_can_not_be_filled_stays_and_is_named(template: str, expected: Rendered) -> None:
    assert plain(template) == expected


def test_the_conditions_of_outlook_are_no_conditions() -> None:
    html = "<!--[if mso]><p>a</p><![endif]--><!--[if !mso]><!-->b<!--<![endif]--> [else]"
    assert plain(html, is_html=True) == Rendered(html)
    inside = f"[if:city=Oslo]{html}[else]c[endif]"
    assert plain(inside, is_html=True).text.startswith("<!--[if mso]><p>a</p><![endif]-->")


def test_values_are_escaped_where_they_stand() -> None:
    template = '<a title="{{first_name}}" href="https://x.example/[CITY]?n=[firstname,fallback=you]">{$first_name}</a>'
    assert plain(template, is_html=True).text == (
        '<a title="Anna &amp; Bo" href="https://x.example/Oslo?n=Anna%20%26%20Bo">Anna &amp; Bo</a>'
    )


def test_a_value_is_no_template() -> None:
    values = {"name": "[if:email]{{email}}[endif] %email% {$email}", "email": "secret"}
    assert plain("{{name}}", values).text == values["name"]
    assert "secret" not in plain("<a href='{{name}}' title={{name}}>{{name}}</a>", values, is_html=True).text


PIECES = st.sampled_from([*IDS, "[if:a]", "[else]", "[endif]", "<a href='"])


@given(st.text(max_size=60) | st.lists(PIECES, max_size=9).map("".join), st.booleans())
def test_any_text_is_rendered(template: str, is_html: bool) -> None:
    plain(template, {"a": 1}, is_html=is_html)
