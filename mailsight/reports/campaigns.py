"""Reads for the list of campaigns: what there is, what a search found, a page of it, some campaigns side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailsight.figures.metrics import RATES, Counts
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot

from .search import CampaignSearch, Order, selection


@dataclass(frozen=True, slots=True)
class ListedCampaign:
    """One row of the list."""

    campaign_id: str
    name: str
    subject: str | None
    sent_at: datetime | None
    tags: tuple[str, ...]
    counts: Counts


@dataclass(frozen=True, slots=True)
class ComparedCampaign:
    """A campaign beside others: `opened` and `clicked` are the customers who did so for the first time, by hour."""

    campaign: ListedCampaign
    opened: Mapping[int, int]
    clicked: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many campaigns there are, and every tag that one of them has."""

    campaigns: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: how many campaigns, their counts together, and the largest of each rate."""

    campaigns: int
    totals: Counts
    largest: Mapping[str, float | None]


def loaded(data: Snapshot) -> Loaded:
    """What the list could show."""
    count = data.row("campaign_count")
    tags = tuple(row["tag"] for row in data.rows("campaign_tags"))
    return Loaded(int(count["campaigns"]) if count else 0, tags)


def found(data: Snapshot, audience: Audience, search: CampaignSearch) -> Found:
    """What the campaigns that fit come to together."""
    [row] = data.rows("campaign_list_totals", selection(search), audience=audience)
    return Found(int(row["campaigns"]), Counts.of(row), {rate.key: row[rate.key] for rate in RATES})


def page(
    data: Snapshot, audience: Audience, search: CampaignSearch, order: Order, start: int, size: int
) -> list[ListedCampaign]:
    """The campaigns that fit, in that order: `size` of them from `start` on."""
    rows = data.rows("campaign_list", selection(search, order), audience=audience, start=start, size=size)
    return [_listed(row) for row in rows]


def trends(
    data: Snapshot, campaign_ids: Sequence[str], audience: Audience, hours: int
) -> dict[str, list[int]]:
    """The opens of each of these campaigns in each of its first `hours`."""
    opens = {campaign_id: [0] * hours for campaign_id in campaign_ids}
    for row in data.rows("campaign_trends", campaign_ids=list(campaign_ids), audience=audience, hours=hours):
        opens[row["campaign_id"]][row["hour"]] = row["opens"]
    return opens


def compared(data: Snapshot, campaign_ids: Sequence[str], audience: Audience) -> list[ComparedCampaign]:
    """These campaigns in this order, and what happened in their hours; those that are not known are left out."""
    asked: dict[str, Any] = {"campaign_ids": list(campaign_ids), "audience": audience}
    known = {row["campaign_id"]: _listed(row) for row in data.rows("compared_campaigns", **asked)}
    opened: dict[str, dict[int, int]] = {campaign_id: {} for campaign_id in known}
    clicked: dict[str, dict[int, int]] = {campaign_id: {} for campaign_id in known}
    for row in data.rows("compared_hours", **asked):
        opened[row["campaign_id"]][row["hour"]] = row["opened"]
        clicked[row["campaign_id"]][row["hour"]] = row["clicked"]
    return [ComparedCampaign(known[one], opened[one], clicked[one]) for one in campaign_ids if one in known]


def _listed(row: Mapping[str, Any]) -> ListedCampaign:
    return ListedCampaign(
        campaign_id=row["campaign_id"],
        name=row["name"],
        subject=row["subject"],
        sent_at=row["sent_at"],
        tags=tuple(row["tags"]),
        counts=Counts.of(row),
    )
