"""Campaigns as rows of totals: what all exports with a row per campaign have in common."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from mailsight.importing.headers import folded
from mailsight.importing.sources import Unusable, Value
from mailsight.loading.bundle_files import COUNTS

from . import values
from .exports import Entry, ExportFile, TableRow
from .total_names import ENGLISH_TIMES


def entries(
    source: str, campaign_id: str, file: str, row: TableRow, sent_at: datetime | None, **more: Value
) -> Iterator[Entry | Unusable]:
    """A campaign and its totals, of a row with the fields above. `more` are other columns of the campaign.

    The list that it was sent to becomes its selection, in words. A time that can't be read is rejected on its own.
    """
    campaign: dict[str, Value] = {
        "campaign_id": campaign_id,
        "name": row.get("name"),
        "subject": row.get("subject"),
        "sent_at": sent_at,
        "tags": tags(row.get("tags")),
        "selection": row.get("list"),
        "source": source,
    }
    yield Entry("campaigns", file, row.line, campaign | more)
    if sent_at is None and (written := row.get("sent_at")):
        reason = f"unreadable time: {written}. Everything else of the campaign is loaded"
        yield Unusable("campaigns", file, row.line, reason, row.text)
    if figures := counted(row):
        key: dict[str, Value] = {"campaign_id": campaign_id, "source": source}
        yield Entry("totals", file, row.line, key | figures)


def sent_at(file: ExportFile, row: TableRow, zone: tzinfo) -> datetime | None:
    """When a campaign was sent. Only exports in English write the month before the day, unless their dates prove it."""
    is_english = any(folded(name) in map(folded, file.columns) for name in (*ENGLISH_TIMES, "Publish Date"))
    return values.moment(
        row.get("sent_at"),
        zone,
        day_first=not is_english if file.days_come_first is None else file.days_come_first,
    )


def counted(row: TableRow) -> dict[str, Value]:
    """The totals in a row: those that it tells. Bounces are the sum of both kinds, if there is no sum."""
    counts = {count: values.count(row.get(count)) for count in COUNTS}
    hard, soft = counts["hard_bounces"], counts["soft_bounces"]
    if counts["bounces"] is None and hard is not None and soft is not None:
        counts["bounces"] = hard + soft
    figures: dict[str, Value] = {name: number for name, number in counts.items() if number is not None}
    if (revenue := values.amount(row.get("revenue"))) is not None:
        figures["revenue"] = revenue
    if figures and (currency := row.get("currency")):
        figures["currency"] = currency
    return figures


def tags(text: str | None) -> list[str] | None:
    """The tags in a text that separates them by commas or semicolons."""
    words = [word.strip(" []\"'") for word in (text or "").replace(";", ",").split(",")]
    return [word for word in words if word] or None
