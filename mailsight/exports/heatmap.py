"""The heatmap as a single HTML file without scripts or anything to load, with a legend in the corner."""

from collections.abc import Mapping, Sequence
from functools import partial
from html import escape

from mailsight.bounded import pool
from mailsight.errors import WorkFailed
from mailsight.figures import locales
from mailsight.figures.formats import moment, things
from mailsight.heatmap.badges import Measure, Show, beyond
from mailsight.merging.sample_values import NO_VALUES
from mailsight.merging.values import Json
from mailsight.reports.campaign import CampaignReport, click_totals

from . import mail_pages


def of_campaign(
    report: CampaignReport,
    html: str,
    values: Mapping[str, Json] = NO_VALUES,
    *,
    measure: Measure = "clicks",
    show: Show = "count",
) -> str:
    """Draw the heatmap of a campaign's mail. `values`: see `merging.sample_values`.

    Raises `WorkFailed` if the mail is too much work.
    """
    draw = partial(
        mail_pages.heatmap,
        html,
        [*report.links, *report.other_links],
        title=report.campaign.name,
        facts=facts(report),
        values=dict(values),
        measure=measure,
        show=show,
        totals=click_totals(report),
    )
    return pool.run(locales.keeping(draw))


def of_campaign_or_reason(report: CampaignReport, html: str, values: Mapping[str, Json] = NO_VALUES) -> str:
    """Draw the heatmap, or a page that says why it can't be drawn: a download that fails shows no reason."""
    try:
        return of_campaign(report, html, values)
    except WorkFailed as error:
        reason = f"<p>{escape(str(error))}</p>"
        return mail_pages.heatmap(reason, [], title=report.campaign.name, facts=facts(report))


def facts(report: CampaignReport) -> Sequence[str]:
    """What the heatmap's legend says about the campaign."""
    sent = [f"Sent {moment(report.campaign.sent_at)}"] if report.campaign.sent_at else []
    number = report.counts.known("delivered")
    delivered = "" if number is None else things(number, "delivered mail")
    return [
        *filter(
            None, [summary(report), *sent, delivered, report.audience.meaning, beyond(report.link_totals)]
        )
    ]


def summary(report: CampaignReport) -> str:
    """A campaign's total clicks in one line."""
    return mail_pages.summary(click_totals(report), report.link_totals.other_clicks)
