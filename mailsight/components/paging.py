"""Paging of tables: the page switch is below its table, but its value is known above."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mailsight.web.parameters import Parameter

from . import address


@dataclass(frozen=True, slots=True)
class Paging:
    """The current page of a table: in the address if it has a `parameter`, else remembered under the key."""

    key: str
    rows_per_page: int
    narrow: bool = False
    parameter: Parameter[int] | None = None

    def first(self, total: int | None = None) -> int:
        """The index of the first row to show, from 0.

        Pass the `total` if it is known before the rows are read, in case the current page no longer exists.
        """
        page = address.value(self.parameter) if self.parameter else st.session_state.get(self.key, 1)
        if total is not None:
            page = min(page, max(self._pages(total), 1))
        return (page - 1) * self.rows_per_page

    def switch(self, total: int) -> None:
        """Show the page switch, if there are several pages."""
        pages = self._pages(total)
        if pages > 1:
            st.pagination(
                pages,
                max_visible_pages=5 if self.narrow else 7,
                key=self.key,
                on_change=address.follow(self.parameter, self.key, shown=lambda page: min(page, pages))
                if self.parameter
                else "rerun",
            )

    def footer(self, text: str, total: int) -> DeltaGenerator:
        """Show a line below the table with this text and the page switch. Returns it, so that callers can add to it."""
        line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        with line:
            st.caption(text, width="content")
            self.switch(total)
        return line

    def _pages(self, total: int) -> int:
        return -(-total // self.rows_per_page)
