"""Paging of tables: the page switch is below its table, but its value is known above."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


@dataclass(frozen=True, slots=True)
class Paging:
    """The current page of a table, remembered under the key. A new key starts at the first page."""

    key: str
    rows_per_page: int
    narrow: bool = False
    persist: bool = False  # keep the page while another screen is shown

    def first(self, total: int | None = None) -> int:
        """The index of the first row to show, from 0.

        Pass the `total` if it is known before the rows are read, in case the current page no longer exists.
        """
        page: int = st.session_state.get(self.key, 1)
        if total is not None:
            page = min(page, max(self._pages(total), 1))
        return (page - 1) * self.rows_per_page

    def switch(self, total: int) -> None:
        """Show the page switch, if there are several pages."""
        if self._pages(total) > 1:
            st.pagination(
                self._pages(total),
                max_visible_pages=5 if self.narrow else 7,
                key=self.key,
                persist_state="session" if self.persist else None,
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
