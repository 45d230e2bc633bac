"""Data: what was loaded, where it came from, and what could not be matched or loaded."""

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

st.header(data.LIVE_WEBHOOKS, anchor="webhooks")
data.webhooks()

st.header(data.LOADS, anchor="loads")
data.loads(report)

st.header("Events by provider", anchor="events")
data.events(report)

st.header("Unmatched and rejected data", anchor="kept")
unmatched, rejected = st.tabs(
    [
        data.tab(data.UNMATCHED_EVENTS, report.unattributed),
        data.tab(navigation.REJECTED_ROWS, report.refused),
    ],
    on_change="rerun",
    key="kept",
)
with unmatched:
    if unmatched.open:
        data.unmatched_events()
with rejected:
    if rejected.open:
        data.rejected_rows()
