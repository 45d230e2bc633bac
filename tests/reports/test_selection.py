import json

import pytest

from mailsight.reports import selection as selections
from mailsight.reports.selection import Criterion


def lines(selection: object) -> list[str]:
    criterion = selections.read(selection)
    assert criterion is not None
    return indented(criterion)


def indented(criterion: Criterion, depth: int = 0) -> list[str]:
    sentence = " ".join(word for word in (criterion.field, criterion.text, criterion.value) if word)
    heading = "  " * depth + sentence + (":" if criterion.parts else "")
    return [heading, *(line for part in criterion.parts for line in indented(part, depth + 1))]


@pytest.mark.parametrize(
    ("op", "value", "sentence"),
    [
        ("=", "NL", "Country is NL"),
        ("!=", "NL", "Country is not NL"),
        ("<", 30, "Country is less than 30"),
        ("<=", 30, "Country is at most 30"),
        (">", 12500, "Country is more than 12,500"),
        (">=", 1.5, "Country is at least 1.5"),
        ("in", ["NL", "BE", "DE"], "Country is one of NL, BE or DE"),
        ("in", ["NL"], "Country is one of NL"),
        ("in", [], "Country is one of nothing"),
        ("not in", ["NL", "BE"], "Country is not one of NL or BE"),
        ("contains", "er", "Country contains er"),
        ("starts with", "N", "Country starts with N"),
        ("between", [18, 65], "Country is between 18 and 65"),
        ("within last (days)", 90, "Country is within the last 90 days"),
        ("within last (days)", 1, "Country is within the last day"),
        ("within last", 1095, "Country is within the last 1,095 days"),
        ("within last", 30, "Country is within the last 30 days"),
        ("is empty", None, "Country is empty"),
        ("is not empty", None, "Country is filled in"),
        ("=", True, "Country is yes"),
        ("!=", True, "Country is no"),
        ("=", None, "Country is nothing"),
        ("Not In", ["x"], "Country is not one of x"),
        ("resembles", "x", "Country resembles x"),
        ("=", {"a": 1}, 'Country is {"a": 1}'),
    ],
)
def test_every_operator_reads_as_a_sentence(op: str, value: object, sentence: str) -> None:
    assert lines({"field": "country", "op": op, "value": value}) == [sentence]


def test_groups_keep_their_nesting() -> None:
    selection = {
        "all": [
            {"field": "newsletter_consent", "op": "=", "value": True},
            {
                "any": [
                    {"field": "country", "op": "in", "value": ["NL", "BE"]},
                    {
                        "all": [
                            {"field": "language", "op": "=", "value": "nl"},
                            {"field": "age", "op": ">", "value": 30},
                        ]
                    },
                ]
            },
            {"not": {"field": "last_booking.at", "op": "within last (days)", "value": 14}},
        ]
    }
    expected = [
        "All of these are true:",
        "  Newsletter consent is yes",
        "  At least one of these is true:",
        "    Country is one of NL or BE",
        "    All of these are true:",
        "      Language is nl",
        "      Age is more than 30",
        "  This is not true:",
        "    Last booking is within the last 14 days",
    ]
    assert lines(selection) == expected
    assert lines(json.dumps(selection)) == expected


def test_a_group_of_one_criterion_is_that_criterion() -> None:
    assert lines({"all": [{"any": [{"field": "vip", "op": "is not empty"}]}]}) == ["Vip is filled in"]


def test_not_of_several_criteria_means_none_of_them() -> None:
    both = [{"field": "a", "op": "=", "value": 1}, {"field": "b", "op": "=", "value": 2}]
    assert lines({"not": both}) == ["None of these is true:", "  A is 1", "  B is 2"]


def test_empty_groups_have_their_own_sentences() -> None:
    assert lines({"all": []}) == ["No conditions: all customers"]
    assert lines({"any": []}) == ["No conditions given"]


@pytest.mark.parametrize("empty", [None, "", "  ", {}, [], "null", "{}", '""'])
def test_an_empty_selection_is_none(empty: object) -> None:
    assert selections.read(empty) is None


@pytest.mark.parametrize(
    ("selection", "shown"),
    [
        ("Everyone who booked in spring", "Everyone who booked in spring"),
        ('"Everyone"', "Everyone"),
        ('{"all": [', '{"all": ['),
        ({"some": 1}, '{"some": 1}'),
        ({"field": "a"}, '{"field": "a"}'),
        ({"all": [], "any": []}, '{"all": [], "any": []}'),
        (42, "42"),
        ({"all": [3]}, "3"),
        ({"field": "a", "op": 3}, '{"field": "a", "op": 3}'),
    ],
)
def test_an_unreadable_selection_is_shown_unchanged(selection: object, shown: str) -> None:
    assert lines(selection) == [shown]


def test_deep_nesting_is_cut_off() -> None:
    selection: object = {"field": "a", "op": "=", "value": 1}
    for _ in range(200):
        selection = {"not": selection}
    assert len(lines(selection)) < 60
