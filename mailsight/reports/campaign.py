"""The reports of the campaign page: its figures, links, machine activity and timeline. Times are aware, in UTC."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from mailsight.audience.machines import RULES
from mailsight.errors import UnknownCampaign
from mailsight.figures import chance, formats, locales, reported, verdict
from mailsight.figures.best_link import LinkCount
from mailsight.figures.metrics import COUNT_NAMES, MIN_RELIABLE, RATES, AppleOpens, Counts, Portion
from mailsight.figures.reported import Difference, Sales
from mailsight.figures.verdict import Performance, Verdict
from mailsight.heatmap.badges import MAX_BADGES, ClickTotals, LinkTotals
from mailsight.mail.links import Link, LinkClicks, shared
from mailsight.merging.sample_values import sampled
from mailsight.vocabulary import SENT_STATES, Audience, EventType, NotSentReason, Status
from mailsight.warehouse.reader import Snapshot

MAX_PREVIOUS_CAMPAIGNS = 10
MAX_EXAMPLES = 5
# An e-mail may have a hundred thousand links, and a link a megabyte.
MAX_LINKS = MAX_BADGES
MAX_LINK_LENGTH = 4_000
_ANY_LENGTH = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign. If only its events are known, `name` is its id and `content_id` is None.

    `is_planned`: it is listed without a send time, and nothing was sent. `source` is what it was imported from.
    """

    campaign_id: str
    name: str
    subject: str | None
    preheader: str | None
    from_name: str | None
    from_email: str | None
    sent_at: datetime | None
    tags: tuple[str, ...]
    selection: object | None
    content_id: str | None
    is_planned: bool = False
    source: str | None = None
    merge_language: str | None = None


@dataclass(frozen=True, slots=True)
class EarlierCampaign:
    """A campaign that a later one is compared with. If the later one is young, the counts are those at its age."""

    campaign_id: str
    name: str
    sent_at: datetime
    counts: Counts


@dataclass(frozen=True, slots=True)
class CampaignReport:
    """Everything the campaign page shows above the customers' grid.

    `links` are the first ones and the most clicked ones, `other_links` the most clicked ones; `link_totals`
    counts them all. `other_counts` are the counts of the other audience. `previous` are the campaigns that it is
    compared with, and `changes` how it differs from them, by figure. `age_hours` is the time since send that the data
    covers, None if unknown; `is_unfinished` says whether many opens and clicks may still arrive. `status` is empty if
    nobody knows who did what. `customers`: how many are known.
    `differences`: what other programs report otherwise than it was counted from all events. `sales`: what they report
    that it sold.
    """

    campaign: Campaign
    audience: Audience
    counts: Counts
    other_counts: Counts
    not_sent: Mapping[NotSentReason, int]
    status: Mapping[Status, int]
    links: Sequence[LinkClicks]
    other_links: Sequence[LinkClicks]
    link_totals: LinkTotals
    previous: Sequence[EarlierCampaign]
    changes: Mapping[str, chance.Change]
    age_hours: float | None
    is_unfinished: bool
    machine_opens: int
    machine_clicks: int
    customers: int
    differences: Sequence[Difference]
    sales: Sequence[Sales] = ()

    @property
    def unsent(self) -> Status:
        """The state of the customers to whom nothing was sent."""
        return Status.PLANNED if self.campaign.is_planned else Status.NOT_SENT

    def why_not_sent(self, reason: NotSentReason) -> str:
        """The reason in words; in a planned campaign, most customers have no other than that."""
        if self.campaign.is_planned and reason is NotSentReason.OTHER:
            return formats.NOT_SENT_YET
        return reason.label

    @property
    def all_opens(self) -> int:
        """All opens, including machine opens, for either audience."""
        return self.counts.opens + (self.machine_opens if self.audience is Audience.HUMAN else 0)

    @property
    def all_clicks(self) -> int:
        """All clicks, including machine clicks, for either audience."""
        return self.counts.clicks + (self.machine_clicks if self.audience is Audience.HUMAN else 0)

    @property
    def verdict(self) -> Verdict:
        """How the campaign did, in one or two sentences, and its best link."""
        return verdict.verdict(
            Performance(
                counts=self.counts,
                changes=self.changes,
                earlier=len(self.previous),
                age_hours=self.age_hours,
                is_unfinished=self.is_unfinished,
                is_planned=self.campaign.is_planned,
                audience=self.audience,
                machine_opens=Portion(self.machine_opens, self.all_opens),
                machine_clicks=Portion(self.machine_clicks, self.all_clicks),
                links=[
                    LinkCount(
                        link.url,
                        sampled(link.label, escape=False),
                        link.clicks,
                        link.clickers,
                        is_shared=link.shared_with > 1,
                    )
                    for link in (*self.links, *self.other_links)
                ],
                has_no_links=self.campaign.content_id is not None
                and not (self.link_totals.links or self.link_totals.other_links),
            )
        )


