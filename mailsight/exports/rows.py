"""Reads the rows of every exported list. Times are aware, in UTC; the figures equal those on the screens."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

import pyarrow as pa

from mailsight.figures import comparison as figures
from mailsight.figures.metrics import RATES
from mailsight.reports import campaign, customer, variants
from mailsight.reports import campaigns as campaign_reports
from mailsight.reports import data as data_reports
from mailsight.reports.grid import ALL_CUSTOMERS
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST, CampaignSearch, Order, selection
from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse.reader import Snapshot
from mailsight.warehouse.selection import GridQuery

from . import lists
from .writers import Rows

# How many events to sort at once.
EVENTS_PER_PART = 250_000


def campaigns(
    data: Snapshot,
    audience: Audience,
    search: CampaignSearch = EVERYTHING,
    order: Order = NEWEST_FIRST,
) -> Rows:
    """The campaigns that match the search, in this order."""
    campaigns = data.batches("campaign_list", selection(search, order), audience=audience, start=0, size=None)
    batches = [
        batch.append_column("audience", pa.array([audience.value] * batch.num_rows)) for batch in campaigns
    ]
    return _rows("campaigns", _length(batches), batches)


def comparison(data: Snapshot, campaign_ids: Sequence[str], audience: Audience) -> Rows:
    """The campaigns of a comparison, with their intervals and the figures in which they are better than others."""
    compared = campaign_reports.compared(data, campaign_ids, audience)
    rates, differences = campaign_reports.rates(compared), campaign_reports.differences(compared)
    marks = {key: figures.marks(key, differences[key], len(compared)) for key in figures.COMPARED}
    rows = []
    for index, (letter, side) in enumerate(zip(figures.LETTERS, compared, strict=False)):
        listed = side.campaign
        row = asdict(listed) | listed.counts.known_by_key() | {"letter": letter, "audience": audience.value}
        row |= {name: getattr(listed.sales, name, None) for name in ("orders", "revenue", "currency")}
        row["reported_by"] = listed.counts.reported and listed.counts.reported.source
        row |= {rate.key: rate.rate(listed.counts) for rate in RATES}
        for key in figures.COMPARED:
            low, high = rates[key][index].interval or (None, None)
            row |= {f"{key}_low": low, f"{key}_high": high, f"{key}_mark": marks[key][index]}
        rows.append(row)
    return Rows("comparison", lists.COMPARISON, len(rows), iter(lists.batches_of(rows, lists.COMPARISON)))


def customers(data: Snapshot, campaign_id: str, audience: Audience, query: GridQuery) -> Rows:
    """All customers that match the grid's filters, in the grid's order."""
    wanted = {"campaign_id": campaign_id, "audience": audience}
    query = variants.among(data, campaign_id, query)
    total = _total(data, "exported_customers_count", query, **wanted)
    return _rows("customers", total, data.batches("exported_customers", query, **wanted))


def not_sent(
    data: Snapshot, campaign_id: str, *, reason: NotSentReason | None = None, search: str = ""
) -> Rows:
    """The customers that a campaign was not sent to, for this reason, whose name, address, id or detail matches."""
    wanted = {"campaign_id": campaign_id, "reason": reason, "search": search.strip()}
    total = _total(data, "not_sent_count", **wanted)
    return _rows("not-sent", total, data.batches("not_sent_customers", **wanted, start=0, size=None))


def links(data: Snapshot, campaign_id: str, audience: Audience) -> Rows:
    """The links of a campaign's mail in order, then clicked URLs that aren't in it, each with its clicks."""
    rows = [asdict(link) for link in campaign.all_links(data, campaign_id, audience)]
    return _rows("links", len(rows), lists.batches_of(rows, lists.LISTS["links"]))


def events(
    data: Snapshot, campaign_id: str, audience: Audience = Audience.ALL, query: GridQuery = ALL_CUSTOMERS
) -> Rows:
    """All events of the messages to customers who match the grid's filters, including those caused by machines."""
    wanted = {"campaign_id": campaign_id, "audience": audience}
    query = variants.among(data, campaign_id, query)
    total = _total(data, "exported_events_count", query, **wanted)
    return _rows("events", total, _events(data, query, total, wanted))


def _events(
    data: Snapshot, query: GridQuery, total: int, wanted: Mapping[str, object]
) -> Iterator[pa.RecordBatch]:
    """Read some customers at a time: sorting all events of a large campaign at once would take a gigabyte."""
    after = ""
    for part in data.rows("event_parts", query, **wanted, parts=1 + total // EVENTS_PER_PART):
        yield from data.batches("exported_events", query, **wanted, after=after, last=part["last"])
        after = part["last"]


def customer_events(data: Snapshot, customer_id: str, campaign_id: str | None = None) -> Rows:
    """All events of a customer's messages, or of their message of one campaign."""
    batches = list(data.batches("exported_customer_events", customer_id=customer_id, campaign_id=campaign_id))
    return _rows("customer-events", _length(batches), batches)


def history(data: Snapshot, customer_id: str, audience: Audience) -> Rows:
    """Every campaign that selected a customer, newest first, and how they responded."""
    report = customer.report(data, customer_id, audience)
    rows = [
        asdict(contact)
        # A mail that was not sent has a reason instead of a status.
        | {"name": contact.campaign_name, "status": contact.status if contact.status.is_sent else None}
        for contact in report.contacts
    ]
    return _rows("history", len(rows), lists.batches_of(rows, lists.LISTS["history"]))


def unattributed(data: Snapshot, search: str = "") -> Rows:
    """All unmatched events that match the search, latest first."""
    wanted = data_reports.event_search(search)
    batches = list(data.batches("unattributed_events", **wanted, newest=None, most=None))
    return Rows("unattributed", lists.UNMATCHED, _length(batches), iter(batches))


def refused(data: Snapshot, search: str = "") -> Rows:
    """All rejected rows that match the search, with their full text, which may be megabytes."""
    batches = list(data.batches("refused_rows", search=search.strip()))
    return Rows("refused", lists.REJECTED, _length(batches), iter(batches))


def _length(batches: Sequence[pa.RecordBatch]) -> int:
    return sum(batch.num_rows for batch in batches)


def _rows(name: str, total: int, batches: Sequence[pa.RecordBatch] | Iterator[pa.RecordBatch]) -> Rows:
    return Rows(name, lists.LISTS[name], total, iter(batches))


def _total(data: Snapshot, name: str, selection: GridQuery | None = None, /, **parameters: object) -> int:
    row = data.row(name, selection, **parameters)
    return int(row["total"]) if row else 0
