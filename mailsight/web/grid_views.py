"""What each open customers' grid asked for last: its filters and its sorting, which live in the browser.

The page does not know them, since the grid asks the route. An export of what the grid shows needs them.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

MOST_VIEWS = 2_000
_LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class GridView:
    """The models of AG Grid as `grids.grid_query` reads them, and the zone that days are meant in."""

    filter_model: Any = None
    sort_model: Any = None
    zone: str | None = None


_views: OrderedDict[str, GridView] = OrderedDict()
_lock = threading.Lock()


def keep(view: object, asked: GridView) -> None:
    """Keeps what a grid asked for, after it was found to be sound. The longest unused go first."""
    if not isinstance(view, str) or not 0 < len(view) <= _LONGEST_ID:
        return
    with _lock:
        _views[view] = asked
        _views.move_to_end(view)
        while len(_views) > MOST_VIEWS:
            _views.popitem(last=False)


def last(view: str) -> GridView:
    """What the grid asked for last; nothing in particular, where it did not ask yet."""
    with _lock:
        return _views.get(view, GridView())
