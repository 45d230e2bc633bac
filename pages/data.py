"""Data: what is here, where it came from, what could not be used, and the way to more."""

import streamlit as st

from mailsight.reports import data as data_reports
from mailsight.screens import data, navigation, upload
from mailsight.screens.cached import read
from mailsight.screens.frame import head
from mailsight.warehouse.served import warehouse

with head("Data"):
    upload.button()

if not warehouse().exists:
    data.nothing_here(may_upload=upload.allowed())
    st.stop()

report = read(data_reports.data)
data.cards(report)

st.subheader(data.LIVE_WEBHOOKS, anchor="webhooks")
data.webhooks()

st.subheader(data.LOADS, anchor="loads")
data.loads(report)

st.subheader("Events by provider", anchor="events")
data.events(report)

st.subheader("What found no place", anchor="kept")
unattributed, refused = st.tabs(
    [
        data.tab(data.UNATTRIBUTED, report.unattributed),
        data.tab(navigation.REFUSED_ROWS, report.refused),
    ],
    on_change="rerun",
    key="kept",
)
with unattributed:
    if unattributed.open:
        data.unattributed()
with refused:
    if refused.open:
        data.refused()
