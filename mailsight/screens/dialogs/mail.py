"""Dialogs that show an e-mail: the campaign's, or the one that a customer received."""

from functools import partial
from html import escape
from typing import Any

import streamlit as st

from mailsight.bounded import pool
from mailsight.components import address
from mailsight.components.mail_frame import mail_frame
from mailsight.components.search_box import search_box
from mailsight.errors import WorkFailed
from mailsight.figures import formats
from mailsight.mail import content
from mailsight.reports import mails, recipients
from mailsight.reports.grid import grid_query
from mailsight.reports.mails import Delivery, MailView
from mailsight.screens import cached, frame, navigation
from mailsight.screens.dialogs import mail_values
from mailsight.vocabulary import Audience, NotSentReason, Stage
from mailsight.web.parameters import CAMPAIGN_DIALOG, Dialog

PHONE_WIDTH = 390  # pixels
_SOURCES = {
    "template": "The campaign's template with its merge fields as they are. Each customer's own data replaces them.",
    "sample": "Sample values replace the merge fields. Names, addresses and IDs are made up; everything else is what "
    "the first customer got, or the field's name in brackets.",
}


@st.dialog("Preview e-mail", width="large", icon=":material/visibility:", on_dismiss=address.close_dialog)
@cached.one_generation()
def preview(campaign_id: str) -> None:
    """Show the campaign's e-mail as on a desktop or a phone, with sample values or as its customers got it."""
    mail = cached.read(mails.of_campaign, campaign_id)
    if mail is None:
        st.info("This e-mail's HTML has not been loaded.", icon=":material/info:")
        st.caption("Enter its file name in the `template` column of campaigns, and load the bundle again.")
        return
    key = f"preview:{campaign_id}"
    customer = _chosen_customer(campaign_id, key)
    if customer:
        customer_id = str(customer["customer_id"])
        _customers_mail(campaign_id, customer_id, cached.read(mails.delivery, campaign_id, customer_id), key)
        return
    try:
        with st.spinner("Reading the e-mail"):
            sample = cached.read(mails.sample, campaign_id) or mail
    except WorkFailed:
        sample = mail
    _mail(sample, key, template=mail)


def _chosen_customer(campaign_id: str, key: str) -> dict[str, Any] | None:
    """The customer to preview the e-mail as, a row of the grid; None for sample values. Their ID is in the address.

    Without a search, the buttons step through the customers to whom the campaign was sent, in the grid's order, or
    through all of them if the customer in the address was not sent it.
    """
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="preview_as"):
        buttons = st.container(horizontal=True, width="content", gap="xsmall")
        label = st.empty()
        search = search_box("Name, e-mail or ID", f"{key}:search", label="Preview as a customer").strip()
        shown = address.value(CAMPAIGN_DIALOG)
        customer_id = shown.item if shown else ""
        stages = (
            (None,) if search or not _customers(campaign_id, "", Stage.SENT, 0).total else (Stage.SENT, None)
        )
        places = ((stage, _place(campaign_id, search, stage, customer_id)) for stage in stages)
        stage, place = next((at for at in places if at[1]), (stages[0], 0))
        total = _customers(campaign_id, search, stage, 0).total
        first = 1 if search and total else 0
        # A new search starts at its first match.
        if search and (not place or st.session_state.get(key) != search):
            place = first
        st.session_state[key] = search
        row = _customers(campaign_id, search, stage, place - 1).rows[0] if place else None
        _show_as(row)
        for icon, words, to in (
            ("chevron_left", "Previous customer", place - 1),
            ("chevron_right", "Next customer", place + 1),
        ):
            buttons.button(
                words,
                icon=f":material/{icon}:",
                key=f"step_{icon}:{campaign_id}",
                disabled=not first <= to <= total,
                on_click=_step,
                args=(campaign_id, search, stage, to),
            )
        if row:
            name, note = (
                row["name"] or row["email"] or row["customer_id"],
                f"{'Match' if search else 'Customer'} {formats.of(place, total)}",
            )
        else:
            name = "Sample values"
            note = "No customer matches" if search else f"or one of {formats.things(total, 'customer')}"
        label.html(
            f'<p class="inbox" role="status"><b>{escape(name)}</b><span>{escape(note)}</span></p>',
            width="content",
        )
    return row


def _show_as(row: dict[str, Any] | None) -> None:
    customer_id = str(row["customer_id"]) if row else ""
    address.change((CAMPAIGN_DIALOG, Dialog("preview", customer_id)))


def _step(campaign_id: str, search: str, stage: Stage | None, to: int) -> None:
    _show_as(_customers(campaign_id, search, stage, to - 1).rows[0] if to else None)


