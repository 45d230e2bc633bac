"""Measure how fast a heatmap is drawn: `python -m benchmarks.heatmap [MAIL.html ...]`.

Draws a generated e-mail of 100 KB with 150 links, and the files you name. The time is compared with just parsing the
same HTML in the same run, since machines differ and are busy.
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
from mailsight.mail.links import LinkClicks, links
from mailsight.mime.charsets import decode

LINKS, SIZE = 150, 100_000
REPEATS = 15
# The limits for producing the HTML, with the parsed e-mail in the cache and without.
CACHED_MS, COLD_MS = 50, 200


def main() -> None:
    mails = {Path(name).name: decode(Path(name).read_bytes()) for name in sys.argv[1:]}
    results = {}
    for name, html in {f"made, {LINKS} links": generated_mail(), **mails}.items():
        clicks = [
            LinkClicks(link.link_position, link.url, link.label, 7 * link.link_position, 5, 1)
            for link in links(html)
        ]
        parsing = milliseconds(partial(LexborHTMLParser, html))
        cold = milliseconds(partial(draw_uncached, html, clicks))
        cached = milliseconds(partial(drawing.draw, html, clicks))
        tab = milliseconds(partial(drawing.layers, html, clicks, click_totals(clicks)))
        results[name] = {
            "KB": len(html) / 1000,
            "cold: times parsing": cold / parsing,
            "cached: times parsing": cached / parsing,
            "cold: ms": cold,
            "cached: ms": cached,
            "cached, every measure of the tab: ms": tab,
        }
        print(f"{name}: " + ", ".join(f"{key} {value:.2f}" for key, value in results[name].items()))
    print(json.dumps(results))
    if any(times["cold: ms"] > COLD_MS or times["cached: ms"] > CACHED_MS for times in results.values()):
        raise SystemExit(1)


def generated_mail() -> str:
    """Return HTML like that of e-mail builders, with nested tables and inline styles in each cell."""
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


def draw_uncached(html: str, clicks: list[LinkClicks]) -> str:
    drawing.canvas.cache_clear()
    return drawing.draw(html, clicks)


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median time of a task."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times)


if __name__ == "__main__":
    main()
