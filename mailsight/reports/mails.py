"""The e-mail of a campaign, and the one a customer received."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from mailsight.mail.content import fill
from mailsight.warehouse.reader import Snapshot

from .campaign import campaign


@dataclass(frozen=True, slots=True)
class MailView:
    """An e-mail to look at. `html` is as it was sent: make it safe before it is shown.

    source: "template", the campaign's own; "archived", the very copy that this customer received; "filled", the
    campaign's HTML with this customer's merge fields put in.
    """

    html: str
    subject: str | None
    preheader: str | None
    source: Literal["template", "archived", "filled"]


def of_campaign(data: Snapshot, campaign_id: str) -> MailView | None:
    """The campaign's own e-mail, its merge fields as they were written; None when there is no HTML of it.

    Raises `UnknownCampaign`.
    """
    found = campaign(data, campaign_id)
    content = data.row("content", content_id=found.content_id) if found.content_id else None
    return MailView(content["html"], found.subject, found.preheader, "template") if content else None


def of_customer(data: Snapshot, campaign_id: str, customer_id: str) -> MailView | None:
    """The mail as one customer received it: the archived copy, else the campaign's with the customer's merge fields.

    None when the campaign did not select the customer, or there is no HTML of it.
    """
    row = data.row("customer_mail", campaign_id=campaign_id, customer_id=customer_id)
    content = row and data.row("content", content_id=row["archived_id"] or row["template_id"])
    if not row or not content:
        return None
    fields = _merge_fields(row)
    subject = fill(row["subject"], fields, escape=False) if row["subject"] else None
    preheader = fill(row["preheader"], fields, escape=False) if row["preheader"] else None
    if row["archived_id"]:
        return MailView(content["html"], subject, preheader, "archived")
    return MailView(fill(content["html"], fields), subject, preheader, "filled")


def _merge_fields(row: Mapping[str, Any]) -> dict[str, str]:
    """What a mail's merge fields stand for: what the message says, else what is known of the customer."""
    known = {name: row[name] for name in ("customer_id", "email", "name", "language", "country")}
    attributes = json.loads(row["attributes"] or "{}")
    told = json.loads(row["merge_fields"] or "{}")
    values = known | attributes | told
    return {name: str(value) for name, value in values.items() if value is not None}
