"""The customers of a campaign, below its figures: search, states, exports and the grid.

They are a part by themselves: a word in the search or a click in the grid makes nothing else of the page again.
"""

import streamlit as st

from mailsight.components import grid as recipients_grid
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import navigation as screens
from mailsight.screens.dialogs import selection as dialogs

from . import figures
from . import heatmap as clicked_links
from . import report as exporting


def customers(report: CampaignReport) -> None:
    """Their heading, and all of them in a grid."""
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="customers_head"
    ):
        st.subheader("Customers", anchor="customers", width="content")
        if report.counts.selected:
            screens.audience_switch("customers")
    if report.counts.selected:
        _searched(report, _elsewhere(report))
    else:
        st.info("This campaign has selected nobody yet.", icon=":material/group_off:")


def _elsewhere(report: CampaignReport) -> object:
    """What the funnel and the heatmap show of the customers' filters, too."""
    return figures.chosen_states(report), clicked_links.chosen(report)


@st.fragment
def _searched(report: CampaignReport, drawn: object) -> None:
    """The customers with their filters. `drawn`: what the rest of the page shows of these."""
    if _elsewhere(report) != drawn:
        st.rerun()
    campaign_id = report.campaign.campaign_id
    clicked = recipients_grid.clicked(campaign_id)
    if clicked and clicked.action == "open":
        screens.open_customer(clicked.customer_id, campaign_id)
    wanted = st.text_input(
        "Search customers",
        placeholder="Search name or e-mail",
        icon=":material/search:",
        type="search",
        live="300ms",
        label_visibility="collapsed",
        key=f"customers:{campaign_id}:search",
        persist_state="session",
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        with st.container(horizontal=True, width="content", vertical_alignment="center"):
            link = clicked_links.chosen_link(report)
            states = figures.states_pills(report)
        exporting.customers(report, recipients_grid.shown(report, wanted or "", states, link))
    recipients_grid.recipients_grid(report, wanted or "", states, link)
    if clicked and clicked.action == "mail":
        dialogs.customer_mail(campaign_id, clicked.customer_id)
