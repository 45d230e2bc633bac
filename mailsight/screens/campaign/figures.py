"""A campaign's figures on the screen: cards, the table of rates, the funnel and table of states."""

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
from mailsight.vocabulary import Audience

# Each card: a count, and the way that is good news.
CARDS = {"sent": "", "not_sent": "down", "opened": "up", "clicked": "up", "opted_out": "down"}
ESTIMATE_COLOUR = "#9AA3AF"


def cards(report: CampaignReport) -> None:
    """The five counts; the one of customers who were left out leads to who they are."""
    clicked = row_of_cards(
        [card(report, key) for key in CARDS], key=f"cards:{report.campaign.campaign_id}", label="Figures"
    )
    if clicked and clicked.action == "attention":
        not_sent.show(report)
    elif clicked:
        explained.counted(clicked.card, explanations.in_short(clicked.card, report.counts), report.audience)


def card(report: CampaignReport, key: str) -> Card:
    """A count with its share, how that differs from the campaigns before, and its trend.

    Not sent leads to the customers whom it concerns instead.
    """
    figure, counts, whole = FIGURES[key], report.counts, WHOLES[key]
    shares = [one for before in report.previous if (one := _share(before, key, whole)) is not None]
    made_of, usual = Portion(getattr(counts, key), getattr(counts, whole)), mean(shares)
    now = made_of.rate
    difference = None if now is None or usual is None else now - usual
    way = _tone(None if made_of.is_small else difference)
    part = "" if now is None else f"{formats.rate(made_of)} "
    everybody = "Nobody was left out" if counts.selected else "Nobody was selected"
    return Card(
        key=key,
        label=figure.label,
        value=formats.count(made_of.part),
        tip=explanations.in_short(key, counts),
        change="" if difference is None else formats.points(difference),
        before=f"vs {_before(len(shares))}",
        way=way,
        tone=("good" if way == CARDS[key] else "bad") if way and CARDS[key] else "",
        note=f"{part}of {formats.count(made_of.whole)} {FIGURES[whole].label.lower()}",
        shares=[one for one in (*shares, now) if one is not None],
        attention="Who and why" if key == "not_sent" and counts.not_sent else "",
        calm=everybody if key == "not_sent" and not counts.not_sent else "",
    )


def rates_table(report: CampaignReport) -> None:
    """Opened and clicked: each rate with its formula, its counts, its interval and how it differs from before."""
    rows = []
    for one in RATES:
        before = [rate for campaign in report.previous if (rate := one.rate(campaign)) is not None]
        now, usual = one.rate(report.counts), mean(before)
        difference = None if now is None or usual is None else now - usual
        average = f"Average of the {formats.things(len(before), 'campaign')} before: {formats.percent(usual)}"
        rows.append(
            tables.Row(
                one.key,
                [
                    tables.main(one.label, one.formula, aside=one.name, counted=explained.question(one)),
                    tables.rate(
                        one.portion(report.counts),
                        tip=explanations.in_short(one.key, report.counts),
                        interval=False,
                    ),
                    formats.of(*one.counts(report.counts)),
                    formats.interval(one.interval(report.counts)),
                    tables.tone(formats.points(difference), _tone(difference), average if before else ""),
                ],
            )
        )
    likely = "Where the rate would likely lie with other customers of the same kind (95 % Wilson interval)."
    usual_help = f"The difference from the average of the {len(report.previous)} campaigns before this one."
    columns = [
        tables.Column("Figure", fit=True),
        tables.Column("Rate"),
        tables.Column("Customers", right=True, fit=True),
        tables.Column("95 % interval", right=True, fit=True, help=likely),
        tables.Column(f"vs {_before(len(report.previous))}", right=True, fit=True, help=usual_help),
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
    """The open rate among the customers whose opens can be seen, as a row of the rates that says it is an estimate."""
    words = explanations.estimate(apple)
    return tables.Row(
        ESTIMATED_COR.key,
        [
            tables.main(
                ESTIMATED_COR.label,
                ESTIMATED_AMONG,
                counted=explained.question(ESTIMATED_COR),
            ),
            tables.rate(apple.estimate, tip=words, interval=False, colour=ESTIMATE_COLOUR),
            formats.of(apple.estimate.part, apple.estimate.whole),
            formats.interval(apple.estimate.interval),
            formats.NOTHING,
        ],
    )


def machines(report: CampaignReport) -> None:
    """How many opens and clicks machines made, in a sentence, and the way to what they are."""
    if not report.machine_opens and not report.machine_clicks:
        return
    left_out = "are left out" if report.audience is Audience.HUMAN else "count here"
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="made_by_machines"):
        st.markdown(
            f":material/smart_toy: **{formats.of(report.machine_opens, report.all_opens)} opens** and "
            f"**{formats.of(report.machine_clicks, report.all_clicks)} clicks** were made by machines, and {left_out}.",
            width="content",
        )
        if st.button(
            "Which, and why", type="tertiary", icon=":material/chevron_right:", icon_position="right"
        ):
            machines_dialog.show(report)


def _before(campaigns: int) -> str:
    return {0: "before", 1: "the one before"}.get(campaigns, f"last {campaigns}")


def _share(counts: Counts, part: str, whole: str) -> float | None:
    return share(getattr(counts, part), getattr(counts, whole))


def _tone(difference: float | None) -> Any:
    return "" if difference is None or round(difference, 3) == 0 else "up" if difference > 0 else "down"
