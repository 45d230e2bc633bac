"""Campaigns: the first results of every mailing at a glance."""

import streamlit as st

from mailsight import campaign_list, reports, screens
from mailsight.errors import NoDatabase
from mailsight.widgets import read, updated

screens.tab_title("Campaigns")
audience = screens.audience()
everything = read(reports.campaign_list, audience)
if not everything.loaded:
    raise NoDatabase("The database holds no campaign yet.")

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Campaigns", anchor=False, width="content")
    with st.container(horizontal=True, width="content", vertical_alignment="center", key="buttons"):
        updated()
        screens.data_link()
        screens.audience_switch()

wanted = campaign_list.search(everything.tags)
found = read(
    reports.campaign_list,
    audience,
    search=wanted.search,
    since=wanted.since,
    until=wanted.until,
    tags=wanted.tags,
)
campaign_list.totals(found, audience)
opened = campaign_list.campaigns_table(found, wanted, audience)
if opened:
    screens.open_campaign(opened)
