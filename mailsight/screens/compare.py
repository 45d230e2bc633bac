"""Sections of the comparison: the campaigns, their figures side by side, and their opens and clicks over time."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from mailsight.charts import curves as curve_charts
from mailsight.charts.curves import Course
from mailsight.components import tables
from mailsight.errors import NothingToCompare
from mailsight.figures import comparison, explanations, formats
from mailsight.figures.comparison import COLOURS, LETTERS, MAX_CAMPAIGNS, MIN_CAMPAIGNS, Comparison
from mailsight.figures.hours import DEFAULT_PERIOD, PERIODS
from mailsight.figures.metrics import FIGURES, Portion, Rate, portion
from mailsight.reports.campaigns import ComparedCampaign
from mailsight.vocabulary import Audience
from mailsight.web import addresses

from . import cached, frame, navigation
from .dialogs import explained

TABLE = "compared"  # key of the table
COMPARED = ("cor", "cto", "ctr", "opted_out", "undeliverable")


def ids_from_url() -> tuple[str, ...]:
    """The campaign ids in the URL, without duplicates, up to the maximum. Raises `NothingToCompare`."""
    ids = _all_ids_from_url()
    if len(ids) < MIN_CAMPAIGNS:
        raise NothingToCompare(
            "This link contains only one campaign." if ids else "This link contains no campaigns."
        )
    return ids[:MAX_CAMPAIGNS]


def _all_ids_from_url() -> tuple[str, ...]:
    return tuple(dict.fromkeys(navigation.compared_ids()))


def warn_about_missing(ids: Sequence[str], compared: Sequence[ComparedCampaign]) -> None:
    """Warn about campaigns that are not shown. Raises `NothingToCompare` when too few are left."""
    available = {campaign.campaign.campaign_id for campaign in compared}
    missing = [campaign_id for campaign_id in ids if campaign_id not in available]
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
                    campaign.subject or "",
                    href=addresses.campaign(campaign.campaign_id, navigation.audience()),
                    clip=True,
                    tags=campaign.tags,
                ),
                formats.short_moment(campaign.sent_at, navigation.zone()),
                *(
                    tables.figure(getattr(campaign.counts, key), explanations.in_short(key, campaign.counts))
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


def figures(compared: Sequence[ComparedCampaign], audience: Audience) -> None:
    """The figures in two columns, and what the verdicts mean."""
    for place in range(0, len(COMPARED) + 1, 2):
        for column, key in zip(st.columns(2, gap="medium"), (*COMPARED, "")[place : place + 2], strict=True):
            with column:
                if key:
                    _figure(key, compared, audience)
                else:
                    _meaning()


def _figure(key: str, compared: Sequence[ComparedCampaign], audience: Audience) -> None:
    """One figure of all campaigns, with their intervals on a common scale and the verdict on their differences."""
    figure = FIGURES[key]
    rates = [portion(campaign.campaign.counts, key) or Portion(0, 0) for campaign in compared]
    with st.container(border=True, gap="small", key=f"compared_{key}"):
        with st.container(horizontal=True, gap=None, vertical_alignment="center", key=f"label_{key}"):
            name = (
                f"{figure.label}, {figure.name.lower()}"
                if isinstance(figure, Rate)
                else f"{figure.label}, share of sent"
            )
            st.markdown(f"**{name}**", width="content")
            if st.button(
                f"How is {figure.label} compared?",
                icon=":material/help:",
                type="tertiary",
                help=f"{figure.meaning}\n\n*Click to see how this is counted and compared.*",
                key=f"counted_{key}",
            ):
                explained.compared(key, audience)
        _rates(key, compared, rates)
        differences = comparison.compare(rates)
        st.markdown(" ".join(comparison.sentences(differences)))
        if len(differences.differences) > 1:
            with st.expander(f"All {len(differences.differences)} pairs"):
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
        tables.Column("95 % interval", right=True, fit=True),
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
        tables.Column("95 % interval", right=True, fit=True),
        tables.Column(
            "p (adjusted)", fit=True, help="Adjusted by Holm's method, because several pairs are compared."
        ),
        tables.Column("Verdict"),
    ]
    tables.table(columns, rows, key=f"pairs_{key}", label=f"{FIGURES[key].label}: all pairs")


def _meaning() -> None:
    """Explain the verdicts "more than chance" and "could be chance"."""
    with st.container(border=True, key="meaning"):
        st.markdown(
            "**More than chance**: if both campaigns performed equally well, chance alone would cause a difference "
            "this large less than once in twenty times (p below 0.05). This doesn't tell you why they differ, or "
            "whether the difference matters: a different selection, weekday or season can cause it, just like a "
            "different subject line."
        )
        st.markdown(
            "**Could be chance**: the campaigns may perform equally well, or too few customers were mailed to tell. If "
            "the same customers received both campaigns, treat either verdict as a rough guide."
        )


@st.fragment
def curves(compared: Sequence[ComparedCampaign]) -> None:
    """The share of delivered that opened and clicked, by time since send."""
    if not any(campaign.opened for campaign in compared):
        frame.nobody_yet()
        return
    period = st.segmented_control(
        "Period",
        list(PERIODS),
        default=DEFAULT_PERIOD,
        required=True,
        label_visibility="collapsed",
        key="compared_period",
    )
    now = cached.snapshot().updated_at
    courses = [
        Course(
            letter,
            campaign.campaign.name,
            colour,
            campaign.campaign.counts.delivered,
            campaign.opened,
            campaign.clicked,
            _hours_known(campaign, now),
        )
        for campaign, letter, colour in zip(compared, LETTERS, COLOURS, strict=False)
        if campaign.campaign.counts.delivered
    ]
    st.plotly_chart(
        curve_charts.curves(courses, PERIODS[period or "All"]),
        config={"displayModeBar": False},
        alt="Share of delivered messages opened and clicked, by hours since send",
        key="curves",
    )


def _hours_known(campaign: ComparedCampaign, now: datetime) -> int:
    """The hours since a campaign was sent, or until its last open or click if the send time is unknown."""
    last = max((*campaign.opened, *campaign.clicked), default=0) + 1
    sent_at = campaign.campaign.sent_at
    return max(last, int((now - sent_at).total_seconds() // 3600)) if sent_at else last
