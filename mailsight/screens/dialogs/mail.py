"""Dialogs that show an e-mail: the campaign's, or the one that a customer received."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from mailsight.components import address
from mailsight.errors import WorkFailed
from mailsight.figures import formats
from mailsight.mail.personal_links import Recipient
from mailsight.merging.sample_values import SAMPLE
from mailsight.reports import mails
from mailsight.reports.mails import Delivery, MailView, Received
from mailsight.screens import cached, frame, navigation
from mailsight.screens.dialogs import mail_comparison, mail_values, mail_views
from mailsight.screens.dialogs.customer_choice import chosen_customer
from mailsight.screens.dialogs.mail_views import Look
from mailsight.vocabulary import NotSentReason
from mailsight.web import audit, sessions
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.parameters import CAMPAIGN_DIALOG, HEADERS, HTML, PLAIN_TEXT, SOURCE, Dialog

FIELDS_HELP = "The names of the merge fields in the template, instead of sample values."
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
    in_address = address.value(CAMPAIGN_DIALOG)
    customer = sessions.may(Right.CUSTOMERS) and chosen_customer(
        campaign_id,
        key,
        in_address.item if in_address else "",
        _show_as,
        label="Preview as a customer",
        nobody="Sample values",
    )
    if customer:
        customer_id = str(customer["customer_id"])
        _customers_mail(campaign_id, customer_id, cached.read(mails.delivery, campaign_id, customer_id), key)
        return
    try:
        with st.spinner("Reading the e-mail"):
            sample = cached.read(mails.sample, campaign_id) or mail
    except WorkFailed:
        sample = mail
    _mail(sample, key, Export("e-mail", campaign_id), template=mail, recipient=SAMPLE, opens=True)


def _show_as(customer_id: str) -> None:
    address.change((CAMPAIGN_DIALOG, Dialog("preview", customer_id)))


def customer_mail(campaign_id: str, customer_id: str) -> None:
    """Show the e-mail that this customer received, or why they received none."""
    with cached.one_generation():
        delivery = cached.read(mails.delivery, campaign_id, customer_id)
    if delivery is None:
        audit.missed("dialog mail", campaign_id=campaign_id, customer_id=customer_id)
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
        mail_views.cannot_show(error)
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
    mail_comparison.record(mail, campaign_id, customer_id)
    _mail(
        mail,
        key,
        Export("e-mail", campaign_id, customer_id),
        delivery=delivery,
        recipient=cached.read(mails.recipient, campaign_id, customer_id),
        received=cached.read(mails.received, campaign_id, customer_id) if mail.source == "archived" else None,
        compare=partial(mail_comparison.show, campaign_id, customer_id, mail, key) if delivery else None,
    )


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
    mail: MailView,
    key: str,
    export: Export,
    *,
    template: MailView | None = None,
    delivery: Delivery | None = None,
    recipient: Recipient,
    opens: bool = False,
    received: Received | None = None,
    compare: Callable[[Look], bool] | None = None,
) -> None:
    """An e-mail with its switches. `template`: the same e-mail with unfilled merge fields, offered by a switch.

    `opens`: its links may open. That is for an e-mail that no customer got. `compare` shows it beside another
    customer's, which a switch offers.
    """
    look, compares = Look(None, dark=False, pictures=False), False
    with st.container(horizontal=True, vertical_alignment="center", key="mail_switches"):
        view = mail_views.chosen_view(key, received)
        if view == HTML:
            look = mail_views.chosen_look(key)
            compares = compare is not None and mail_comparison.is_wanted(key)
        if template and st.toggle("Merge fields", key=f"{key}:fields", help=FIELDS_HELP):
            mail = template
    st.caption(_origin(mail, delivery))
    mail_values.show_gaps(mail)
    if compare and compares and compare(look):
        return
    subject = mail.subject or formats.NO_SUBJECT
    to = formats.sender(delivery.name, delivery.email) if delivery else ""
    sender = formats.sender(mail.from_name, mail.from_email)
    frame.inbox_lines(
        subject, mail.preheader, f"From {sender}" if sender else None, f"To {to}" if to else None
    )
    if view == PLAIN_TEXT:
        mail_views.plain(mail, key)
    elif view == SOURCE:
        mail_views.source(mail, key, export)
    elif view == HEADERS and received:
        mail_views.headers(received, key)
    else:
        mail_views.html(mail, key, look, recipient=recipient, opens=opens, export=export)


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