def report(data: Snapshot, campaign_id: str, audience: Audience) -> CampaignReport:
    """Read the figures of one campaign. Raises `UnknownCampaign`."""
    described = campaign(data, campaign_id)
    totals = {row["audience"]: row for row in data.rows("campaign_counts", campaign_id=campaign_id)}
    counted = {each: Counts.of(totals[each]) for each in Audience}
    row, counts = totals[audience], counted[audience]
    [other] = [counted[other] for other in Audience if other is not audience]
    age = data.row("campaign_age", campaign_id=campaign_id) or {}
    since_start, since_last = age.get("since_start"), age.get("since_last")
    is_unfinished = since_last is not None and since_last < chance.UNFINISHED_HOURS
    previous = previous_campaigns(data, [campaign_id], audience)[campaign_id]
    return CampaignReport(
        campaign=described,
        audience=audience,
        counts=counts,
        other_counts=other,
        # Reported counts have no reasons.
        not_sent={}
        if counts.is_reported("not_sent")
        else {
            NotSentReason(reason["reason"]): reason["customers"]
            for reason in data.rows("not_sent_reasons", campaign_id=campaign_id)
        },
        status={
            status: row[f"status_{status}"] for status in SENT_STATES if row[f"status_{status}"] is not None
        },
        links=_links(data, campaign_id, audience, MAX_LINKS),
        other_links=_other_links(data, campaign_id, audience, MAX_LINKS),
        link_totals=_link_totals(data, campaign_id, audience),
        previous=previous,
        changes=chance.changes(counts, [earlier.counts for earlier in previous], unfinished=is_unfinished),
        age_hours=since_start,
        is_unfinished=is_unfinished,
        machine_opens=counted[Audience.ALL].opens - counted[Audience.HUMAN].opens,
        machine_clicks=counted[Audience.ALL].clicks - counted[Audience.HUMAN].clicks,
        customers=_customers(data, campaign_id, counts),
        differences=_differences(data, campaign_id, counted[Audience.ALL]),
        sales=[Sales(**row) for row in data.rows("reported_sales", campaign_id=campaign_id)],
    )


def _customers(data: Snapshot, campaign_id: str, counts: Counts) -> int:
    if not counts.is_reported("selected"):
        return counts.selected
    row = data.row("campaign_customers", campaign_id=campaign_id)
    return int(row["customers"]) if row else 0


def _differences(data: Snapshot, campaign_id: str, counts: Counts) -> list[Difference]:
    """Without the counts that are only sums or differences of others."""
    taken = {"not_sent", "opted_out", *(counts.reported.figures if counts.reported else ())}
    counted = {name: getattr(counts, name) for name in COUNT_NAMES if name not in taken}
    return list(reported.differences(data.rows("reported_counts", campaign_id=campaign_id), counted))


