"""Data: what was loaded, where it came from, and what could not be matched or loaded."""

import streamlit as st

from mailsight.components import address
from mailsight.reports import data as data_reports
from mailsight.screens import data, navigation, upload
from mailsight.screens.cached import read
from mailsight.screens.frame import head
from mailsight.warehouse.served import warehouse

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

data.kept(report)

data.disk_space()
upload.dialog()
