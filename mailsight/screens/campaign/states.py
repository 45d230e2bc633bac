"""The states of messages: the funnel, the table, and the filter of the customers' grid."""

from collections.abc import Sequence

import streamlit as st

from mailsight.charts import status
from mailsight.components import tables
from mailsight.figures import explanations, formats
from mailsight.figures.metrics import Portion, share
from mailsight.reports import campaign
from mailsight.reports.campaign import CampaignReport
from mailsight.screens.cached import read
from mailsight.vocabulary import FUNNEL_ORDER, SENT_STATES, Audience, Status

_APPLE = "Apple Mail loads all images automatically, so there is no way to know whether the customer opened the e-mail."


def funnel(report: CampaignReport) -> None:
    """The five states as a funnel. A click on one filters the grid by it, a second click removes the filter."""
    # Plotly reports a click on the selected point only in a new chart, so each click gives the chart a new key.
    clicks = f"funnel:{report.campaign.campaign_id}"
    key = f"{clicks}:{report.audience}:{st.session_state.get(clicks, 0)}"

    def choose() -> None:
        points = st.session_state[key].selection.points
        state = status.funnel_state(str(points[-1].get("y"))) if points else None
        choose_states(report, [state] if state and chosen_states(report) != [state] else [])
        st.session_state[clicks] = st.session_state.get(clicks, 0) + 1

    st.plotly_chart(
        status.funnel(report.status, [state for state in chosen_states(report) if state.is_sent]),
        key=key,
        on_select=choose,
        selection_mode="points",
        config={"displayModeBar": False, "scrollZoom": False},
        alt="Status of messages: "
        + ", ".join(f"{state.label} {report.status.get(state, 0)}" for state in SENT_STATES),
    )


def states_table(report: CampaignReport) -> None:
    """The five states with their counts, shares and meaning. A click on one filters the grid by it."""
    sent, chosen = report.counts.sent, chosen_states(report)
    apple = read(campaign.apple_opens, report.campaign.campaign_id)
    of_apple = Status.RECEIVED if report.audience is Audience.HUMAN else Status.OPENED
    largest = max((share(number, sent) or 0.0 for number in report.status.values()), default=0.0)
    rows = []
    for state in FUNNEL_ORDER:
        portion = Portion(report.status.get(state, 0), sent)
        rows.append(
            tables.Row(
                state.value,
                [
                    tables.state(state, note=state.meaning),
                    _share_of_sent(portion, f"{state.label} ÷ sent", largest, state.colour),
                    formats.count(portion.part),
                ],
                chosen=state in chosen,
            )
        )
        if state is of_apple and apple.unseen_in[report.audience]:
            portion = Portion(apple.unseen_in[report.audience], sent)
            label = "of which opened only by Apple's proxy"
            rows.append(
                tables.Row(
                    "apple",
                    [
                        tables.chip(label, state.colour, note=_APPLE, inner=True),
                        _share_of_sent(portion, f"{label} ÷ sent", largest, state.colour),
                        formats.count(portion.part),
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


def _share_of_sent(portion: Portion, formula: str, largest: float, colour: str) -> tables.Cell:
    tip = (formula, f"{formats.of(portion.part, portion.whole)} customers", *explanations.likely(portion))
    return tables.rate(portion, of_largest=largest, colour=colour, tip=tip)


def chosen_states(report: CampaignReport) -> list[Status]:
    """The states that filter the grid; an empty list means no filter."""
    return list(st.session_state.get(_states_key(report), []))


def choose_states(report: CampaignReport, states: Sequence[Status]) -> None:
    st.session_state[_states_key(report)] = list(states)


def states_pills(report: CampaignReport) -> list[Status]:
    """The filter by state above the grid, shared with the funnel and the table of states."""
    options = [*FUNNEL_ORDER, *([Status.NOT_SENT] if report.counts.not_sent else [])]
    return list(
        st.pills(
            "Status",
            options,
            selection_mode="multi",
            format_func=lambda state: state.label,
            key=_states_key(report),
            persist_state="session",
            label_visibility="collapsed",
        )
    )


def _states_key(report: CampaignReport) -> str:
    return f"states:{report.campaign.campaign_id}"
