"""Customers of a campaign: a block of the grid, and those who were not mailed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse.reader import Snapshot
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
    data: Snapshot,
    campaign_id: str,
    reason: NotSentReason | None = None,
    search: str = "",
    start: int = 0,
    size: int | None = None,
) -> NotSent:
    """The customers whom a campaign did not mail, by name: those with this reason of whom name, address, id or detail
    holds the search, `size` of them from `start` on."""
    wanted = {"campaign_id": campaign_id, "reason": reason, "search": search.strip()}
    count = data.row("not_sent_count", **wanted)
    rows = data.rows("not_sent_customers", **wanted, start=start, size=size)
    return NotSent(rows, total=int(count["total"]) if count else 0)


def page(data: Snapshot, campaign_id: str, audience: Audience, query: GridQuery) -> RecipientPage:
    """One block of the customers' grid. Times of the rows are aware, in UTC."""
    matching = data.numbers("recipient_rows", query, campaign_id=campaign_id, audience=audience)
    block = matching[query.start : query.end].tolist()
    rows = data.rows("recipients_at", campaign_id=campaign_id, audience=audience, rows=block)
    return RecipientPage(rows, total=len(matching))
