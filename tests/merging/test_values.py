"""Values are found by the names that templates use."""

import pytest

from mailsight.merging.languages import Language
from mailsight.merging.rendering import render
from mailsight.merging.values import MISSING, Values

from .shapes import SHAPES

KNOWN = {
    "email": "anna@example.com",
    "First name": "Anna",
    "address": {"City": "Oslo", "lines": ["1 Harbour Road", "2nd floor"]},
    "order.total": 42,
    "nothing": None,
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("email",), "anna@example.com"),
        (("EMAIL",), "anna@example.com"),
        (("contact", "email"), "anna@example.com"),
        (("first_name",), "Anna"),
        (("subscriber", "FirstName"), "Anna"),
        (("fname",), MISSING),
        (("subscriber", "Attribs", "first_name"), "Anna"),
        (("shop", "email"), MISSING),
        (("contact", "shop", "email"), MISSING),
        (("address", "city"), "Oslo"),
        (("customer", "address", "city"), "Oslo"),
        (("address", "lines", "1"), "2nd floor"),
        (("address", "lines", "2"), MISSING),
        (("address", "lines", "²"), MISSING),
        (("order", "total"), 42),
        (("nothing",), None),
        (("nothing", "more"), MISSING),
        (("email", "0"), MISSING),
        (("city",), MISSING),
        (("",), MISSING),
    ],
)
def test_a_value_is_found_by_a_path(path: tuple[str, ...], value: object) -> None:
    assert Values(KNOWN).lookup(*path) == value


def test_of_two_names_with_the_same_letters_the_exact_one_counts() -> None:
    values = Values({"first_name": "Anna", "FIRST NAME": "Berta"})
    assert values.lookup("FIRST NAME") == "Berta"
    assert values.lookup("firstname") == "Anna"


@pytest.mark.parametrize(
    ("path", "is_within"),
    [
        (("nothing", "more"), True),
        (("contact", "nothing", "a", "b"), True),
        (("nothing",), False),
        (("city", "a"), False),
    ],
)
def test_a_path_may_lead_into_null(path: tuple[str, ...], is_within: bool) -> None:
    assert Values(KNOWN).is_within_null(*path) is is_within


# Go refuses to send an e-mail that asks for what is within nil.
WITH_PATHS = [language for language, shape in SHAPES.items() if shape.loop and language is not Language.GO]


@pytest.mark.parametrize("language", [Language.PLAIN, *WITH_PATHS])
def test_what_is_within_null_is_empty_in_every_language_with_paths(language: Language) -> None:
    field = SHAPES[language].of
    template = f"{field('address.city')}|{field('shop.address.city.name')}|{field('shop.town')}"
    rendered = render(template, {"address": None, "shop": {"address": {"city": None}}}, language)
    assert rendered.text == f"||{field('shop.town')}"
    assert rendered.unknown == ("shop.town",)


@pytest.mark.parametrize("values", [{"many": []}, {"many": [1]}])
def test_a_list_has_nothing_after_its_last_item(values: dict[str, object]) -> None:
    positions = {
        Language.MUSTACHE: "{{many.1}}{{#self}}{{many.1}}{{/self}}",
        Language.HANDLEBARS: "{{many.[1]}}{{lookup many 1}}{{#with self}}{{many.1}}{{/with}}",
        Language.MUSTACHIO: "{{many.1}}",
        Language.SPARKPOST: "{{many[2]}}",
        Language.MAILJET: "{{var:many.1}}",
        Language.LIQUID: "{{ many[1] }}",
        Language.DJANGO: "{{ many.1 }}",
        Language.HUBL: "{{ many[1] }}",
    }
    for language, template in positions.items():
        rendered = render(template, {**values, "self": values}, language)
        assert (rendered.text, rendered.unknown) == ("", ())


@pytest.mark.parametrize("language", WITH_PATHS)
def test_what_is_within_null_of_an_item_is_empty(language: Language) -> None:
    shape = SHAPES[language]
    assert shape.loop
    start, end = (part.format("many") for part in shape.loop)
    item = {Language.SPARKPOST: "loop_var.", Language.MAILJET: "i."}.get(language, "")
    item = item or ("i." if start.startswith("{% for") else "")
    field = f"{{{{{item}address.city}}}}"
    assert render(start + field + end, {"many": [{"address": None}]}, language).text == ""
