"""Which rows a query reads, and in which order: built elsewhere from allow-lists and bound values."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GridQuery:
    """Which rows of recipients to read, in which order: rows `start` up to, not including, `end`.

    `conditions` are fragments over the columns of recipients, all of which must hold, with `$f0`, `$f1`, ...
    for the values in `parameters`.
    """

    conditions: tuple[str, ...]
    parameters: Mapping[str, object]
    order_by: str
    start: int
    end: int

    @property
    def asked(self) -> tuple[object, ...]:
        """What rows are asked for in which order, whichever block of them: equal for equal questions."""
        return self.conditions, self.order_by, *self.parameters.items()

    @property
    def where(self) -> str:
        """The conditions as one; TRUE when there is none."""
        return " AND ".join(self.conditions) or "TRUE"
