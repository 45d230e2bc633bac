"""The choice of one of a campaign's customers within a dialog: a search, and buttons that step through them."""

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from mailsight.components.search_box import search_box
from mailsight.figures import formats
from mailsight.reports import recipients
from mailsight.reports.grid import grid_query
from mailsight.screens import cached
from mailsight.vocabulary import Audience, Stage
from mailsight.web import audit


def chosen_customer(
    campaign_id: str,
    key: str,
    customer_id: str,
    choose: Callable[[str], None],
    *,
    label: str,
    nobody: str,
    without: str | None = None,
) -> dict[str, Any] | None:
    """The chosen customer, a row of the grid, or None: `nobody` says what is shown then.

    `customer_id` is the one in the address, and `choose` changes it. Without a search, the buttons step through the
    customers to whom the campaign was sent, in the grid's order, or through all of them if the chosen one was not sent
    it. `without`: the id of a customer who can't be chosen.
    """
    choice = _Choice(campaign_id, without)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="small", key=f"choice_{key.partition(':')[0]}"
    ):
        buttons = st.container(horizontal=True, width="content", gap="xsmall")
        name_place = st.empty()
        search = search_box("Name, e-mail or ID", f"{key}:search", label=label).strip()
        stages = (None,) if search or not choice.customers("", Stage.SENT, 0).total else (Stage.SENT, None)
        places = ((stage, choice.place(search, stage, customer_id)) for stage in stages)
        stage, place = next((at for at in places if at[1]), (stages[0], 0))
        total = choice.customers(search, stage, 0).total
        if search:
            audit.listed("customers", (), total, search=search, campaign_id=campaign_id)
        first = 1 if search and total else 0
        # A new search starts at its first match.
        if search and (not place or st.session_state.get(key) != search):
            place = first
        st.session_state[key] = search
        row = choice.customers(search, stage, place - 1).rows[0] if place else None
        choose(str(row["customer_id"]) if row else "")
        for icon, words, to in (
            ("chevron_left", "Previous customer", place - 1),
            ("chevron_right", "Next customer", place + 1),
        ):
            buttons.button(
                words,
                icon=f":material/{icon}:",
                key=f"step_{icon}:{key}",
                disabled=not first <= to <= total,
                on_click=_step,
                args=(choice, search, stage, to, choose),
            )
        if row:
            name, note = (
                row["name"] or row["email"] or row["customer_id"],
                f"{'Match' if search else 'Customer'} {formats.of(place, total)}",
            )
        else:
            name = nobody
            note = "No customer matches" if search else f"or one of {formats.things(total, 'customer')}"
        name_place.html(
            f'<p class="inbox" role="status"><b>{escape(name)}</b><span>{escape(note)}</span></p>',
            width="content",
        )
    return row


@dataclass(frozen=True, slots=True)
class _Choice:
    """The customers of a campaign, without the one who can't be chosen."""

    campaign_id: str
    without: str | None

    def place(self, search: str, stage: Stage | None, customer_id: str) -> int:
        """The customer's place among those that match, from 1; 0 if they are not one of them."""
        if not customer_id or customer_id == self.without:
            return 0
        query = grid_query(search=search, stage=stage, without=self.without)
        return cached.read(recipients.place, self.campaign_id, Audience.ALL, query, customer_id)

    def customers(self, search: str, stage: Stage | None, start: int) -> recipients.RecipientPage:
        """The customer at this place, from 0, and how many match."""
        query = grid_query(search=search, stage=stage, without=self.without, start=start, end=start + 1)
        return cached.read(recipients.page, self.campaign_id, Audience.ALL, query)


def _step(choice: _Choice, search: str, stage: Stage | None, to: int, choose: Callable[[str], None]) -> None:
    choose(str(choice.customers(search, stage, to - 1).rows[0]["customer_id"]) if to else "")