def previous_campaigns(
    data: Snapshot, campaign_ids: Sequence[str], audience: Audience
) -> dict[str, list[EarlierCampaign]]:
    """Map each campaign id to the campaigns it is compared with, oldest first.

    These are the last ten that the same domain sent before it, to 30 customers or more: smaller ones are mostly tests.
    A young campaign is compared at the same time since send.
    """
    previous: dict[str, list[EarlierCampaign]] = {campaign_id: [] for campaign_id in campaign_ids}
    for row in data.rows(
        "campaigns_before",
        campaign_ids=list(campaign_ids),
        audience=audience,
        most=MAX_PREVIOUS_CAMPAIGNS,
        smallest=MIN_RELIABLE,
        same_age_hours=chance.SAME_AGE_HOURS,
    ):
        previous[row["later_id"]].append(
            EarlierCampaign(row["campaign_id"], row["name"], row["sent_at"], Counts.of(row))
        )
    return previous


def click_totals(report: CampaignReport) -> ClickTotals:
    """Return the totals that each link's share and rate are computed from."""
    counts = report.counts
    return ClickTotals(counts.clicks, counts.clicked, counts.known("delivered"))


def all_links(data: Snapshot, campaign_id: str, audience: Audience) -> list[LinkClicks]:
    """Return the links of the campaign's mail in order, then all other clicked URLs. Raises `UnknownCampaign`."""
    campaign(data, campaign_id)
    return [
        *_links(data, campaign_id, audience, None),
        *_other_links(data, campaign_id, audience, None),
    ]


def figures(
    data: Snapshot, campaign_id: str, audience: Audience, *, most_links: int | None = None
) -> dict[str, object]:
    """Return a campaign's figures as `mailsight report` and the API give them in JSON. Raises `UnknownCampaign`.

    They are the same in every locale. `most_links` limits the links, as on the campaign's page; None: all of them.
    """
    described = report(data, campaign_id, audience)
    with locales.using(locales.BRITISH):
        verdict_text = described.verdict.text
    return {
        "campaign_id": described.campaign.campaign_id,
        "name": described.campaign.name,
        "subject": described.campaign.subject,
        "sent_at": described.campaign.sent_at.isoformat() if described.campaign.sent_at else None,
        "audience": str(described.audience),
        "verdict": verdict_text,
        "counts": described.counts.known_by_key(),
        "rates": {rate.key: rate.rate(described.counts) for rate in RATES},
        "not_sent": {str(reason): customers for reason, customers in described.not_sent.items()},
        "status": {str(status): described.status.get(status) for status in SENT_STATES},
        "reported": reported_by(described.counts),
        "differences": [
            {
                "figure": each.figure,
                "source": each.source,
                "as_of": each.at.isoformat() if each.at else None,
                "reported": each.reported,
                "counted": each.counted,
            }
            for each in described.differences
        ],
        "sales": [sold(each) for each in described.sales],
        "links": [clicked(link) for link in _links(data, campaign_id, audience, most_links)],
        "other_links": [
            {"url": link.url, "clicks": link.clicks, "clickers": link.clickers}
            for link in _other_links(data, campaign_id, audience, most_links)
        ],
    }


def clicked(link: LinkClicks) -> dict[str, object]:
    """A link's clicks for JSON."""
    return {
        "link_position": link.link_position,
        "url": link.url,
        "clicks": link.clicks,
        "clickers": link.clickers,
    }


def sold(sales: Sales) -> dict[str, object]:
    """What a program reports to have been sold, for JSON."""
    return {
        "source": sales.source,
        "as_of": sales.at.isoformat() if sales.at else None,
        "orders": sales.orders,
        "revenue": sales.revenue,
        "currency": sales.currency,
    }


def reported_by(counts: Counts) -> dict[str, object] | None:
    """Who reports which of the counts, for JSON; None if all were counted."""
    if counts.reported is None:
        return None
    source, at = counts.reported.source, counts.reported.at
    figures = [name for name in COUNT_NAMES if name in counts.reported.figures - counts.unknown]
    return {"source": source, "as_of": at.isoformat() if at else None, "figures": figures}


