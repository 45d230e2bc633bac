"""An untrusted e-mail with its clicks as an HTML page. For worker processes, so it loads no database driver."""

from base64 import b64encode
from collections.abc import Sequence

from mailsight.figures.formats import count, things
from mailsight.heatmap import drawing
from mailsight.heatmap.badges import (
    MEASURES,
    POINTER_PX,
    SCALE,
    SHOWS,
    Badge,
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
from mailsight.mail.safety import left_out, link_nodes, notice, write

from .rendering import render

# Nothing that the mail says about pictures applies to a badge, and nothing that the mail draws covers it. WeasyPrint
# knows no `all: initial`.
_ON_PAPER = (
    "display:inline-block!important;position:relative!important;z-index:2147483647!important;inset:0!important;"
    "float:none!important;visibility:visible!important;opacity:1!important;transform:none!important;"
    "content:normal!important;vertical-align:super!important;width:{}px!important;height:16px!important;"
    "min-width:0!important;min-height:0!important;max-width:none!important;max-height:none!important;"
    "margin:0 0 0 3px!important;padding:0!important;border:0!important;border-radius:0!important;"
    "outline:0!important;box-shadow:none!important;background:none!important;clip:auto!important;"
    "object-fit:fill!important;object-position:0 0!important;font:10px sans-serif!important"
)


def heatmap(
    html: str,
    clicks: Sequence[LinkClicks],
    *,
    title: str,
    facts: Sequence[str] = (),
    measure: Measure = "clicks",
    show: Show = "count",
    totals: ClickTotals | None = None,
    personal: bool = True,
) -> str:
    """Draw the heatmap of any mail. `facts` are lines under the title, by default one with the total clicks.

    Without `personal`, nothing in it identifies a customer.
    """
    if not facts:
        links = link_totals(clicks)
        facts = [summary(totals or click_totals(clicks), links.other_clicks), *filter(None, [beyond(links)])]
    shown = MEASURES[measure] if show == "count" else f"{MEASURES[measure]}, {SHOWS[show].lower()}"
    return drawing.draw(
        html,
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
    """The safe mail with the clicks after each clicked link."""
    document = parse(html)
    nodes = link_nodes(document)
    after = {
        nodes[badge.position].mem_id: _picture(badge)
        for badge in badges(clicks, shared(links_of(document, nodes)), totals, quiet=False)
    }
    end = notice(left_out(document, html)) + render("paper.html")
    return write(document, html, after=after, end=end, personal=False).html


def _picture(badge: Badge) -> str:
    """The badge as a picture, which no style sheet of the mail can change or add to."""
    is_pointer = badge.look == "pointer"
    shade = None if is_pointer else SCALE[int(badge.look)]
    text = "↑" if is_pointer else f"{badge.text}{badge.sharing}"
    width_px = POINTER_PX if is_pointer else badge.width_px
    drawn = render("badge.svg", text=text, width=width_px, shade=shade).strip()
    address = f"data:image/svg+xml;base64,{b64encode(drawn.encode()).decode('ascii')}"
    return f'<img alt="{text}" src="{address}" style="{_ON_PAPER.format(width_px)}">'
