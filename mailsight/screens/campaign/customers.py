"""The customers of a campaign, below its figures: search, states, exports and the grid.

They are a part by themselves: a word in the search or a click in the grid makes nothing else of the page again.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import streamlit as st

from mailsight.components import grid
from mailsight.components.export_button import export_button, grid_export_button
from mailsight.components.search_box import search_box
from mailsight.exports import rows
from mailsight.exports.writers import Rows
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import cached, frame, navigation
from mailsight.screens.dialogs import mail
from mailsight.warehouse.reader import Snapshot

from . import heatmap, states, tabs


def customers(report: CampaignReport) -> None:
    """Their heading, and all of them in a grid."""
    with frame.line("customers_head"):
        st.subheader("Customers", anchor="customers", width="content")
        if report.counts.selected:
            navigation.audience_switch("customers")
    if report.counts.selected:
        _searched(report, _elsewhere(report))
    else:
        tabs.nobody_selected()


def _elsewhere(report: CampaignReport) -> object:
    """What the funnel and the heatmap show of the customers' filters, too."""
    return states.chosen_states(report), heatmap.chosen(report)


@st.fragment
@cached.one_generation()
def _searched(report: CampaignReport, drawn: object) -> None:
    """The customers with their filters. `drawn`: what the rest of the page shows of these."""
    if _elsewhere(report) != drawn:
        st.rerun()
    campaign_id = report.campaign.campaign_id
    clicked = grid.clicked(campaign_id)
    if clicked and clicked.action == "open":
        navigation.open_customer(clicked.customer_id, campaign_id)
    wanted = search_box(
        "Search name or e-mail",
        f"customers:{campaign_id}:search",
        label="Search customers",
        live="300ms",
        kept=True,
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            link = heatmap.chosen_link(report)
            chosen = states.states_pills(report)
        _export_buttons(report, grid.shown(report, wanted, chosen, link))
    grid.recipients_grid(report, wanted, chosen, link)
    if clicked and clicked.action == "mail":
        mail.customer_mail(campaign_id, clicked.customer_id)


def _export_buttons(report: CampaignReport, shown: Callable[[Snapshot, Mapping[str, Any]], Rows]) -> None:
    """The customers whom the grid shows, and everything that happened to the campaign's messages."""
    campaign_id, audience = report.campaign.campaign_id, report.audience
    with st.container(horizontal=True, width="content", gap="small", key="customers_exports"):
        grid_export_button(
            f"customers:{campaign_id}",
            ("customers", campaign_id, audience.value),
            shown,
            grid=grid.grid_name(campaign_id),
        )
        export_button(
            f"events:{campaign_id}",
            ("events", campaign_id),
            partial(rows.events, campaign_id=campaign_id),
            label="Events",
        )
