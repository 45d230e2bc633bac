"""What pages keep in their addresses: any text is read without an error, and every value is read as it was written."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.reports.search import Order
from mailsight.vocabulary import Audience, Stage, Status
from mailsight.web import addresses, parameters
from mailsight.web.parameters import Dialog, Parameter
from tests.support.parameters import TEXTS

pytestmark = pytest.mark.usefixtures("sealed_ids")

ALL = [parameter for page in parameters.PAGES.values() for parameter in page]


@pytest.mark.parametrize("page", list(parameters.PAGES))
def test_the_parameters_of_a_page_have_names_of_their_own(page: str) -> None:
    names = [parameter.name for parameter in parameters.PAGES[page]]
    assert len(names) == len(set(names))
    assert "dialog" in names or page == "audit"


@given(st.lists(st.one_of(st.text(), st.sampled_from(TEXTS)), max_size=60))
def test_any_text_of_an_address_is_read_as_a_value_that_is_written_the_same_way(texts: list[str]) -> None:
    for parameter in ALL:
        value = parameter.value(texts)
        hash(value)
        assert parameter.value(parameter.texts(value)) == value
        assert not parameter.texts(parameter.default)


@pytest.mark.parametrize(
    ("parameter", "value", "texts"),
    [
        (parameters.AUDIENCE, Audience.ALL, ["all"]),
        (parameters.AUDIENCE, Audience.HUMAN, []),
        (parameters.SEARCH, "black friday", ["black friday"]),
        (parameters.SEARCH, "ann@mail.example", []),
        (parameters.SINCE, date(2026, 11, 26), ["2026-11-26"]),
        (parameters.SINCE, date(1999, 12, 31), []),
        (parameters.TAGS, ("offer", "winter"), ["offer", "winter"]),
        (parameters.SORT, Order("cor"), ["-cor"]),
        (parameters.SORT, Order("name", down=False), ["name"]),
        (parameters.SORT, Order(), []),
        (parameters.PAGE, 3, ["3"]),
        (parameters.TAB, "Weekday and hour", ["weekday-and-hour"]),
        (parameters.STATES, (Status.CLICKED, Status.NOT_SENT), ["clicked", "not_sent"]),
        (parameters.STAGE, Stage.OPENED, ["opened"]),
        (parameters.PERIOD, "All", ["all"]),
        (parameters.GRID_SORT, ("-opens", "name"), ["-opens", "name"]),
        (parameters.GRID_SORT, ("customer_id",), []),
        (
            parameters.GRID_FILTERS,
            ("opens.lessThan.2.or.greaterThan.9",),
            ["opens.lessThan.2.or.greaterThan.9"],
        ),
        (parameters.GRID_FILTERS, ("name.notBlank",), ["name.notBlank"]),
        (parameters.GRID_FILTERS, ("name.contains.ann",), []),
        (
            parameters.GRID_FILTERS,
            ("sent_at.inRange.2026-04-01.2026-04-03",),
            ["sent_at.inRange.2026-04-01.2026-04-03"],
        ),
        (parameters.GRID_FILTERS, ("opens.equals.2026-04-01",), []),
        (parameters.GRID_FILTERS, ("opens.contains.2",), []),
        (parameters.CAMPAIGN_DIALOG, Dialog("mail", "a:b"), ["mail:a:b"]),
        (parameters.CAMPAIGN_DIALOG, Dialog("upload"), []),
        (parameters.CAMPAIGN_DIALOG, None, []),
    ],
)
def test_a_value_is_written_as(parameter: Parameter[Any], value: Any, texts: list[str]) -> None:
    assert parameter.texts(value) == texts


@pytest.mark.parametrize(
    ("parameter", "texts", "value"),
    [
        (parameters.SEARCH, ["a", "b"], "b"),
        (parameters.SEARCH, ["a" * 201], ""),
        (parameters.SINCE, ["2026-02-30"], None),
        (parameters.SINCE, ["9999-12-31"], None),
        (parameters.PAGE, ["0"], 1),
        (parameters.PAGE, ["-3"], 1),
        (parameters.PAGE, ["9" * 40], 1),
        (parameters.SORT, ["payload"], Order()),
        (parameters.STATES, ["clicked", "hacked", "clicked"], (Status.CLICKED,)),
        (parameters.TAB, ["Heatmap"], "Status"),
        (parameters.IDS, ["a", "", "b", "a"], ("a", "b")),
        (parameters.LIST_DIALOG, ["upload"], None),
    ],
)
def test_what_a_parameter_cannot_have_counts_as_missing(
    parameter: Parameter[Any], texts: list[str], value: Any
) -> None:
    assert parameter.value(texts) == value


def test_links_leave_defaults_out() -> None:
    assert addresses.campaign("a&b", Audience.HUMAN) == "campaign?id=a%26b"
    assert addresses.customer("7", Audience.ALL, "spring") == "customer?id=7&campaign=spring&audience=all"
