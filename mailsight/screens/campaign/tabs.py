"""The tabs that look at a campaign in time and by where it is read: Timeline, Weekday and hour, Mailbox providers, Mail
programs. Each reads only when it is open."""

import streamlit as st

from mailsight.figures import explanations
from mailsight.reports.campaign import CampaignReport
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
    st.info(
        "Nobody has opened or clicked yet." if report.counts.sent else "Not sent yet.",
        icon=":material/schedule:",
    )


def how_counted(title: str) -> None:
    if st.button("How is this counted?", icon=":material/help:", type="tertiary", key=f"counted:{title}"):
        _explained(title)


@st.dialog("How is this counted?", width="medium", icon=":material/calculate:")
def _explained(title: str) -> None:
    """A section of docs/metrics.md."""
    section = explanations.section(title)
    st.markdown(f"**{section.title}**")
    st.markdown(section.text)
