"""The filter and order of a grid query, built by `reports/grid.py` from allow-lists and bound values."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GridQuery:
    """Which recipients to read and in which order: rows `start` up to but excluding `end`.

    `conditions` are SQL fragments over the columns of recipients, joined by AND; `$f0`, `$f1`, ... refer to
    `parameters`.
    """

    conditions: tuple[str, ...]
    parameters: Mapping[str, object]
    order_by: str
    start: int
    end: int

    @property
    def key(self) -> tuple[object, ...]:
        """Identifies the filter and order, regardless of `start` and `end`."""
        return self.conditions, self.order_by, *self.parameters.items()

    @property
    def where(self) -> str:
        """The conditions as a single SQL expression."""
        return " AND ".join(self.conditions) or "TRUE"
