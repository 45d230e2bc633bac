"""Draws a report's HTML as a PDF, as a process of its own: from standard input to standard output, with nothing else.

The mail is a document of its own, so that its style sheets do not reach the report. It may take so long, fill so many
pages, and use so much memory; where it does not get done, the report comes without it.
"""

import json
import logging
import os
import signal
import sys
from typing import Any, NoReturn

MAIL_SECONDS = 45
MOST_MAIL_PAGES = 12
MOST_MEMORY_BYTES = 3_000_000_000


class TooLong(Exception):
    """The mail is not drawn in its time."""


def draw(page: str, without: str, mail: str | None, seconds: int = MAIL_SECONDS) -> tuple[bytes, bool]:
    """The PDF, and whether the mail is in it where there is one."""
    # Imported here: whoever asks for no PDF need not have Pango.
    from weasyprint import HTML
    from weasyprint.urls import URLFetcher

    def document(html: str, media: str) -> Any:
        # Only what a document carries within itself: no network, no files.
        fetcher = URLFetcher(allowed_protocols=("data",), allow_redirects=False)
        return HTML(string=html, base_url=None, url_fetcher=fetcher, media_type=media).render(
            presentational_hints=True  # widths and colours as attributes, as mails have them
        )

    pages = []
    if mail is not None:
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(seconds)
        try:
            pages = document(mail, "screen").pages[:MOST_MAIL_PAGES]
        except (TooLong, MemoryError, RecursionError, ArithmeticError, LookupError, TypeError, ValueError):
            # A hostile mail, or one that WeasyPrint can't draw.
            return bytes(document(without, "print").write_pdf()), False
        finally:
            signal.alarm(0)
    drawn = document(page, "print")
    return bytes(drawn.copy([*drawn.pages, *pages]).write_pdf()), True


def _too_long(*_: object) -> NoReturn:
    raise TooLong


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
    asked = json.load(sys.stdin.buffer)
    pdf, whole = draw(asked["page"], asked["without"], asked["mail"])
    with os.fdopen(1, "wb", closefd=False) as output:
        output.write(pdf)
    if not whole:
        sys.stderr.write("without the mail\n")


if __name__ == "__main__":
    _main()
