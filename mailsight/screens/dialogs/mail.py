"""Dialogs that show an e-mail: the campaign's, or the one that a customer received."""

from functools import partial

import streamlit as st

from mailsight.bounded import pool
from mailsight.components import address
from mailsight.components.mail_frame import mail_frame
from mailsight.errors import WorkFailed
from mailsight.figures import formats
from mailsight.mail import content
from mailsight.reports import customer as customer_reports
from mailsight.reports import mails
from mailsight.reports.mails import MailView
from mailsight.screens import cached, frame
from mailsight.vocabulary import Audience

PHONE_WIDTH = 390  # pixels
_SOURCES = {
    "template": "The campaign's template. Each customer's own data replaces the merge fields.",
    "archived": "The stored copy of the e-mail that this customer received.",
    "filled": "The campaign's template filled with this customer's data, because no copy of their e-mail was stored.",
}


@st.dialog("Preview e-mail", width="large", icon=":material/visibility:", on_dismiss=address.close_dialog)
@cached.one_generation()
def preview(campaign_id: str) -> None:
    """Show the campaign's e-mail as on a desktop or a phone."""
    mail = cached.read(mails.of_campaign, campaign_id)
    if mail is None:
        st.info("This e-mail's HTML has not been loaded.", icon=":material/info:")
        st.caption("Enter its file name in the `template` column of campaigns, and load the bundle again.")
        return
    _mail(mail, key=f"preview:{campaign_id}")


@st.dialog("E-mail to this customer", width="large", icon=":material/mail:", on_dismiss=address.close_dialog)
@cached.one_generation()
def customer_mail(campaign_id: str, customer_id: str) -> None:
    """Show the e-mail that this customer received."""
    try:
        with st.spinner("Reading the e-mail"):
            mail = cached.read(mails.of_customer, campaign_id, customer_id)
    except WorkFailed as error:
        cannot_show(error)
        return
    if mail is None:
        st.info(
            "There is no e-mail to show: neither a stored copy nor the campaign's HTML has been loaded.",
            icon=":material/info:",
        )
        return
    customer = cached.read(customer_reports.report, customer_id, Audience.ALL).customer
    _mail(mail, key=f"mail:{campaign_id}:{customer_id}", to=formats.sender(customer.name, customer.email))


def _mail(mail: MailView, key: str, to: str = "") -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        width = width_switch(key)
        pictures = st.toggle("Load images", key=f"{key}:pictures", help=PICTURES_HELP)
    st.caption(_SOURCES[mail.source])
    subject = mail.subject or formats.NO_SUBJECT
    frame.inbox_lines(subject, mail.preheader, f"To {to}" if to else None)
    try:
        with st.spinner("Reading the e-mail"):
            safe = pool.run(partial(content.safe_mail, mail.html, pictures=pictures))
    except WorkFailed as error:
        cannot_show(error)
        _raw(mail, key)
        return
    mail_frame(
        safe.html,
        key=f"{key}:frame",
        width=width,
        title=f"E-mail: {subject}",
        origins=safe.origins,
    )


def cannot_show(error: WorkFailed) -> None:
    """Say that an e-mail can't be shown, and why."""
    st.warning(f"This e-mail can't be shown. {formats.plain(error.message)}", icon=":material/block:")


def _raw(mail: MailView, key: str) -> None:
    """Offer the e-mail as text, which no browser runs."""
    st.download_button(
        "Download its HTML as text",
        mail.html,
        file_name="e-mail.txt",
        mime="text/plain",
        icon=":material/download:",
        on_click="ignore",
        key=f"{key}:raw",
    )


PICTURES_HELP = (
    "The sender's server provides the images and may count loading them as an open. Off by default."
)


def width_switch(key: str) -> int | None:
    """A switch between desktop and phone. Returns the width in pixels, or None for the full width."""
    shown = st.segmented_control(
        "Width",
        ["Desktop", "Phone"],
        default="Desktop",
        required=True,
        label_visibility="collapsed",
        key=f"{key}:width",
    )
    return PHONE_WIDTH if shown == "Phone" else None
