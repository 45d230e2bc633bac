"""Campaign: how one campaign performed, from its selection down to each customer."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from mailsight.components import address
from mailsight.figures import formats
from mailsight.merging.sample_values import sampled_subject
from mailsight.reports import campaign as campaign_reports
from mailsight.screens import navigation
from mailsight.screens.cached import read
from mailsight.screens.campaign import (
    customers,
    dialogs,
    figures,
    heatmap,
    mailboxes,
    programs,
    reported,
    states,
    timeline,
    week,
)
from mailsight.screens.campaign import report as report_menu
from mailsight.screens.frame import facts, head, line
from mailsight.web import parameters, sessions
from mailsight.web.access import Right

campaign_id = navigation.shown_id()
audience = navigation.audience()
report = read(campaign_reports.report, campaign_id, audience)
campaign = report.campaign

with head(campaign.name):
    if sessions.may(Right.CUSTOMERS):
        st.button("Selection", icon=":material/filter_alt:", on_click=dialogs.opener("selection"))
    st.button("Preview e-mail", icon=":material/visibility:", on_click=dialogs.opener("preview"))
    report_menu.report_menu(report)
    address.copy_link()
    navigation.audience_switch(other=figures.other_audience(report))
with line("facts"):
    facts(
        f"“{sampled_subject(campaign.subject)}”" if campaign.subject else formats.NO_SUBJECT,
        formats.sender(campaign.from_name, campaign.from_email),
        f"sent {formats.moment(campaign.sent_at, navigation.zone())}"
        if campaign.sent_at
        else formats.NO_SENDING_DATE,
        tags=campaign.tags,
    )
    figures.audience_note(report)

figures.verdict(report)

figures.cards(report)

with st.container(key="results"):
    left, right = st.columns([7, 5], gap="medium")
with left:
    st.header("Opened and clicked", anchor=False)
    figures.rates_table(report)
    figures.machines(report)
    reported.sources(report)
    reported.sales(report)
    reported.differences(report)
with right:
    if report.counts.are_totals_only:
        reported.missing(report)
    else:
        st.header(
            "Status of messages",
            anchor=False,
            help="The funnel counts everyone who got at least this far. Below it, each customer counts once, so the "
            "five statuses add up to Sent."
            + (" Click any of them to see its customers." if sessions.may(Right.CUSTOMERS) else ""),
        )
        states.funnel(report)

tabs: dict[str, Callable[[campaign_reports.CampaignReport], None]] = {
    "Status": states.states_table,
    "Heatmap": partial(heatmap.show, customers_shown=states.customers_shown),
    "Timeline": timeline.show,
    "Weekday and hour": week.show,
    "Mailbox providers": mailboxes.show,
    "Mail programs": programs.show,
}
on_change = address.follow(parameters.TAB, "tab")
if not report.counts.are_totals_only:
    for tab, show in zip(st.tabs(list(tabs), on_change=on_change, key="tab"), tabs.values(), strict=True):
        with tab:
            if tab.open:
                show(report)
    customers.customers(report)
dialogs.show(report)
