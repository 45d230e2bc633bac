"""The reports of the API in one table: the address, the parameters, the right, and the JSON of each.

The figures come from the functions that the pages and `mailsight report` use.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mailsight.figures.metrics import RATES, share
from mailsight.heatmap.badges import MEASURES, portion
from mailsight.reports import campaign as campaign_reports
from mailsight.reports import campaigns as list_reports
from mailsight.reports import grid, patterns
from mailsight.reports import recipients as recipient_reports
from mailsight.reports.campaign import MAX_LINKS
from mailsight.reports.search import CampaignSearch, Order
from mailsight.vocabulary import EventType, Status
from mailsight.warehouse.reader import Snapshot
from mailsight.web.access import Right

from . import parameters, schemas
from .parameters import AUDIENCE, Parameter, Values

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """A report: what follows `/api/v1/`, its name in the audit, and how it is read.

    `read` gets the id of the campaign, or an empty text. It raises `UnknownCampaign`.
    """

    path: str
    name: str
    summary: str
    read: Callable[[Snapshot, str, Values], Json]
    schema: Mapping[str, Any]
    parameters: tuple[Parameter, ...] = (AUDIENCE,)
    right: Right = Right.FIGURES

    @property
    def is_of_campaign(self) -> bool:
        """Whether the address names a campaign."""
        return "{" in self.path


def _campaigns(data: Snapshot, _: str, chosen: Values) -> Json:
    search = CampaignSearch(
        chosen["search"], chosen["since"], chosen["until"], chosen["tag"], all_tags=chosen["tags"] == "all"
    )
    order = Order.of(chosen["sort"])
    totals = list_reports.search_totals(data, chosen["audience"], search)
    start, size = _start(chosen), chosen["size"]
    rows = list_reports.page(data, chosen["audience"], search, order, start, size)
    return {
        "campaigns": [list_reports.figures(campaign) for campaign in rows],
        "totals": {
            "counts": totals.totals.known_by_key(),
            "rates": {rate.key: totals.rates[rate.key].rate for rate in RATES},
        },
        **_page(chosen, totals.campaigns),
    }


def _campaign(data: Snapshot, campaign_id: str, chosen: Values) -> Json:
    return campaign_reports.figures(data, campaign_id, chosen["audience"], most_links=MAX_LINKS)


def _links(data: Snapshot, campaign_id: str, chosen: Values) -> Json:
    rows = campaign_reports.all_links(data, campaign_id, chosen["audience"])
    start = _start(chosen)
    clicks = sum(link.clicks for link in rows)
    return {
        "campaign_id": campaign_id,
        "audience": chosen["audience"],
        "clicks": clicks,
        "links": [
            campaign_reports.clicked(link) | {"share": share(link.clicks, clicks)}
            for link in rows[start : start + chosen["size"]]
        ],
        **_page(chosen, len(rows)),
    }


def _timeline(data: Snapshot, campaign_id: str, chosen: Values) -> Json:
    campaign_reports.campaign(data, campaign_id)  # raises UnknownCampaign
    hours = campaign_reports.timeline(data, campaign_id, chosen["audience"])
    columns = ["hour", "opens", "clicks", "opened", "clicked"]
    rows = zip(*(hours[column].tolist() for column in columns), strict=True)
    return {
        "campaign_id": campaign_id,
        "audience": chosen["audience"],
        "hours": [dict(zip(columns, map(int, row), strict=True)) for row in rows],
    }


def _heatmap(data: Snapshot, campaign_id: str, chosen: Values) -> Json:
    described = campaign_reports.report(data, campaign_id, chosen["audience"])
    totals = campaign_reports.click_totals(described)
    rows = campaign_reports.all_links(data, campaign_id, chosen["audience"])
    start = _start(chosen)
    return {
        "campaign_id": campaign_id,
        "audience": chosen["audience"],
        "clicks": totals.clicks,
        "clickers": totals.clickers,
        "delivered": totals.delivered,
        "links": [
            campaign_reports.clicked(link)
            | {"label": link.label, "links_with_this_url": link.shared_with}
            | {
                f"{measure}_{show}": portion(link, measure, show, totals).rate
                for measure in MEASURES
                for show in schemas.DIVIDED
            }
            for link in rows[start : start + chosen["size"]]
        ],
        **_page(chosen, len(rows)),
    }


def _week(data: Snapshot, campaign_id: str, chosen: Values) -> Json:
    campaign_reports.campaign(data, campaign_id)  # raises UnknownCampaign
    week = patterns.week(data, campaign_id, chosen["audience"], chosen["time_zone"])
    columns = ["weekday", "hour", "opens", "clicks"]
    rows = zip(*(week.hours[column].tolist() for column in columns), strict=True)
    return {
        "campaign_id": campaign_id,
        "audience": chosen["audience"],
        "hours": [dict(zip(columns, map(int, row), strict=True)) for row in rows],
        "counted_in": {
            "zone_of_customer": week.by_customer,
            "zone_of_country": week.by_country,
            "given_zone": week.by_viewer,
        },
    }


def _mailbox_providers(data: Snapshot, campaign_id: str, chosen: Values) -> Json:
    described = campaign_reports.report(data, campaign_id, chosen["audience"])
    # It takes all customers, and of some campaigns only those are known who did something.
    known = not described.counts.is_reported("sent")
    providers = patterns.mailbox_providers(data, campaign_id, chosen["audience"]) if known else []
    bounces = patterns.bounce_reasons(data, campaign_id, [each.name for each in providers]) if known else {}
    return {
        "campaign_id": campaign_id,
        "audience": chosen["audience"],
        "providers": [
            {
                "name": each.name,
                "domains": list(each.domains),
                "more_domains": each.domains_more,
                "counts": each.counts.known_by_key(),
                "rates": {rate.key: rate.rate(each.counts) for rate in RATES},
                "status": {str(status): number for status, number in each.status.items()},
                "hard": each.hard,
                "soft": each.soft,
                "bounces": [
                    {
                        "reason": bounce.reason.label,
                        "customers": bounce.customers,
                        "hard": bounce.hard,
                        "soft": bounce.soft,
                        "example": bounce.example or None,
                    }
                    for bounce in bounces.get(each.name, ())
                ],
            }
            for each in providers
        ],
    }


def _mail_programs(data: Snapshot, campaign_id: str, chosen: Values) -> Json:
    campaign_reports.campaign(data, campaign_id)  # raises UnknownCampaign
    usage = patterns.usage(data, campaign_id, chosen["audience"])
    return {
        "campaign_id": campaign_id,
        "audience": chosen["audience"],
        **{
            name: {
                "events": usage[kind].events,
                "customers": usage[kind].customers,
                "programs": [asdict(part) for part in usage[kind].programs],
                "devices": [asdict(part) for part in usage[kind].devices],
            }
            for name, kind in (("opens", EventType.OPENED), ("clicks", EventType.CLICKED))
        },
    }


def _machines(data: Snapshot, campaign_id: str, _: Values) -> Json:
    campaign_reports.campaign(data, campaign_id)  # raises UnknownCampaign
    rules = campaign_reports.machines(data, campaign_id)
    names = ("reason", "label", "opens", "clicks", "unsubscribes")
    return {
        "campaign_id": campaign_id,
        "rules": [{name: getattr(rule, name) for name in names} for rule in rules],
    }


def _customers(data: Snapshot, campaign_id: str, chosen: Values) -> Json:
    campaign_reports.campaign(data, campaign_id)  # raises UnknownCampaign
    start, sort = _start(chosen), chosen["sort"]
    order = (
        [{"colId": sort.removeprefix("-"), "sort": "desc" if sort.startswith("-") else "asc"}] if sort else []
    )
    query = grid.grid_query(
        sort_model=order,
        status=chosen["status"],
        link=chosen["link"],
        start=start,
        end=start + chosen["size"],
    )
    page = recipient_reports.page(data, campaign_id, chosen["audience"], query)
    return {
        "campaign_id": campaign_id,
        "audience": chosen["audience"],
        "customers": [_customer(row) for row in page.rows],
        **_page(chosen, page.total),
    }


def _customer(row: Mapping[str, Any]) -> Json:
    shown: Json = {"customer_id": row["customer_id"]}
    for column in grid.COLUMNS:
        value = row[column.key]
        shown[column.key] = value.isoformat() if column.kind == "moment" and value else value
    return shown | {"status": Status(row["status"]).value}


def _start(chosen: Values) -> int:
    return int((chosen["page"] - 1) * chosen["size"])


def _page(chosen: Values, total: int) -> Json:
    """Which page it is, and the number of the next one; None on the last."""
    page, size = chosen["page"], chosen["size"]
    return {
        "total": total,
        "page": page,
        "size": size,
        "next_page": page + 1 if page * size < total else None,
    }


REPORTS = (
    Report(
        "campaigns",
        "campaigns",
        "The campaigns that match a search, and their totals",
        _campaigns,
        schemas.CAMPAIGNS,
        parameters.CAMPAIGNS,
    ),
    # The longer addresses first, because an id may contain slashes.
    Report(
        "campaigns/{campaign_id}/links",
        "links",
        "How often each link was clicked: those of the e-mail in order, then all others",
        _links,
        schemas.LINKS,
        parameters.LINKS,
    ),
    Report(
        "campaigns/{campaign_id}/timeline",
        "timeline",
        "Opens and clicks by hour since send; hours without any are left out",
        _timeline,
        schemas.TIMELINE,
    ),
    Report(
        "campaigns/{campaign_id}/heatmap",
        "heatmap",
        "What the heatmap shows at each link: its clicks and customers, as shares and rates too",
        _heatmap,
        schemas.HEATMAP,
        parameters.LINKS,
    ),
    Report(
        "campaigns/{campaign_id}/weekday-and-hour",
        "weekday_and_hour",
        "Opens and clicks by weekday and hour, in the customers' local time",
        _week,
        schemas.WEEK,
        parameters.WEEK,
    ),
    Report(
        "campaigns/{campaign_id}/mailbox-providers",
        "mailbox_providers",
        "The results at each mailbox provider, and why e-mails bounced there",
        _mailbox_providers,
        schemas.MAILBOX_PROVIDERS,
    ),
    Report(
        "campaigns/{campaign_id}/mail-programs",
        "mail_programs",
        "The mail programs and devices in which the e-mail and its links were opened",
        _mail_programs,
        schemas.MAIL_PROGRAMS,
    ),
    Report(
        "campaigns/{campaign_id}/machines",
        "machines",
        "The opens and clicks that each rule says were made by machines",
        _machines,
        schemas.MACHINES,
        (),
    ),
    Report(
        "campaigns/{campaign_id}/customers",
        "customers",
        "The customers of a campaign, and what they did",
        _customers,
        schemas.CUSTOMERS,
        parameters.CUSTOMERS,
        Right.CUSTOMERS,
    ),
    Report(
        "campaigns/{campaign_id}",
        "campaign",
        "A campaign's verdict and figures, as `mailsight report` prints them",
        _campaign,
        schemas.CAMPAIGN,
    ),
)
