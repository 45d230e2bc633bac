"""Data: what was loaded, where it came from, and what could not be matched or loaded."""

import streamlit as st

from mailsight.components import address
from mailsight.reports import data as data_reports
from mailsight.screens import navigation, upload
from mailsight.screens.cached import read
from mailsight.screens.data import disk, events, imports, kept, loads, overview, webhooks
from mailsight.screens.frame import head
from mailsight.warehouse.served import warehouse

with head("Data"):
    upload.button()
    navigation.audit_link()
    address.copy_link()

disk.warn()

if not warehouse().exists:
    overview.nothing_here(may_upload=upload.allowed())
    webhooks.show()
    upload.dialog()
    st.stop()

report = read(data_reports.data)
overview.cards(report)
webhooks.show()
imports.show(report)
loads.show(report)
events.show(report)
kept.show(report)
disk.show()

upload.dialog()
