"""Two customers' e-mails of a campaign side by side, with their differences marked."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from mailsight.bounded import pool
from mailsight.components import address
from mailsight.errors import WorkFailed
from mailsight.figures import formats
from mailsight.mail import views
from mailsight.mail.differences import Kind
from mailsight.reports import mails
from mailsight.reports.mails import MailView
from mailsight.screens import cached, frame, navigation
from mailsight.screens.dialogs import mail_values, mail_views
from mailsight.screens.dialogs.customer_choice import chosen_customer
from mailsight.screens.dialogs.mail_views import Look
from mailsight.state.audit import Action
from mailsight.web import audit
from mailsight.web.parameters import MAIL_BESIDE

_NAMES = {Kind.TEXT: "text", Kind.LINK: "link", Kind.PICTURE: "image"}
_MARKS = (
    "Different words have a yellow background and a dashed underline, different links a dotted outline and different "
    "images a dashed one. Different subjects and preview texts start with ≠."
)


def is_wanted(key: str) -> bool:
    """The switch that compares an e-mail with another customer's. It is on if the address names that customer."""
    key = f"{key}:compare"
    if key not in st.session_state:
        st.session_state[key] = bool(address.value(MAIL_BESIDE))

    def forget() -> None:
        if not st.session_state[key]:
            _choose("")

    return st.toggle("Compare with another customer", key=key, on_change=forget)


def _choose(customer_id: str) -> None:
    address.change((MAIL_BESIDE, customer_id))


def show(campaign_id: str, customer_id: str, mail: MailView, key: str, look: Look) -> bool:
    """The choice of the other customer, and both e-mails. False if there is nothing to compare yet."""
    other = chosen_customer(
        campaign_id,
        f"beside:{key}",
        address.value(MAIL_BESIDE),
        _choose,
        label="Customer to compare with",
        nobody="Choose a customer to compare with",
        without=customer_id,
    )
    if other is None:
        return False
    other_id = str(other["customer_id"])
    try:
        with st.spinner("Comparing the e-mails"):
            second = cached.read(mails.of_customer, campaign_id, other_id)
            if second is None:
                st.info("There is no e-mail of this customer to show.", icon=":material/info:")
                return False
            *shown, counts = pool.run(
                partial(
                    views.side_by_side,
                    (mail.html, second.html),
                    (
                        cached.read(mails.recipient, campaign_id, customer_id),
                        cached.read(mails.recipient, campaign_id, other_id),
                    ),
                    pictures=look.pictures,
                    dark=look.dark,
                    embedded=(mail.source == "archived", second.source == "archived"),
                )
            )
    except WorkFailed as error:
        mail_views.cannot_show(error)
        return False
    record(second, campaign_id, other_id)
    frame.verdict(summary(mail, second, counts))
    _say_whose_values(second, campaign_id, other_id)
    st.caption(_MARKS)
    for column, each, safe, customer in zip(
        st.columns(2), (mail, second), shown, (customer_id, other_id), strict=True
    ):
        with column:
            _lines(each, second if each is mail else mail, campaign_id, customer)
            mail_views.framed(safe, each, f"{key}:{customer}", look, opens=False)
    return True


def record(mail: MailView, campaign_id: str, customer_id: str) -> None:
    """Record in the audit that a customer's e-mail is shown."""
    copy = "archived" if mail.source == "archived" else "rebuilt"
    audit.viewed(Action.OPENED_MAIL, campaign_id=campaign_id, customer_id=customer_id, copy=copy)


def _say_whose_values(mail: MailView, campaign_id: str, customer_id: str) -> None:
    """Where the other customer's e-mail comes from; the dialog says it of the first one."""
    delivery = cached.read(mails.delivery, campaign_id, customer_id)
    origin = mail_values.origin(mail, navigation.zone(), is_sent=delivery is None or delivery.is_sent)
    st.caption(f"The second e-mail: {origin[0].lower()}{origin[1:]}.")
    mail_values.show_gaps(mail)


def _lines(mail: MailView, other: MailView, campaign_id: str, customer_id: str) -> None:
    """What a mail program shows above an e-mail, with a sign before what differs from the other."""
    delivery = cached.read(mails.delivery, campaign_id, customer_id)
    to = formats.sender(delivery.name, delivery.email) if delivery else customer_id

    def line(name: str) -> str:
        text = getattr(mail, name) or ""
        return text if text == (getattr(other, name) or "") else f"≠ {text or 'None'}"

    sender = formats.sender(mail.from_name, mail.from_email)
    frame.inbox_lines(
        line("subject") or formats.NO_SUBJECT,
        line("preheader"),
        f"From {sender}" if sender else None,
        f"To {to}",
    )


def summary(first: MailView, second: MailView, counts: Mapping[Kind, int]) -> str:
    """What differs between two e-mails, in a line."""
    lines = [
        words
        for words, name in (("subjects", "subject"), ("preview texts", "preheader"))
        if (getattr(first, name) or "") != (getattr(second, name) or "")
    ]
    of_lines = f"The {' and the '.join(lines)} differ." if lines else ""
    things = [formats.things(number, _NAMES[kind]) for kind, number in counts.items()]
    verb = "differs" if sum(counts.values()) == 1 else "differ"
    of_things = f"{formats.listed(things)} {verb}." if things else ""
    return " ".join(filter(None, (of_lines, of_things))) or "The two e-mails are the same."
