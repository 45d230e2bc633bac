"""The Report menu of a campaign page."""

from typing import BinaryIO

from mailsight.components.export_button import report_button
from mailsight.exports import pdf
from mailsight.exports import report as report_export
from mailsight.exports.jobs import OnProgress
from mailsight.exports.lists import Format
from mailsight.reports.campaign import CampaignReport
from mailsight.screens import navigation
from mailsight.warehouse.reader import Snapshot
from mailsight.web import sessions
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.downloads import Write

from . import dialogs

SHARE = "**Share**, a link for people without an account"


def report_menu(report: CampaignReport) -> None:
    """A menu that exports the campaign page as an HTML or PDF file."""
    campaign_id, audience, zone = report.campaign.campaign_id, report.audience, navigation.zone()

    def as_html(data: Snapshot, output: BinaryIO, on_progress: OnProgress) -> str:
        on_progress(0, 0)
        content = report_export.read(data, campaign_id, audience)
        html, note = report_export.as_html(content, zone)
        output.write(html.encode())
        return note

    def as_pdf(data: Snapshot, output: BinaryIO, on_progress: OnProgress) -> str:
        on_progress(0, 0)
        content = report_export.read(data, campaign_id, audience)
        return pdf.write_pdf(content, output, zone)

    writes: dict[Format, Write] = {Format.HTML: as_html, Format.PDF: as_pdf}
    name = ("report", campaign_id, audience.value)
    others = {SHARE: dialogs.opener("share")} if sessions.may(Right.SHARES) else {}
    report_button(f"report:{campaign_id}", name, writes, Export("report", campaign_id), others)
