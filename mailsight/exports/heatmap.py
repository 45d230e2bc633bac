"""The heatmap as a single HTML file without scripts or anything to load, with a legend in the corner."""

from collections.abc import Sequence

from mailsight.figures.formats import count, moment, things
from mailsight.heatmap import drawing
from mailsight.heatmap.badges import MEASURES, SCALE, SHOWS, ClickTotals, Measure, Show, beyond, click_totals
from mailsight.mail.links import LinkClicks
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.campaign import click_totals as totals_of

from .rendering import render


def of_campaign(
    report: CampaignReport,
    html: str,
    *,
    measure: Measure = "clicks",
    show: Show = "count",
    personal: bool = True,
) -> str:
    """Draw the heatmap of a campaign's mail. Without `personal`, nothing in it identifies a customer."""
    campaign = report.campaign
    facts = [f"Sent {moment(campaign.sent_at)}"] if campaign.sent_at else []
    facts += [f"{things(report.counts.delivered, 'delivered mail')}", report.audience.meaning]
    return of_mail(
        html,
        [*report.links, *report.other_links],
        title=campaign.name,
        facts=[summary(report), *facts],
        measure=measure,
        show=show,
        totals=totals_of(report),
        personal=personal,
    )


def of_mail(
    html: str,
    clicks: Sequence[LinkClicks],
    *,
    title: str,
    facts: Sequence[str] = (),
    measure: Measure = "clicks",
    show: Show = "count",
    totals: ClickTotals | None = None,
    personal: bool = True,
) -> str:
    """Draw the heatmap of any mail. `facts` are lines under the title, by default one with the total clicks."""
    facts = [*(facts or [_summary(clicks, totals or click_totals(clicks))]), *filter(None, [beyond(clicks)])]
    shown = MEASURES[measure] if show == "count" else f"{MEASURES[measure]}, {SHOWS[show].lower()}"
    return drawing.draw(
        html,
        clicks,
        measure=measure,
        show=show,
        totals=totals,
        personal=personal,
        head=render("heatmap_head.html", title=title, scale=SCALE),
        end=render("heatmap_legend.html", title=title, facts=facts, shown=shown, scale=SCALE),
    )


def summary(report: CampaignReport) -> str:
    """A campaign's total clicks in one line."""
    return _summary([*report.links, *report.other_links], totals_of(report))


def _summary(clicks: Sequence[LinkClicks], totals: ClickTotals) -> str:
    others = sum(link.clicks for link in clicks if link.link_position is None)
    text = things(totals.clicks, "click")
    if totals.clickers:  # a CSV file of clicks may not say who clicked
        text += f" by {things(totals.clickers, 'customer')}"
    return f"{text}, {count(others)} of them on other links" if others else text
