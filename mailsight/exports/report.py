"""The campaign page as a single HTML file, without scripts, anything to load or personal data of customers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import pandas as pd

from mailsight.bounded import pool
from mailsight.errors import WorkFailed
from mailsight.figures import explanations, locales
from mailsight.figures.chance import Change
from mailsight.figures.explanations import interval_heading
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
)
from mailsight.figures.funnel import stages
from mailsight.figures.metrics import (
    ESTIMATED_AMONG,
    ESTIMATED_COR,
    FIGURES,
    RATES,
    WHOLES,
    AppleOpens,
    Portion,
    Rate,
)
from mailsight.figures.metrics import portion as share_of
from mailsight.heatmap.badges import more
from mailsight.mail.links import LinkClicks
from mailsight.merging.sample_values import sampled, sampled_subject
from mailsight.reports import campaign as campaign_reports
from mailsight.reports import mails
from mailsight.reports.campaign import CampaignReport, click_totals
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot

from . import drawings, mail_pages, masking
from . import heatmap as heatmap_export
from .masking import Mask
from .rendering import render

CARDS = ("sent", "not_sent", "opened", "clicked", "opted_out")
MAX_OTHER_LINKS = 40
MAX_LINKS = 500


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its label, a note below that, and its figures."""

    label: str
    figures: Sequence[str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the report. The first heading belongs to the labels."""

    headings: Sequence[str]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class ReportContent:
    """The content of a report, without anything that identifies a customer.

    `html` is the mail's HTML, if any. `note` says why it was left out, if it was.
    """

    report: CampaignReport
    hours: pd.DataFrame
    apple: AppleOpens
    html: str | None
    mask: Mask
    note: str = ""


def read(data: Snapshot, campaign_id: str, audience: Audience) -> ReportContent:
    """Read a campaign's figures and mail, with customers masked. Raises `UnknownCampaign`."""
    report = campaign_reports.report(data, campaign_id, audience)
    if report.counts.is_reported("clicks"):  # Nobody knows on which links.
        report, mail = replace(report, links=[], other_links=[]), None
    else:
        mail = mails.of_campaign(data, campaign_id)
    html, note = mail.html if mail else None, ""
    sent_from = report.campaign.from_email or ""
    addresses: set[str] = set()
    try:
        addresses = pool.run(partial(masking.addresses, html)) if html else addresses
    except WorkFailed as error:
        html, note = None, left_out(error)
    customers = data.rows(
        "named_customers",
        campaign_id=campaign_id,
        addresses=sorted(addresses - {sent_from.lower()}),
        ids=sorted(masking.segments(link.url for link in (*report.links, *report.other_links))),
    )
    names = masking.names(row["name"] for row in customers if row["name"])
    mask = Mask(
        tuple(names | {row["customer_id"] for row in customers}), own_domain=sent_from.rpartition("@")[2]
    )
    try:
        masked_html = html and pool.run(partial(mask.text, html))
    except WorkFailed as error:
        masked_html, note = None, left_out(error)
    campaign = report.campaign
    subject = sampled_subject(mask.text(campaign.subject)) if campaign.subject else None
    masked = replace(
        report,
        campaign=replace(campaign, name=mask.text(campaign.name), subject=subject),
        links=[_without_names(link, mask) for link in report.links],
        other_links=[_without_names(link, mask) for link in report.other_links],
    )
    return ReportContent(
        masked,
        campaign_reports.timeline(data, campaign_id, audience),
        campaign_reports.apple_opens(data, campaign_id),
        masked_html,
        mask,
        note,
    )


def _without_names(link: LinkClicks, mask: Mask) -> LinkClicks:
    label = link.label if link.label != link.url else mask.url(link.url)
    return replace(link, label=sampled(mask.text(label), escape=False))


def as_html(content: ReportContent, zone: str | None = None) -> tuple[str, str]:
    """The report for a browser, with the heatmap in a sandboxed frame.

    Returns the HTML and a note for the user, which is also in the report: empty if nothing was left out.
    """
    if content.html is None:
        return page(content, zone, note=content.note), content.note
    report = content.report
    try:
        draw = partial(
            mail_pages.heatmap,
            content.html,
            [*report.links, *report.other_links],
            title=report.campaign.name,
            facts=heatmap_export.facts(report),
            totals=click_totals(report),
            personal=False,
        )
        heatmap = pool.run(locales.keeping(draw))
    except WorkFailed as error:
        note = left_out(error)
        return page(content, zone, note=note), note
    return page(content, zone, heatmap=heatmap), ""


def left_out(error: WorkFailed) -> str:
    """A note for the user that the report is without its e-mail."""
    return f"The e-mail was left out of this report. {error.message}"


def page(
    content: ReportContent, zone: str | None = None, *, heatmap: str | None = None, note: str = ""
) -> str:
    """The report as HTML, with the heatmap in a frame if given, and a note at the end."""
    report, mask = content.report, content.mask
    links = sorted(report.links, key=lambda link: -link.clicks)[:MAX_LINKS]
    other_links, totals = report.other_links[:MAX_OTHER_LINKS], report.link_totals
    return render(
        "report.html",
        campaign=report.campaign,
        facts=_facts(report, zone),
        verdict=report.verdict,
        audience=report.audience,
        cards=[_card(report, key) for key in CARDS],
        rates=_rates(content),
        sources=explanations.sources(report.counts),
        sales=" ".join(explanations.sales(each, zone) for each in report.sales),
        differences=" ".join(explanations.difference(each, zone) for each in report.differences),
        funnel=drawings.funnel(stages(report.counts, report.status)) if report.status else None,
        states=_states(report),
        not_sent=_reasons(report),
        unsent="Planned" if report.campaign.is_planned else "Not sent, and why",
        timeline=None if content.hours.empty else drawings.timeline(content.hours),
        heatmap=heatmap,
        summary=heatmap_export.summary(report),
        links=_links(links, mask),
        more_links=more(links, totals.links, totals.clicks),
        other_links=_links(other_links, mask),
        more_other_links=more(other_links, totals.other_links, totals.other_clicks),
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


def _card(report: CampaignReport, key: str) -> dict[str, str]:
    counts = report.counts
    portion = share_of(counts, key) or Portion(0, 0)
    whole = f"{count(portion.whole)} {FIGURES[WHOLES[key]].label.lower()}"
    return {
        "label": report.unsent.label if key == "not_sent" else FIGURES[key].label,
        "count": count(counts.known(key)),
        "share": f"{rate(portion)} of {whole}" if portion.whole else "",
    }


def _rates(content: ReportContent) -> Table:
    report = content.report
    before = f"Average of {count(len(report.previous))} before" if report.previous else "Before"
    rows = [_rate(figure, report) for figure in RATES]
    if content.apple.proxied:
        estimate = content.apple.estimate
        figures = (
            percent(estimate.rate),
            of(estimate.part, estimate.whole),
            interval(estimate.interval),
            NOTHING,
            NOTHING,
        )
        rows.append(Row(ESTIMATED_COR.label, figures, ESTIMATED_AMONG))
    return Table(("Figure", "Rate", "Customers", interval_heading(), before, "Difference"), rows)


def _rate(figure: Rate, report: CampaignReport) -> Row:
    change = report.changes.get(figure.key)
    figures = (
        percent(figure.rate(report.counts)),
        of(*figure.counts(report.counts)),
        interval(figure.interval(report.counts)),
        percent(change.usual if change else None),
        _difference(change),
    )
    return Row(f"{figure.label}, {figure.name.lower()}", figures, figure.formula)


def _difference(change: Change | None) -> str:
    if change is None:
        return NOTHING
    difference = points(change.difference)
    return difference if change.p is None else f"{difference} ({change.judgement})"


def _states(report: CampaignReport) -> Table:
    """The five states, which add up to Sent."""
    rows = [_state(state.label, number, report, state.meaning) for state, number in report.status.items()]
    whole = _state(FIGURES["sent"].label, sum(report.status.values()), report, "The five together")
    return Table(("Status", "Customers", "Share of sent"), [*rows, whole])


def _state(label: str, customers: int, report: CampaignReport, note: str) -> Row:
    return Row(label, (count(customers), percent(Portion(customers, report.counts.sent).rate)), note)


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
    return Table(("Reason", "Customers", f"Share of {report.unsent.label.lower()}"), rows)


def _links(links: Sequence[LinkClicks], mask: Mask) -> Table:
    return Table(("Link", "Clicks", "Customers"), [_link(link, mask) for link in links])


def _link(link: LinkClicks, mask: Mask) -> Row:
    address = mask.url(link.url)
    label = address
    if link.link_position is not None:
        address, label = sampled(address, escape=False), link.label
    figures = (count(link.clicks), count(link.clickers))
    return Row(label or "Unknown link", figures, address if address != label else "")
