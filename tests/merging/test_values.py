"""Values are found by the names that templates use."""

import pytest

from mailsight.merging.values import MISSING, Values

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
