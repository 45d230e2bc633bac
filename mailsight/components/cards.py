"""Figures on cards: a count, how it changed, its trend, what it is a part of, and the ways to more."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import streamlit as st

from .mail_frame import frontend

_component = st.components.v2.component(
    "mailsight_cards",
    html='<div class="cards"></div>',
    css=frontend("cards.css", "tips.css"),
    js=frontend("tips.js", "cards.js"),
)


@dataclass(frozen=True, slots=True)
class Card:
    """One card. `tip`: how it is counted, in lines; `change` beside `before`: what it is compared with.

    `shares`: its trend, oldest first. `attention`: words of a button that leads to what is wrong; `calm`: words in its
    place where nothing is.
    """

    key: str
    label: str
    value: str
    tip: Sequence[str]
    change: str
    before: str
    way: Literal["up", "down", ""]
    tone: Literal["good", "bad", ""]
    note: str
    shares: Sequence[float] = ()
    attention: str = ""
    calm: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """What was clicked in this run: a card's question mark ("counted") or its button ("attention")."""

    card: str
    action: str


def row_of_cards(shown: Sequence[Card], *, key: str, label: str) -> Click | None:
    """Shows the cards side by side, as many in a line as there is room for."""
    data = {"label": label, "cards": [asdict(card) for card in shown]}
    result = _component(key=key, data=data, on_clicked_change=lambda: None)
    clicked = getattr(result, "clicked", None)
    return Click(clicked["card"], clicked["action"]) if clicked else None
