"""A campaign's figures: the cards, the table of rates, and how many opens and clicks machines made."""

from dataclasses import replace
from typing import Any

import streamlit as st

from mailsight.components import tables
from mailsight.components.cards import Card, row_of_cards
from mailsight.figures import explanations, formats
from mailsight.figures.metrics import (
    ESTIMATED_AMONG,
    ESTIMATED_COR,
    FIGURES,
    RATES,
    WHOLES,
    AppleOpens,
    Counts,
    Portion,
    mean,
    share,
)
from mailsight.reports import campaign as campaign_reports
from mailsight.reports.campaign import CampaignReport
from mailsight.screens.cached import read
from mailsight.screens.dialogs import explained, not_sent
from mailsight.screens.dialogs import machines as machines_dialog
from mailsight.vocabulary import Audience, NotSentReason, Status

# The count on each card, and which direction of change is good.
CARDS = {"sent": "", "not_sent": "down", "opened": "up", "clicked": "up", "opted_out": "down"}
ESTIMATE_COLOUR = "#9AA3AF"


def cards(report: CampaignReport) -> None:
    """The five counts. *Not sent* has a button that lists its customers."""
    clicked = row_of_cards(
        [shown_card(report, key) for key in CARDS],
        key=f"cards:{report.campaign.campaign_id}",
        label="Figures",
    )
    if clicked and clicked.action == "attention":
        not_sent.show(report)
    elif clicked:
        explained.counted(clicked.card, explanations.in_short(clicked.card, report.counts), report.audience)


def card(report: CampaignReport, key: str) -> Card:
    """A count with its share, the change from previous campaigns, and its trend.

    *Not sent* also has a button that lists its customers.
    """
    figure, counts, whole = FIGURES[key], report.counts, WHOLES[key]
    shares = [rate for previous in report.previous if (rate := _share(previous, key, whole)) is not None]
    portion, usual = Portion(getattr(counts, key), getattr(counts, whole)), mean(shares)
    now = portion.rate
    difference = None if now is None or usual is None else now - usual
    direction = _tone(None if portion.is_small else difference)
    share_text = "" if now is None else f"{formats.rate(portion)} "
    none_left_out = "Nobody was left out" if counts.selected else "Nobody was selected"
    return Card(
        key=key,
        label=figure.label,
        value=formats.count(portion.part),
        tip=explanations.in_short(key, counts),
        change="" if difference is None else formats.points(difference),
        before=f"vs {_last(len(shares))}",
        way=direction,
        tone=("good" if direction == CARDS[key] else "bad") if direction and CARDS[key] else "",
        note=f"{share_text}of {formats.count(portion.whole)} {FIGURES[whole].label.lower()}",
        shares=[rate for rate in (*shares, now) if rate is not None],
        attention="Who and why" if key == "not_sent" and counts.not_sent else "",
        calm=none_left_out if key == "not_sent" and not counts.not_sent else "",
    )


def shown_card(report: CampaignReport, key: str) -> Card:
    """The card. That of *Not sent* says *Planned*, which is no problem, until the campaign is sent."""
    shown = card(report, key)
    if key != "not_sent" or not report.campaign.is_planned:
        return shown
    left_out = sum(number for reason, number in report.not_sent.items() if reason is not NotSentReason.OTHER)
    return replace(
        shown,
        label=Status.PLANNED.label,
        tip=(Status.PLANNED.meaning,),
        attention="",
        calm=f"{formats.count(left_out)} will be left out" if left_out else formats.NOT_SENT_YET,
        more="Who and why" if left_out else "",
    )


def rates_table(report: CampaignReport) -> None:
    """Opened and clicked: each rate with its formula, counts, interval, and change from previous campaigns."""
    rows = []
    for rate in RATES:
        before = [value for counts in report.previous if (value := rate.rate(counts)) is not None]
        now, usual = rate.rate(report.counts), mean(before)
        difference = None if now is None or usual is None else now - usual
        average = f"Average of the {_previous(len(before))}: {formats.percent(usual)}"
        rows.append(
            tables.Row(
                rate.key,
                [
                    tables.main(rate.label, rate.formula, aside=rate.name, counted=explained.question(rate)),
                    tables.rate(
                        rate.portion(report.counts),
                        tip=explanations.in_short(rate.key, report.counts),
                        interval=False,
                    ),
                    formats.of(*rate.counts(report.counts)),
                    formats.interval(rate.interval(report.counts)),
                    tables.tone(formats.points(difference), _tone(difference), average if before else ""),
                ],
            )
        )
    likely = (
        "The range in which the rate would likely fall with other, similar customers (95 % Wilson interval)."
    )
    usual_help = (
        f"Difference from the average of the {_previous(len(report.previous))}."
        if report.previous
        else "There are no previous campaigns to compare with."
    )
    columns = [
        tables.Column("Figure", fit=True),
        tables.Column("Rate"),
        tables.Column("Customers", right=True, fit=True),
        tables.Column("95 % interval", right=True, fit=True, help=likely),
        tables.Column(f"vs {_last(len(report.previous))}", right=True, fit=True, help=usual_help),
    ]
    apple = read(campaign_reports.apple_opens, report.campaign.campaign_id)
    if apple.proxied:
        rows.append(_estimate(apple))
    clicked = tables.table(columns, rows, key="rates", label="Opened and clicked")
    if clicked.row == ESTIMATED_COR.key:
        explained.counted(ESTIMATED_COR.key, explanations.estimate(apple), Audience.HUMAN)
    elif clicked.row:
        explained.counted(clicked.row, explanations.in_short(clicked.row, report.counts), report.audience)


def _estimate(apple: AppleOpens) -> tables.Row:
    """The open rate among customers with visible opens, as a row of the rates that is marked as an estimate."""
    tip = explanations.estimate(apple)
    return tables.Row(
        ESTIMATED_COR.key,
        [
            tables.main(
                ESTIMATED_COR.label,
                ESTIMATED_AMONG,
                counted=explained.question(ESTIMATED_COR),
            ),
            tables.rate(apple.estimate, tip=tip, interval=False, colour=ESTIMATE_COLOUR),
            formats.of(apple.estimate.part, apple.estimate.whole),
            formats.interval(apple.estimate.interval),
            formats.NOTHING,
        ],
    )


def machines(report: CampaignReport) -> None:
    """How many opens and clicks machines made, with a button for details."""
    if not report.machine_opens and not report.machine_clicks:
        return
    left_out = "are left out" if report.audience is Audience.HUMAN else "are counted here"
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="made_by_machines"):
        st.markdown(
            f":material/smart_toy: **{formats.of(report.machine_opens, report.all_opens)} opens** and "
            f"**{formats.of(report.machine_clicks, report.all_clicks)} clicks** were made by machines and {left_out}.",
            width="content",
        )
        if st.button("See details", type="tertiary", icon=":material/chevron_right:", icon_position="right"):
            machines_dialog.show(report)


def _last(campaigns: int) -> str:
    return f"last {campaigns}" if campaigns > 1 else "previous"


def _previous(campaigns: int) -> str:
    return f"previous {campaigns} campaigns" if campaigns > 1 else "previous campaign"


def _share(counts: Counts, part: str, whole: str) -> float | None:
    return share(getattr(counts, part), getattr(counts, whole))


def _tone(difference: float | None) -> Any:
    return "" if difference is None or round(difference, 3) == 0 else "up" if difference > 0 else "down"
