"""The campaign page as a PDF: the report, and the mail with a badge after each clicked link.

WeasyPrint renders it in a separate process. Whatever a hostile mail does to it, that process has no network, limited
time and bounded memory. If that isn't enough for the mail, the PDF contains the report alone.
"""

import json
import logging
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable
from ctypes.util import find_library
from functools import cache
from tempfile import TemporaryFile
from typing import BinaryIO

from mailsight.errors import NoPdf
from mailsight.heatmap.badges import POINTER_PX, SCALE, Badge, badges
from mailsight.mail.documents import parse
from mailsight.mail.links import links_of, shared
from mailsight.mail.safety import link_nodes, write
from mailsight.reports.campaign import click_totals
from mailsight.settings import PROJECT

from . import report as report_export
from .rendering import render
from .report import ReportContent

MISSING = (
    "Pango is not installed on the server (on Debian: the packages libpango-1.0-0, libpangoft2-1.0-0 and "
    "libharfbuzz-subset0)."
)
# Every real mail tried took at most 6 seconds. A mail that takes longer is left out of the PDF.
MAIL_TIMEOUT_SECONDS = 40.0
REPORT_TIMEOUT_SECONDS = 60.0
_ON_PAPER = (
    "display:inline-block!important;position:static!important;float:none!important;visibility:visible!important;"
    "opacity:1!important;transform:none!important;content:normal!important;vertical-align:super!important;"
    "width:{}px!important;height:16px!important;min-width:0!important;min-height:0!important;max-width:none!important;"
    "max-height:none!important;margin:0 0 0 3px!important;padding:0!important;border:0!important;"
    "background:none!important;clip:auto!important"
)
_POLL_SECONDS = 0.05
_log = logging.getLogger(__name__)
_MAIL_LEFT_OUT = "The e-mail couldn't be rendered for this PDF. The HTML report shows it."


@cache
def available() -> bool:
    """Whether Pango, which WeasyPrint needs for text, is installed."""
    return bool(find_library("pango-1.0") and find_library("pangoft2-1.0"))


def mail_for_paper(content: ReportContent) -> str | None:
    """The safe mail with the clicks after each clicked link."""
    if content.html is None:
        return None
    document = parse(content.html)
    nodes = link_nodes(document)
    report = content.report
    clicks = [*report.links, *report.other_links]
    after = {
        nodes[badge.position].mem_id: _picture(badge)
        for badge in badges(clicks, shared(links_of(document, nodes)), click_totals(report), quiet=False)
    }
    return write(document, content.html, after=after, end=render("paper.html"), personal=False)


def _picture(badge: Badge) -> str:
    """The badge as a picture, which no style sheet of the mail can change or add to."""
    is_pointer = badge.look == "pointer"
    shade = None if is_pointer else SCALE[int(badge.look)]
    text = "↑" if is_pointer else f"{badge.text}{badge.sharing}"
    width_px = POINTER_PX if is_pointer else badge.width_px
    drawn = render("badge.svg", text=text, width=width_px, shade=shade).strip()
    address = f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode('ascii')}"
    return f'<img alt="{text}" src="{address}" style="{_ON_PAPER.format(width_px)}">'


def write_pdf(
    content: ReportContent,
    output: BinaryIO,
    check_cancelled: Callable[[], None],
    zone: str | None = None,
) -> str:
    """Write the PDF. Returns a note for the user, or an empty string if nothing was left out.

    `check_cancelled` is called while rendering, and stops it by raising. Raises `NoPdf` if Pango is missing or if
    even the report without the mail can't be rendered.
    """
    if not available():
        raise NoPdf(MISSING)
    mail = mail_for_paper(content)
    if _draw(report_export.page(content, zone), mail, output, check_cancelled, MAIL_TIMEOUT_SECONDS):
        return ""
    if mail is not None and _draw(
        report_export.page(content, zone, note=_MAIL_LEFT_OUT),
        None,
        output,
        check_cancelled,
        REPORT_TIMEOUT_SECONDS,
    ):
        return _MAIL_LEFT_OUT
    raise NoPdf("Rendering failed or took too long.")


def _draw(
    page: str, mail: str | None, output: BinaryIO, check_cancelled: Callable[[], None], seconds: float
) -> bool:
    """Render the PDF in a separate process. Returns whether it succeeded in time."""
    output.seek(0)
    output.truncate()
    deadline = time.monotonic() + seconds
    with TemporaryFile() as request, TemporaryFile() as errors:
        request.write(json.dumps({"page": page, "mail": mail}).encode())
        request.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "mailsight.exports.pdf_process"],
            cwd=PROJECT,
            stdin=request,
            stdout=output,
            stderr=errors,
        )
        try:
            while process.poll() is None and time.monotonic() < deadline:
                check_cancelled()
                time.sleep(_POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        errors.seek(0)
        if process.returncode:
            _log.warning(
                "Rendering a PDF failed: %s", errors.read().decode(errors="replace")[-2000:] or "timed out"
            )
    return process.returncode == 0
