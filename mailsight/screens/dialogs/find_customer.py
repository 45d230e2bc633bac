"""The dialog that finds a customer by name, address or id."""

import streamlit as st

from mailsight.components import address, tables
from mailsight.components.search_box import search_box
from mailsight.figures import formats
from mailsight.reports import find_customers
from mailsight.screens import cached
from mailsight.vocabulary import Audience, NotSentReason
from mailsight.web import addresses, audit


@st.dialog(
    "Find a customer", width="medium", icon=":material/person_search:", on_dismiss=address.close_dialog
)
@cached.one_generation()
def show(audience: Audience) -> None:
    """A search box, and the customers that match best. The text is kept for this session, not in the address."""
    text = search_box("Name, e-mail or customer ID", "find_customer", live="300ms", persist=True).strip()
    if not text:
        st.caption("Enter a name, an e-mail address or a customer ID, or parts of them.")
        return
    matches = cached.read(find_customers.find, text)
    audit.listed("all customers", (), len(matches.customers) + matches.more, search=text)
    tables.table(
        [tables.Column("Customer"), tables.Column("Customer ID", fit=True)],
        [
            tables.Row(
                customer.customer_id,
                [
                    tables.main(
                        customer.name or customer.email or customer.customer_id,
                        (customer.email or NotSentReason.NO_ADDRESS.label) if customer.name else "",
                        href=addresses.customer(customer.customer_id, audience),
                    ),
                    customer.customer_id,
                ],
            )
            for customer in matches.customers
        ],
        key="matching_customers",
        label="Customers",
        opens=True,
        empty="No customers match. Check the spelling, or enter fewer letters.",
    )
    if matches.more:
        st.caption(f"And {formats.count(matches.more)} more. Enter more letters to find the right one.")
