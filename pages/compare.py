"""Comparison: two to five campaigns side by side, and whether they differ by more than chance."""

import streamlit as st

from mailsight.components import tables
from mailsight.reports import campaigns
from mailsight.screens import compare, navigation
from mailsight.screens.cached import read
from mailsight.screens.frame import updated

navigation.tab_title("Comparison")
ids = compare.asked()
if opened := tables.clicked(compare.TABLE).row:
    navigation.open_campaign(opened, compared=ids)
audience = navigation.audience()
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="top"):
    navigation.trail("Comparison")
    updated()
with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"
):
    st.title("Comparison", anchor=False, width="content")
    with st.container(horizontal=True, width="content", key="buttons"):
        navigation.audience_switch()

compared = read(campaigns.compared, ids, audience)
compare.known(ids, compared)
compare.campaigns_table(compared)

st.subheader("Figures", anchor=False)
compare.figures(compared, audience)

st.subheader("Opened and clicked since sending", anchor=False)
compare.curves(compared)
