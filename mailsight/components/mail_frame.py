"""A frame that shows an e-mail and runs no scripts."""

from pathlib import Path

import streamlit as st

from mailsight.mail.safety import SafeMail

FRONTEND = Path(__file__).with_name("frontend")


def frontend(*names: str) -> str:
    """Files of the frontend folder, concatenated, because a component has only one script and one style sheet."""
    return "\n".join((FRONTEND / name).read_text(encoding="utf-8") for name in names)


_frame = st.components.v2.component(
    "mailsight_mail_frame",
    css=frontend("mail_frame.css"),
    js=frontend("frame.js", "mail_frame.js"),
)


def mail_frame(mail: SafeMail, *, key: str, width: int | None = None, title: str) -> None:
    """Show an e-mail at full height, `width` pixels wide (None: the available width). `title` is for screen readers.

    The frame runs no scripts and loads nothing, except pictures from the e-mail's `origins`.
    """
    _frame(key=key, data={"html": mail.html, "origins": mail.origins, "title": title, "width": width})
