"""The box above a list that searches it while somebody types."""

from collections.abc import Callable

import streamlit as st


def search_box(
    placeholder: str,
    key: str,
    *,
    label: str = "Search",
    shows_label: bool = False,
    live: bool | str = True,
    kept: bool = False,
    on_change: Callable[[], None] | None = None,
) -> str:
    """What is searched for, or nothing. `live`: how long a pause in typing starts the search; `kept` while another page
    is shown."""
    return (
        st.text_input(
            label,
            placeholder=placeholder,
            icon=":material/search:",
            type="search",
            live=live,
            label_visibility="visible" if shows_label else "collapsed",
            key=key,
            on_change=on_change or "rerun",
            persist_state="session" if kept else None,
        )
        or ""
    )
