"""Renders a report's HTML as a PDF, in a separate process that only reads standard input and writes standard output.

The mail is a separate document, so its style sheets don't affect the report. The parent process kills this one if it
takes too long: a timeout in here wouldn't work, because the typesetting libraries can't be interrupted.
"""

import json
import logging
import os
import sys
from typing import Any

MAX_MAIL_PAGES = 12
MAX_MEMORY_BYTES = 3_000_000_000


def draw(page: str, mail: str | None) -> bytes:
    """Render the report page as a PDF, followed by the first pages of the mail, if any."""
    # Imported here because it needs Pango, which is optional.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    def document(html: str, media: str) -> Any:
        # Only data: URLs: no network, no files.
        fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
        return HTML(string=html, base_url=None, url_fetcher=fetcher, media_type=media).render(
            presentational_hints=True  # widths and colours as attributes, as mails have them
        )

    report = document(page, "print")
    pages = [] if mail is None else document(mail, "screen").pages[:MAX_MAIL_PAGES]
    return bytes(report.copy([*report.pages, *pages]).write_pdf())


def _limit_memory() -> None:
    try:
        import resource  # not on Windows
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))


def _main() -> None:
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    _limit_memory()
    if hasattr(os, "nice"):
        os.nice(5)
    request = json.load(sys.stdin.buffer)
    pdf = draw(request["page"], request["mail"])
    with os.fdopen(1, "wb", closefd=False) as output:
        output.write(pdf)


if __name__ == "__main__":
    _main()
