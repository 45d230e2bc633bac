"""All figures of a database, without names, to be compared before and after something that must not change them."""

from collections import Counter
from pathlib import Path
from typing import Any, cast

from mailsight.audience import mailboxes
from mailsight.reports import campaign, campaigns, data, patterns
from mailsight.reports.search import EVERYTHING
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot, Warehouse
from tests.support.campaigns import listed


def all_figures(database: Path) -> dict[str, Any]:
    """The figures of the list, and of each campaign's page and tabs, for both audiences."""
    with Warehouse(database).snapshot() as snapshot:
        state = data.database_state(snapshot)
        figures: dict[str, Any] = {
            "tables": {name: rows for name, rows in state.rows.items() if name != "contents"},
            "unattributed": state.unattributed,
            "rejected": sum(row["rows"] for row in state.refused),
        }
        for audience in Audience:
            rows = listed(database, audience)
            figures[f"list, {audience}"] = rows
            figures[f"sums, {audience}"] = campaigns.search_totals(snapshot, audience, EVERYTHING)
            for row in rows:
                figures[f"{row.campaign_id}, {audience}"] = _of_campaign(snapshot, row.campaign_id, audience)
    return figures


def _of_campaign(snapshot: Snapshot, campaign_id: str, audience: Audience) -> dict[str, Any]:
    page = campaign.figures(snapshot, campaign_id, audience)
    others = cast(list[dict[str, Any]], page["other_links"])
    week = patterns.week(snapshot, campaign_id, audience, None)
    providers = patterns.mailbox_providers(snapshot, campaign_id, audience)
    reasons = patterns.bounce_reasons(snapshot, campaign_id, [each.name for each in providers])
    return {
        # A URL that one person alone clicked is theirs, as is a domain that few have.
        "page": page | {"other_links": sorted((link["clicks"], link["clickers"]) for link in others)},
        "timeline": campaign.timeline(snapshot, campaign_id, audience).to_dict("list"),
        "apple": campaign.apple_opens(snapshot, campaign_id),
        "machines": campaign.machines(snapshot, campaign_id),
        "mailboxes": Counter(
            str(
                (
                    each.name.partition(".")[0] in mailboxes.FAMILIES,
                    each.counts,
                    each.status,
                    each.hard,
                    each.soft,
                )
            )
            for each in providers
        ),
        "bounces": Counter(
            str((each.reason.label, each.customers, each.hard, each.soft))
            for rows in reasons.values()
            for each in rows
        ),
        "programs": patterns.usage(snapshot, campaign_id, audience),
        "week": week.hours.to_dict("list") | {"by": (week.by_customer, week.by_country, week.by_viewer)},
    }
