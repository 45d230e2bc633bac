"""Campaigns: the first results of every mailing at a glance."""

import streamlit as st

from mailsight import campaign_list, list_reports, screens
from mailsight.errors import NoDatabase
from mailsight.widgets import read, updated

screens.tab_title("Campaigns")
audience = screens.audience()
if not read(list_reports.loaded).campaigns:
    raise NoDatabase("The database holds no campaign yet.")

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Campaigns", anchor=False, width="content")
    with st.container(horizontal=True, width="content", vertical_alignment="center", key="buttons"):
        updated()
        screens.data_link()
        screens.audience_switch()

campaign_list.campaigns(audience)
