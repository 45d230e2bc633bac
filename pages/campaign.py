"""Campaign: how one mailing did, from the selection down to each customer."""

import streamlit as st

from mailsight.figures import formats
from mailsight.reports import campaign as reports
from mailsight.screens import navigation as screens
from mailsight.screens.campaign import customers as campaign_customers
from mailsight.screens.campaign import figures
from mailsight.screens.campaign import heatmap as clicked_links
from mailsight.screens.campaign import report as exporting
from mailsight.screens.campaign import tabs as pattern_tabs
from mailsight.screens.dialogs import selection as dialogs
from mailsight.screens.frame import facts, read, updated

campaign_id = screens.shown_id("campaign")
screens.remember(campaign_id, "tab")
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

figures.cards(report)

rates, states = st.columns([7, 5], gap="medium")
with rates:
    st.subheader("Opened and clicked", anchor=False)
    figures.rates_table(report)
    figures.machines(report)
with states:
    st.subheader("Status of messages", anchor=False, help="Each sent message counts once, as far as it came.")
    figures.funnel(report)

tabs = {
    "Status": figures.states_table,
    "Heatmap": clicked_links.heatmap_tab,
    "Timeline": pattern_tabs.timeline,
    "Weekday and hour": pattern_tabs.week,
    "Mailbox providers": pattern_tabs.mailbox_providers,
    "Mail programs": pattern_tabs.mail_programs,
}
for tab, show in zip(st.tabs(list(tabs), on_change="rerun", key="tab"), tabs.values(), strict=True):
    with tab:
        if tab.open:
            show(report)

campaign_customers.customers(report)
