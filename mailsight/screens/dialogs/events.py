"""The dialog with the events of one message."""

from collections.abc import Hashable
from functools import partial
from typing import Any

import streamlit as st

from mailsight.audience import agents, programs
from mailsight.audience.machines import REASONS
from mailsight.components import address, tables
from mailsight.components.export_button import export_button
from mailsight.exports import rows as export_rows
from mailsight.figures import formats
from mailsight.reports import customer
from mailsight.screens import cached, navigation
from mailsight.state.audit import Action
from mailsight.vocabulary import EventType
from mailsight.web import audit
from mailsight.web.access import Right
from mailsight.web.audit import Export


@st.dialog("Events of this e-mail", width="large", icon=":material/history:", on_dismiss=address.close_dialog)
@cached.one_generation()
def show(campaign_id: str, customer_id: str) -> None:
    """Show the events of one message in order."""
    events = cached.read(customer.message_events, campaign_id, customer_id)
    audit.viewed(Action.OPENED_EVENTS, campaign_id=campaign_id, customer_id=customer_id)
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
                tables.noted(
                    _detail(event),
                    programs.described(event["user_agent"], event["machine"]),
                    title=event["user_agent"] or "",
                ),
            ],
            quiet=bool(event["machine"]),
        )
        for place, event in enumerate(tables.records(events))
    ]
    columns = [
        tables.Column("When", fit=True, whole=True),
        tables.Column("Event", fit=True),
        tables.Column("Details", whole=True),
    ]
    tables.table(
        columns, rows, key="events", label="Events", empty="No events have been loaded for this e-mail."
    )
    if any(row.quiet for row in rows):
        st.caption("Events by machines are greyed. *Human* figures leave them out.")
    export_button(
        f"events:{campaign_id}:{customer_id}",
        ("events", campaign_id, customer_id),
        partial(export_rows.customer_events, customer_id=customer_id, campaign_id=campaign_id),
        Export("customer-events", campaign_id, customer_id),
        right=Right.RAW_EXPORTS,
        disabled=not rows,
    )


def _detail(event: dict[Hashable, Any]) -> str:
    """Details of an event: the link, or why it failed."""
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
    """Whether a machine did it and by which rule, or whether it came through an image proxy; else an empty string."""
    reason = event["machine"]
    if reason:
        # A rule that no longer exists has only a name.
        return f"by a machine: {REASONS[reason].label if reason in REASONS else reason}"
    opened = event["type"] == EventType.OPENED
    return "through an image proxy" if opened and agents.is_proxied(event["user_agent"]) else ""
