"""The heatmap as one file to take along: no script in it, nothing to load, its title, figures and scale in a corner."""

import html as entities
from collections.abc import Sequence

from mailsight.figures.formats import count, moment, things
from mailsight.heatmap import drawing
from mailsight.heatmap.badges import MEASURES, SCALE, SHOWS, Measure, Show, Wholes, wholes
from mailsight.mail.links import LinkClicks
from mailsight.reports.campaign import CampaignReport
from mailsight.reports.campaign import wholes as wholes_of

# In the corner, out of the flow: as a line where the mail has no margin beside it, whole when it is pointed at.
_STYLE = """<style>@layer{
mailsight-legend,mailsight-legend *{all:initial!important}
mailsight-legend ::before,mailsight-legend ::after,mailsight-legend::before,mailsight-legend::after{all:unset!important}
mailsight-legend{position:fixed!important;left:8px!important;bottom:8px!important;z-index:2147483647!important;\
box-sizing:border-box!important;width:200px!important;max-height:calc(100% - 16px)!important;overflow:auto!important;\
padding:10px 12px!important;border:1px solid #d1d5db!important;border-radius:10px!important;background:#fff!important;\
box-shadow:0 2px 10px #0003!important}
mailsight-legend *{display:block!important;margin:0 0 4px!important;color:#374151!important;\
font:12px/1.4 Arial,Helvetica,sans-serif!important}
mailsight-legend mailsight-title{font-weight:700!important;color:#0e1621!important}
mailsight-legend mailsight-scale{display:flex!important}
mailsight-legend mailsight-shade{flex:1!important;margin:0!important;\
font-weight:700!important;font-size:10px!important;text-align:center!important}
@media (max-width:1060px){
mailsight-legend:not(:hover):not(:focus){width:auto!important;max-width:110px!important;padding:3px 9px!important}
mailsight-legend:not(:hover):not(:focus) *{display:none!important}
mailsight-legend:not(:hover):not(:focus)::before{content:"Legend"!important;color:#374151!important;\
font:700 11px Arial,Helvetica,sans-serif!important}}
@media print{mailsight-legend{display:none!important}}
"""


def of_campaign(
    report: CampaignReport, html: str, *, measure: Measure = "clicks", show: Show = "count"
) -> str:
    """The heatmap of a campaign's mail."""
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
        whole=wholes_of(report),
    )


def of_mail(
    html: str,
    clicks: Sequence[LinkClicks],
    *,
    title: str,
    facts: Sequence[str] = (),
    measure: Measure = "clicks",
    show: Show = "count",
    whole: Wholes | None = None,
) -> str:
    """The heatmap of any mail. `facts` are lines under the title; without any, the clicks are added up."""
    facts = facts or [_summary(clicks, whole or wholes(clicks))]
    shown = MEASURES[measure] if show == "count" else f"{MEASURES[measure]}, {SHOWS[show].lower()}"
    shades = "".join(f"<mailsight-shade>{shade.above_percent}</mailsight-shade>" for shade in SCALE)
    colours = "".join(
        f"mailsight-legend mailsight-shade:nth-child({place})"
        f"{{background:{shade.background}!important;color:{shade.text}!important}}"
        for place, shade in enumerate(SCALE, start=1)
    )
    lines = "".join(f"<mailsight-line>{entities.escape(fact)}</mailsight-line>" for fact in facts)
    legend = (
        f'<mailsight-legend tabindex="0"><mailsight-title>{entities.escape(title)}</mailsight-title>{lines}'
        f"<mailsight-line>{shown}, in % of the most clicked link from:</mailsight-line>"
        f"<mailsight-scale>{shades}</mailsight-scale>"
        "<mailsight-line>↑ counted at another link to the same place</mailsight-line>"
        "<mailsight-line>○ nobody clicked</mailsight-line></mailsight-legend>"
    )
    return drawing.draw(
        html,
        clicks,
        measure=measure,
        show=show,
        whole=whole,
        head=f"<title>Clicks: {entities.escape(title)}</title>{_STYLE}{colours}}}</style>",
        end=legend,
    )


def summary(report: CampaignReport) -> str:
    """The clicks of a campaign in one line."""
    return _summary([*report.links, *report.other_links], wholes_of(report))


def _summary(clicks: Sequence[LinkClicks], whole: Wholes) -> str:
    others = sum(link.clicks for link in clicks if link.link_position is None)
    said = things(whole.clicks, "click")
    if whole.clickers:  # a file of clicks need not tell who clicked
        said += f" by {things(whole.clickers, 'customer')}"
    return f"{said}, {count(others)} of them on other links" if others else said
