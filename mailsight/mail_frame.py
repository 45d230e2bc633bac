"""The frame without scripts that shows an e-mail on a page."""

from pathlib import Path

import streamlit as st

_FRONTEND = Path(__file__).with_name("frontend")

_frame = st.components.v2.component(
    "mailsight_mail_frame",
    css=(_FRONTEND / "mail_frame.css").read_text(encoding="utf-8"),
    js=(_FRONTEND / "mail_frame.js").read_text(encoding="utf-8"),
)


def mail_frame(html: str, *, key: str, width: int | None = None, title: str) -> None:
    """The e-mail, as high as it is and `width` px wide (None: as wide as its place); `title` is read to who can't see.

    `html` comes from contents.safe or heatmap.draw: the frame runs no script, but it would load what they let load.
    """
    _frame(key=key, data={"html": html, "title": title, "width": width})
