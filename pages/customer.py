"""Customer: who it is, and every mail of theirs with what they did with it."""

import streamlit as st

from mailsight.components import tables
from mailsight.figures import formats
from mailsight.reports import campaign as reports
from mailsight.screens import customer as contact_history
from mailsight.screens import navigation as screens
from mailsight.screens.campaign import report as exporting
from mailsight.screens.dialogs import selection as dialogs
from mailsight.screens.frame import facts, read, updated

customer_id = screens.shown_id("customer")
clicked = tables.clicked(contact_history.TABLE)
if clicked.action == "open" and clicked.row:
    screens.open_campaign(clicked.row, customer_id)
audience = screens.audience()
report = read(reports.customer, customer_id, audience)
customer = report.customer
name = customer.name or customer.email or customer.customer_id

screens.tab_title(name)
with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="top"):
    screens.trail(name, contact_history.campaign_before(report))
    updated()

with st.container(
    horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="head"
):
    st.title(formats.plain(name), anchor=False, width="content")
    screens.audience_switch()
facts(customer.email or "No e-mail address", f"customer {customer.customer_id}")

details, history = st.columns([4, 9], gap="medium")
with details:
    st.subheader("Details", anchor=False)
    contact_history.details(customer)
with history:
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center", key="history_head"
    ):
        st.subheader("Contact history", anchor=False, width="content")
        exporting.contact_history(report, audience)
    contact_history.totals(report, audience)
    contact_history.history(report, audience)

if clicked.action == "mail" and clicked.row:
    dialogs.customer_mail(clicked.row, customer.customer_id)
if clicked.action == "events" and clicked.row:
    dialogs.events(clicked.row, customer.customer_id)
