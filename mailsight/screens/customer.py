"""Sections of the customer page: details, consent and contact history."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import partial

import streamlit as st

from mailsight.components import address, tables
from mailsight.components.export_button import export_button
from mailsight.components.paging import Paging
from mailsight.exports import rows as export_rows
from mailsight.figures import formats
from mailsight.figures.metrics import FIGURES, Portion
from mailsight.reports.customer import Contact, Customer, CustomerReport
from mailsight.vocabulary import Audience, Status
from mailsight.web import addresses, audit, sessions
from mailsight.web.access import Right
from mailsight.web.audit import Export
from mailsight.web.parameters import CUSTOMER_DIALOG, PAGE, Dialog

from . import navigation
from .dialogs import erase, events, mail

TABLE = "history"  # key of the table
PAGING = Paging("history_page", rows_per_page=25, parameter=PAGE)
_MAIL_BUTTONS = {
    Status.NOT_SENT: "Not sent: show why, and what this customer would have received",
    Status.PLANNED: "Show the e-mail that is planned for this customer",
    Status.NOT_RECEIVED: "Show the e-mail that was sent to this customer",
}
# Attributes with one of these words in their name count as consent.
_CONSENT = ("consent", "opt_in", "optin", "opted", "permission", "subscribed", "newsletter", "gdpr")


def campaign_before(report: CustomerReport) -> tuple[str, str] | None:
    """Id and name of the campaign from which this page was opened, if it selected this customer."""
    names = {contact.campaign_id: contact.campaign_name for contact in report.contacts}
    before = navigation.campaign_before()
    return (before, names[before]) if before in names else None


def erase_button() -> None:
    """The button that opens the dialog to erase this customer, for admins."""
    if sessions.may(Right.ERASURE):
        st.button(
            "Erase",
            icon=":material/person_remove:",
            on_click=address.opener(CUSTOMER_DIALOG, "erase"),
        )


def details(customer: Customer) -> None:
    """The customer's main details, then their consent, then all other attributes."""
    main = {
        "E-mail": customer.email,
        "Language": customer.language,
        "Country": customer.country,
        "Customer since": formats.day(customer.created_at, navigation.zone())
        if customer.created_at
        else None,
    }
    consent = {name: value for name, value in customer.attributes.items() if _is_consent(name)}
    others = {name: value for name, value in customer.attributes.items() if not _is_consent(name)}
    _facts_table(main, "details")
    st.subheader("Consent", anchor=False)
    if consent:
        _facts_table(consent, "consent")
    else:
        st.caption("No consent data for this customer.")
    if others:
        st.subheader("Other details", anchor=False)
        _facts_table(others, "attributes")


def _is_consent(name: str) -> bool:
    return any(word in name.lower() for word in _CONSENT)


def _facts_table(facts: Mapping[str, object], key: str) -> None:
    rows = [
        tables.Row(name, [_label(name), _value(value)])
        for name, value in facts.items()
        if value not in (None, "")
    ]
    tables.facts(rows, key=key, label=key.capitalize(), first=key == "details")


def _label(name: str) -> str:
    label = " ".join(name.replace("_", " ").split())
    return label[:1].upper() + label[1:]


def _value(value: object) -> str:
    if isinstance(value, bool) or str(value).lower() in ("true", "false"):
        return "Yes" if str(value).lower() == "true" else "No"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, str):
        try:
            return (
                formats.day(datetime.fromisoformat(value), "UTC")
                if len(value) >= len("2026-01-01")
                else value
            )
        except ValueError:
            return value
    return str(value) if not isinstance(value, date) else value.isoformat()


def totals(report: CustomerReport, audience: Audience) -> None:
    """How many e-mails were sent, opened and clicked, in one line."""
    sent = [contact for contact in report.contacts if contact.status.is_sent]
    planned = sum(contact.status is Status.PLANNED for contact in report.contacts)
    not_sent = len(report.contacts) - len(sent) - planned
    opened = sum(contact.opens > 0 or contact.clicks > 0 for contact in sent)
    clicked = sum(contact.clicks > 0 for contact in sent)
    opened_share, clicked_share = (formats.rate(Portion(part, len(sent))) for part in (opened, clicked))
    st.caption(
        f"{formats.things(len(sent), 'e-mail')} sent · {opened} opened: {opened_share} · "
        f"{clicked} clicked: {clicked_share} · {not_sent} not sent"
        + (f" · {planned} planned" if planned else ""),
        help="Opened ÷ sent and clicked ÷ sent, counted in e-mails. With only a few e-mails, the range shows where the "
        f"rate is likely to be in the long run. {audience.meaning}",
    )


