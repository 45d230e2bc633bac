"""Sections of the comparison: the campaigns, their figures side by side, and their opens and clicks over time."""

from collections.abc import Sequence
from functools import partial
from typing import BinaryIO

import streamlit as st

from mailsight.charts import curves as curve_charts
from mailsight.components import address, tables
from mailsight.components.export_button import export_button, report_button
from mailsight.errors import NothingToCompare
from mailsight.exports import comparison as comparison_export
from mailsight.exports import rows
from mailsight.exports.jobs import OnProgress
from mailsight.exports.lists import Format
from mailsight.figures import comparison, explanations, formats
from mailsight.figures.comparison import (
    COLOURS,
    COMPARED,
    LETTERS,
    MAX_CAMPAIGNS,
    MIN_CAMPAIGNS,
    Comparison,
)
from mailsight.figures.hours import PERIODS
from mailsight.figures.metrics import FIGURES, WHOLES, Portion, Rate
from mailsight.merging.sample_values import sampled_subject
from mailsight.reports import campaigns as list_reports
from mailsight.reports.campaigns import ComparedCampaign
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Snapshot
from mailsight.web import addresses, audit
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.downloads import Write
from mailsight.web.parameters import COMPARISON_DIALOG, IDS, PERIOD, Dialog

from . import frame, navigation
from .dialogs import explained

TABLE, FIGURES_TABLE = "compared", "figures"  # keys of the tables
MAX_HEADING_LENGTH = 40


def ids_from_url() -> tuple[str, ...]:
    """The campaign ids in the URL, without duplicates, up to the maximum. Raises `NothingToCompare`."""
    ids = _all_ids_from_url()
    if len(ids) < MIN_CAMPAIGNS:
        raise NothingToCompare(
            "This link contains only one campaign." if ids else "This link contains no campaigns."
        )
    return ids[:MAX_CAMPAIGNS]


def _all_ids_from_url() -> tuple[str, ...]:
    return address.value(IDS)


def dialog(audience: Audience) -> None:
    """Show the dialog in the address, if there is one."""
    shown = address.value(COMPARISON_DIALOG)
    if shown and shown.item in COMPARED:
        explained.compared(shown.item, audience)


def tab_title(compared: Sequence[ComparedCampaign]) -> str:
    """The title of the browser tab: the campaigns' names."""
    names = (formats.raw(" ".join(campaign.campaign.name.split()), 40) for campaign in compared)
    return " vs ".join(map(formats.isolated, names))


def downloads(compared: Sequence[ComparedCampaign], audience: Audience) -> None:
    """Menus that export the figures as a list, and the comparison as a report."""
    ids, zone = [campaign.campaign.campaign_id for campaign in compared], navigation.zone()
    if len(ids) < MIN_CAMPAIGNS:
        return

    def as_html(_: Snapshot, output: BinaryIO, __: OnProgress) -> str:
        output.write(comparison_export.page(compared, audience, zone).encode())
        return ""

    def as_pdf(_: Snapshot, output: BinaryIO, __: OnProgress) -> str:
        comparison_export.write_pdf(compared, audience, output, zone)
        return ""

    writes: dict[Format, Write] = {Format.HTML: as_html, Format.PDF: as_pdf}
    key = ":".join(("comparison", *ids))
    export_button(
        key,
        ("comparison", audience.value),
        partial(rows.comparison, campaign_ids=ids, audience=audience),
        Export("comparison", filters=ids),
        right=Right.FIGURES,
    )
    export = Export("comparison report", filters=ids)
    report_button(f"{key}:report", ("comparison", audience.value), writes, export)


def warn_about_missing(ids: Sequence[str], compared: Sequence[ComparedCampaign]) -> None:
    """Warn about campaigns that are not shown. Raises `NothingToCompare` when too few are left."""
    available = {campaign.campaign.campaign_id for campaign in compared}
    missing = [campaign_id for campaign_id in ids if campaign_id not in available]
    for campaign_id in missing:
        audit.missed("page compare", campaign_id=campaign_id)
    not_found = f"{'Campaigns' if len(missing) > 1 else 'Campaign'} not found: " + ", ".join(
        f"“{formats.raw(campaign_id, 60)}”" for campaign_id in missing
    )
    if len(available) < MIN_CAMPAIGNS:
        raise NothingToCompare(f"{not_found}.")
    if len(_all_ids_from_url()) > MAX_CAMPAIGNS:
        st.warning(
            f"This link contains {len(_all_ids_from_url())} campaigns. Only the first {MAX_CAMPAIGNS} are shown.",
            icon=":material/filter_5:",
        )
    if missing:
        st.warning(f"{formats.plain(not_found)}.", icon=":material/search_off:")


