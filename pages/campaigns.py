"""Campaigns: the first results of every mailing at a glance."""

import streamlit as st

from mailsight.errors import NoDatabase
from mailsight.reports import campaigns
from mailsight.screens import campaigns as campaign_list
from mailsight.screens import navigation
from mailsight.screens.cached import read
from mailsight.screens.frame import updated

navigation.tab_title("Campaigns")
audience = navigation.audience()
if not read(campaigns.loaded).campaigns:
    raise NoDatabase("The database holds no campaign yet.")

with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
    st.title("Campaigns", anchor=False, width="content")
    with st.container(horizontal=True, width="content", vertical_alignment="center", key="buttons"):
        updated()
        navigation.data_link()
        navigation.audience_switch()

campaign_list.campaigns(audience)
