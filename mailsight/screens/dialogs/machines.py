"""The dialog on opens and clicks by machines: their number by rule, with examples."""

import streamlit as st

from mailsight.audience import machines, programs
from mailsight.audience.machines import REASONS, Rule
from mailsight.components import address, tables
from mailsight.figures import formats
from mailsight.reports import campaign
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import cached, navigation
from mailsight.vocabulary import Audience, EventType
from mailsight.web import addresses, sessions
from mailsight.web.access import Right
from mailsight.web.parameters import RULE


@st.dialog(
    "Opens and clicks by machines",
    width="large",
    icon=":material/smart_toy:",
    on_dismiss=address.close_dialog,
)
@cached.one_generation()
def show(report: CampaignReport) -> None:
    """Show how many opens and clicks each rule detected, with examples of the selected rule, which name customers."""
    campaign_id = report.campaign.campaign_id
    key = f"machines:{campaign_id}"
    detected = cached.read(campaign.machines, campaign_id)
    st.markdown(
        f"**{formats.of(report.machine_opens, report.all_opens)} opens** and "
        f"**{formats.of(report.machine_clicks, report.all_clicks)} clicks** of this campaign were most likely "
        "made by machines. *Human* figures leave them out, *All* counts them."
    )
    reasons = [rule.reason for rule in detected]
    shown = address.value(RULE)
    has_examples = sessions.may(Right.CUSTOMERS)
    chosen = (shown if shown in reasons else next(iter(reasons), None)) if has_examples else None
    unsubscribes = any(rule.unsubscribes for rule in detected)
    rows = [
        tables.Row(
            rule.reason,
            [
                tables.main(rule.label, rule.looks_at.replace("`", "")),
                formats.count(rule.opens),
                formats.count(rule.clicks),
                *([formats.count(rule.unsubscribes)] if unsubscribes else []),
            ],
            chosen=rule.reason == chosen,
        )
        for rule in detected
    ]
    columns = [
        tables.Column("Detected by"),
        tables.Column("Opens", right=True, fit=True),
        tables.Column("Clicks", right=True, fit=True),
        *([tables.Column("Unsubscribed", right=True, fit=True)] if unsubscribes else []),
    ]
    clicked = tables.table(
        columns,
        rows,
        key=f"{key}:rules",
        label="Opens and clicks by machines, by rule",
        opens=has_examples,
    )
    if clicked.row:
        address.change((RULE, clicked.row))
        st.rerun(scope="fragment")
    if chosen:
        _examples(campaign_id, REASONS[chosen])
    st.caption("`docs/machines.md` describes every rule, its threshold and how to change it.")


def _examples(campaign_id: str, rule: Rule) -> None:
    """Some events that one rule detected, its threshold and its limits."""
    threshold = machines.rules().threshold(rule)
    st.subheader(f"Examples: {rule.label}", anchor=False)
    parts = [f"Threshold: {threshold}." if threshold else "", f"Possible mistake: {rule.can_get_wrong}"]
    st.caption(" ".join(part for part in parts if part))
    rows = [
        tables.Row(
            str(event["customer_id"]),
            [
                formats.precise_moment(event["occurred_at"], navigation.zone()),
                tables.main(
                    event["name"],
                    EventType(event["type"]).label.lower(),
                    href=addresses.customer(event["customer_id"], Audience.ALL, campaign_id),
                ),
                tables.noted(
                    event["url"] or "",
                    " · ".join(
                        filter(None, (programs.described(event["user_agent"], rule.name), event["ip"]))
                    ),
                    title=event["user_agent"] or "",
                ),
            ],
        )
        for event in tables.records(cached.read(campaign.machine_examples, campaign_id, rule.name))
    ]
    columns = [
        tables.Column("When", fit=True, whole=True),
        tables.Column("Customer"),
        tables.Column("Details", whole=True),
    ]
    tables.table(
        columns, rows, key=f"examples:{campaign_id}:{rule.name}", label=f"Examples: {rule.label}", opens=True
    )
