"""What queries are filled in with: the filter and order of a grid query, and the text that a search compares.

Filters and orders are built by `reports/grid.py` from allow-lists and bound values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

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

_AMONG = "row IN (SELECT unnest(CAST(string_split(nullif($variant_rows, ''), ' ') AS bigint[])))"


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
    `parameters`. `variant`: restricts to customers who got this variant of the e-mail, whose row numbers are in `rows`
    (see `among`).
    """

    conditions: tuple[str, ...]
    parameters: Mapping[str, object]
    order_by: str
    start: int
    end: int
    variant: str = ""
    rows: str | None = None

    def among(self, rows: Iterable[int]) -> "GridQuery":
        """The query, which now knows the row numbers of its variant."""
        # As a text, because DuckDB takes longer to read a list of a million parameters.
        return replace(self, rows=" ".join(map(str, rows)))

    @property
    def key(self) -> tuple[object, ...]:
        """Identifies the filter and order, regardless of `start` and `end`."""
        return self.conditions, self.order_by, self.variant, *self.parameters.items()

    @property
    def where(self) -> str:
        """The conditions as a single SQL expression."""
        if self.variant and self.rows is None:
            raise RuntimeError("The rows of the variant were not read.")
        return " AND ".join((*self.conditions, *([_AMONG] if self.variant else []))) or "TRUE"

    @property
    def bound(self) -> Mapping[str, object]:
        """All parameters of the conditions."""
        return {**self.parameters, **({"variant_rows": self.rows} if self.variant else {})}
