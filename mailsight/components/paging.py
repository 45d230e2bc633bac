"""Tables shown a page at a time: the switch between the pages stands below a table that needs its value above."""

from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a table is shown. The key remembers it: another key starts at the first page again."""

    key: str
    rows_a_page: int
    narrow: bool = False
    kept: bool = False  # while another page of the dashboard is shown

    def first(self, total: int | None = None) -> int:
        """The place of the first row to show, counted from 0.

        Give the `total` where it is known before the rows are read: the last page may have gone since.
        """
        page: int = st.session_state.get(self.key, 1)
        if total is not None:
            page = min(page, max(self._pages(total), 1))
        return (page - 1) * self.rows_a_page

    def switch(self, total: int) -> None:
        """The switch between the pages, where there are several."""
        if self._pages(total) > 1:
            st.pagination(
                self._pages(total),
                max_visible_pages=5 if self.narrow else 7,
                key=self.key,
                persist_state="session" if self.kept else None,
            )

    def foot(self, words: str, total: int) -> DeltaGenerator:
        """The line below the table: how much there is, and the switch. Returns it, for what else belongs there."""
        line = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
        with line:
            st.caption(words, width="content")
            self.switch(total)
        return line

    def _pages(self, total: int) -> int:
        return -(-total // self.rows_a_page)
