"""What can be taken along from a page as a whole: a campaign's customers, events and report, a customer's history."""

from collections.abc import Callable
from functools import partial
from typing import BinaryIO

import streamlit as st

from mailsight.components.export_button import export_button, file_menu
from mailsight.exports import pdf as report_pdf
from mailsight.exports import report as report_file
from mailsight.exports import rows as export_reads
from mailsight.exports.jobs import Told, Work
from mailsight.exports.lists import Format
from mailsight.exports.writers import Rows
from mailsight.reports.campaign import CampaignReport, CustomerReport
from mailsight.screens import navigation as screens
from mailsight.screens.frame import warehouse
from mailsight.vocabulary import Audience


def customers(report: CampaignReport, shown: Callable[[], Rows]) -> None:
    """The customers whom the grid shows, and everything that happened to the campaign's messages."""
    campaign_id, audience = report.campaign.campaign_id, report.audience
    with st.container(horizontal=True, width="content", gap="small", key="customers_exports"):
        export_button(
            f"customers:{campaign_id}",
            ("customers", campaign_id, audience.value),
            shown,
        )
        export_button(
            f"events:{campaign_id}",
            ("events", campaign_id),
            partial(export_reads.events, warehouse(), campaign_id),
            label="Events",
        )


def report_menu(report: CampaignReport) -> None:
    """The page as one file: HTML or PDF."""
    campaign_id, audience, zone = report.campaign.campaign_id, report.audience, screens.zone()

    def as_html(output: BinaryIO, told: Told) -> str:
        told(0, 0)
        taken = report_file.read(warehouse(), campaign_id, audience)
        output.write(report_file.as_html(taken, zone).encode())
        return ""

    def as_pdf(output: BinaryIO, told: Told) -> str:
        told(0, 0)
        taken = report_file.read(warehouse(), campaign_id, audience)
        return report_pdf.write_pdf(taken, output, lambda: told(0, 0), zone)

    works: dict[Format, Work] = {Format.HTML: as_html, Format.PDF: as_pdf}
    file_menu(
        f"report:{campaign_id}",
        "Report",
        ("report", campaign_id, audience.value),
        dict.fromkeys(works, works.__getitem__),
        unit="pages",
        icon=":material/summarize:",
        uses={} if report_pdf.available() else {Format.PDF: "not here: Pango is missing on the server"},
    )


def contact_history(report: CustomerReport, audience: Audience) -> None:
    """A customer's mails, and everything that happened to them."""
    customer_id = report.customer.customer_id
    with st.container(horizontal=True, width="content", gap="small", key="history_exports"):
        export_button(
            f"history:{customer_id}",
            ("history", customer_id, audience.value),
            partial(export_reads.history, warehouse(), customer_id, audience),
        )
        export_button(
            f"customer_events:{customer_id}",
            ("events", customer_id),
            partial(export_reads.customer_events, warehouse(), customer_id),
            label="Events",
        )
