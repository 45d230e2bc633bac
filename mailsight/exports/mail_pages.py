"""An untrusted e-mail with its clicks as an HTML page. For worker processes, so it loads no database driver."""

from collections.abc import Iterator, Mapping, Sequence

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
    beyond,
    click_totals,
    link_totals,
)
from mailsight.mail.documents import parse
from mailsight.mail.links import LinkClicks, links_of, shared
from mailsight.mail.modes import mode
from mailsight.mail.safety import left_out, link_nodes, notice, write
from mailsight.merging.sample_values import NO_VALUES, sampled_mail
from mailsight.merging.values import Json

from . import paper_badges
from .rendering import render


def heatmap(
    html: str,
    clicks: Sequence[LinkClicks],
    *,
    title: str,
    facts: Sequence[str] = (),
    values: Mapping[str, Json] = NO_VALUES,
    measure: Measure = "clicks",
    show: Show = "count",
    totals: ClickTotals | None = None,
    personal: bool = True,
) -> str:
    """Draw the heatmap of any mail. `facts` are lines under the title, by default one with the total clicks.

    Merge fields have sample values, from `values` where they name nobody (see `merging.sample_values`). Without
    `personal`, nothing in it identifies a customer.
    """
    if not facts:
        links = link_totals(clicks)
        facts = [summary(totals or click_totals(clicks), links.other_clicks), *filter(None, [beyond(links)])]
    shown = MEASURES[measure] if show == "count" else f"{MEASURES[measure]}, {SHOWS[show].lower()}"
    return drawing.draw(
        sampled_mail(html, values),
        clicks,
        measure=measure,
        show=show,
        totals=totals,
        personal=personal,
        head=render("heatmap_head.html", title=title),
        end=render("heatmap_legend.html", title=title, facts=facts, shown=shown, scale=SCALE),
    )


def summary(totals: ClickTotals, other_clicks: int) -> str:
    """Total clicks in one line."""
    text = things(totals.clicks, "click")
    if totals.clickers:  # a CSV file of clicks may not say who clicked
        text += f" by {things(totals.clickers, 'customer')}"
    return f"{text}, {count(other_clicks)} of them on other links" if other_clicks else text


def on_paper(html: str, clicks: Sequence[LinkClicks], totals: ClickTotals) -> str:
    """The safe mail with the clicks after each clicked link, and on the pictures of its image maps.

    Merge fields have sample values.
    """
    html = sampled_mail(html)
    document = parse(html)
    nodes = link_nodes(document)
    left_out_notice = notice(left_out(document, html))
    drawn = badges(clicks, shared(links_of(document, nodes)), totals, quiet=False)
    after = paper_badges.draw(document, nodes, drawn)
    end = left_out_notice + render("paper.html", mode=mode(html))
    marks = dict.fromkeys(_reset_tables(document), " data-mailsight-start")
    return write(document, html, after=after, end=end, marks=marks, personal=False).html


def _reset_tables(document: LexborHTMLParser) -> Iterator[int]:
    """The `mem_id` of each table in an element that is aligned by an attribute.

    Browsers align a table there, but not its text. WeasyPrint aligns both.
    """
    for table in document.css("table"):
        above = table.parent
        while above is not None and above.tag != "table":
            if "text-align" in (above.attributes.get("style") or "").lower():
                break
            if above.tag == "center" or above.attributes.get("align"):
                yield table.mem_id
                break
            above = above.parent
