import json
from math import nan

import pytest

from mailsight.components import tables
from mailsight.figures.metrics import Portion
from mailsight.vocabulary import Status


@pytest.mark.parametrize(
    ("share", "largest", "width", "text"),
    [
        (0.5, 1.0, 50.0, "50.0%"),
        (0.1, 0.4, 25.0, "10.0%"),
        (0.4, 0.4, 100.0, "40.0%"),
        (0.5, 0.4, 100.0, "50.0%"),
        (0.0, 0.0, 0.0, "0.0%"),
        (0.0, 0.4, 0.0, "0.0%"),
        (None, 0.4, 0.0, "–"),
        (nan, 0.4, 0.0, "–"),
        (nan, nan, 0.0, "–"),
        (0.0, nan, 0.0, "0.0%"),
    ],
)
def test_a_bar_shows_its_share_as_length_and_number(
    share: float | None, largest: float, width: float, text: str
) -> None:
    cell = tables.bar(share, of_largest=largest)
    assert isinstance(cell, dict)
    assert (cell["width"], cell["text"].replace("\N{NO-BREAK SPACE}", " ")) == (width, text)
    json.dumps(cell, allow_nan=False)


def test_an_interval_is_drawn_on_the_given_scale() -> None:
    cell = tables.interval(Portion(200, 1000), (0.1, 0.3), "#123456", tip=["COR"])
    assert isinstance(cell, dict)
    assert cell["at"] == 50.0
    assert 0 < cell["low"] < 50 < cell["high"] < 100
    assert tables.interval(Portion(0, 0), (0.0, 1.0), "#123456") == ""
    json.dumps(cell, allow_nan=False)


def test_a_trend_has_whole_numbers_and_a_tooltip() -> None:
    assert tables.trend([0.0, 0.333, 1.0], tip=["Opens"]) == {
        "kind": "trend",
        "points": [0, 33, 100],
        "tip": ["Opens"],
    }


@pytest.mark.parametrize(
    ("ticked", "full", "refuses"), [(True, True, False), (False, True, True), (False, False, False)]
)
def test_only_an_empty_box_can_be_full(ticked: bool, full: bool, refuses: bool) -> None:
    cell = tables.tick("Select Spring to compare", ticked=ticked, full=full)
    assert isinstance(cell, dict)
    assert (cell["ticked"], cell["full"]) == (ticked, refuses)


@pytest.mark.parametrize("status", Status)
def test_a_state_has_its_label_colour_and_meaning(status: Status) -> None:
    cell = tables.state(status)
    assert isinstance(cell, dict)
    assert (cell["text"], cell["colour"], cell["title"]) == (status.label, status.colour, status.meaning)