def campaigns_table(compared: Sequence[ComparedCampaign]) -> None:
    """The campaigns with their letters and colours; a click opens one."""
    rows = [
        tables.Row(
            campaign.campaign_id,
            [
                tables.chip(letter, colour),
                tables.main(
                    campaign.name,
                    sampled_subject(campaign.subject),
                    href=addresses.campaign(campaign.campaign_id, navigation.audience()),
                    clip=True,
                    aside=campaign.counts.reported.words if campaign.counts.reported else "",
                    tags=campaign.tags,
                ),
                formats.short_moment(campaign.sent_at, navigation.zone()),
                *(
                    tables.figure(campaign.counts.known(key), explanations.in_short(key, campaign.counts))
                    for key in ("sent", "delivered")
                ),
            ],
        )
        for campaign, letter, colour in zip(
            (listed.campaign for listed in compared), LETTERS, COLOURS, strict=False
        )
    ]
    columns = [
        tables.Column("", help="Letter and colour", fit=True),
        tables.Column("Campaign"),
        tables.Column("Sent on", fit=True, whole=True),
        *(
            tables.Column(FIGURES[key].label, help=FIGURES[key].meaning, right=True, fit=True)
            for key in ("sent", "delivered")
        ),
    ]
    tables.table(columns, rows, key=TABLE, label="Campaigns compared", opens=True)


def headline(compared: Sequence[ComparedCampaign]) -> None:
    """Which campaign did better, in a sentence or two."""
    names = [campaign.campaign.name for campaign in compared]
    result, *more = comparison.headline(
        names, list_reports.rates(compared), list_reports.differences(compared)
    )
    frame.verdict(result, " ".join(more))


def figures(compared: Sequence[ComparedCampaign]) -> None:
    """Each figure as a row, with the best value marked if it is better by more than chance."""
    rates, differences = list_reports.rates(compared), list_reports.differences(compared)
    rows = []
    for key in COMPARED:
        figure, marks = FIGURES[key], comparison.marks(key, differences[key], len(compared))
        cells = [
            tables.marked(
                formats.rate(rate),
                mark,
                (campaign.campaign.name, *explanations.in_short(key, campaign.campaign.counts)),
            )
            for campaign, rate, mark in zip(compared, rates[key], marks, strict=True)
        ]
        note = figure.name if isinstance(figure, Rate) else f"share of {FIGURES[WHOLES[key]].label.lower()}"
        rows.append(
            tables.Row(key, [tables.main(figure.label, note, counted=explained.question(figure)), *cells])
        )
    columns = [
        tables.Column("Figure", fit=True),
        *(
            tables.Column(
                f"{letter} · {formats.isolated(formats.raw(campaign.campaign.name, MAX_HEADING_LENGTH))}",
                help=campaign.campaign.name,
            )
            for campaign, letter in zip(compared, LETTERS, strict=False)
        ),
    ]
    clicked = tables.table(columns, rows, key=FIGURES_TABLE, label="Figures compared")
    if clicked.row:
        address.change((COMPARISON_DIALOG, Dialog("compared", clicked.row)))
    with st.expander("How sure is this?", icon=":material/query_stats:"):
        _tests(compared)


def _tests(compared: Sequence[ComparedCampaign]) -> None:
    """The figures in two columns with their intervals and tests, and what the verdicts mean."""
    differences = list_reports.differences(compared)
    for place in range(0, len(COMPARED) + 1, 2):
        for column, key in zip(st.columns(2, gap="medium"), (*COMPARED, "")[place : place + 2], strict=True):
            with column:
                if key:
                    _test(key, compared, differences[key])
                else:
                    _meaning()


