"""Texts and controls shared by the tabs Timeline, Weekday and hour, Mailbox providers and Mail programs."""

import streamlit as st

from mailsight.figures import formats
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import frame
from mailsight.screens.dialogs import explained
from mailsight.vocabulary import Status

EVENTS, CUSTOMERS = "Opens and clicks", "Customers"
KINDS = {"Opens": ("opens", Status.OPENED), "Clicks": ("clicks", Status.CLICKED)}
LEFT_OUT = (
    "Opens by machines are left out, including Apple Mail's automatic opens. Where many customers use Apple Mail, "
    "as at iCloud, fewer opens are visible. Switch to *All* to include them."
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
    elif report.counts.not_sent and not report.campaign.is_planned:
        st.info("Nobody was sent this campaign.", icon=":material/info:")
    else:
        st.info(f"{formats.NOT_SENT_YET}.", icon=":material/schedule:")


def nobody_selected() -> None:
    st.info("No customers have been selected for this campaign yet.", icon=":material/group_off:")


def how_counted(title: str) -> None:
    """A button that shows a section of docs/metrics.md."""
    if st.button(explained.HOW_COUNTED, icon=":material/help:", type="tertiary", key=f"counted:{title}"):
        explained.section(title)
