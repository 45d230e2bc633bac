"""The dialog of opens and clicks that machines made, by rule, with examples."""

import streamlit as st

from mailsight.audience import machines
from mailsight.audience.machines import REASONS, Rule
from mailsight.components import tables
from mailsight.figures import formats
from mailsight.reports import campaign
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import cached, navigation
from mailsight.vocabulary import Audience, EventType
from mailsight.web import addresses


@st.dialog("Made by machines", width="large", icon=":material/smart_toy:")
@cached.one_generation()
def show(report: CampaignReport) -> None:
    """How many opens and clicks machines made by each rule, and examples of the chosen one."""
    campaign_id = report.campaign.campaign_id
    key = f"machines:{campaign_id}"
    found = cached.read(campaign.machines, campaign_id)
    st.markdown(
        f"**{formats.of(report.machine_opens, report.all_opens)} opens** and "
        f"**{formats.of(report.machine_clicks, report.all_clicks)} clicks** of this campaign were made by machines, "
        "as far as can be told. Nothing is thrown away: *All* counts them, *Human* leaves them out."
    )
    chosen = st.session_state.get(key, found[0].reason if found else None)
    unsubscribes = any(one.unsubscribes for one in found)
    rows = [
        tables.Row(
            one.reason,
            [
                tables.main(one.label, one.looks_at.replace("`", "")),
                formats.count(one.opens),
                formats.count(one.clicks),
                *([formats.count(one.unsubscribes)] if unsubscribes else []),
            ],
            chosen=one.reason == chosen,
        )
        for one in found
    ]
    columns = [
        tables.Column("How it was told"),
        tables.Column("Opens", right=True, fit=True),
        tables.Column("Clicks", right=True, fit=True),
        *([tables.Column("Unsubscribed", right=True, fit=True)] if unsubscribes else []),
    ]
    clicked = tables.table(columns, rows, key=f"{key}:rules", label="What machines did, by rule", opens=True)
    if clicked.row:
        st.session_state[key] = clicked.row
        st.rerun(scope="fragment")
    if chosen:
        _examples(campaign_id, REASONS[chosen])
    st.caption("Every rule, its threshold and how to change it: `docs/machines.md`.")


def _examples(campaign_id: str, rule: Rule) -> None:
    """Some of the events that one rule found, and how sure it is."""
    threshold = machines.rules().threshold(rule)
    st.markdown(f"**Examples: {rule.label}**")
    parts = [f"Threshold: {threshold}." if threshold else "", f"What it can get wrong: {rule.can_get_wrong}"]
    st.caption(" ".join(part for part in parts if part))
    rows = [
        tables.Row(
            str(event["customer_id"]),
            [
                formats.precise_moment(event["occurred_at"], navigation.zone()),
                tables.main(
                    event["name"],
                    EventType(event["type"]).label.lower(),
                    href=addresses.customer(event["customer_id"], Audience.ALL),
                ),
                tables.noted(
                    event["url"] or "", " · ".join(filter(None, (event["user_agent"], event["ip"])))
                ),
            ],
        )
        for event in tables.records(cached.read(campaign.machine_examples, campaign_id, rule.name))
    ]
    columns = [
        tables.Column("When", fit=True, whole=True),
        tables.Column("Customer"),
        tables.Column("What came", whole=True),
    ]
    clicked = tables.table(
        columns, rows, key=f"examples:{campaign_id}:{rule.name}", label=f"Examples: {rule.label}", opens=True
    )
    if clicked.row:
        navigation.open_customer(clicked.row, campaign_id)
