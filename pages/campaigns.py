"""Campaigns: the first results of every mailing at a glance."""

import streamlit as st

from mailsight.errors import NoDatabase
from mailsight.reports import campaigns as list_reports
from mailsight.screens import campaigns as campaign_list
from mailsight.screens import navigation as screens
from mailsight.screens.frame import read, updated

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
