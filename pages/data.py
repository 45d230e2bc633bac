"""Data: what is here, where it came from, what could not be used, and the way to more."""

import streamlit as st

from mailsight.reports import data as data_reports
from mailsight.screens import data as data_page
from mailsight.screens import navigation as screens
from mailsight.screens import upload as upload_dialog
from mailsight.screens.frame import read, updated, warehouse

screens.tab_title("Data")
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="top"):
    screens.trail("Data")
    updated()

with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"
):
    st.title("Data", anchor=False, width="content")
    upload_dialog.button()

if not warehouse().exists:
    data_page.nothing_here(may_upload=upload_dialog.allowed())
    st.stop()

report = read(data_reports.data)
data_page.cards(report)

st.subheader("Live webhooks", anchor="webhooks")
data_page.webhooks()

st.subheader("What was loaded", anchor="loads")
data_page.loads(report)

st.subheader("Events by provider", anchor="events")
data_page.events(report)

st.subheader("What found no place", anchor="kept")
unattributed, refused = st.tabs(
    [
        data_page.tab("Unattributed events", report.unattributed),
        data_page.tab("Refused rows", report.refused),
    ],
    on_change="rerun",
    key="kept",
)
with unattributed:
    if unattributed.open:
        data_page.unattributed()
with refused:
    if refused.open:
        data_page.refused()
