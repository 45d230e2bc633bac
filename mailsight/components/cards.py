"""Cards with a count, its share, change and trend, and buttons for details."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import streamlit as st

from .mail_frame import frontend

_component = st.components.v2.component(
    "mailsight_cards",
    html='<div class="cards"></div>',
    css=frontend("cards.css", "tips.css"),
    js=frontend("tips.js", "links.js", "cards.js"),
)


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a trend. `tip`: lines that say whose share it is. A click opens its page, if it has one."""

    share: float
    tip: Sequence[str]
    href: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One card. `tip`: lines on how it is counted. `change`: the difference from `before`; `reason`: why in this tone.

    `trend`: oldest first, named by `trend_label`. `attention`: label of a button that leads to a problem's details.
    `calm`: text shown instead if there is no problem, and `more`: label of a button to details below it.
    """

    key: str
    label: str
    value: str
    tip: Sequence[str]
    change: str
    reason: str
    before: str
    tone: Literal["good", "bad", ""]
    note: str
    trend: Sequence[Point] = ()
    trend_label: str = ""
    attention: str = ""
    calm: str = ""
    more: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """What was clicked in this run: a card's question mark ("counted") or its button ("attention")."""

    card: str
    action: str


def row_of_cards(shown: Sequence[Card], *, key: str, label: str) -> Click | None:
    """Show the cards side by side, wrapping where there is no room."""
    data = {"label": label, "cards": [asdict(card) for card in shown]}
    result = _component(key=key, data=data, on_clicked_change=lambda: None)
    clicked = getattr(result, "clicked", None)
    return Click(**clicked) if clicked else None
