"""The reports of the customer page: the customer, every campaign that selected them, and the events of one message."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import partial
from typing import Any

import pandas as pd

from mailsight.bounded import pool
from mailsight.errors import UnknownCustomer, WorkFailed
from mailsight.merging.filled import MAX_SUBJECT_CHARACTERS, Subject, fill_subjects, together
from mailsight.merging.languages import Language, language_named
from mailsight.merging.recognition import fitting, has_fields, is_surely
from mailsight.vocabulary import Audience, NotSentReason, Status
from mailsight.warehouse.reader import Snapshot

from . import known, mails
from .known import Version

_EMPTY: tuple[object, ...] = (None, "", [], {})


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer. If only their messages or events are known, everything but the id and the address is empty."""

    customer_id: str
    email: str | None
    name: str | None
    language: str | None
    country: str | None
    created_at: datetime | None
    attributes: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Contact:
    """One message in a customer's history."""

    campaign_id: str
    campaign_name: str
    subject: str | None
    sent_at: datetime | None
    status: Status
    not_sent_reason: NotSentReason | None
    not_sent_detail: str | None
    first_opened_at: datetime | None
    opens: int
    first_clicked_at: datetime | None
    clicks: int
    links_clicked: int
    bounce_reason: str | None
    has_mail: bool

    @property
    def is_planned(self) -> bool:
        """Whether the message has not been sent yet, and there is no reason not to send it."""
        return (
            self.status is Status.PLANNED
            and self.not_sent_reason is NotSentReason.OTHER
            and not self.not_sent_detail
        )


@dataclass(frozen=True, slots=True)
class CustomerReport:
    """A customer and a contact for every campaign that selected them, newest first."""

    customer: Customer
    contacts: Sequence[Contact]


def report(data: Snapshot, customer_id: str, audience: Audience) -> CustomerReport:
    """Read a customer and their contact history. Raises `UnknownCustomer`."""
    rows = [contact["row"] for contact in data.rows("contact_rows", customer_id=customer_id)]
    row = data.row("customer", customer_id=customer_id, rows=rows)
    if row is None:
        raise UnknownCustomer(f"There is no customer {customer_id!r}.")
    attributes = json.loads(row["attributes"] or "{}")
    # An attribute that is known to be empty is of interest to its mails only.
    filled = {name: value for name, value in attributes.items() if value not in _EMPTY}
    customer = Customer(**row | {"attributes": filled})
    contacts = data.rows("contacts", audience=audience, rows=rows)
    personal = [contact for contact in contacts if _is_personal(contact["subject"] or "")]
    if personal:
        fill_in(personal, known.versions(data, customer_id), _languages(data, personal))
    return CustomerReport(customer, list(map(_contact, contacts)))


def _contact(row: Mapping[str, Any]) -> Contact:
    values = {each.name: row[each.name] for each in fields(Contact)}
    return Contact(
        **values
        | {
            "status": Status(row["status"]),
            "not_sent_reason": NotSentReason(row["not_sent_reason"]) if row["not_sent_reason"] else None,
        }
    )


def _is_personal(subject: str) -> bool:
    return len(subject) <= MAX_SUBJECT_CHARACTERS and has_fields(subject)


def fill_in(
    contacts: Sequence[dict[str, Any]], versions: Sequence[Version], languages: Mapping[str, Language]
) -> None:
    """Fill in the subjects as the customer received them, all at once. They stay as they are if that fails.

    `languages`: of the campaigns' e-mails.
    """
    subjects = [_subject(contact, versions, languages[contact["campaign_id"]]) for contact in contacts]
    try:
        filled = pool.run(partial(fill_subjects, subjects))
    except WorkFailed:
        return
    for contact, subject in zip(contacts, filled, strict=True):
        contact["subject"] = subject


def _languages(data: Snapshot, contacts: Sequence[Mapping[str, Any]]) -> dict[str, Language]:
    """The languages of the e-mails, by campaign. Most are known from their subjects already."""
    known_for = {
        contact["campaign_id"]: (language_named(contact["merge_language"]), contact["subject"])
        for contact in contacts
    }
    decided = {
        campaign_id: language
        for campaign_id, (language, subject) in known_for.items()
        if language and is_surely(language, subject)
    }
    decided |= mails.languages(data, [each for each in known_for if each not in decided])
    undecided = {
        campaign_id: fitting(language, subject)
        for campaign_id, (language, subject) in known_for.items()
        if campaign_id not in decided
    }
    return decided | undecided


def _subject(contact: Mapping[str, Any], versions: Sequence[Version], language: Language) -> Subject:
    sent = known.sent_with(versions, contact)
    # Subjects share the fields of a version, so that these are sent to the worker once.
    return Subject(
        contact["subject"],
        own=together(sent.own, sent.recipient),
        known=sent.version.fields,
        language=language,
        sent_at=contact["sent_at"],
    )


def message_events(data: Snapshot, campaign_id: str, customer_id: str) -> pd.DataFrame:
    """Read the events of one message in chronological order.

    Columns: occurred_at (aware), type, url, link_position, label, machine, bounce_type, reject_reason, smtp_status,
    diagnostic, user_agent, ip, provider.
    """
    return data.frame("message_events", campaign_id=campaign_id, customer_id=customer_id)
