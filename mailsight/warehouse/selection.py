"""What queries are filled in with: the filter and order of a grid query, and the text that a search compares.

Filters and orders are built by `reports/grid.py` from allow-lists and bound values.
"""

from collections.abc import Mapping
from dataclasses import dataclass

# Letters that are no accented form of another, and what people type for them.
_LETTERS = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "þ": "th",
    "ø": "o",
    "đ": "d",
    "ð": "d",
    "ł": "l",
    "ħ": "h",
    "ı": "i",
}


def plain(text: str) -> str:
    """SQL for a text without case and accents: "José Weiß" is "jose weiss". Most texts are quick, having only ASCII."""
    bare = f"strip_accents(lower({text}))"
    for letter, letters in _LETTERS.items():
        bare = f"replace({bare}, '{letter}', '{letters}')"
    return f"if(strlen({text}) = length({text}), lower({text}), {bare})"


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