def _place(campaign_id: str, search: str, stage: Stage | None, customer_id: str) -> int:
    """The customer's place among those that match, from 1; 0 if they are not one of them."""
    if not customer_id:
        return 0
    query = grid_query(search=search, stage=stage)
    return cached.read(recipients.place, campaign_id, Audience.ALL, query, customer_id)


def _customers(campaign_id: str, search: str, stage: Stage | None, start: int) -> recipients.RecipientPage:
    query = grid_query(search=search, stage=stage, start=start, end=start + 1)
    return cached.read(recipients.page, campaign_id, Audience.ALL, query)


def customer_mail(campaign_id: str, customer_id: str) -> None:
    """Show the e-mail that this customer received, or why they received none."""
    with cached.one_generation():
        delivery = cached.read(mails.delivery, campaign_id, customer_id)
    title = "Not sent to this customer" if delivery and delivery.is_left_out else "E-mail to this customer"
    st.dialog(title, width="large", icon=":material/mail:", on_dismiss=address.close_dialog)(_customer_mail)(
        campaign_id, customer_id, delivery
    )


@cached.one_generation()
def _customer_mail(campaign_id: str, customer_id: str, delivery: Delivery | None) -> None:
    key = f"mail:{campaign_id}:{customer_id}"
    _customers_mail(campaign_id, customer_id, delivery, key, offers=True)


def _customers_mail(
    campaign_id: str, customer_id: str, delivery: Delivery | None, key: str, *, offers: bool = False
) -> None:
    """The e-mail that a customer received. If they received none: why, and what they would have received.

    `offers`: show that only once it is asked for.
    """
    if delivery:
        _say_if_not_received(delivery)
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
    if offers and delivery and delivery.is_left_out:
        label = (
            "Show what they would receive" if delivery.is_planned else "Show what they would have received"
        )
        if not st.toggle(label, key=f"{key}:unsent"):
            return
    _mail(mail, key, delivery=delivery)


def _say_if_not_received(delivery: Delivery) -> None:
    """Why a customer didn't receive the e-mail, if they didn't."""
    name = formats.plain(delivery.name or delivery.email or "This customer")
    detail = formats.plain(delivery.detail) if delivery.detail else ""
    if delivery.is_left_out:
        verb = "will not be sent" if delivery.is_planned else "was not sent"
        is_known = delivery.reason not in (None, NotSentReason.OTHER)
        meaning = delivery.reason.meaning if delivery.reason and is_known else ""
        why = " ".join(filter(None, (meaning, detail))) or "No reason is known."
        st.warning(f"**{name} {verb} this e-mail.** {why}", icon=":material/block:")
    elif not delivery.is_sent:
        st.info(f"**Not sent yet.** This e-mail is planned for {name}.", icon=":material/schedule:")
    elif not delivery.is_received:
        bounce = (
            f" The mail server said: {formats.plain(delivery.bounce_reason)}"
            if delivery.bounce_reason
            else ""
        )
        st.warning(f"**{name} did not receive this e-mail.** It bounced.{bounce}", icon=":material/undo:")


def _mail(
    mail: MailView, key: str, *, template: MailView | None = None, delivery: Delivery | None = None
) -> None:
    """An e-mail with its switches. `template`: the same e-mail with unfilled merge fields, offered by a switch."""
    with st.container(horizontal=True, vertical_alignment="center"):
        width = width_switch(key)
        pictures = st.toggle("Load images", key=f"{key}:pictures", help=PICTURES_HELP)
        if template and st.toggle("Merge fields", key=f"{key}:fields", help=FIELDS_HELP):
            mail = template
    st.caption(_origin(mail, delivery))
    mail_values.show_gaps(mail)
    subject = mail.subject or formats.NO_SUBJECT
    to = formats.sender(delivery.name, delivery.email) if delivery else ""
    sender = formats.sender(mail.from_name, mail.from_email)
    frame.inbox_lines(
        subject, mail.preheader, f"From {sender}" if sender else None, f"To {to}" if to else None
    )
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


def _origin(mail: MailView, delivery: Delivery | None) -> str:
    """Where the e-mail comes from, and that it was not sent, if it wasn't."""
    if mail.source in _SOURCES:
        return _SOURCES[mail.source]
    zone = navigation.zone()
    if delivery is None or delivery.is_sent:
        return f"{mail_values.origin(mail, zone)}."
    origin = mail_values.origin(mail, zone, is_sent=False)
    origin = f"{origin[0].lower()}{origin[1:]}"
    if delivery.is_planned:
        return f"**Not sent yet.** What this customer would receive: {origin}."
    return f"**Not sent.** What this customer would have received: {origin}."


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
FIELDS_HELP = "The names of the merge fields in the template, instead of sample values."


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
