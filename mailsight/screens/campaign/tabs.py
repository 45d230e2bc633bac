"""Texts and controls shared by the tabs Timeline, Weekday and hour, Mailbox providers and Mail programs."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from mailsight.components import address
from mailsight.figures import formats
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import frame
from mailsight.screens.dialogs import explained
from mailsight.vocabulary import Status
from mailsight.web import parameters
from mailsight.web.parameters import Parameter

from . import dialogs

KINDS = {"Opens": ("opens", Status.OPENED), "Clicks": ("clicks", Status.CLICKED)}
LEFT_OUT = (
    "Opens by machines are left out, including Apple Mail's automatic opens. Where many customers use Apple Mail, "
    "as at iCloud, fewer opens are visible. Switch to *All* to include them."
)
STATIC = {"displayModeBar": False}


def switch(label: str, parameter: Parameter[Any], options: Sequence[str], key: str) -> str:
    """A switch between these options. The chosen one is in the address."""
    return str(
        st.segmented_control(
            label,
            options,
            required=True,
            label_visibility="collapsed",
            key=key,
            on_change=address.follow(parameter, key),
        )
    )


def nothing_yet(report: CampaignReport) -> None:
    if report.counts.reported and (not report.status or report.counts.is_reported("opened")):
        st.info(
            "Only totals are known, not which customers opened or clicked, or when.", icon=":material/info:"
        )
    elif report.counts.sent:
        frame.nobody_yet()
    elif report.counts.not_sent and not report.campaign.is_planned:
        st.info("Nobody was sent this campaign.", icon=":material/info:")
    else:
        st.info(f"{formats.NOT_SENT_YET}.", icon=":material/schedule:")


def nobody_selected() -> None:
    st.info("No customers have been selected for this campaign yet.", icon=":material/group_off:")


def how_counted(title: str) -> None:
    """A button that shows a section of docs/metrics.md, one of `dialogs.SECTIONS`."""
    st.button(
        explained.HOW_COUNTED,
        icon=":material/help:",
        type="tertiary",
        key=f"counted:{title}",
        on_click=dialogs.opener("section", parameters.slug(title)),
    )
