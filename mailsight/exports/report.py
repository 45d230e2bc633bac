"""The campaign page to take along: one HTML file without scripts, with nothing to load and no customer's name in it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from html import escape

import pandas as pd

from mailsight.figures.formats import (
    NOT_SENT_YET,
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
from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse.reader import Snapshot

from . import drawings, masking
from . import heatmap as heatmap_export
from .masking import Mask

CARDS = ("sent", "not_sent", "opened", "clicked", "opted_out")
MOST_OTHER_LINKS = 40
# As safety.write writes them. In the report they lead nowhere: they would count as a click, or tell whose link it was.
_HREF = re.compile(r' href="[^"]*" (?:rel="noopener noreferrer"|target="_self")')
# What a mail program or a sender's system left at an element may name the reader.
_DATA = re.compile(r' data-(?!(?:link|badge|look|near|sharing|total|lit|clicks|shade)\b)[\w.-]+="[^"]*"')

_STYLE = """
@page { size: A4; margin: 16mm 15mm; @bottom-right { content: counter(page); font: 9pt sans-serif; color: #5b6675 } }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 28px 20px; max-width: 860px; background: #fff; color: #0e1621;
  font: 15px/1.5 Inter, "Segoe UI", Helvetica, Arial, sans-serif; font-variant-numeric: tabular-nums }
h1 { margin: 0 0 4px; font-size: 28px; line-height: 1.2; overflow-wrap: anywhere }
h2 { margin: 34px 0 10px; font-size: 18px; break-after: avoid }
p { margin: 4px 0; overflow-wrap: anywhere }
.quiet, small { color: #5b6675; font-size: 13px }
.cards { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 22px }
.cards div { flex: 1 1 130px; padding: 10px 14px; border: 1px solid #d9dfe7; border-radius: 10px }
.cards b { display: block; font-size: 24px; line-height: 1.3 }
table { width: 100%; border-collapse: collapse }
th { padding: 6px 10px 6px 0; border-bottom: 1px solid #d9dfe7; color: #5b6675; font-size: 13px; font-weight: 500;
  text-align: left }
td { padding: 7px 10px 7px 0; border-bottom: 1px solid #eef1f5; vertical-align: top; overflow-wrap: anywhere }
td:first-child { min-width: 9em }
tr { break-inside: avoid }
.number { text-align: right; white-space: nowrap; padding-right: 0; padding-left: 12px }
.wide { overflow-x: auto }
svg { display: block; width: 100%; height: auto; max-width: 720px; break-inside: avoid }
iframe { width: 100%; height: 1000px; border: 1px solid #d9dfe7; border-radius: 10px; background: #fff }
footer { margin-top: 40px; padding-top: 12px; border-top: 1px solid #d9dfe7 }
@media print {
  body { padding: 0; max-width: none; font-size: 12px }
  h1 { font-size: 24px }
  h2 { margin-top: 22px }
  td { padding-top: 4px; padding-bottom: 4px }
  small, .quiet { font-size: 10.5px }
  .cards div { flex: 1 1 90px }
}
"""
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "form-action 'none'; base-uri 'none'"
)


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
    drawn = []
    if taken.html is not None:
        heatmap = without_addresses(heatmap_export.of_campaign(taken.report, taken.html))
        drawn = [
            "<h2>Where they clicked</h2>",
            f'<iframe sandbox title="The e-mail with its clicks" srcdoc="{escape(heatmap)}"></iframe>',
        ]
    return page(taken, zone, heatmap="".join(drawn))


def without_addresses(drawn: str) -> str:
    """A safe mail whose links lead nowhere, without what its sender's system left at its elements."""
    return _DATA.sub("", _HREF.sub(' href="#"', drawn))


def page(taken: TakeAlong, zone: str | None = None, *, heatmap: str = "", after: str = "") -> str:
    """The report around a heatmap, which comes ready as markup."""
    parts = [
        *_head(taken.report, zone),
        *_cards(taken.report.counts),
        "<h2>Opened and clicked</h2>",
        *_rates(taken),
        "<h2>Status of messages</h2>",
        drawings.funnel(taken.report.status),
        *_reasons(taken.report),
        *_timeline(taken),
        heatmap,
        *_links(taken),
        after,
        *_foot(taken.report),
    ]
    title = escape(taken.report.campaign.name)
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f'<meta name="viewport" content="width=device-width"><meta name="referrer" content="no-referrer">'
        f"<title>{title}: report</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>"
    )


def _head(report: CampaignReport, zone: str | None) -> Iterator[str]:
    campaign = report.campaign
    yield f"<h1>{escape(campaign.name)}</h1>"
    if campaign.subject:
        yield f"<p>“{escape(campaign.subject)}”</p>"
    sent = (
        f"sent {moment(campaign.sent_at, zone)} ({zone or 'UTC'})"
        if campaign.sent_at
        else "no date of sending"
    )
    facts = [sender(campaign.from_name, campaign.from_email), sent, *campaign.tags]
    yield f'<p class="quiet">{escape(" · ".join(fact for fact in facts if fact))}</p>'
    yield f'<p class="quiet">{escape(f"{report.audience.label}: {report.audience.meaning}")}</p>'


def _cards(counts: Counts) -> Iterator[str]:
    yield '<div class="cards">'
    for key in CARDS:
        made_of = Portion(getattr(counts, key), getattr(counts, WHOLES[key]))
        share = f"{rate(made_of)} of {of_whole}" if (of_whole := _whole(counts, key)) else ""
        yield f"<div>{FIGURES[key].label}<b>{count(made_of.part)}</b><small>{share}</small></div>"
    yield "</div>"


def _whole(counts: Counts, key: str) -> str:
    whole = WHOLES[key]
    return f"{count(getattr(counts, whole))} {FIGURES[whole].label.lower()}" if getattr(counts, whole) else ""


def _rates(taken: TakeAlong) -> Iterator[str]:
    report = taken.report
    before = f"Average of {count(len(report.previous))} before" if report.previous else "Before"
    rows = [_rate(one, report) for one in RATES]
    if taken.apple.proxied:
        estimate = taken.apple.estimate
        rows.append(
            (
                ESTIMATED_COR.label,
                "among customers whose opens can be seen",
                percent(estimate.rate),
                of(estimate.part, estimate.whole),
                interval(estimate.interval),
                NOTHING,
                NOTHING,
            )
        )
    headings = ("Figure", "Rate", "Customers", "95 % interval", before, "Difference")
    yield from _table(
        headings, [(f"{escape(row[0])}<br><small>{escape(row[1])}</small>", *row[2:]) for row in rows]
    )


def _rate(one: Rate, report: CampaignReport) -> tuple[str, ...]:
    usual = mean([rate for campaign in report.previous if (rate := one.rate(campaign)) is not None])
    now = one.rate(report.counts)
    difference = None if now is None or usual is None else now - usual
    return (
        f"{one.label}, {one.name.lower()}",
        one.formula,
        percent(now),
        of(*one.counts(report.counts)),
        interval(one.interval(report.counts)),
        percent(usual),
        points(difference),
    )


def _reasons(report: CampaignReport) -> Iterator[str]:
    if not report.counts.not_sent:
        return
    yield "<h2>Not sent, and why</h2>"
    rows = [
        (escape(_why(report, reason)), count(number), percent(Portion(number, report.counts.not_sent).rate))
        for reason, number in sorted(report.not_sent.items(), key=lambda item: -item[1])
        if number
    ]
    yield from _table(("Reason", "Customers", "Share of not sent"), rows)


def _why(report: CampaignReport, reason: NotSentReason) -> str:
    return NOT_SENT_YET if report.is_planned and reason is NotSentReason.OTHER else reason.label


def _timeline(taken: TakeAlong) -> Iterator[str]:
    if not taken.hours.empty:
        yield "<h2>Opens and clicks over time</h2>"
        yield drawings.timeline(taken.hours)
        yield f'<p class="quiet">{drawings.covered(taken.hours)}</p>'


def _links(taken: TakeAlong) -> Iterator[str]:
    report, mask = taken.report, taken.mask
    if report.links:
        yield "<h2>Links of the e-mail</h2>"
        yield f'<p class="quiet">{escape(heatmap_export.summary(report))}</p>'
        yield from _table(
            ("Link", "Clicks", "Customers"), [_link(link, mask) for link in _by_clicks(report.links)]
        )
    if report.other_links:
        shown, more = report.other_links[:MOST_OTHER_LINKS], report.other_links[MOST_OTHER_LINKS:]
        yield "<h2>Clicks on other links</h2>"
        yield from _table(("Link", "Clicks", "Customers"), [_link(link, mask) for link in shown])
        if more:
            clicks = sum(link.clicks for link in more)
            yield f'<p class="quiet">And {things(clicks, "click")} on {things(len(more), "more link")}.</p>'


def _by_clicks(links: Sequence[LinkClicks]) -> list[LinkClicks]:
    return sorted(links, key=lambda link: -link.clicks)


def _link(link: LinkClicks, mask: Mask) -> tuple[str, ...]:
    address = mask.url(link.url)
    label = link.label if link.link_position is not None else address
    below = f"<br><small>{escape(address)}</small>" if address != label else ""
    return f"{escape(label or 'Unknown link')}{below}", count(link.clicks), count(link.clickers)


def _foot(report: CampaignReport) -> Iterator[str]:
    meanings = " ".join(f"{one.label} = {one.formula}." for one in RATES)
    yield f'<footer class="quiet"><p>{meanings} Delivered = {FIGURES["delivered"].formula}.</p>'
    yield f"<p>Campaign {escape(report.campaign.campaign_id)}. Made with Mailsight; no customer is named.</p></footer>"


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A table whose cells are markup; all columns but the first hold numbers."""
    yield '<div class="wide"><table><thead><tr>'
    yield "".join(
        f"<th{' class=number' if place else ''}>{escape(text)}</th>" for place, text in enumerate(headings)
    )
    yield "</tr></thead><tbody>"
    for row in rows:
        cells = (f"<td{' class=number' if place else ''}>{cell}</td>" for place, cell in enumerate(row))
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"
