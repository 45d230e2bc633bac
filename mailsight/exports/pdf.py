"""The campaign page to take along as a PDF: the same report, and the mail with a badge behind each link, on paper.

WeasyPrint draws it in a process of its own: whatever a hostile mail does to it, it has no network, little time and
bounded memory, and the report comes without the picture of the mail where that is not enough.
"""

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable
from ctypes.util import find_library
from functools import cache
from tempfile import TemporaryFile
from typing import BinaryIO

from selectolax.lexbor import LexborHTMLParser

from mailsight.errors import NoPdf
from mailsight.heatmap.badges import SCALE, badges
from mailsight.mail.links import links_of, shared
from mailsight.mail.safety import link_nodes, write
from mailsight.reports.campaign import click_totals
from mailsight.settings import PROJECT

from . import report as report_export
from .rendering import render
from .report import TakeAlong

MISSING = (
    "Pango is missing on the server (on Debian the packages libpango-1.0-0, libpangoft2-1.0-0 and "
    "libharfbuzz-subset0)."
)
# Every mail that was tried was drawn in six. A hostile one costs the first, and the report comes without it.
MAIL_SECONDS = 40.0
MOST_SECONDS = 60.0
_POLL_SECONDS = 0.05
_log = logging.getLogger(__name__)
_NO_PICTURE = "The e-mail could not be drawn for paper; the HTML report shows it."


@cache
def available() -> bool:
    """Whether what WeasyPrint draws letters with is on this machine."""
    return bool(find_library("pango-1.0") and find_library("pangoft2-1.0"))


def mail_for_paper(taken: TakeAlong) -> str | None:
    """The safe mail with the clicks behind each clicked link, drawn by its style sheet alone."""
    if taken.html is None:
        return None
    document = LexborHTMLParser(taken.html)
    nodes = link_nodes(document)
    report = taken.report
    clicks = [*report.links, *report.other_links]
    marks = {}
    for badge in badges(clicks, shared(links_of(document, nodes)), click_totals(report), quiet=False):
        text = "↑" if badge.look == "pointer" else f"{badge.text}{badge.sharing}"
        marks[nodes[badge.position].mem_id] = f' data-clicks="{text}" data-shade="{badge.look}"'
    # The last style sheet of the mail: of two rules that are important, the later one holds.
    drawn = write(document, taken.html, marks=marks, end=render("paper_badges.html", scale=SCALE))
    return report_export.without_addresses(drawn)


def write_pdf(taken: TakeAlong, output: BinaryIO, told: Callable[[], None], zone: str | None = None) -> str:
    """Writes the PDF into a file; what there is to know of it. `told` is asked meanwhile, and ends it by raising.

    Raises `NoPdf` where Pango is missing, or not even the report without the mail can be drawn.
    """
    if not available():
        raise NoPdf(MISSING)
    mail = mail_for_paper(taken)
    if _draw(report_export.page(taken, zone), mail, output, told, MAIL_SECONDS):
        return ""
    if mail is not None and _draw(
        report_export.page(taken, zone, note=_NO_PICTURE), None, output, told, MOST_SECONDS
    ):
        return _NO_PICTURE
    raise NoPdf("It failed, or took too long.")


def _draw(page: str, mail: str | None, output: BinaryIO, told: Callable[[], None], seconds: float) -> bool:
    """Whether a process of its own wrote the PDF in its time."""
    output.seek(0)
    output.truncate()
    deadline = time.monotonic() + seconds
    with TemporaryFile() as question, TemporaryFile() as said:
        question.write(json.dumps({"page": page, "mail": mail}).encode())
        question.seek(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "mailsight.exports.pdf_process"],
            cwd=PROJECT,
            stdin=question,
            stdout=output,
            stderr=said,
        )
        try:
            while process.poll() is None and time.monotonic() < deadline:
                told()
                time.sleep(_POLL_SECONDS)
        finally:
            if process.poll() is None:
                process.kill()
            process.wait()
        said.seek(0)
        if process.returncode:
            _log.warning(
                "A PDF was not drawn: %s", said.read().decode(errors="replace")[-2000:] or "too late"
            )
    return process.returncode == 0
