"""The e-mail of a campaign, and the copy that a customer received."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from mailsight.bounded import pool
from mailsight.mail.content import fill
from mailsight.warehouse.reader import Snapshot

from .campaign import campaign


@dataclass(frozen=True, slots=True)
class MailView:
    """An e-mail to display. `html` is as sent and unsafe: sanitize it before you show it.

    `source` is "template" for the campaign's own HTML, "archived" for the exact copy that the customer received, and
    "filled" for the campaign's HTML with the customer's merge fields filled in.
    """

    html: str
    subject: str | None
    preheader: str | None
    source: Literal["template", "archived", "filled"]


def of_campaign(data: Snapshot, campaign_id: str) -> MailView | None:
    """Read the campaign's own e-mail with its merge fields unfilled, or None if its HTML was not loaded.

    Raises `UnknownCampaign`.
    """
    described = campaign(data, campaign_id)
    content = data.row("content", content_id=described.content_id) if described.content_id else None
    return MailView(content["html"], described.subject, described.preheader, "template") if content else None


def of_customer(data: Snapshot, campaign_id: str, customer_id: str) -> MailView | None:
    """Read the e-mail as one customer received it: the archived copy, or else the campaign's, filled in for them.

    None if the campaign did not select the customer, or the HTML was not loaded. Raises `WorkFailed` if it can't be
    filled in.
    """
    row = data.row("customer_mail", campaign_id=campaign_id, customer_id=customer_id)
    content = row and data.row("content", content_id=row["archived_id"] or row["template_id"])
    if not row or not content:
        return None
    fields = _merge_fields(row)
    subject, preheader = (
        pool.run(partial(fill, text, fields, escape=False)) if text else None
        for text in (row["subject"], row["preheader"])
    )
    if row["archived_id"]:
        return MailView(content["html"], subject, preheader, "archived")
    html = pool.run(partial(fill, content["html"], fields))
    return MailView(html, subject, preheader, "filled")


def _merge_fields(row: Mapping[str, Any]) -> dict[str, str]:
    """Return the values of a message's merge fields: its own, or else the customer's columns and attributes."""
    known = {name: row[name] for name in ("customer_id", "email", "name", "language", "country")}
    attributes = json.loads(row["attributes"] or "{}")
    own = json.loads(row["merge_fields"] or "{}")
    values = known | attributes | own
    return {name: str(value) for name, value in values.items() if value is not None}
