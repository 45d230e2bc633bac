"""How fast a heatmap is drawn: `python -m benchmarks.heatmap [MAIL.html ...]`.

A mail of 100 KB with 150 links is made here; others can be named. Drawing is compared with merely parsing the same HTML
in the same run, since machines differ and are busy.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser

from mailsight.heatmap import drawing
from mailsight.heatmap.badges import click_totals
from mailsight.mail.content import decode
from mailsight.mail.links import LinkClicks, links

LINKS, SIZE = 150, 100_000
REPEATS = 15
# The limits: HTML ready once the parsed content is cached, and cold.
CACHED_MS, COLD_MS = 50, 200


def main() -> None:
    mails = {Path(name).name: decode(Path(name).read_bytes()) for name in sys.argv[1:]}
    found = {}
    for name, html in {f"made, {LINKS} links": made(), **mails}.items():
        clicks = [
            LinkClicks(link.link_position, link.url, link.label, 7 * link.link_position, 5, 1)
            for link in links(html)
        ]
        parsing = milliseconds(partial(LexborHTMLParser, html))
        cold = milliseconds(partial(drawn, html, clicks))
        cached = milliseconds(partial(drawing.draw, html, clicks))
        tab = milliseconds(partial(drawing.layers, html, clicks, click_totals(clicks)))
        found[name] = {
            "KB": len(html) / 1000,
            "cold: times parsing": cold / parsing,
            "cached: times parsing": cached / parsing,
            "cold: ms": cold,
            "cached: ms": cached,
            "cached, every measure of the tab: ms": tab,
        }
        print(f"{name}: " + ", ".join(f"{key} {value:.2f}" for key, value in found[name].items()))
    print(json.dumps(found))
    if any(one["cold: ms"] > COLD_MS or one["cached: ms"] > CACHED_MS for one in found.values()):
        raise SystemExit(1)


def made() -> str:
    """A mail as builders of e-mails write them: nested tables, and a style for each cell."""
    cell = (
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
        '<td class="cell" align="left" style="padding:12px 24px;font-family:Arial,Helvetica,sans-serif;font-size:15px;'
        'line-height:22px;color:#333333"><a href="https://shop.example/{n}?utm_source=mail&amp;utm_content=block-{n}"'
        ' style="color:#0b6bcb">Offer {n}</a>'
        "{words}</td></tr></table>\n"
    )
    style = "<style>@media (max-width:600px){.cell{display:block!important;width:100%!important}}</style>"
    words = " and some words about it" * ((SIZE // LINKS - len(cell)) // 24)
    blocks = "".join(cell.format(n=n, words=words) for n in range(LINKS))
    return f"<!DOCTYPE html><html><head>{style}</head><body>{blocks}</body></html>"


def drawn(html: str, clicks: list[LinkClicks]) -> str:
    """The heatmap with nothing known of the mail."""
    drawing.canvas.cache_clear()
    return drawing.draw(html, clicks)


def milliseconds(work: Callable[[], object]) -> float:
    """The median time that a piece of work takes."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
