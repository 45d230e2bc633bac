"""What the dialogs for links and API tokens share: how they list what was issued, and what went wrong."""

from collections.abc import Sequence

import streamlit as st

from mailsight.errors import MailsightError
from mailsight.figures import formats
from mailsight.web import sessions


def revocable(title: str, facts: Sequence[str], key: str, icon: str) -> bool:
    """A row with a title, facts in a line below, and a button that revokes it.

    Returns whether somebody has just clicked the button.
    """
    # By the key of the row, accessibility.js says in the button's name what it revokes.
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key=f"issued_{key}"
    ):
        with st.container(width="stretch", gap=None):
            st.markdown(f"**{title}**")
            text = " · ".join(facts)
            st.caption(f"{text[0].upper()}{text[1:]}")
        return st.button("Revoke", icon=icon, key=f"revoke:{key}")


def by(person: str) -> str:
    """Who issued it: " by ann@company.example", or nothing if it was the viewer."""
    return "" if person == sessions.current().person else f" by {formats.plain(person)}"


def show_error(error: MailsightError) -> None:
    st.warning(f"**{error.title}.** {formats.plain(error.message)} {error.next_step}")
