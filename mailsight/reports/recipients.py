"""Customers of a campaign: a block of the grid, and those who were not mailed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse.reader import Warehouse, aware
from mailsight.warehouse.selection import GridQuery


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """Some rows of the customers' grid, and how many there are in all with these filters."""

    rows: list[dict[str, Any]]
    total: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """Some of the customers who were not mailed (customer_id, name, email, reason, detail), and how many there are."""

    customers: Sequence[Mapping[str, Any]]
    total: int


def not_sent(
    warehouse: Warehouse,
    campaign_id: str,
    reason: NotSentReason | None = None,
    search: str = "",
    start: int = 0,
    size: int | None = None,
) -> NotSent:
    """The customers whom a campaign did not mail, by name: those with this reason of whom name, address, id or detail
    holds the search, `size` of them from `start` on."""
    wanted = {"campaign_id": campaign_id, "reason": reason, "search": search.strip()}
    count = warehouse.row("not_sent_count", **wanted)
    rows = warehouse.rows("not_sent_customers", **wanted, start=start, size=size)
    return NotSent(rows, total=int(count["total"]) if count else 0)


def page(warehouse: Warehouse, campaign_id: str, audience: Audience, query: GridQuery) -> RecipientPage:
    """One block of the customers' grid. Times of the rows are aware, in UTC."""
    while True:
        generation = warehouse.generation
        found = warehouse.numbers("recipient_rows", query, campaign_id=campaign_id, audience=audience)
        block = found[query.start : query.end].tolist()
        rows = warehouse.rows("recipients_at", campaign_id=campaign_id, audience=audience, rows=block)
        # Row numbers mean nothing in another generation.
        if warehouse.generation == generation:
            break
    for row in rows:
        row |= {name: aware(row[name]) for name in ("sent_at", "first_opened_at", "first_clicked_at")}
    return RecipientPage(rows, total=len(found))
