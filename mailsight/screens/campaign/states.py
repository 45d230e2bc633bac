"""The states of messages: the funnel, the table, and the filter of the customers' grid."""

from collections.abc import Sequence

import streamlit as st

from mailsight.charts import status
from mailsight.components import address, sums, tables
from mailsight.components.grid import grid_name
from mailsight.figures import explanations, formats
from mailsight.figures.funnel import Reached, stages
from mailsight.figures.metrics import Portion, share
from mailsight.reports import campaign, grid, recipients
from mailsight.reports.campaign import CampaignReport
from mailsight.screens.cached import read
from mailsight.vocabulary import SENT_STATES, Audience, Stage, Status
from mailsight.web import sessions
from mailsight.web.access import Right
from mailsight.web.parameters import STAGE, STATES

from . import heatmap, tabs

ANCHOR = "customers"  # of the heading above the grid
_APPLE = "Apple Mail loads all images automatically, so there is no way to know whether the customer opened the e-mail."


def funnel(report: CampaignReport) -> None:
    """The funnel and, below it, its stages and the five states as buttons that add up to Sent.

    A click on a stage or a state filters the grid by it, a second click removes the filter. Without customers there is
    no grid, so there are no buttons.
    """
    if not report.counts.sent or not report.status:
        tabs.nothing_yet(report)
        return
    # Plotly reports a click on the selected point only in a new chart, so each click gives the chart a new key.
    clicks = f"funnel:{report.campaign.campaign_id}"
    key = f"{clicks}:{report.audience}:{st.session_state.get(clicks, 0)}"

    def choose() -> None:
        if points := st.session_state[key].selection.points:
            _toggle(report, str(points[-1]["customdata"][0]))
        st.session_state[clicks] = st.session_state.get(clicks, 0) + 1

    reached = stages(report.counts, report.status)
    st.plotly_chart(
        status.funnel(reached, chosen=chosen_stage(report), chosen_states=chosen_states(report)),
        key=key,
        on_select=choose if sessions.may(Right.CUSTOMERS) else "ignore",
        selection_mode="points",
        config={"displayModeBar": False, "scrollZoom": False},
        alt="Status of messages: "
        + ", ".join(f"{at.stage.label} {formats.count(at.reached)}" for at in reached),
    )
    clicked = sums.sums(
        [_stages_line(report, reached), _states_line(report)],
        key=f"sums:{report.campaign.campaign_id}",
        shown=_shown(report),
        grid=grid_name(report.campaign.campaign_id),
        anchor=ANCHOR,
        fixed=not sessions.may(Right.CUSTOMERS),
    )
    if clicked:
        _toggle(report, clicked)
        st.rerun()


def _stages_line(report: CampaignReport, reached: Sequence[Reached]) -> sums.Line:
    chosen = chosen_stage(report)
    parts = [
        sums.Part(
            status.STAGE + at.stage,
            at.stage.label,
            formats.count(at.reached),
            at.stage.colour,
            at.stage.meaning,
            chosen=at.stage is chosen,
            name=f"{at.stage.label} {formats.count(at.reached)}, including those who got further",
        )
        for at in reached
    ]
    return sums.Line("Customers who got at least this far", parts, "›")


def _states_line(report: CampaignReport) -> sums.Line:
    chosen = chosen_states(report)
    parts = [
        sums.Part(
            state.value,
            state.label,
            formats.count(report.status.get(state, 0)),
            state.colour,
            state.meaning,
            chosen=state in chosen,
        )
        for state in SENT_STATES
    ]
    total = f"= {formats.count(sum(report.status.values()))} {Stage.SENT.label.lower()}"
    return sums.Line("Customers by status", parts, "+", total)


