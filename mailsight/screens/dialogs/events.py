"""The dialog of everything that happened to one message."""

from collections.abc import Hashable
from functools import partial
from typing import Any

import streamlit as st

from mailsight.audience import agents
from mailsight.audience.machines import REASONS
from mailsight.components import tables
from mailsight.components.export_button import export_button
from mailsight.exports import rows as export_rows
from mailsight.figures import formats
from mailsight.reports import customer
from mailsight.screens import cached, navigation
from mailsight.vocabulary import EventType


@st.dialog("What happened", width="large", icon=":material/history:")
@cached.one_generation()
def show(campaign_id: str, customer_id: str) -> None:
    """The events of one message, in order."""
    happened = cached.read(customer.message_events, campaign_id, customer_id)
    rows = [
        tables.Row(
            str(place),
            [
                formats.precise_moment(event["occurred_at"], navigation.zone()),
                tables.main(
                    EventType(event["type"]).label,
                    _by_whom(event),
                    title=EventType(event["type"]).meaning,
                ),
                tables.noted(_detail(event), event["user_agent"] or ""),
            ],
            quiet=bool(event["machine"]),
        )
        for place, event in enumerate(tables.records(happened))
    ]
    columns = [
        tables.Column("When", fit=True, whole=True),
        tables.Column("What", fit=True),
        tables.Column("Detail", whole=True),
    ]
    tables.table(
        columns, rows, key="events", label="Events", empty="Nothing is known to have happened to this mail."
    )
    if any(row.quiet for row in rows):
        st.caption("What machines did is greyed. *Human* figures leave it out.")
    export_button(
        f"events:{campaign_id}:{customer_id}",
        ("events", campaign_id, customer_id),
        partial(export_rows.customer_events, customer_id=customer_id, campaign_id=campaign_id),
        disabled=not rows,
    )


def _detail(event: dict[Hashable, Any]) -> str:
    """What an event tells beside its type: the link, or the reason."""
    parts = [
        event["label"],
        event["url"],
        event["bounce_type"] and f"{event['bounce_type']} bounce",
        event["reject_reason"],
        event["smtp_status"],
        event["diagnostic"],
    ]
    return " · ".join(str(part) for part in dict.fromkeys(parts) if part)


def _by_whom(event: dict[Hashable, Any]) -> str:
    """That a machine did it, and how that was told; that a picture was fetched for a person; else nothing."""
    reason = event["machine"]
    if reason:
        # A rule that is no more has its name alone.
        return f"by a machine: {REASONS[reason].label if reason in REASONS else reason}"
    opened = event["type"] == EventType.OPENED
    return "through a picture proxy" if opened and agents.is_proxied(event["user_agent"]) else ""
