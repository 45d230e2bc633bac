"""The comparison as a single HTML or PDF file, without scripts, anything to load or personal data of customers."""

from collections.abc import Sequence
from functools import partial
from typing import BinaryIO

from mailsight.bounded import pool
from mailsight.errors import NoPdf, WorkFailed
from mailsight.figures import comparison, explanations
from mailsight.figures.comparison import COMPARED, LETTERS, Comparison, Difference
from mailsight.figures.formats import (
    NO_SENDING_DATE,
    count,
    interval,
    isolated,
    moment,
    of,
    percent,
    points,
    raw,
)
from mailsight.figures.metrics import FIGURES, Portion, Rate
from mailsight.merging.sample_values import sampled_subject
from mailsight.reports import campaigns as campaign_reports
from mailsight.reports.campaigns import ComparedCampaign, ListedCampaign
from mailsight.vocabulary import Audience

from . import drawings, pdf, pdf_process
from .masking import Mask
from .rendering import render
from .report import Row, Table

MAX_HEADING_LENGTH = 16
MEANING = (
    "More than chance: if all campaigns performed equally well, chance alone would cause a difference this large in "
    "any of the figures less than once in twenty times. All p-values are adjusted for the number of pairs and figures "
    "(Holm)."
)


def page(compared: Sequence[ComparedCampaign], audience: Audience, zone: str | None = None) -> str:
    """The comparison as HTML. Addresses of customers in names and subjects are masked."""
    rates, differences = campaign_reports.rates(compared), campaign_reports.differences(compared)
    names = [Mask().text(campaign.campaign.name) for campaign in compared]
    result, *more = comparison.headline(names, rates, differences)
    return render(
        "comparison.html",
        title=" vs ".join(map(isolated, names)),
        audience=audience,
        result=result,
        more=" ".join(more),
        campaigns=_campaigns(compared, names, zone),
        figures=_figures(names, rates, differences),
        curves=drawings.curves(campaign_reports.courses(compared))
        if any(c.opened for c in compared if c.has_hours)
        else None,
        tests=[(_label(key), _pairs(differences[key])) for key in COMPARED if differences[key].differences],
        meaning=MEANING,
    )


def write_pdf(
    compared: Sequence[ComparedCampaign], audience: Audience, output: BinaryIO, zone: str | None = None
) -> None:
    """Write the comparison as a PDF. Raises `NoPdf` if Pango is missing or the server is too busy."""
    if not pdf.available():
        raise NoPdf(pdf.MISSING)
    try:
        output.write(
            pool.run(partial(pdf_process.typeset, page(compared, audience, zone), None), lane=pdf.PAPER)
        )
    except WorkFailed as error:
        raise NoPdf(error.message) from error


def _campaigns(compared: Sequence[ComparedCampaign], names: Sequence[str], zone: str | None) -> Table:
    rows = [
        Row(
            f"{letter} · {isolated(name)}",
            (
                moment(campaign.campaign.sent_at, zone) if campaign.campaign.sent_at else NO_SENDING_DATE,
                count(campaign.campaign.counts.known("sent")),
                count(campaign.campaign.counts.known("delivered")),
            ),
            _note(campaign.campaign),
        )
        for campaign, name, letter in zip(compared, names, LETTERS, strict=False)
    ]
    return Table(("Campaign", f"Sent on ({zone or 'UTC'})", "Sent", "Delivered"), rows)


def _note(campaign: ListedCampaign) -> str:
    source = f"({campaign.counts.reported.words})" if campaign.counts.reported else ""
    return " ".join(filter(None, (Mask().text(sampled_subject(campaign.subject)), source)))


def _figures(
    names: Sequence[str],
    rates: dict[str, list[Portion]],
    differences: dict[str, Comparison],
) -> Table:
    rows = []
    for key in COMPARED:
        marks = comparison.marks(key, differences[key], len(names))
        rows.append(
            Row(_label(key), [_figure(rate, mark) for rate, mark in zip(rates[key], marks, strict=True)])
        )
    headings = [
        f"{letter} · {isolated(raw(name, MAX_HEADING_LENGTH))}"
        for letter, name in zip(LETTERS, names, strict=False)
    ]
    return Table(("Figure", *headings), rows)


def _label(key: str) -> str:
    figure = FIGURES[key]
    return f"{figure.label}, {figure.name.lower() if isinstance(figure, Rate) else 'share of sent'}"


def _figure(rate: Portion, mark: str) -> str:
    lines = [
        percent(rate.rate),
        interval(rate.interval),
        of(rate.part, rate.whole),
        f"✓ {mark}" if mark else "",
    ]
    return "\n".join(line for line in lines if line)


def _pairs(compared: Comparison) -> Table:
    rows = [
        Row(f"{LETTERS[pair.higher]} above {LETTERS[pair.lower]}", _pair(pair))
        for pair in compared.differences
    ]
    return Table(("Pair", "Difference", explanations.interval_heading(), "p (adjusted)", "Verdict"), rows)


def _pair(pair: Difference) -> tuple[str, ...]:
    return (
        points(pair.points),
        " to ".join(points(end) for end in pair.interval),
        comparison.p_value(pair.p) + (" (exact)" if pair.exact else ""),
        pair.verdict,
    )
