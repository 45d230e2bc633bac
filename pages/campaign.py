"""Campaign: how one mailing did, from the selection down to each customer."""

import streamlit as st

from mailsight import clicked_links, dialogs, exporting, figures, formats, reports, screens
from mailsight.recipients_grid import recipients_grid, shown
from mailsight.widgets import facts, read, updated

campaign_id = screens.shown_id("campaign")
audience = screens.audience()
report = read(reports.campaign, campaign_id, audience)
campaign = report.campaign

screens.tab_title(campaign.name)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="top"):
    screens.trail(campaign.name)
    updated()

with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"
):
    st.title(formats.plain(campaign.name), anchor=False, width="content")
    with st.container(
        horizontal=True, width="content", gap="small", vertical_alignment="center", key="buttons"
    ):
        if st.button("Selection", icon=":material/filter_alt:"):
            dialogs.selection(report)
        if st.button("Preview e-mail", icon=":material/visibility:"):
            dialogs.preview(campaign_id)
        exporting.report_menu(report)
        screens.audience_switch()
facts(
    f"“{campaign.subject}”" if campaign.subject else "No subject",
    formats.sender(campaign.from_name, campaign.from_email),
    f"sent {formats.moment(campaign.sent_at, screens.zone())}" if campaign.sent_at else "no date of sending",
    tags=campaign.tags,
)

if not report.counts.sent:
    st.info(
        "Nothing was sent yet: the figures fill as soon as sending data is loaded.",
        icon=":material/schedule:",
    )

figures.cards(report, attention=lambda: dialogs.attention(report))

rates, states = st.columns([7, 5], gap="medium")
with rates:
    st.subheader("Opened and clicked", anchor=False)
    figures.rates_table(report)
    figures.machines(report)
with states:
    st.subheader("Status of messages", anchor=False, help="Each sent message counts once, as far as it came.")
    figures.funnel(report)

status, heatmap, timeline = st.tabs(["Status", "Heatmap", "Timeline"], on_change="rerun", key="tab")
with status:
    if status.open:
        figures.states_table(report)
with heatmap:
    if heatmap.open:
        clicked_links.heatmap_tab(report)
with timeline:
    if timeline.open:
        figures.timeline(report)

with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="customers_head"
):
    st.subheader("Customers", anchor="customers", width="content")
    if report.counts.selected:
        screens.audience_switch("customers")
if not report.counts.selected:
    st.info("This campaign has selected nobody yet.", icon=":material/group_off:")
    st.stop()
wanted = st.text_input(
    "Search customers",
    placeholder="Search name or e-mail",
    icon=":material/search:",
    type="search",
    live="300ms",
    label_visibility="collapsed",
    key=f"customers:{campaign_id}:search",
)
with st.container(horizontal=True, vertical_alignment="center"):
    link = clicked_links.chosen_link(report)
    wanted_states = figures.states_pills(report)
    exporting.customers(report, shown(report, wanted or "", wanted_states, link))
clicked = recipients_grid(report, wanted or "", wanted_states, link)
if clicked and clicked.action == "open":
    screens.open_customer(clicked.customer_id, campaign_id)
if clicked and clicked.action == "mail":
    dialogs.customer_mail(campaign_id, clicked.customer_id)
