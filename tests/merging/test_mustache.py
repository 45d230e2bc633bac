"""Mustache is rendered as mustache.js does it, Mustachio as Postmark does."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.merging.languages import Language
from mailsight.merging.rendering import Rendered, render

KNOWN = {
    "name": 'Ann "<b>" & Co/\'=`',
    "zero": 0,
    "price": 29.5,
    "vip": True,
    "lapsed": False,
    "nickname": None,
    "none": [],
    "tags": ["new", "sale"],
    "items": [{"title": "Lamp", "parts": [{"part": "bulb"}]}, {"title": "Rug", "parts": []}],
    "person": {"first": "Ann", "address": {"city": "Oslo"}},
    "First name": "Ann",
}

# Each text is what mustache.js 4.2 writes.
MUSTACHE = {
    "Hi {{name}}": "Hi Ann &quot;&lt;b&gt;&quot; &amp; Co&#x2F;&#39;&#x3D;&#x60;",
    "{{{price}}} {{& person.first }} {{First name}}": "29.5 Ann Ann",
    "{{nickname}}|{{lapsed}}|{{zero}}|{{tags}}|{{person}}": "|false|0|new,sale|[object Object]",
    "{{tags.1}} {{tags.length}}": "sale 2",
    "{{#vip}}a{{/vip}}{{#lapsed}}b{{/lapsed}}{{#zero}}c{{/zero}}{{#none}}d{{/none}}": "a",
    "{{^vip}}a{{/vip}}{{^lapsed}}b{{/lapsed}}{{^zero}}c{{/zero}}{{^none}}d{{/none}}": "bcd",
    "{{#items}}{{title}} {{price}}{{#parts}} {{part}}{{/parts}};{{/items}}": "Lamp 29.5 bulb;Rug 29.5;",
    "{{#tags}}<{{.}}>{{/tags}}{{#person}}{{first}}{{#address}} {{city}} {{first}}{{/address}}{{/person}}": (
        "<new><sale>Ann Oslo Ann"
    ),
    "a{{! a comment }}b": "ab",
    "{{=<% %>=}}<%zero%> {{zero}} <%={{ }}=%>{{zero}}": "0 {{zero}} 0",
    "{{#vip}}\n  yes\n{{/vip}}\nend": "  yes\nend",
    "| {{#vip}}\n{{/vip}} |": "| \n |",
    "a\r\n  {{! alone }}\r\nb": "a\r\nb",
}


@pytest.mark.parametrize("template", MUSTACHE)
def test_mustache_is_rendered_as_by_its_own_program(template: str) -> None:
    assert render(template, KNOWN, Language.MUSTACHE, is_html=True) == Rendered(MUSTACHE[template])


# What Mustachio's own tests say of templates like these.
MUSTACHIO = {
    "Hi {{name}}": "Hi Ann &quot;&lt;b&gt;&quot; &amp; Co/&#39;=`",
    "{{{price}}} {{& person.first}}": "29.5 Ann",
    "{{nickname}}|{{vip}}|{{zero}}|{{tags}}|{{person}}": "|True|0||",
    "{{#each tags}}<{{.}}>{{/each}}{{#each none}}x{{/each}}": "<new><sale>",
    "{{#each items}}{{title}} {{../../price}}{{#each parts}} {{part}}{{/each}};{{/each}}": (
        "Lamp 29.5 bulb;Rug 29.5;"
    ),
    "{{#person}}{{first}} {{#address}}{{city}}{{/address}} {{../price}}{{/person}}": "Ann Oslo 29.5",
    "{{#vip}}yes{{^vip}}no{{/vip}}{{#lapsed}}yes{{^lapsed}}no{{/lapsed}}": "yesno",
    "{{^zero}}a{{/zero}}{{^none}}b{{/none}}{{#nickname}}c{{/nickname}}": "ab",
    "{{#vip}}\nyes\n{{/vip}}{{! comment }}": "\nyes\n",
}


@pytest.mark.parametrize("template", MUSTACHIO)
def test_mustachio_is_rendered_as_postmark_does(template: str) -> None:
    assert render(template, KNOWN, Language.MUSTACHIO, is_html=True) == Rendered(MUSTACHIO[template])


@pytest.mark.parametrize("language", [Language.MUSTACHE, Language.MUSTACHIO])
@pytest.mark.parametrize(
    ("template", "rendered"),
    [
        ("Hi {{fname}} {{{ a.b }}}", Rendered("Hi {{fname}} {{{ a.b }}}", unknown=("fname", "a.b"))),
        ("{{#who}}a{{/who}}{{^who}}b{{/who}}", Rendered("b", assumed=("who",))),
        ("{{zero}}{{/vip}} {{", Rendered("0{{/vip}} {{", unsupported=("{{/vip}}", "{{"))),
        ("{{#vip}}{{zero}}", Rendered("{{#vip}}0", unsupported=("{{#vip}}",))),
        (
            "{{#person}}{{#vip}}{{first}}{{/person}}",
            Rendered("{{#vip}}Ann", unsupported=("{{#vip}}",)),
        ),
    ],
)
def test_what_is_unknown_or_broken_stays_visible(
    language: Language, template: str, rendered: Rendered
) -> None:
    result = render(template, KNOWN, language)
    if language is Language.MUSTACHIO:  # a brace that opens nothing is text to it
        read = tuple(code for code in rendered.unsupported if code != "{{")
        rendered = replace(rendered, unsupported=read)
    assert result == rendered


@pytest.mark.parametrize(
    ("template", "language", "text", "unsupported"),
    [
        ("{{> footer}} {{zero}}", Language.MUSTACHE, "{{> footer}} 0", "{{> footer}}"),
        ("{{#if vip}}{{zero}}{{/if vip}}", Language.MUSTACHE, "{{#if vip}}0{{/if vip}}", "{{#if vip}}"),
        ("{{pm:unsubscribe}} {{zero}}", Language.MUSTACHIO, "{{pm:unsubscribe}} 0", "{{pm:unsubscribe}}"),
        ("{{#each vip}}{{zero}}{{/each}}", Language.MUSTACHIO, "{{#each vip}}0{{/each}}", "{{#each vip}}"),
    ],
)
def test_what_the_language_lacks_stays_visible(
    template: str, language: Language, text: str, unsupported: str
) -> None:
    assert render(template, KNOWN, language) == Rendered(text, unsupported=(unsupported,))


PIECES = "{{ }} {{{ }}} {{# {{^ {{/ {{& {{! {{> {{= =}} <% %> {{#each a .. ../ / . b |"
TEXTS = st.lists(st.sampled_from([*PIECES.split(), " ", "\n", "\r\n", "\0", "\ud800"]))


@given(TEXTS.map("".join), st.sampled_from([Language.MUSTACHE, Language.MUSTACHIO]))
def test_any_template_is_rendered(template: str, language: Language) -> None:
    assert isinstance(render(template, {"a": [{"b": [1, None]}]}, language, is_html=True).text, str)


@given(
    st.text().filter(lambda text: "{{" not in text), st.sampled_from([Language.MUSTACHE, Language.MUSTACHIO])
)
def test_a_text_without_tags_is_unchanged(text: str, language: Language) -> None:
    assert render(text, {}, language).text == text
