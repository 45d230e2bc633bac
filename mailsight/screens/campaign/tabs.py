"""The tabs that look at a campaign in time and by where it is read: Timeline, Weekday and hour, Mailbox providers, Mail
programs. Each reads only when it is open."""

import streamlit as st

from mailsight.figures import formats
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import frame
from mailsight.screens.dialogs import explained
from mailsight.vocabulary import Status

EVENTS, CUSTOMERS = "Opens and clicks", "Customers"
KINDS = {"Opens": ("opens", Status.OPENED), "Clicks": ("clicks", Status.CLICKED)}
LEFT_OUT = (
    "Opens by machines are left out, Apple Mail's own among them: where many read with it, as at iCloud, fewer opens "
    "are seen. *All* shows them."
)
STATIC = {"displayModeBar": False}


def switch(label: str, options: list[str], default: str, key: str) -> str:
    return (
        st.segmented_control(
            label, options, default=default, required=True, label_visibility="collapsed", key=key
        )
        or default
    )


def nothing_yet(report: CampaignReport) -> None:
    if report.counts.sent:
        frame.nobody_yet()
    else:
        st.info(f"{formats.NOT_SENT_YET}.", icon=":material/schedule:")


def nobody_selected() -> None:
    st.info("This campaign has selected nobody yet.", icon=":material/group_off:")


def how_counted(title: str) -> None:
    """The button that shows a section of docs/metrics.md."""
    if st.button(explained.HOW_COUNTED, icon=":material/help:", type="tertiary", key=f"counted:{title}"):
        explained.section(title)
