"""A search box that searches while the user types."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

from mailsight.web.parameters import Parameter

from . import address


def search_box(
    placeholder: str,
    key: str,
    *,
    label: str = "Search",
    shows_label: bool = False,
    live: bool | str = True,
    persist: bool = False,
    parameter: Parameter[str] | None = None,
    also: Sequence[address.Change] = (),
    finds: Callable[[str], bool] = bool,
) -> str:
    """The search text, or an empty string. `live`: the pause in typing that starts a search.

    The text is in the address if there is a `parameter` and it `finds` something; `also` changes with it. `persist`:
    keep the text while another page is shown; for text that must not be in the address.
    """
    on_change: Callable[[], None] | Literal["rerun"] = (
        address.follow(parameter, key, *also, is_kept=finds) if parameter else "rerun"
    )
    return (
        st.text_input(
            label,
            placeholder=placeholder,
            icon=":material/search:",
            type="search",
            live=live,
            label_visibility="visible" if shows_label else "collapsed",
            key=key,
            on_change=on_change,
            persist_state="session" if persist else None,
        )
        or ""
    )
