"""What is loaded in all, or how to begin."""

import streamlit as st

from mailsight.figures import formats
from mailsight.importing import uploaded
from mailsight.reports.data import DataReport
from mailsight.screens.frame import ASK_ADMIN

_CARDS = {
    "campaigns": ("Campaigns", "Campaigns that were sent or are planned."),
    "customers": ("Customers", "People in the customer data you loaded."),
    "messages": ("Messages", "One for each customer a campaign selected, whether it was sent or not."),
    "events": ("Events", "Everything that happened to messages: delivered, opened, clicked and so on."),
}


def nothing_here(*, may_upload: bool) -> None:
    """Show how to load data into an installation that has none yet."""
    st.info("No data has been loaded yet.", icon=":material/database_off:")
    upload = (
        f"**Upload** files with the button above: an export from {uploaded.SENDERS}, your own tables, or a bundle."
        if may_upload
        else ASK_ADMIN
    )
    ways = [
        upload,
        "On the server, run `python -m mailsight import`, or `load` for a bundle, or `ingest` for provider files.",
        "Just looking around? Run `python -m mailsight sample` to create sample data.",
    ]
    st.markdown("\n".join(f"- {way}" for way in ways))


def cards(report: DataReport) -> None:
    """Row counts of the main tables."""
    with st.container(border=True, key="totals"), st.grid(len(_CARDS), min_column_width=105, gap="small"):
        for table, (label, meaning) in _CARDS.items():
            st.metric(label, formats.count(report.rows[table]), help=meaning)
