"""The parts of the comparison: which campaigns, each figure of them side by side, their curves since sending."""

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

TABLE = "compared"  # its key
COMPARED = ("cor", "cto", "ctr", "opted_out", "undeliverable")


def asked() -> tuple[str, ...]:
    """The campaigns that the address names, each once, as many as fit beside each other. Raises NothingToCompare."""
    ids = _named()
    if len(ids) < MIN_CAMPAIGNS:
        raise NothingToCompare(
            "The address names one campaign only." if ids else "The address names no campaign."
        )
    return ids[:MAX_CAMPAIGNS]


def _named() -> tuple[str, ...]:
    return tuple(dict.fromkeys(navigation.compared_ids()))


def known(ids: Sequence[str], compared: Sequence[ComparedCampaign]) -> None:
    """Says which campaigns are not shown, and why. Raises NothingToCompare when too few are left."""
    found = {one.campaign.campaign_id for one in compared}
    missing = [one for one in ids if one not in found]
    words = ", ".join(f"“{formats.raw(one, 60)}”" for one in missing)
    if len(found) < MIN_CAMPAIGNS:
        raise NothingToCompare(f"There is no campaign {words}.")
    if len(_named()) > MAX_CAMPAIGNS:
        st.warning(
            f"This link names {len(_named())} campaigns. Only the first {MAX_CAMPAIGNS} are shown.",
            icon=":material/filter_5:",
        )
    if missing:
        st.warning(
            f"There is no campaign {formats.plain(words)}: it is left out.", icon=":material/search_off:"
        )


def campaigns_table(compared: Sequence[ComparedCampaign]) -> None:
    """Which letter and colour stands for which campaign; a click opens one."""
    rows = [
        tables.Row(
            one.campaign.campaign_id,
            [
                tables.chip(letter, colour),
                tables.main(
                    one.campaign.name,
                    one.campaign.subject or "",
                    href=addresses.campaign(one.campaign.campaign_id, navigation.audience()),
                    clip=True,
                    tags=one.campaign.tags,
                ),
                formats.short_moment(one.campaign.sent_at, navigation.zone()),
                *(
                    tables.figure(
                        getattr(one.campaign.counts, key), explanations.in_short(key, one.campaign.counts)
                    )
                    for key in ("sent", "delivered")
                ),
            ],
        )
        for one, letter, colour in zip(compared, LETTERS, COLOURS, strict=False)
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
    """Every figure, two in a line where there is room, and what a difference means."""
    for place in range(0, len(COMPARED) + 1, 2):
        for column, key in zip(st.columns(2, gap="medium"), (*COMPARED, "")[place : place + 2], strict=True):
            with column:
                if key:
                    _figure(key, compared, audience)
                else:
                    _meaning()


def _figure(key: str, compared: Sequence[ComparedCampaign], audience: Audience) -> None:
    """One figure of all campaigns with their intervals on one scale, and whether they differ by more than chance."""
    one = FIGURES[key]
    rates = [portion(campaign.campaign.counts, key) or Portion(0, 0) for campaign in compared]
    with st.container(border=True, gap="small", key=f"compared_{key}"):
        with st.container(horizontal=True, gap=None, vertical_alignment="center", key=f"label_{key}"):
            name = f"{one.label}, {one.name.lower()}" if isinstance(one, Rate) else f"{one.label}, of sent"
            st.markdown(f"**{name}**", width="content")
            if st.button(
                f"How is {one.label} compared?",
                icon=":material/help:",
                type="tertiary",
                help=f"{one.meaning}\n\n*Click to read how this is counted and compared.*",
                key=f"counted_{key}",
            ):
                explained.compared(key, audience)
        _rates(key, compared, rates)
        differences = comparison.compare(rates)
        st.markdown(" ".join(comparison.sentences(differences)))
        if len(differences.differences) > 1:
            with st.expander(f"Each pair: {len(differences.differences)}"):
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
            "p, for all pairs", fit=True, help="Made larger by Holm's rule, as several pairs are looked at."
        ),
        tables.Column("Says"),
    ]
    tables.table(columns, rows, key=f"pairs_{key}", label=f"{FIGURES[key].label}: each pair")


def _meaning() -> None:
    """What "more than chance" says, and what it does not."""
    with st.container(border=True, key="meaning"):
        st.markdown(
            "**More than chance**: if both were equally good, chance alone would part them as far less than one time "
            "in twenty (p below 0.05). It does not say why, nor that it matters much: another selection, weekday "
            "or season parts mailings as well as another subject does."
        )
        st.markdown(
            "**Could be chance**: they may be equal, or too few were mailed to tell. When the same customers got both "
            "mailings, take either answer as a guide."
        )


@st.fragment
def curves(compared: Sequence[ComparedCampaign]) -> None:
    """Who had opened and clicked, of delivered, in the hours since sending."""
    if not any(one.opened for one in compared):
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
            one.campaign.name,
            colour,
            one.campaign.counts.delivered,
            one.opened,
            one.clicked,
            _hours_known(one, now),
        )
        for one, letter, colour in zip(compared, LETTERS, COLOURS, strict=False)
        if one.campaign.counts.delivered
    ]
    st.plotly_chart(
        curve_charts.curves(courses, PERIODS[period or "All"]),
        config={"displayModeBar": False},
        alt="Share of delivered that had opened and that had clicked, by hour since sending",
        key="curves",
    )


def _hours_known(one: ComparedCampaign, now: datetime) -> int:
    """How many hours of a campaign have passed; those without a time of sending, until their last open."""
    last = max((*one.opened, *one.clicked), default=0) + 1
    sent_at = one.campaign.sent_at
    return max(last, int((now - sent_at).total_seconds() // 3600)) if sent_at else last
