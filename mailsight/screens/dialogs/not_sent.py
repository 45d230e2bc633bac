"""The Not sent dialog: customers who were not sent a campaign, and why."""

from functools import partial

import streamlit as st

from mailsight.components import address, tables
from mailsight.components.export_button import export_button
from mailsight.components.paging import Paging
from mailsight.components.search_box import search_box
from mailsight.exports import rows as export_rows
from mailsight.figures import formats
from mailsight.figures.metrics import Portion, share
from mailsight.reports import recipients
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import cached
from mailsight.vocabulary import NotSentReason
from mailsight.web import addresses, audit, sessions
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.parameters import REASON

ROWS_PER_PAGE = 10


def show(report: CampaignReport) -> None:
    """Show how many customers were not sent the campaign for each reason, and who, if the viewer may see customers."""
    icon = ":material/schedule:" if report.campaign.is_planned else ":material/warning:"
    st.dialog(report.unsent.label, width="large", icon=icon, on_dismiss=address.close_dialog)(
        _reasons_and_customers
    )(report)


@cached.one_generation()
def _reasons_and_customers(report: CampaignReport) -> None:
    counts, campaign_id = report.counts, report.campaign.campaign_id
    if report.campaign.is_planned:
        left_out = counts.not_sent - report.not_sent.get(NotSentReason.OTHER, 0)
        st.markdown(
            f"**{formats.things(counts.not_sent, 'customer')}** planned, of whom "
            f"**{formats.count(left_out)}** will be left out."
        )
    else:
        st.markdown(
            f"**{formats.of(counts.not_sent, counts.selected)}** selected customers were not sent this campaign."
        )
    if not sessions.may(Right.CUSTOMERS):
        _reasons(report)
        return
    reasons, people = st.columns([5, 7], gap="medium")
    with reasons:
        chosen = _reasons(report)
        st.caption("Click a reason to show only its customers.")
    with people:
        with st.container(horizontal=True, vertical_alignment="center"):
            search = search_box("Search name, e-mail or detail", f"not_sent:{campaign_id}:search")
            export_button(
                f"not_sent:{campaign_id}",
                ("not-sent", campaign_id),
                partial(export_rows.not_sent, campaign_id=campaign_id, reason=chosen, search=search),
                Export("not-sent", campaign_id, filters=_filters(chosen, search)),
                right=Right.CUSTOMERS,
            )
        _not_sent_customers(report, chosen, search)


def _not_sent_customers(report: CampaignReport, reason: NotSentReason | None, search: str) -> None:
    """One page of the customers."""
    campaign_id = report.campaign.campaign_id
    paging = Paging(f"not_sent:{campaign_id}:{reason}:{search}:page", ROWS_PER_PAGE, narrow=True)
    page = cached.read(recipients.not_sent, campaign_id, reason, search, paging.first(), ROWS_PER_PAGE)
    audit.listed("not-sent", _filters(reason, search), page.total, search=search, campaign_id=campaign_id)
    tables.table(
        [tables.Column("Customer"), tables.Column("Reason", whole=True)],
        [
            tables.Row(
                str(row["customer_id"]),
                [
                    tables.main(
                        row["name"] or row["customer_id"],
                        row["email"] or "No address",
                        href=addresses.customer(row["customer_id"], report.audience, campaign_id),
                    ),
                    tables.noted(report.why_not_sent(NotSentReason(row["reason"])), row["detail"] or ""),
                ],
            )
            for row in page.customers
        ],
        key="not_sent_customers",
        label="Customers who were not sent this campaign",
        opens=True,
        empty="No customers match.",
    )
    paging.footer(formats.things(page.total, "customer"), page.total)


def _filters(reason: NotSentReason | None, search: str) -> list[str]:
    return [*([f"Reason: {reason.label}"] if reason else []), *(["search"] if search.strip() else [])]


def _reasons(report: CampaignReport) -> NotSentReason | None:
    """The reasons with their counts. If customers may be seen, a click selects one, a second click deselects it."""
    key = f"not_sent:{report.campaign.campaign_id}:reason"
    numbers = sorted(report.not_sent.items(), key=lambda item: -item[1])
    largest = share(max(report.not_sent.values(), default=0), report.counts.not_sent) or 1.0
    chosen: NotSentReason | None = address.value(REASON)
    rows = [
        tables.Row(
            reason.value,
            [
                tables.main(report.why_not_sent(reason), title=reason.meaning),
                tables.rate(
                    portion := Portion(number, report.counts.not_sent),
                    of_largest=largest,
                    colour="#B26A00",
                    text=f"{formats.count(number)} · {formats.percent(portion.rate)}",
                ),
            ],
            chosen=reason is chosen,
        )
        for reason, number in numbers
        if number
    ]
    clicked = tables.table(
        [tables.Column("Reason", fit=True), tables.Column("Customers")],
        rows,
        key=f"{key}s",
        label="Reasons",
        opens=sessions.may(Right.CUSTOMERS),
    )
    if clicked.row:
        address.change((REASON, None if chosen == clicked.row else NotSentReason(clicked.row)))
        st.rerun(scope="fragment")
    return chosen
