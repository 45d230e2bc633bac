"""A frame that shows an e-mail and runs no scripts."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st

FRONTEND = Path(__file__).with_name("frontend")


def frontend(*names: str) -> str:
    """Files of the frontend folder, concatenated, because a component has only one script and one style sheet."""
    return "\n".join((FRONTEND / name).read_text(encoding="utf-8") for name in names)


_frame = st.components.v2.component(
    "mailsight_mail_frame",
    css=frontend("mail_frame.css"),
    js=frontend("frame.js", "mail_frame.js"),
)


def mail_frame(
    html: str, *, key: str, width: int | None = None, title: str, origins: Sequence[str] = ()
) -> None:
    """Show an e-mail at full height, `width` pixels wide (None: the available width). `title` is for screen readers.

    `html` must come from `content.safe_mail` or `heatmap.draw`. The frame runs no scripts and loads nothing, except
    pictures from these origins.
    """
    _frame(key=key, data={"html": html, "origins": list(origins), "title": title, "width": width})
