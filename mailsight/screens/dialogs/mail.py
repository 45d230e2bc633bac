"""Dialogs that show an e-mail: a campaign's, and the one a customer received."""

import streamlit as st

from mailsight.components.mail_frame import mail_frame
from mailsight.figures import formats
from mailsight.mail import content
from mailsight.reports import customer as customer_reports
from mailsight.reports import mails
from mailsight.reports.mails import MailView
from mailsight.screens import cached, frame
from mailsight.vocabulary import Audience

PHONE_WIDTH = 390


_SOURCES = {
    "template": "As the campaign was written; each customer's own words stand in the places of the merge fields.",
    "archived": "The very copy that was kept of this customer's mail.",
    "filled": "No copy of this customer's mail was kept: this is the campaign's, with their merge fields filled in.",
}


@st.dialog("Preview e-mail", width="large", icon=":material/visibility:")
@cached.one_generation()
def preview(campaign_id: str) -> None:
    """The campaign's e-mail on a desktop or a phone."""
    mail = cached.read(mails.of_campaign, campaign_id)
    if mail is None:
        st.info("The HTML of this e-mail was not loaded.", icon=":material/info:")
        st.caption("Name its file in the column `template` of campaigns, and load the bundle again.")
        return
    _mail(mail, key=f"preview:{campaign_id}")


@st.dialog("E-mail of this customer", width="large", icon=":material/mail:")
@cached.one_generation()
def customer_mail(campaign_id: str, customer_id: str) -> None:
    """The e-mail exactly as this customer received it."""
    mail = cached.read(mails.of_customer, campaign_id, customer_id)
    if mail is None:
        st.info(
            "There is no e-mail to show: neither a copy nor the campaign's HTML was loaded.",
            icon=":material/info:",
        )
        return
    customer = cached.read(customer_reports.report, customer_id, Audience.ALL).customer
    _mail(mail, key=f"mail:{campaign_id}:{customer_id}", to=formats.sender(customer.name, customer.email))


def _mail(mail: MailView, key: str, to: str = "") -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        width = width_switch(key)
        pictures = st.toggle("Load pictures", key=f"{key}:pictures", help=PICTURES_HELP)
    st.caption(_SOURCES[mail.source])
    subject = mail.subject or formats.NO_SUBJECT
    frame.inbox_lines(subject, mail.preheader, f"To {to}" if to else None)
    mail_frame(
        content.safe(mail.html, pictures=pictures),
        key=f"{key}:frame",
        width=width,
        title=f"E-mail: {subject}",
    )


PICTURES_HELP = (
    "Pictures come from the sender's server, which may count that as an open: they load on demand only."
)


def width_switch(key: str) -> int | None:
    """Desktop or phone: the width in pixels, None for as wide as there is room."""
    shown = st.segmented_control(
        "Width",
        ["Desktop", "Phone"],
        default="Desktop",
        required=True,
        label_visibility="collapsed",
        key=f"{key}:width",
    )
    return PHONE_WIDTH if shown == "Phone" else None
