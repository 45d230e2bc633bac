"""A campaign's customers: search, states, exports and the grid.

They are a fragment: typing in the search box or clicking in the grid does not rerun the rest of the page.
"""

import streamlit as st

from mailsight.components import address, grid
from mailsight.components.export_button import grid_export_button
from mailsight.components.search_box import search_box
from mailsight.exports import rows
from mailsight.figures import formats
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import cached, frame, navigation
from mailsight.web import sessions
from mailsight.web.access import Right
from mailsight.web.parameters import GRID_FILTERS, GRID_SORT

from . import dialogs, heatmap, states, tabs


def customers(report: CampaignReport) -> None:
    """The heading, and the customers in a grid, or why there is none."""
    viewer = sessions.current()
    if not viewer.may(Right.CUSTOMERS):
        st.header("Customers", anchor=states.ANCHOR)
        st.caption(
            f"Your role ({viewer.role.label}) shows figures. It does not include {Right.CUSTOMERS.value}."
        )
        return
    with frame.line("customers_head"):
        st.header("Customers", anchor=states.ANCHOR, width="content")
        if report.customers:
            navigation.audience_switch("customers")
    if report.counts.reported:
        names = f"{report.counts.reported.label} names only customers who did something"
        st.caption(formats.plain(f"{formats.things(report.customers, 'customer')} known: {names}."))
    if report.customers:
        _search_and_grid(report, _filters(report))
    else:
        tabs.nobody_selected()


def _filters(report: CampaignReport) -> object:
    """The filters of the grid that the funnel and the heatmap show as well.

    The search is one of them while the funnel or the heatmap says how many customers are left.
    """
    chosen = (
        states.chosen_states(report),
        states.chosen_stage(report),
        heatmap.chosen(report),
        heatmap.chosen_variant(report),
    )
    return chosen, any(chosen) and states.customers_search(report)


@st.fragment
@cached.one_generation()
def _search_and_grid(report: CampaignReport, shown_filters: object) -> None:
    """The customers with their filters. `shown_filters`: the filters that the rest of the page shows."""
    if _filters(report) != shown_filters:
        st.rerun()
    campaign_id = report.campaign.campaign_id
    reported = grid.reported(campaign_id)
    if "customer_id" in reported:
        dialogs.open_dialog("mail", str(reported["customer_id"]))
        st.rerun()
    if "sort" in reported:
        arranged = [
            (parameter, list(map(str, reported[parameter.name]))) for parameter in (GRID_SORT, GRID_FILTERS)
        ]
        address.change(*((parameter, parameter.value(texts)) for parameter, texts in arranged))
    search = search_box(
        "Search name or e-mail",
        states.search_key(report),
        label="Search customers",
        live="300ms",
        persist=True,
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            # In the order in which they are shown.
            variant = heatmap.variant_chip(report)
            link = heatmap.chosen_link(report)
            stage = states.stage_chip(report)
            chosen = states.states_pills(report)
        filters = grid.Filters(search, chosen, stage, link, variant)
        _export_buttons(report, filters)
    grid.recipients_grid(report, filters)


def _export_buttons(report: CampaignReport, filters: grid.Filters) -> None:
    """Buttons that export the customers in the grid, and all their events of this campaign."""
    campaign_id, audience = report.campaign.campaign_id, report.audience
    with st.container(horizontal=True, width="content", gap="small", key="customers_exports"):
        grid_export_button(
            f"customers:{campaign_id}",
            ("customers", campaign_id, audience.value),
            grid.shown(report, filters, rows.customers),
            grid.exported("customers", report, filters),
            grid=grid.grid_name(campaign_id),
            right=Right.CUSTOMERS,
        )
        grid_export_button(
            f"events:{campaign_id}",
            ("events", campaign_id),
            grid.shown(report, filters, rows.events),
            grid.exported("events", report, filters),
            grid=grid.grid_name(campaign_id),
            right=Right.RAW_EXPORTS,
            label="Events",
        )
