"""Where the rows of each list to take along come from. Times are aware, in UTC; figures are those of the screens."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from . import exports, reports
from .export_files import Rows
from .grids import GridQuery
from .metrics import RATES, shares
from .vocabulary import Audience, NotSentReason
from .warehouse import Warehouse


def campaigns(
    warehouse: Warehouse,
    audience: Audience,
    *,
    search: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    tags: Sequence[str] = (),
    sort: tuple[str, bool] = ("sent_at", True),
) -> Rows:
    """The campaigns that fit, by this column (and whether it goes down), as the list shows them."""
    found = list(
        warehouse.batches(
            "exported_campaigns",
            audience=audience,
            search=search.strip(),
            since=_naive(since),
            until=_naive(until),
            tags=list(tags),
        )
    )
    table = pa.Table.from_batches(found) if found else None
    if table is None:
        return _rows("campaigns", 0, [])
    for rate in RATES:
        table = table.append_column(rate.key, shares(table[rate.numerator], table[rate.denominator]))
    return _rows("campaigns", table.num_rows, _sorted(table, *sort).to_batches())


def _sorted(table: pa.Table, key: str, down: bool) -> pa.Table:
    """Missing figures stand last, whichever way it goes; equal ones keep their order, newest first."""
    if key == "sent_at" and down:
        return table
    by = pc.utf8_lower(table[key]) if key == "name" else table[key]
    order = pc.array_sort_indices(by, order="descending" if down else "ascending", null_placement="at_end")
    return table.take(order)


def customers(warehouse: Warehouse, campaign_id: str, audience: Audience, query: GridQuery) -> Rows:
    """The customers of the grid with these filters, in its order, from the first to the last."""
    wanted = {"campaign_id": campaign_id, "audience": audience}
    total = _total(warehouse, "exported_customers_count", query, **wanted)
    return _rows("customers", total, warehouse.batches("exported_customers", query, **wanted))


def not_sent(
    warehouse: Warehouse, campaign_id: str, *, reason: NotSentReason | None = None, search: str = ""
) -> Rows:
    """The customers whom a campaign did not mail, for this reason, of whom name, address, id or detail has it."""
    wanted = {"campaign_id": campaign_id, "reason": reason, "search": search.strip()}
    total = _total(warehouse, "exported_not_sent_count", **wanted)
    return _rows("not-sent", total, warehouse.batches("exported_not_sent", **wanted))


def links(warehouse: Warehouse, campaign_id: str, audience: Audience) -> Rows:
    """The links of a campaign's mail in their order, then those that the mail does not hold, each with its clicks."""
    report = reports.campaign(warehouse, campaign_id, audience)
    rows = [asdict(link) for link in (*report.links, *report.other_links)]
    return _rows("links", len(rows), exports.batches_of(rows, exports.LISTS["links"]))


def events(warehouse: Warehouse, campaign_id: str) -> Rows:
    """Everything that happened to the messages of a campaign, machines' doing included."""
    total = _total(warehouse, "exported_events_count", campaign_id=campaign_id)
    batches = warehouse.batches("exported_events", campaign_id=campaign_id)
    return _rows("events", total, batches)


def customer_events(warehouse: Warehouse, customer_id: str, campaign_id: str | None = None) -> Rows:
    """Everything that happened to a customer's messages, or to that of one campaign."""
    batches = list(
        warehouse.batches("exported_customer_events", customer_id=customer_id, campaign_id=campaign_id)
    )
    return _rows("customer-events", sum(batch.num_rows for batch in batches), batches)


def history(warehouse: Warehouse, customer_id: str, audience: Audience) -> Rows:
    """Every mail that selected a customer, newest first, and what they did with it."""
    report = reports.customer(warehouse, customer_id, audience)
    rows = [asdict(contact) | {"name": contact.campaign_name} for contact in report.contacts]
    return _rows("history", len(rows), exports.batches_of(rows, exports.LISTS["history"]))


def _rows(name: str, total: int, batches: Sequence[pa.RecordBatch] | Iterator[pa.RecordBatch]) -> Rows:
    return Rows(name, exports.LISTS[name], total, iter(batches))


def _total(
    warehouse: Warehouse, name: str, selection: GridQuery | None = None, /, **parameters: object
) -> int:
    row = warehouse.row(name, selection, **parameters)
    return int(row["total"]) if row else 0


def _naive(moment: datetime | None) -> datetime | None:
    return moment.astimezone(UTC).replace(tzinfo=None) if moment else None
