"""The reports of the campaign list and of the comparison: totals, one page of rows, campaigns side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailsight.figures import chance, comparison
from mailsight.figures.chance import UNFINISHED_HOURS, Change
from mailsight.figures.comparison import COLOURS, LETTERS, Comparison
from mailsight.figures.courses import Course
from mailsight.figures.metrics import RATES, Counts, Portion, portion
from mailsight.figures.reported import Sales
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot

from .campaign import previous_campaigns, reported_by, sold
from .search import CampaignSearch, Order, selection


@dataclass(frozen=True, slots=True)
class ListedCampaign:
    """One row of the campaign list. The customers of a planned campaign are not "not sent" yet.

    `sales`: what it sold, as the program with the newest figures reports it.
    """

    campaign_id: str
    name: str
    subject: str | None
    sent_at: datetime | None
    tags: tuple[str, ...]
    counts: Counts
    is_planned: bool
    sales: Sales | None = None


@dataclass(frozen=True, slots=True)
class ComparedCampaign:
    """A campaign in a comparison.

    `opened` and `clicked` map hours since send to the customers who first opened or clicked in that hour.
    `known_hours` is how many hours since send the data covers. `unfinished_hours` is its age while many opens and
    clicks may still arrive; None after that. `with_machines`: whether its opens and clicks
    include those by machines.
    """

    campaign: ListedCampaign
    opened: Mapping[int, int]
    clicked: Mapping[int, int]
    known_hours: int = 0
    unfinished_hours: float | None = None
    with_machines: bool = False

    @property
    def has_hours(self) -> bool:
        """Whether opens and clicks were counted, so that their times are known."""
        return not self.campaign.counts.is_reported("opened")


@dataclass(frozen=True, slots=True)
class Overview:
    """The number of campaigns in the database, and all their tags."""

    campaigns: int
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SearchTotals:
    """The number of campaigns that match a search, the sum of their known counts, and the highest value of each rate.

    `planned`: the customers of planned campaigns, which `totals` leaves out. `rates`: each rate of all campaigns that
    have it. `reported`: how many campaigns have figures of other programs, the `sources`. `sold`: how many sold
    something, as those say.
    """

    campaigns: int
    totals: Counts
    planned: int
    largest: Mapping[str, float | None]
    rates: Mapping[str, Portion]
    reported: int
    sources: tuple[str, ...]
    sold: int = 0


def overview(data: Snapshot) -> Overview:
    count = data.row("campaign_count")
    tags = tuple(row["tag"] for row in data.rows("campaign_tags"))
    return Overview(int(count["campaigns"]) if count else 0, tags)


def search_totals(data: Snapshot, audience: Audience, search: CampaignSearch) -> SearchTotals:
    [row] = data.rows("campaign_list_totals", selection(search), audience=audience)
    return SearchTotals(
        int(row["campaigns"]),
        Counts.of(row),
        int(row["planned"]),
        {rate.key: row[rate.key] for rate in RATES},
        {rate.key: Portion(int(row[f"{rate.key}_part"]), int(row[f"{rate.key}_whole"])) for rate in RATES},
        int(row["reported"]),
        tuple(row["sources"] or ()),
        int(row["sold"]),
    )


def page(
    data: Snapshot, audience: Audience, search: CampaignSearch, order: Order, start: int, size: int
) -> list[ListedCampaign]:
    """Read the campaigns that match the search, in this order: `size` of them, starting at row `start`."""
    rows = data.rows("campaign_list", selection(search, order), audience=audience, start=start, size=size)
    return [_listed(row) for row in rows]


def figures(campaign: ListedCampaign) -> dict[str, object]:
    """A row of the list for JSON, with the names that a campaign's own figures have."""
    return {
        "campaign_id": campaign.campaign_id,
        "name": campaign.name,
        "subject": campaign.subject,
        "sent_at": campaign.sent_at.isoformat() if campaign.sent_at else None,
        "tags": list(campaign.tags),
        "planned": campaign.is_planned,
        "counts": campaign.counts.known_by_key(),
        "rates": {rate.key: rate.rate(campaign.counts) for rate in RATES},
        "reported": reported_by(campaign.counts),
        "sales": sold(campaign.sales) if campaign.sales else None,
    }


