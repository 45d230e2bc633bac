"""Draws a report's HTML as a PDF, as a process of its own: from standard input to standard output, with nothing else.

The mail is a document of its own, so that its style sheets do not reach the report. Whoever starts this ends it when it
takes too long; no clock within would do, since the libraries that set the type don't listen to one.
"""

import json
import logging
import os
import sys
from typing import Any

MOST_MAIL_PAGES = 12
MOST_MEMORY_BYTES = 3_000_000_000


def draw(page: str, mail: str | None) -> bytes:
    """The PDF: the page, and after it the first pages of the mail where there is one."""
    # Imported here: whoever asks for no PDF need not have Pango.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    def document(html: str, media: str) -> Any:
        # Only what a document carries within itself: no network, no files.
        fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
        return HTML(string=html, base_url=None, url_fetcher=fetcher, media_type=media).render(
            presentational_hints=True  # widths and colours as attributes, as mails have them
        )

    drawn = document(page, "print")
    pages = [] if mail is None else document(mail, "screen").pages[:MOST_MAIL_PAGES]
    return bytes(drawn.copy([*drawn.pages, *pages]).write_pdf())


def _limit_memory() -> None:
    try:
        import resource  # not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY_BYTES, MOST_MEMORY_BYTES))


def _main() -> None:
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    _limit_memory()
    if hasattr(os, "nice"):
        os.nice(5)
    asked = json.load(sys.stdin.buffer)
    pdf = draw(asked["page"], asked["mail"])
    with os.fdopen(1, "wb", closefd=False) as output:
        output.write(pdf)


if __name__ == "__main__":
    _main()
