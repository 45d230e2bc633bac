"""Lines of counts that are buttons, each a filter, with signs between them that show how they add up."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import streamlit as st

from .mail_frame import frontend

_component = st.components.v2.component(
    "mailsight_sums",
    html='<div class="sums"><div class="lines"></div><div class="shown"></div></div>',
    css=frontend("sums.css"),
    js=frontend("tips.js", "grids.js", "sums.js"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """A count. `id` is returned on a click; `chosen`: it filters the customers. `name`: the label and count for screen
    readers, if another part on the page has the same."""

    id: str
    label: str
    count: str
    colour: str
    title: str
    chosen: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Parts with a sign between them, and their total at the end."""

    label: str
    parts: Sequence[Part]
    sign: str
    total: str = ""


def sums(
    lines: Sequence[Line],
    *,
    key: str,
    shown: str = "",
    grid: str = "",
    anchor: str = "",
    fixed: bool = False,
) -> str | None:
    """Show the lines, and return the id of the part that was clicked in this run. `fixed`: none can be.

    `shown`: how many customers the filter leaves, with a link to them, at the heading with this `anchor`. If the
    columns of the `grid` (its name) are filtered too, the browser shows its count instead.
    """
    data = {
        "lines": [asdict(line) for line in lines],
        "shown": shown,
        "grid": grid,
        "anchor": anchor,
        "fixed": fixed,
    }
    result = _component(key=key, data=data, on_clicked_change=lambda: None)
    clicked: str | None = getattr(result, "clicked", None)
    return clicked