def changes(
    data: Snapshot, campaigns: Sequence[ListedCampaign], audience: Audience
) -> dict[str, dict[str, Change]]:
    """Map each campaign id to how its figures differ from those of the campaigns before it.

    Whether a campaign is still being sent isn't read, so don't call figures such as opt-outs lower than usual.
    """
    previous = previous_campaigns(data, [campaign.campaign_id for campaign in campaigns], audience)
    return {
        campaign.campaign_id: chance.changes(
            campaign.counts, [earlier.counts for earlier in previous[campaign.campaign_id]]
        )
        for campaign in campaigns
    }


def trends(
    data: Snapshot, campaign_ids: Sequence[str], audience: Audience, hours: int
) -> dict[str, list[int]]:
    """Map each campaign id to its opens in each of its first `hours` hours since send."""
    opens = {campaign_id: [0] * hours for campaign_id in campaign_ids}
    for row in data.rows("campaign_trends", campaign_ids=list(campaign_ids), audience=audience, hours=hours):
        opens[row["campaign_id"]][row["hour"]] = row["opens"]
    return opens


def compared(data: Snapshot, campaign_ids: Sequence[str], audience: Audience) -> list[ComparedCampaign]:
    """Read these campaigns with their hourly curves, in the given order. Unknown ids are left out."""
    parameters: dict[str, Any] = {"campaign_ids": list(campaign_ids), "audience": audience}
    known = {row["campaign_id"]: _listed(row) for row in data.rows("compared_campaigns", **parameters)}
    opened: dict[str, dict[int, int]] = {campaign_id: {} for campaign_id in known}
    clicked: dict[str, dict[int, int]] = {campaign_id: {} for campaign_id in known}
    for row in data.rows("compared_hours", **parameters):
        opened[row["campaign_id"]][row["hour"]] = row["opened"]
        clicked[row["campaign_id"]][row["hour"]] = row["clicked"]
    return [
        ComparedCampaign(
            known[campaign_id],
            opened[campaign_id],
            clicked[campaign_id],
            _known_hours(
                known[campaign_id].sent_at, (*opened[campaign_id], *clicked[campaign_id]), data.updated_at
            ),
            _unfinished_hours(data, campaign_id),
            audience is Audience.ALL or known[campaign_id].counts.is_reported("opened"),
        )
        for campaign_id in campaign_ids
        if campaign_id in known
    ]


def courses(compared: Sequence[ComparedCampaign]) -> list[Course]:
    """The curves of the campaigns that were delivered to anybody."""
    return [
        Course(
            letter,
            campaign.campaign.name,
            colour,
            campaign.campaign.counts.delivered,
            campaign.opened,
            campaign.clicked,
            campaign.known_hours,
        )
        for campaign, letter, colour in zip(compared, LETTERS, COLOURS, strict=False)
        if campaign.campaign.counts.delivered and campaign.has_hours
    ]


def _known_hours(sent_at: datetime | None, hours: Iterable[int], now: datetime) -> int:
    """The hours since a campaign was sent, or until its last open or click if the send time is unknown."""
    last = max(hours, default=0) + 1
    return max(last, int((now - sent_at).total_seconds() // 3600)) if sent_at else last


def _unfinished_hours(data: Snapshot, campaign_id: str) -> float | None:
    age = data.row("campaign_age", campaign_id=campaign_id) or {}
    since_last: float | None = age.get("since_last")
    return age["since_start"] if since_last is not None and since_last < UNFINISHED_HOURS else None


def rates(compared: Sequence[ComparedCampaign]) -> dict[str, list[Portion]]:
    """The rates of each figure that is compared, one for each campaign."""
    return {
        key: [portion(campaign.campaign.counts, key) or Portion(0, 0) for campaign in compared]
        for key in comparison.COMPARED
    }


def differences(compared: Sequence[ComparedCampaign]) -> dict[str, Comparison]:
    """How the campaigns differ, by figure."""
    return comparison.compare(
        rates(compared),
        [campaign.unfinished_hours for campaign in compared],
        [campaign.with_machines for campaign in compared],
    )


def _listed(row: Mapping[str, Any]) -> ListedCampaign:
    return ListedCampaign(
        campaign_id=row["campaign_id"],
        name=row["name"],
        subject=row["subject"],
        sent_at=row["sent_at"],
        tags=tuple(row["tags"]),
        counts=Counts.of(row),
        is_planned=row["planned"],
        sales=Sales(row["sales_source"], row["sales_at"], row["orders"], row["revenue"], row["currency"])
        if row["sales_source"]
        else None,
    )