def states_table(report: CampaignReport) -> None:
    """The five states with their counts, shares and meaning, and their sum. A click on one filters the grid by it."""
    if not report.counts.sent or not report.status:
        tabs.nothing_yet(report)
        return
    sent, chosen = report.counts.sent, chosen_states(report)
    apple = read(campaign.apple_opens, report.campaign.campaign_id)
    of_apple = Status.RECEIVED if report.audience is Audience.HUMAN else Status.OPENED
    largest = max((share(number, sent) or 0.0 for number in report.status.values()), default=0.0)
    rows = []
    for state in SENT_STATES:
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
    whole = Portion(sum(report.status.values()), sent)
    rows.append(
        tables.Row(
            status.STAGE + Stage.SENT,
            [
                tables.main(Stage.SENT.label, "The five together"),
                tables.rate(
                    whole, of_largest=largest, colour=Stage.SENT.colour, text=formats.percent(whole.rate)
                ),
                formats.count(whole.part),
            ],
            chosen=chosen_stage(report) is Stage.SENT,
        )
    )
    columns = [
        tables.Column("Status", fit=True),
        tables.Column("Share of sent"),
        tables.Column("Customers", right=True, fit=True),
    ]
    clicked = tables.table(
        columns, rows, key="states", label="Status of messages", opens=sessions.may(Right.CUSTOMERS)
    )
    campaign_id = report.campaign.campaign_id
    sums.sums(
        [], key=f"shown:{campaign_id}", shown=_shown(report), grid=grid_name(campaign_id), anchor=ANCHOR
    )
    if clicked.row:
        _toggle(report, clicked.row)
        st.rerun()


def _share_of_sent(portion: Portion, formula: str, largest: float, colour: str) -> tables.Cell:
    tip = (formula, f"{formats.of(portion.part, portion.whole)} customers", *explanations.likely(portion))
    return tables.rate(portion, of_largest=largest, colour=colour, tip=tip)


def _shown(report: CampaignReport) -> str:
    """How many customers the grid lists if states or a stage filter it."""
    is_filtered = chosen_states(report) or chosen_stage(report)
    return formats.things(customers_shown(report), "customer") if is_filtered else ""


def customers_shown(report: CampaignReport) -> int:
    """How many customers the grid lists with its search and the chosen states, stage, link and variant."""
    query = grid.grid_query(
        search=customers_search(report),
        status=chosen_states(report),
        stage=chosen_stage(report),
        link=heatmap.chosen_position(report),
        variant=heatmap.chosen_variant(report),
    )
    return read(recipients.count, report.campaign.campaign_id, report.audience, query)


def customers_search(report: CampaignReport) -> str:
    """The text in the grid's search box."""
    return str(st.session_state.get(search_key(report)) or "")


def search_key(report: CampaignReport) -> str:
    return f"customers:{report.campaign.campaign_id}:search"


def chosen_states(report: CampaignReport) -> list[Status]:
    """The states that filter the grid; an empty list means no filter."""
    states = _states(report)
    return [state for state in address.value(STATES) if state in states]


def chosen_stage(report: CampaignReport) -> Stage | None:
    """The stage of the funnel that filters the grid: the customers who got at least that far."""
    is_offered = report.counts.sent and sessions.may(Right.CUSTOMERS)
    stage: Stage | None = address.value(STAGE) if is_offered else None
    return stage


def _states(report: CampaignReport) -> list[Status]:
    """The states that filter a campaign's customers, for people who may see them.

    There are none if it is planned, because then all customers have the same.
    """
    if report.campaign.is_planned or not sessions.may(Right.CUSTOMERS):
        return []
    return [*SENT_STATES, *([Status.NOT_SENT] if report.not_sent else [])]


def _toggle(report: CampaignReport, part: str) -> None:
    """Filter the grid by a part of the funnel, a stage or a state; if it alone does so already, remove the filter."""
    if part.startswith(status.STAGE):
        stage = Stage(part.removeprefix(status.STAGE))
        _choose(stage=None if stage is chosen_stage(report) else stage)
    else:
        state = Status(part)
        _choose(states=[] if chosen_states(report) == [state] else [state])


def _choose(*, states: Sequence[Status] = (), stage: Stage | None = None) -> None:
    address.change((STATES, tuple(states)), (STAGE, stage))


def states_pills(report: CampaignReport) -> list[Status]:
    """The filter by state above the grid, shared with the funnel and the table of states.

    There is none while a campaign is only planned.
    """
    if not (options := _states(report)):
        return []
    key = f"states:{report.campaign.campaign_id}"
    return list(
        st.pills(
            "Status",
            options,
            selection_mode="multi",
            format_func=lambda state: state.label,
            key=key,
            on_change=address.follow(STATES, key, shown=lambda _: chosen_states(report), chosen=tuple),
            label_visibility="collapsed",
        )
    )


def stage_chip(report: CampaignReport) -> Stage | None:
    """The stage that filters the grid, shown as a chip that removes the filter."""
    stage = chosen_stage(report)
    if stage:
        st.button(
            f"Got as far as “{stage.label}”",
            icon=":material/close:",
            icon_position="right",
            help="Remove this filter",
            key=f"stage:{report.campaign.campaign_id}:chip",
            on_click=lambda: address.change((STAGE, None)),
        )
    return stage