def history(report: CustomerReport, audience: Audience) -> None:
    """All e-mails, newest first, a page at a time; a click opens the campaign, the e-mail or its events."""
    total = len(report.contacts)
    first = PAGING.first(total)
    shown = report.contacts[first : first + PAGING.rows_per_page]
    columns = [
        tables.Column("Campaign"),
        tables.Column("Sent on", fit=True),
        tables.Column("Status", fit=True),
        tables.Column("Opens", right=True, fit=True, help=f"{FIGURES['opens'].meaning} {audience.meaning}"),
        tables.Column("Clicks", right=True, fit=True, help=f"{FIGURES['clicks'].meaning} {audience.meaning}"),
        tables.Column("Activity", whole=True),
        tables.Column("", help="Preview and events", fit=True),
    ]
    clicked = tables.table(
        columns,
        [_row(contact) for contact in shown],
        key=TABLE,
        label="Contact history",
        opens=True,
        first=first,
        empty="No campaign has selected this customer yet.",
    )
    PAGING.switch(total)
    if clicked.row and clicked.action:
        address.change((CUSTOMER_DIALOG, Dialog(clicked.action, clicked.row)))


def dialog(report: CustomerReport) -> None:
    """Show the dialog in the address: the mail of a campaign, its events, or what erases the customer."""
    customer_id, known = report.customer.customer_id, {contact.campaign_id for contact in report.contacts}
    match address.value(CUSTOMER_DIALOG):
        case Dialog("mail", campaign_id) if campaign_id in known:
            mail.customer_mail(campaign_id, customer_id)
        case Dialog("events", campaign_id) if campaign_id in known:
            events.show(campaign_id, customer_id)
        case Dialog("mail" | "events" as kind, campaign_id):
            audit.missed(f"dialog {kind}", campaign_id=campaign_id, customer_id=customer_id)
        case Dialog("erase") if audit.may(Right.ERASURE, "dialog erase"):
            erase.show(customer_id)


def _row(contact: Contact) -> tables.Row:
    buttons = [("events", "list", "Show all events of this e-mail")]
    if contact.has_mail:
        buttons.insert(
            0, ("mail", "mail", _MAIL_BUTTONS.get(contact.status, "Show the e-mail this customer received"))
        )
    return tables.Row(
        contact.campaign_id,
        [
            tables.main(
                contact.campaign_name,
                contact.subject or "",
                href=addresses.campaign(contact.campaign_id, navigation.audience()),
                clip=True,
            ),
            formats.short_moment(contact.sent_at, navigation.zone()),
            tables.state(contact.status),
            formats.count(contact.opens) if contact.status.is_sent else formats.NOTHING,
            formats.count(contact.clicks) if contact.status.is_sent else formats.NOTHING,
            _activity(contact),
            tables.actions(*buttons),
        ],
    )


def _activity(contact: Contact) -> str:
    if contact.is_planned:
        return formats.NOT_SENT_YET
    if not contact.status.is_sent:
        reason = (contact.not_sent_reason or contact.status).label
        text = f"{reason}: {contact.not_sent_detail}" if contact.not_sent_detail else reason
        return f"Will be left out. {text}" if contact.status is Status.PLANNED else text
    zone, parts = navigation.zone(), []
    if contact.first_opened_at:
        parts.append(f"opened {formats.short_moment(contact.first_opened_at, zone)}")
    if contact.first_clicked_at:
        links = formats.things(contact.links_clicked, "link")
        parts.append(f"clicked {links} {formats.short_moment(contact.first_clicked_at, zone)}")
    if contact.bounce_reason is not None:
        parts.append(f"bounced: {contact.bounce_reason}" if contact.bounce_reason else "bounced")
    text = " · ".join(parts)
    return text[:1].upper() + text[1:]


def export_buttons(report: CustomerReport, audience: Audience) -> None:
    """Buttons that export the contact history and all of its events."""
    customer_id = report.customer.customer_id
    with st.container(horizontal=True, width="content", gap="small", key="history_exports"):
        export_button(
            f"history:{customer_id}",
            ("history", customer_id, audience.value),
            partial(export_rows.history, customer_id=customer_id, audience=audience),
            Export("history", customer_id=customer_id),
            right=Right.CUSTOMERS,
        )
        export_button(
            f"customer_events:{customer_id}",
            ("events", customer_id),
            partial(export_rows.customer_events, customer_id=customer_id),
            Export("customer-events", customer_id=customer_id),
            right=Right.RAW_EXPORTS,
            label="Events",
        )
