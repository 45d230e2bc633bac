"""Customer: their details, and every e-mail they received, with its opens and clicks."""

import streamlit as st

from mailsight.components import address
from mailsight.reports import customer as customer_reports
from mailsight.screens import customer as customer_screen
from mailsight.screens import navigation
from mailsight.screens.cached import read
from mailsight.screens.frame import facts, head, line
from mailsight.state.audit import Action
from mailsight.vocabulary import NotSentReason
from mailsight.web import audit

customer_id = navigation.shown_id()
audience = navigation.audience()
report = read(customer_reports.report, customer_id, audience)
customer = report.customer
audit.viewed(Action.OPENED_CUSTOMER, customer_id=customer.customer_id)
name = customer.name or customer.email or customer.customer_id

with head(name, customer_screen.campaign_before(report)):
    customer_screen.erase_button()
    address.copy_link()
    navigation.audience_switch()
facts(customer.email or NotSentReason.NO_ADDRESS.label, f"customer ID {customer.customer_id}")

details, history = st.columns([4, 9], gap="medium")
with details:
    st.header("Details", anchor=False)
    customer_screen.details(customer)
with history:
    with line("history_head"):
        st.header("Contact history", anchor=False, width="content")
        customer_screen.export_buttons(report, audience)
    customer_screen.totals(report, audience)
    customer_screen.history(report, audience)

customer_screen.dialog(report)
