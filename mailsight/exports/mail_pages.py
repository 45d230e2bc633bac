"""An untrusted e-mail with its clicks as an HTML page. For worker processes, so it loads no database driver."""

from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from mailsight.figures.formats import count, things
from mailsight.heatmap import drawing
from mailsight.heatmap.badges import (
    MEASURES,
    SCALE,
    SHOWS,
    ClickTotals,
    Measure,
    Show,
    badges,
    click_totals,
)
from mailsight.mail.links import LinkClicks, links_of, shared
from mailsight.mail.safety import link_nodes, write

from .masking import without_addresses
from .rendering import render


def heatmap(
    html: str,
    clicks: Sequence[LinkClicks],
    *,
    title: str,
    facts: Sequence[str] = (),
    measure: Measure = "clicks",
    show: Show = "count",
    totals: ClickTotals | None = None,
) -> str:
    """Draw the heatmap of any mail. `facts` are lines under the title, by default one with the total clicks."""
    if not facts:
        others = sum(link.clicks for link in clicks if link.link_position is None)
        facts = [summary(totals or click_totals(clicks), others)]
    shown = MEASURES[measure] if show == "count" else f"{MEASURES[measure]}, {SHOWS[show].lower()}"
    return drawing.draw(
        html,
        clicks,
        measure=measure,
        show=show,
        totals=totals,
        head=render("heatmap_head.html", title=title, scale=SCALE),
        end=render("heatmap_legend.html", title=title, facts=facts, shown=shown, scale=SCALE),
    )


def summary(totals: ClickTotals, other_clicks: int) -> str:
    """Total clicks in one line."""
    text = things(totals.clicks, "click")
    if totals.clickers:  # a CSV file of clicks may not say who clicked
        text += f" by {things(totals.clickers, 'customer')}"
    return f"{text}, {count(other_clicks)} of them on other links" if other_clicks else text


def heatmap_without_addresses(
    html: str, clicks: Sequence[LinkClicks], *, title: str, facts: Sequence[str], totals: ClickTotals
) -> str:
    """Draw a heatmap whose links lead nowhere."""
    return without_addresses(heatmap(html, clicks, title=title, facts=facts, totals=totals))


def on_paper(html: str, clicks: Sequence[LinkClicks], totals: ClickTotals) -> str:
    """The safe mail with the clicks after each clicked link, shown by style sheet only."""
    document = LexborHTMLParser(html)
    nodes = link_nodes(document)
    marks = {}
    for badge in badges(clicks, shared(links_of(document, nodes)), totals, quiet=False):
        text = "↑" if badge.look == "pointer" else f"{badge.text}{badge.sharing}"
        marks[nodes[badge.position].mem_id] = f' data-clicks="{text}" data-shade="{badge.look}"'
    # Comes last in the mail: of two important rules, the later wins.
    paper = write(document, html, marks=marks, end=render("paper_badges.html", scale=SCALE))
    return without_addresses(paper)
