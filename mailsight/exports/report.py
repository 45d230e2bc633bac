"""The campaign page to take along: one HTML file without scripts, with nothing to load and no customer's name in it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from mailsight.figures.formats import (
    NO_SENDING_DATE,
    NOTHING,
    count,
    interval,
    moment,
    of,
    percent,
    points,
    rate,
    sender,
    things,
)
from mailsight.figures.metrics import (
    ESTIMATED_AMONG,
    ESTIMATED_COR,
    FIGURES,
    RATES,
    WHOLES,
    AppleOpens,
    Counts,
    Portion,
    Rate,
    mean,
)
from mailsight.mail.links import LinkClicks
from mailsight.reports import campaign as campaign_reports
from mailsight.reports import mails
from mailsight.reports.campaign import CampaignReport
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot

from . import drawings, masking
from . import heatmap as heatmap_export
from .masking import Mask
from .rendering import render

CARDS = ("sent", "not_sent", "opened", "clicked", "opted_out")
MOST_OTHER_LINKS = 40
# As safety.write writes them. In the report they lead nowhere: they would count as a click, or tell whose link it was.
_HREF = re.compile(r' href="[^"]*" (?:rel="noopener noreferrer"|target="_self")')
# What a mail program or a sender's system left at an element may name the reader.
_DATA = re.compile(r' data-(?!(?:link|badge|look|near|sharing|total|lit|clicks|shade)\b)[\w.-]+="[^"]*"')


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: what it is about, a quiet line below that, and its figures."""

    label: str
    figures: Sequence[str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report; the first heading stands above the labels."""

    headings: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class TakeAlong:
    """What a report is made of, without anything that names a customer. `html` is the mail's, or None."""

    report: CampaignReport
    hours: pd.DataFrame
    apple: AppleOpens
    html: str | None
    mask: Mask


def read(data: Snapshot, campaign_id: str, audience: Audience) -> TakeAlong:
    """The campaign page's figures, and its mail without what names a customer. Raises `UnknownCampaign`."""
    report = campaign_reports.report(data, campaign_id, audience)
    mail = mails.of_campaign(data, campaign_id)
    html = mail.html if mail else ""
    sent_from = report.campaign.from_email or ""
    links = [*report.links, *report.other_links]
    found = data.rows(
        "named_customers",
        campaign_id=campaign_id,
        addresses=sorted(masking.addresses(html) - {sent_from.lower()}),
        ids=sorted(masking.segments(link.url for link in links)),
    )
    names = masking.names(row["name"] for row in found if row["name"])
    mask = Mask(tuple(names | {row["customer_id"] for row in found}), own_domain=sent_from.rpartition("@")[2])
    campaign = report.campaign
    subject = mask.text(campaign.subject) if campaign.subject else None
    clean = replace(
        report,
        campaign=replace(campaign, name=mask.text(campaign.name), subject=subject),
        links=[_without_names(link, mask) for link in report.links],
        other_links=[_without_names(link, mask) for link in report.other_links],
    )
    return TakeAlong(
        clean,
        campaign_reports.timeline(data, campaign_id, audience),
        campaign_reports.apple_opens(data, campaign_id),
        mask.text(html) if mail else None,
        mask,
    )


def _without_names(link: LinkClicks, mask: Mask) -> LinkClicks:
    label = link.label if link.label != link.url else mask.url(link.url)
    return replace(link, label=mask.text(label))


def as_html(taken: TakeAlong, zone: str | None = None) -> str:
    """The report for a browser, with the heatmap in a frame of its own that runs and loads nothing."""
    if taken.html is None:
        return page(taken, zone)
    drawn = heatmap_export.of_campaign(taken.report, taken.html)
    return page(taken, zone, heatmap=without_addresses(drawn))


def without_addresses(drawn: str) -> str:
    """A safe mail whose links lead nowhere, without what its sender's system left at its elements."""
    return _DATA.sub("", _HREF.sub(' href="#"', drawn))


def page(taken: TakeAlong, zone: str | None = None, *, heatmap: str | None = None, note: str = "") -> str:
    """The report, with the heatmap's document in a frame where there is one, and a note at its end."""
    report, mask = taken.report, taken.mask
    shown, more = report.other_links[:MOST_OTHER_LINKS], report.other_links[MOST_OTHER_LINKS:]
    more_clicks = sum(link.clicks for link in more)
    return render(
        "report.html",
        campaign=report.campaign,
        facts=_facts(report, zone),
        audience=report.audience,
        cards=[_card(report.counts, key) for key in CARDS],
        rates=_rates(taken),
        funnel=drawings.funnel(report.status),
        not_sent=_reasons(report),
        timeline=None if taken.hours.empty else drawings.timeline(taken.hours),
        heatmap=heatmap,
        summary=heatmap_export.summary(report),
        links=_links(sorted(report.links, key=lambda link: -link.clicks), mask),
        other_links=_links(shown, mask),
        more_links=f"And {things(more_clicks, 'click')} on {things(len(more), 'more link')}." if more else "",
        note=note,
        formulas=" ".join(
            [
                *(f"{figure.label} = {figure.formula}." for figure in RATES),
                f"Delivered = {FIGURES['delivered'].formula}.",
            ]
        ),
    )


def _facts(report: CampaignReport, zone: str | None) -> list[str]:
    campaign = report.campaign
    sent = f"sent {moment(campaign.sent_at, zone)} ({zone or 'UTC'})" if campaign.sent_at else NO_SENDING_DATE
    facts = (sender(campaign.from_name, campaign.from_email), sent, *campaign.tags)
    return [fact for fact in facts if fact]


def _card(counts: Counts, key: str) -> dict[str, str]:
    portion = Portion(getattr(counts, key), getattr(counts, WHOLES[key]))
    whole = f"{count(portion.whole)} {FIGURES[WHOLES[key]].label.lower()}"
    return {
        "label": FIGURES[key].label,
        "count": count(portion.part),
        "share": f"{rate(portion)} of {whole}" if portion.whole else "",
    }


def _rates(taken: TakeAlong) -> Table:
    report = taken.report
    before = f"Average of {count(len(report.previous))} before" if report.previous else "Before"
    rows = [_rate(figure, report) for figure in RATES]
    if taken.apple.proxied:
        estimate = taken.apple.estimate
        figures = (
            percent(estimate.rate),
            of(estimate.part, estimate.whole),
            interval(estimate.interval),
            NOTHING,
            NOTHING,
        )
        rows.append(Row(ESTIMATED_COR.label, figures, ESTIMATED_AMONG))
    return Table(("Figure", "Rate", "Customers", "95 % interval", before, "Difference"), rows)


def _rate(figure: Rate, report: CampaignReport) -> Row:
    usual = mean([rate for campaign in report.previous if (rate := figure.rate(campaign)) is not None])
    now = figure.rate(report.counts)
    figures = (
        percent(now),
        of(*figure.counts(report.counts)),
        interval(figure.interval(report.counts)),
        percent(usual),
        points(None if now is None or usual is None else now - usual),
    )
    return Row(f"{figure.label}, {figure.name.lower()}", figures, figure.formula)


def _reasons(report: CampaignReport) -> Table:
    reasons = sorted(report.not_sent.items(), key=lambda item: -item[1])
    rows = [
        Row(
            report.why_not_sent(reason),
            (count(number), percent(Portion(number, report.counts.not_sent).rate)),
        )
        for reason, number in reasons
        if number
    ]
    return Table(("Reason", "Customers", "Share of not sent"), rows)


def _links(links: Sequence[LinkClicks], mask: Mask) -> Table:
    return Table(("Link", "Clicks", "Customers"), [_link(link, mask) for link in links])


def _link(link: LinkClicks, mask: Mask) -> Row:
    address = mask.url(link.url)
    label = link.label if link.link_position is not None else address
    figures = (count(link.clicks), count(link.clickers))
    return Row(label or "Unknown link", figures, address if address != label else "")
