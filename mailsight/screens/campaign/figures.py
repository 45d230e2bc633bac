"""A campaign's figures on the screen: cards, the table of rates, the funnel and table of states."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mailsight.charts import status as charts
from mailsight.components import tables
from mailsight.components.cards import Card, row_of_cards
from mailsight.figures import explanations, formats
from mailsight.figures.metrics import (
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
from mailsight.reports import campaign as reports
from mailsight.reports import grid as grids
from mailsight.reports.campaign import CampaignReport
from mailsight.screens.dialogs import selection as dialogs
from mailsight.screens.frame import read
from mailsight.vocabulary import Audience, Status

# Each card: a count, and the way that is good news.
CARDS = {"sent": "", "not_sent": "down", "opened": "up", "clicked": "up", "opted_out": "down"}
ESTIMATE_COLOUR = "#9AA3AF"
_APPLE = "Apple Mail loads every picture by itself; whether the customer opened it can't be seen."


def cards(report: CampaignReport) -> None:
    """The five counts; the one of customers who were left out leads to who they are."""
    clicked = row_of_cards(
        [card(report, key) for key in CARDS], key=f"cards:{report.campaign.campaign_id}", label="Figures"
    )
    if clicked and clicked.action == "attention":
        dialogs.not_sent(report)
    elif clicked:
        dialogs.counted(clicked.card, explanations.in_short(clicked.card, report.counts), report.audience)


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


def label(key: str, counts: Counts, audience: Audience) -> None:
    """A figure's label with a question mark: its formula and counts on hover and focus, all about it on a click."""
    figure = FIGURES[key]
    with st.container(horizontal=True, gap=None, vertical_alignment="center", key=f"label_{key}"):
        st.markdown(figure.label, width="content")
        if st.button(
            f"How is {figure.label} counted?",
            icon=":material/help:",
            type="tertiary",
            help="\n\n".join((*explanations.in_short(key, counts), "*Click to read how this is counted.*")),
            key=f"counted_{key}",
        ):
            dialogs.counted(key, explanations.in_short(key, counts), audience)


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
                    tables.main(
                        one.label, one.formula, aside=one.name, counted=f"How is {one.label} counted?"
                    ),
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
    apple = read(reports.apple_opens, report.campaign.campaign_id)
    if apple.proxied:
        rows.append(_estimate(apple))
    clicked = tables.table(columns, rows, key="rates", label="Opened and clicked")
    if clicked.row == ESTIMATED_COR.key:
        dialogs.counted(ESTIMATED_COR.key, explanations.estimate(apple), Audience.HUMAN)
    elif clicked.row:
        dialogs.counted(clicked.row, explanations.in_short(clicked.row, report.counts), report.audience)


def _estimate(apple: AppleOpens) -> tables.Row:
    """The open rate among the customers whose opens can be seen, as a row of the rates that says it is an estimate."""
    words = explanations.estimate(apple)
    return tables.Row(
        ESTIMATED_COR.key,
        [
            tables.main(
                ESTIMATED_COR.label,
                "among customers whose opens can be seen",
                counted=f"How is {ESTIMATED_COR.label} counted?",
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
            dialogs.machines(report)


def funnel(report: CampaignReport) -> None:
    """The five states as a funnel; a click on one shows only its customers in the grid, a second one all again."""
    # Plotly tells a click on what is chosen already only to a chart that is new.
    clicks = f"funnel:{report.campaign.campaign_id}"
    key = f"{clicks}:{report.audience}:{st.session_state.get(clicks, 0)}"

    def choose() -> None:
        points = st.session_state[key].selection.points
        state = charts.funnel_state(str(points[-1].get("y"))) if points else None
        choose_states(report, [state] if state and chosen_states(report) != [state] else [])
        st.session_state[clicks] = st.session_state.get(clicks, 0) + 1

    st.plotly_chart(
        charts.funnel(report.status, [state for state in chosen_states(report) if isinstance(state, Status)]),
        key=key,
        on_select=choose,
        selection_mode="points",
        config={"displayModeBar": False, "scrollZoom": False},
        alt="Status of messages: "
        + ", ".join(f"{state.label} {report.status.get(state, 0)}" for state in Status),
    )


def states_table(report: CampaignReport) -> None:
    """The five states with their counts, shares and meaning; a click on one shows only its customers in the grid."""
    sent, chosen = report.counts.sent, chosen_states(report)
    apple = read(reports.apple_opens, report.campaign.campaign_id)
    of_apple = Status.RECEIVED if report.audience is Audience.HUMAN else Status.OPENED
    largest = max((share(number, sent) or 0.0 for number in report.status.values()), default=0.0)
    rows = []
    for state in charts.FUNNEL_ORDER:
        made_of = Portion(report.status.get(state, 0), sent)
        rows.append(
            tables.Row(
                state.value,
                [
                    tables.state(state, note=state.meaning),
                    _share_of_sent(made_of, f"{state.label} ÷ sent", largest, state.colour),
                    formats.count(made_of.part),
                ],
                chosen=state in chosen,
            )
        )
        if state is of_apple and apple.unseen_in[report.audience]:
            made_of = Portion(apple.unseen_in[report.audience], sent)
            words = "of them: opened by Apple's proxy alone ÷ sent"
            rows.append(
                tables.Row(
                    "apple",
                    [
                        tables.chip(
                            "of them: opened by Apple's proxy alone", state.colour, note=_APPLE, inner=True
                        ),
                        _share_of_sent(made_of, words, largest, state.colour),
                        formats.count(made_of.part),
                    ],
                    opens=False,
                )
            )
    columns = [
        tables.Column("Status", fit=True),
        tables.Column("Share of sent"),
        tables.Column("Customers", right=True, fit=True),
    ]
    clicked = tables.table(columns, rows, key="states", label="Status of messages", opens=True)
    if clicked.row:
        choose_states(report, [] if chosen == [clicked.row] else [Status(clicked.row)])
        st.rerun()


def _share_of_sent(made_of: Portion, formula: str, largest: float, colour: str) -> tables.Cell:
    tip = (formula, f"{formats.of(made_of.part, made_of.whole)} customers", *explanations.likely(made_of))
    return tables.rate(made_of, of_largest=largest, colour=colour, tip=tip)


def chosen_states(report: CampaignReport) -> list[Status | str]:
    """The states whose customers the grid shows; none means all."""
    return list(st.session_state.get(_states_key(report), []))


def choose_states(report: CampaignReport, states: Sequence[Status | str]) -> None:
    st.session_state[_states_key(report)] = list(states)


def states_pills(report: CampaignReport) -> list[Status | str]:
    """The states to choose from above the grid; what the funnel and the table of states choose is chosen here."""
    options = [*charts.FUNNEL_ORDER, *([grids.NOT_SENT] if report.counts.not_sent else [])]
    return list(
        st.pills(
            "Status",
            options,
            selection_mode="multi",
            format_func=lambda state: state.label if isinstance(state, Status) else "Not sent",
            key=_states_key(report),
            persist_state="session",
            label_visibility="collapsed",
        )
    )


def _states_key(report: CampaignReport) -> str:
    return f"states:{report.campaign.campaign_id}"


def _before(campaigns: int) -> str:
    return {0: "before", 1: "the one before"}.get(campaigns, f"last {campaigns}")


def _share(counts: Counts, part: str, whole: str) -> float | None:
    return share(getattr(counts, part), getattr(counts, whole))


def _tone(difference: float | None) -> Any:
    return "" if difference is None or round(difference, 3) == 0 else "up" if difference > 0 else "down"
