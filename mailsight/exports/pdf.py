"""The campaign page as a PDF: the report, and the mail with a badge after each clicked link.

WeasyPrint renders it in a worker process. Whatever a hostile mail does to it, that process has no network, limited time
and bounded memory. If that isn't enough for the mail, the PDF contains the report alone.
"""

from ctypes.util import find_library
from functools import cache, partial
from typing import BinaryIO

from mailsight.bounded import pool
from mailsight.bounded.pool import Lane
from mailsight.bounded.process import Limits
from mailsight.errors import NoPdf, WorkFailed
from mailsight.figures import locales
from mailsight.reports.campaign import click_totals

from . import pdf_process
from . import report as report_export
from .report import ReportContent

MISSING = (
    "Pango is not installed on the server (on Debian: the packages libpango-1.0-0, libpangoft2-1.0-0 and "
    "libharfbuzz-subset0)."
)
# Every real mail tried took at most 6 seconds. A mail that takes more time or memory is left out of the PDF.
PAPER = Lane("paper", Limits(seconds=40.0, memory_bytes=700 * 2**20, answer_bytes=64 * 2**20, nice=10))


@cache
def available() -> bool:
    """Whether Pango, which WeasyPrint needs for text, is installed."""
    return bool(find_library("pango-1.0") and find_library("pangoft2-1.0"))


def write_pdf(content: ReportContent, output: BinaryIO, zone: str | None = None) -> str:
    """Write the PDF. Returns a note for the user, or an empty string if nothing was left out.

    Raises `NoPdf` if Pango is missing or if even the report without the mail can't be rendered.
    """
    if not available():
        raise NoPdf(MISSING)
    note = content.note
    if content.html is not None:
        try:
            output.write(_draw(content, content.html, "", zone))
        except WorkFailed as error:
            note = report_export.left_out(error)
        else:
            return note
    try:
        output.write(_draw(content, None, note, zone))
    except WorkFailed as error:
        raise NoPdf(error.message) from error
    return note


def _draw(content: ReportContent, mail: str | None, note: str, zone: str | None) -> bytes:
    report = content.report
    page = report_export.page(content, zone, note=note)
    clicks = [*report.links, *report.other_links]
    draw = partial(pdf_process.draw, page, mail, clicks, click_totals(report))
    return pool.run(locales.keeping(draw), lane=PAPER)