def _test(key: str, compared: Sequence[ComparedCampaign], differences: Comparison) -> None:
    """One figure of all campaigns, with their intervals on a common scale and the verdict on their differences."""
    figure = FIGURES[key]
    with st.container(border=True, gap="small", key=f"compared_{key}"):
        name = f"{figure.label}, {figure.name.lower() if isinstance(figure, Rate) else 'share of sent'}"
        st.markdown(f"**{name}**")
        _rates(key, compared, list_reports.rates(compared)[key])
        st.markdown(" ".join(comparison.sentences(differences)))
        if len(differences.differences) > 1:
            _pairs(key, differences)


def _rates(key: str, compared: Sequence[ComparedCampaign], rates: Sequence[Portion]) -> None:
    ends = comparison.scale([rate.interval for rate in rates if rate.interval])
    rows = [
        tables.Row(
            campaign.campaign.campaign_id,
            [
                tables.chip(letter, colour, title=campaign.campaign.name),
                tables.interval(rate, ends, colour, tip=explanations.in_short(key, campaign.campaign.counts)),
                formats.percent(rate.rate),
                formats.interval(rate.interval),
                formats.of(rate.part, rate.whole),
            ],
            quiet=rate.is_small,
        )
        for campaign, rate, letter, colour in zip(compared, rates, LETTERS, COLOURS, strict=False)
    ]
    columns = [
        tables.Column("", help="Campaign", fit=True),
        tables.Column(f"{formats.percent(ends[0])} to {formats.percent(ends[1])}", whole=True),
        tables.Column("Rate", right=True, fit=True),
        tables.Column(explanations.interval_heading(), right=True, fit=True),
        tables.Column("Customers", right=True, fit=True),
    ]
    tables.table(columns, rows, key=f"rates_{key}", label=FIGURES[key].label)


def _pairs(key: str, compared: Comparison) -> None:
    rows = [
        tables.Row(
            f"{pair.higher}{pair.lower}",
            [
                f"{LETTERS[pair.higher]} above {LETTERS[pair.lower]}",
                formats.points(pair.points),
                " to ".join(formats.points(end) for end in pair.interval),
                comparison.p_value(pair.p) + (" (exact)" if pair.exact else ""),
                pair.verdict,
            ],
            quiet=not pair.is_significant,
        )
        for pair in compared.differences
    ]
    columns = [
        tables.Column("Pair", fit=True),
        tables.Column("Difference", right=True, fit=True),
        tables.Column(explanations.interval_heading(), right=True, fit=True),
        tables.Column(
            "p (adjusted)",
            fit=True,
            help="Adjusted by Holm's method, because several pairs and figures are compared.",
        ),
        tables.Column("Verdict"),
    ]
    tables.table(columns, rows, key=f"pairs_{key}", label=f"{FIGURES[key].label}: all pairs")


def _meaning() -> None:
    """Explain the verdicts "more than chance" and "could be chance"."""
    with st.container(border=True, key="meaning"):
        st.markdown(
            "**More than chance**: if all campaigns performed equally well, chance alone would cause a difference "
            "this large in any of the figures less than once in twenty times (p below 0.05). This doesn't tell you why "
            "they differ, or whether the difference matters: a different selection, weekday or season can cause it, "
            "just like a different subject line."
        )
        st.markdown(
            "**Could be chance**: the campaigns may perform equally well, or too few customers were mailed to tell. If "
            "the same customers received both campaigns, treat either verdict as a rough guide."
        )


@st.fragment
def curves(compared: Sequence[ComparedCampaign]) -> None:
    """The share of delivered that opened and clicked, by time since send."""
    without = [letter for campaign, letter in zip(compared, LETTERS, strict=False) if not campaign.has_hours]
    if without:
        st.caption(
            f"No curve for {' and '.join(without)}: only totals are known, not when customers opened or clicked."
        )
    if not any(campaign.opened for campaign in compared if campaign.has_hours):
        if len(without) < len(compared):
            frame.nobody_yet()
        return
    period = st.segmented_control(
        "Period",
        list(PERIODS),
        required=True,
        label_visibility="collapsed",
        key="compared_period",
        on_change=address.follow(PERIOD, "compared_period"),
    )
    st.plotly_chart(
        curve_charts.curves(list_reports.courses(compared), PERIODS[period or "All"]),
        config={"displayModeBar": False},
        alt="Share of delivered messages opened and clicked, by hours since send",
        key="curves",
    )
