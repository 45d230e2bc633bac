"""Comparison: two to five campaigns side by side, and whether they differ by more than chance."""

import streamlit as st

from mailsight.components import tables
from mailsight.reports import campaigns as list_reports
from mailsight.screens import compare as side_by_side
from mailsight.screens import navigation as screens
from mailsight.screens.frame import read, updated

screens.tab_title("Comparison")
ids = side_by_side.asked()
if opened := tables.clicked(side_by_side.TABLE).row:
    screens.open_campaign(opened, compared=ids)
audience = screens.audience()
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="top"):
    screens.trail("Comparison")
    updated()
with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"
):
    st.title("Comparison", anchor=False, width="content")
    with st.container(horizontal=True, width="content", key="buttons"):
        screens.audience_switch()

compared = read(list_reports.compared, ids, audience)
side_by_side.known(ids, compared)
side_by_side.campaigns_table(compared)

st.subheader("Figures", anchor=False)
side_by_side.figures(compared, audience)

st.subheader("Opened and clicked since sending", anchor=False)
side_by_side.curves(compared)
