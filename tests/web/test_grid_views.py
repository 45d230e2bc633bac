"""What an open grid asked for last, which an export of it needs."""

import pytest

from mailsight.web import grid_views
from mailsight.web.grid_views import GridView

ASKED = GridView(
    {"opens": {"type": "greaterThan", "filter": 0}}, [{"colId": "name", "sort": "asc"}], "Europe/Paris"
)


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid_views, "MOST_VIEWS", 3)


def test_each_grid_has_its_own() -> None:
    grid_views.keep("one", ASKED)
    grid_views.keep("other", GridView())
    assert grid_views.last("one") == ASKED
    assert grid_views.last("other") == GridView()
    assert grid_views.last("never asked") == GridView()


def test_the_longest_unused_go_first() -> None:
    for name in ("a", "b", "c", "a", "d"):
        grid_views.keep(name, ASKED)
    assert [grid_views.last(name) == ASKED for name in "abcd"] == [True, False, True, True]


@pytest.mark.parametrize("view", [None, 1, "", "x" * 65, ["a"], {"a": 1}])
def test_what_can_not_be_a_grid_is_not_kept(view: object) -> None:
    grid_views.keep(view, ASKED)
    assert grid_views.last(str(view)) == GridView()
