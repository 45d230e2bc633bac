"""The customers of a campaign: blocks of the grid's rows, and the customers it was not sent to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.selection import GridQuery

from . import variants


@dataclass(frozen=True, slots=True)
class RecipientPage:
    """A block of the customers' grid, and the number of all rows that match its filters."""

    rows: list[dict[str, Any]]
    total: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """A block of the customers whom the campaign was not sent to, and the number of all that match.

    Keys of each customer: customer_id, name, email, reason, detail.
    """

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
    """Read the customers whom a campaign was not sent to, sorted by name: `size` of them, starting at row `start`.

    `search` applies to name, address, id and detail.
    """
    parameters = {"campaign_id": campaign_id, "reason": reason, "search": search.strip()}
    count = data.row("not_sent_count", **parameters)
    rows = data.rows("not_sent_customers", **parameters, start=start, size=size)
    return NotSent(rows, total=int(count["total"]) if count else 0)


def count(data: Snapshot, campaign_id: str, audience: Audience, query: GridQuery) -> int:
    """Count the customers who match the grid's filters."""
    query = variants.among(data, campaign_id, query)
    row = data.row("exported_customers_count", query, campaign_id=campaign_id, audience=audience)
    return int(row["total"]) if row else 0


def page(data: Snapshot, campaign_id: str, audience: Audience, query: GridQuery) -> RecipientPage:
    """Read one block of the customers' grid. Times are aware, in UTC."""
    query = variants.among(data, campaign_id, query)
    matching = data.numbers("recipient_rows", query, campaign_id=campaign_id, audience=audience)
    block = matching[query.start : query.end].tolist()
    rows = data.rows("recipients_at", campaign_id=campaign_id, audience=audience, rows=block)
    return RecipientPage(rows, total=len(matching))


def place(data: Snapshot, campaign_id: str, audience: Audience, query: GridQuery, customer_id: str) -> int:
    """The customer's place among the rows of the grid, from 1; 0 if they are not among them."""
    row = data.row("recipient_row", campaign_id=campaign_id, customer_id=customer_id)
    if row is None:
        return 0
    query = variants.among(data, campaign_id, query)
    matching = data.numbers("recipient_rows", query, campaign_id=campaign_id, audience=audience)
    return next((int(at) + 1 for at in np.flatnonzero(matching == row["row"])), 0)
