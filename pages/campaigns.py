"""Campaigns: the first results of every mailing at a glance."""

import streamlit as st

from mailsight import campaign_list, list_reports, screens, tables
from mailsight.errors import NoDatabase
from mailsight.widgets import read, updated

if opened := tables.clicked(campaign_list.TABLE).row:
    screens.open_campaign(opened)
screens.tab_title("Campaigns")
audience = screens.audience()
loaded = read(list_reports.loaded)
if not loaded.campaigns:
    raise NoDatabase("The database holds no campaign yet.")

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Campaigns", anchor=False, width="content")
    with st.container(horizontal=True, width="content", vertical_alignment="center", key="buttons"):
        updated()
        screens.data_link()
        screens.audience_switch()

search = campaign_list.search(loaded.tags)
found = read(list_reports.found, audience, search)
campaign_list.totals(found, loaded, audience)
campaign_list.campaigns_table(found, search, audience)
campaign_list.compare_bar()
