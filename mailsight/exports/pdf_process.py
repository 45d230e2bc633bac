"""Renders a report's HTML as a PDF. For a worker process, since typesetting libraries can't be interrupted.

The mail is a separate document, so its style sheets don't affect the report.
"""

import logging
from collections.abc import Sequence
from typing import Any

from mailsight.heatmap.badges import ClickTotals
from mailsight.mail.links import LinkClicks

from . import mail_pages

MAX_MAIL_PAGES = 12


def draw(page: str, mail: str | None, clicks: Sequence[LinkClicks], totals: ClickTotals) -> bytes:
    """Render the report page as a PDF, followed by the first pages of the mail with its clicks, if any."""
    paper = None if mail is None else mail_pages.on_paper(mail, clicks, totals)
    return typeset(page, paper)


def typeset(page: str, mail: str | None) -> bytes:
    """Render two documents as one PDF, of the second only the first pages."""
    # Imported here because it needs Pango, which is optional.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.ERROR)

    def document(html: str, media: str) -> Any:
        # Only data: URLs: no network, no files.
        fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
        return HTML(string=html, base_url=None, url_fetcher=fetcher, media_type=media).render(
            presentational_hints=True  # widths and colours as attributes, as mails have them
        )

    report = document(page, "print")
    pages = [] if mail is None else document(mail, "screen").pages[:MAX_MAIL_PAGES]
    for each in pages:  # A reader would show these as part of the report.
        each.bookmarks, each.forms = [], {None: []}
        each.links = [link for link in each.links if link[0] != "attachment"]
    return bytes(report.copy([*report.pages, *pages]).write_pdf())
