"""The frame without scripts that shows an e-mail on a page."""

from pathlib import Path

import streamlit as st

FRONTEND = Path(__file__).with_name("frontend")


def frontend(*names: str) -> str:
    """The files of the folder frontend, one after the other: a component has one script and one style sheet."""
    return "\n".join((FRONTEND / name).read_text(encoding="utf-8") for name in names)


_frame = st.components.v2.component(
    "mailsight_mail_frame",
    css=frontend("mail_frame.css"),
    js=frontend("frame.js", "mail_frame.js"),
)


def mail_frame(html: str, *, key: str, width: int | None = None, title: str) -> None:
    """The e-mail, as high as it is and `width` px wide (None: as wide as its place); `title` is read to who can't see.

    `html` comes from contents.safe or heatmap.draw: the frame runs no script, but it would load what they let load.
    """
    _frame(key=key, data={"html": html, "title": title, "width": width})
