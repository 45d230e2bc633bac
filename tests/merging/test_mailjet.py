"""Mailjet's language is rendered as its documentation says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.rendering import Rendered, render

KNOWN = {
    "firstname": "Ann <b>",
    "step": "refund",
    "blank": "",
    "nothing": None,
    "points": 120,
    "price": 9.5,
    "city": {"name": "Oslo"},
    "items": [{"title": "Lamp", "price": 10, "tags": ["new"]}, {"title": "Rug", "price": 2.5, "tags": []}],
}

CASES = {
    'Dear {{data:firstname:"customer"}}': "Dear Ann <b>",
    'Dear {{var:nobody:"customer"}} {{data:x:there}} {{ var:x:"" }}{{var:x:3}}': "Dear customer there 3",
    "{{data:x:&quot;there&quot;}} {{data:x:”customer”}}": "there customer",
    '[[data:firstname:"you"]] [[data:x:"you"]]': "Ann <b> you",
    "{{var:city.name}} {{firstname}} {{var:nothing}}": "Oslo Ann <b> ",
    '{% if var:step == "order" %}a{% elseif var:step = "refund" %}b{% else %}c{% endif %}': "b",
    '{% if var:blank == "" and var:step != "x" %}a{% endif %}{% if var:nothing = "" %}b{% endif %}': "ab",
    "{% if var:points > 100 and not (var:price >= 10) %}a{% endif %}": "a",
    "{% if var:points &gt; 100 %}a{% endif %}": "a",
    "{% for item in var:items %}{{ item.title }} {{item.price}};{% endfor %}": "Lamp 10;Rug 2.5;",
    "{% for i in var:items %}{% for tag in i.tags %}<{{tag}}>{% endfor %}{% endfor %}": "<new>",
    "{% set total = 0 %}{% for i in var:items %}{% set total = total + i.price %}{% endfor %}{{total}}": "12.5",
    "{{ var:price * 2 + 1 }} {{ (var:points div 50) }} {{var:points mod 50}} {{-var:points}}": "20 2 20 -120",
    '{{ upper("ab") }} {{ capitalize(var:step) }} {{round(9.56, 1)}} {{ "a" + "b" }}': "AB Refund 9.6 ab",
    "{% if var:blank xor var:points %}a{% endif %}": "a",
    '{% set back-ground = "#fff" %}{{back-ground}} {{var:points - 20}}{% if !var:blank %}!{% endif %}': "#fff 100!",
}


@pytest.mark.parametrize("template", CASES)
def test_a_template_is_rendered_as_documented(template: str) -> None:
    assert render(template, KNOWN, Language.MAILJET, is_html=True) == Rendered(CASES[template])


@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("Hi {{var:fname}} {{x.y}}", Rendered("Hi {{var:fname}} {{x.y}}", unknown=("fname", "x.y"))),
        ('{% if var:who == "" %}a{% endif %}', Rendered("a", assumed=("who",))),
        ("{% for x in var:them %}a{% endfor %}", Rendered("", assumed=("them",))),
        ("{{ shout(var:step) }}", Rendered("{{ shout(var:step) }}", unsupported=("{{ shout(var:step) }}",))),
        (
            "{{ 1 / 0 }}{{ var:step * 2 }}",
            Rendered("{{ 1 / 0 }}{{ var:step * 2 }}", unsupported=("{{ 1 / 0 }}", "{{ var:step * 2 }}")),
        ),
        ("{% include x %}{{var:step}}", Rendered("{% include x %}refund", unsupported=("{% include x %}",))),
        (
            "{% if var:step ~ 1 %}{{var:step}}{% endif %}",
            Rendered(
                "{% if var:step ~ 1 %}refund{% endif %}", unsupported=("{% if var:step ~ 1 %}", "{% endif %}")
            ),
        ),
        (
            "{% if var:step %}{{var:step}}",
            Rendered("{% if var:step %}refund", unsupported=("{% if var:step %}",)),
        ),
        (
            "{% for i in var:items %}{% if var:step %}a{% endfor %}",
            Rendered("{% if var:step %}a{% if var:step %}a", unsupported=("{% if var:step %}",)),
        ),
        ("{{segmentation:is_new}}", Rendered("{{segmentation:is_new}}", unknown=("is_new",))),
    ],
)
def test_what_is_unknown_or_broken_stays_visible(template: str, rendered: Rendered) -> None:
    assert render(template, KNOWN, Language.MAILJET) == rendered


PIECES = "{{ }} {% %} if elseif else endif for endfor set in = + - * / ( ) . : , a var:a 1 ' [[ ]] &quot;"


@given(st.lists(st.sampled_from([*PIECES.split(), '"', " ", "\n", "\0", "\ud800"])).map("".join))
def test_any_template_is_rendered(template: str) -> None:
    assert isinstance(render(template, {"a": [{"b": [1, None]}]}, Language.MAILJET, is_html=True).text, str)


@given(st.text().filter(lambda text: not {"{{", "{%", "[["} & {text[at : at + 2] for at in range(len(text))}))
def test_a_text_without_tags_is_unchanged(text: str) -> None:
    assert render(text, {}, Language.MAILJET).text == text
