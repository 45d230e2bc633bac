"""Data: what was loaded, where it came from, and what could not be matched or loaded."""

import streamlit as st

from mailsight.components import address
from mailsight.reports import data as data_reports
from mailsight.screens import data, navigation, upload
from mailsight.screens.cached import read
from mailsight.screens.frame import head
from mailsight.warehouse.served import warehouse
from mailsight.web.parameters import KEPT_TAB, REJECTED, UNMATCHED

with head("Data"):
    upload.button()
    navigation.audit_link()
    address.copy_link()

data.disk()

if not warehouse().exists:
    data.nothing_here(may_upload=upload.allowed())
    upload.dialog()
    st.stop()

report = read(data_reports.data)
data.cards(report)

st.header(data.LIVE_WEBHOOKS, anchor="webhooks")
data.webhooks()

data.imports(report)

st.header(data.LOADS, anchor="loads")
data.loads(report)

st.header("Events by provider", anchor="events")
data.events(report)

st.header("Unmatched and rejected data", anchor="kept")
tabs = {
    UNMATCHED: data.tab(UNMATCHED, report.unattributed),
    REJECTED: data.tab(REJECTED, report.refused),
}
on_change = address.follow(
    KEPT_TAB, "kept", shown=lambda tab: tabs[tab], chosen={label: tab for tab, label in tabs.items()}.get
)
unmatched, rejected = st.tabs(list(tabs.values()), on_change=on_change, key="kept")
with unmatched:
    if unmatched.open:
        data.unmatched_events()
with rejected:
    if rejected.open:
        data.rejected_rows()

upload.dialog()
