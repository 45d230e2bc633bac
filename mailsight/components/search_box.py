"""A search box that searches while the user types."""

from collections.abc import Callable

import streamlit as st


def search_box(
    placeholder: str,
    key: str,
    *,
    label: str = "Search",
    shows_label: bool = False,
    live: bool | str = True,
    persist: bool = False,
    on_change: Callable[[], None] | None = None,
) -> str:
    """The search text, or an empty string. `live`: the pause in typing that starts a search. `persist`: keep the text
    while another page is shown."""
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
            persist_state="session" if persist else None,
        )
        or ""
    )
