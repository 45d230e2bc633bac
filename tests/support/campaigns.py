"""Finds campaigns in a database by what the list of campaigns says about them."""

from pathlib import Path

from mailsight.reports import campaigns as list_reports
from mailsight.reports.campaigns import ListedCampaign
from mailsight.reports.search import EVERYTHING, NEWEST_FIRST
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse


def listed(database: Warehouse | Path, audience: Audience = Audience.HUMAN) -> list[ListedCampaign]:
    """All campaigns, newest first."""
    warehouse = Warehouse(database) if isinstance(database, Path) else database
    return list_reports.page(warehouse.snapshot(), audience, EVERYTHING, NEWEST_FIRST, 0, 10_000)


def newest_sent(database: Warehouse | Path) -> str:
    """The id of the newest campaign that was sent."""
    return next(campaign.campaign_id for campaign in listed(database) if campaign.counts.sent)


def newest_clicked(database: Warehouse | Path) -> str:
    """The id of the newest campaign with clicks."""
    return next(campaign.campaign_id for campaign in listed(database) if campaign.counts.clicked)


def most_clicked(database: Warehouse | Path) -> str:
    """The id of the campaign with the most clicks."""
    return max(listed(database), key=lambda campaign: campaign.counts.clicks).campaign_id