def campaign(data: Snapshot, campaign_id: str) -> Campaign:
    row = data.row("campaign", campaign_id=campaign_id)
    if row is None:
        raise UnknownCampaign(f"There is no campaign {campaign_id!r}.")
    return Campaign(
        **row
        | {
            "tags": tuple(row["tags"]),
            "selection": json.loads(row["selection"]) if row["selection"] else None,
        }
    )


@dataclass(frozen=True, slots=True)
class MachineCount:
    """The machine opens, clicks and unsubscribes that one rule detected in a campaign (docs/machines.md)."""

    reason: str
    label: str
    looks_at: str
    opens: int
    clicks: int
    unsubscribes: int


def machines(data: Snapshot, campaign_id: str) -> list[MachineCount]:
    """Count a campaign's machine events per rule, in rule order. Rules without events are left out."""
    events = Counter[tuple[str, str]]()
    for row in data.rows("machine_counts", campaign_id=campaign_id):
        events[row["reason"], row["type"]] += row["events"]
    reasons = {reason for reason, _ in events}
    return [
        MachineCount(
            rule.name,
            rule.label,
            rule.looks_at,
            opens=events[rule.name, EventType.OPENED],
            clicks=events[rule.name, EventType.CLICKED],
            unsubscribes=events[rule.name, EventType.UNSUBSCRIBED],
        )
        for rule in RULES
        if rule.name in reasons
    ]


def machine_examples(
    data: Snapshot, campaign_id: str, reason: str, *, limit: int = MAX_EXAMPLES
) -> pd.DataFrame:
    """Read up to `limit` machine events that this rule detected, each from a different customer.

    Columns: customer_id, name, occurred_at (aware), type, url, user_agent, ip.
    """
    return data.frame("machine_examples", campaign_id=campaign_id, reason=reason, most=limit)


def _link_totals(data: Snapshot, campaign_id: str, audience: Audience) -> LinkTotals:
    row = data.row("link_totals", campaign_id=campaign_id, audience=audience, badges=MAX_BADGES)
    return LinkTotals(**row or {})


def _other_links(data: Snapshot, campaign_id: str, audience: Audience, most: int | None) -> list[LinkClicks]:
    length = MAX_LINK_LENGTH if most else _ANY_LENGTH
    rows = data.rows("other_links", campaign_id=campaign_id, audience=audience, most=most, length=length)
    return [LinkClicks(link_position=None, label=row["url"], shared_with=1, **row) for row in rows]


def _links(data: Snapshot, campaign_id: str, audience: Audience, most: int | None) -> list[LinkClicks]:
    length = MAX_LINK_LENGTH if most else _ANY_LENGTH
    rows = data.rows("campaign_links", campaign_id=campaign_id, audience=audience, most=most, length=length)
    carriers = shared([Link(row["link_position"], row["url"], row["label"]) for row in rows])
    group_sizes = Counter(carriers.values())
    return [
        LinkClicks(
            shared_with=group_sizes[carriers[row["link_position"]]] if row.pop("unplaced") else 1, **row
        )
        for row in rows
    ]


def apple_opens(data: Snapshot, campaign_id: str) -> AppleOpens:
    """Count the customers whose opens Apple's proxy hides, and the opens among all others."""
    row = data.row("apple_opens", campaign_id=campaign_id)
    if row is None:
        return AppleOpens(0, 0, 0, 0, unseen_in=dict.fromkeys(Audience, 0))
    unseen_in = {Audience.HUMAN: row.pop("human_received"), Audience.ALL: row.pop("all_opened")}
    return AppleOpens(**row, unseen_in=unseen_in)


def timeline(data: Snapshot, campaign_id: str, audience: Audience) -> pd.DataFrame:
    """Count activity by hour since send. Hours without activity are left out.

    Columns: hour (an integer from 0), opens and clicks (events), opened and clicked (customers, in the hour of their
    first open or click).
    """
    return data.frame("timeline", campaign_id=campaign_id, audience=audience)
