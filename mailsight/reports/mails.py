"""The e-mail of a campaign, and the copy that a customer received."""

import json
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Literal

from mailsight.bounded import pool
from mailsight.bounded.batches import first_results
from mailsight.errors import WorkFailed
from mailsight.mail.personal_links import Recipient
from mailsight.merging.filled import FilledMail, fill_mail, together
from mailsight.merging.languages import Language, language_named
from mailsight.merging.rendering import MailTemplate, mail_language
from mailsight.merging.sample_values import sampled_template
from mailsight.merging.values import Json
from mailsight.mime import facts
from mailsight.mime.facts import Facts
from mailsight.vocabulary import NotSentReason
from mailsight.warehouse.reader import Snapshot

from . import known
from .campaign import Campaign, campaign
from .known import Age, Version

# Characters of e-mails whose language is recognised: for one page, and at a time.
_MAX_RECOGNISED = 10_000_000
_MOST_AT_A_TIME = 400_000


@dataclass(frozen=True, slots=True)
class ValuesUsed:
    """Whose values an e-mail was filled in with.

    `own`: those that were sent with it. `customer`: how old what is known of the customer is, and `at`, the time that
    goes with it (`known.Version.age`). If neither was used, the e-mail is the same for everyone.
    """

    own: bool = False
    customer: Age | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class MailView:
    """An e-mail to display. `html` is as sent and unsafe: sanitize it before you show it.

    `source` is "template" for the campaign's own HTML, "sample" for that with sample values in its merge fields,
    "filled" for that with one customer's values, and "archived" for the exact copy that the customer received.
    `unknown`, `assumed` and `unsupported` are what could not be filled in: see `merging.rendering.Rendered`. `values`
    are those of a filled one. `text` is its text part, None if it has none.
    """

    html: str
    subject: str | None
    preheader: str | None
    source: Literal["template", "sample", "filled", "archived"]
    from_name: str | None = None
    from_email: str | None = None
    values: ValuesUsed = ValuesUsed()
    unknown: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Whether one customer was sent a campaign's e-mail and received it.

    `reason` and `detail` say why it was not, or will not be, sent. `is_planned`: the campaign has not been sent yet.
    """

    name: str | None
    email: str | None
    is_planned: bool
    is_sent: bool
    is_received: bool
    reason: NotSentReason | None
    detail: str | None
    bounce_reason: str | None

    @property
    def is_left_out(self) -> bool:
        """Whether there is a reason not to send it. While a campaign is planned, an unknown one doesn't count."""
        known = self.reason is not NotSentReason.OTHER or self.detail
        return not self.is_sent and bool(known or not self.is_planned)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail. It was neither opened nor stored."""

    name: str
    type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Received:
    """What the raw mail of a customer holds besides its HTML. All of it is untrusted.

    `source` is its header as it arrived, and `headers` are the fields in it. `text` is the plain text part, None if it
    has none. `charset` is the label of the part that is shown. `signature` isn't checked. `size_bytes` is the size of
    the raw mail.
    """

    source: str
    headers: Sequence[tuple[str, str]]
    facts: Facts
    attachments: Sequence[Attachment]
    text: str | None
    charset: str | None
    signature: Literal["smime", "pgp"] | None
    size_bytes: int


def received(data: Snapshot, campaign_id: str, customer_id: str) -> Received | None:
    """Read the headers, facts and attachments of the mail as one customer received it.

    None unless its archived copy is a raw mail (such as an .eml file) that was loaded.
    """
    row = data.row("received_mail", campaign_id=campaign_id, customer_id=customer_id)
    if row is None:
        return None
    fields = facts.fields(row["headers"])
    return Received(
        row["headers"],
        fields,
        facts.facts(fields),
        [Attachment(**attachment) for attachment in json.loads(row["attachments"])],
        row["text"],
        row["charset"],
        row["signature"],
        row["size_bytes"],
    )


def of_campaign(data: Snapshot, campaign_id: str) -> MailView | None:
    """Read the campaign's own e-mail with its merge fields unfilled, or None if its HTML was not loaded.

    Raises `UnknownCampaign`.
    """
    return _unfilled(data, campaign(data, campaign_id))


def _unfilled(data: Snapshot, described: Campaign) -> MailView | None:
    content = data.row("content", content_id=described.content_id) if described.content_id else None
    if content is None:
        return None
    return MailView(
        content["html"],
        described.subject,
        described.preheader,
        "template",
        described.from_name,
        described.from_email,
        text=content["text"],
    )


def sample(data: Snapshot, campaign_id: str) -> MailView | None:
    """Read the campaign's e-mail with sample values, or None if its HTML was not loaded.

    What identifies a person is made up; other fields have the values of the first customer to whom it was sent. Raises
    `UnknownCampaign`, and `WorkFailed` if it can't be filled in.
    """
    described = campaign(data, campaign_id)
    mail = _unfilled(data, described)
    if mail is None:
        return None
    template = MailTemplate(mail.html, mail.subject, mail.preheader, mail.from_name, mail.text)
    language, values = language_named(described.merge_language), first_values(data, campaign_id)
    shown = pool.run(partial(sampled_template, template, values, language, sent_at=described.sent_at))
    return MailView(
        shown.html or "",
        shown.subject,
        shown.preheader,
        "sample",
        shown.from_name,
        mail.from_email,
        text=shown.text,
    )


def languages(data: Snapshot, campaign_ids: Sequence[str]) -> dict[str, Language]:
    """The languages of campaigns' e-mails, as they are rendered in. Without those that are too long together."""
    decided: dict[str, Language] = {}
    for some in _batches(data.rows("template_sizes", campaign_ids=list(campaign_ids))):
        rows = data.rows("templates", campaign_ids=some)
        work = [
            partial(
                mail_language,
                MailTemplate(row["html"], row["subject"], row["preheader"], row["from_name"], row["text"]),
                language_named(row["merge_language"]),
            )
            for row in rows
        ]
        with suppress(WorkFailed):
            results = pool.run(partial(first_results, operator.call, work))
            decided |= zip((row["campaign_id"] for row in rows), results, strict=False)
    return decided


def _batches(sizes: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    """The campaigns, as many at a time as go to the fast lane."""
    some: list[str] = []
    characters = total = 0
    for row in sizes:
        size = row["characters"]
        total += size
        if total > _MAX_RECOGNISED:
            break
        if some and characters + size > _MOST_AT_A_TIME:
            yield some
            some, characters = [], 0
        some.append(row["campaign_id"])
        characters += size
    if some:
        yield some


def first_values(data: Snapshot, campaign_id: str) -> dict[str, Json]:
    """The values of the merge fields of the first customer to whom the campaign was sent, if there is one."""
    first = data.row("first_sent_customer", campaign_id=campaign_id)
    row = first and data.row("customer_mail", campaign_id=campaign_id, customer_id=first["customer_id"])
    if not row:
        return {}
    own, customers, _ = _sent_with(data, row)
    return together(own, customers)


def delivery(data: Snapshot, campaign_id: str, customer_id: str) -> Delivery | None:
    """Read whether a customer was sent the campaign, or None if it did not select them."""
    row = data.row("customer_delivery", campaign_id=campaign_id, customer_id=customer_id)
    if row is None:
        return None
    reason = row["not_sent_reason"]
    return Delivery(
        name=row["name"],
        email=row["email"],
        is_planned=row["planned"],
        is_sent=row["sent"],
        is_received=row["delivered"],
        reason=NotSentReason(reason) if reason else None,
        detail=row["not_sent_detail"],
        bounce_reason=row["bounce_reason"],
    )


def of_customer(data: Snapshot, campaign_id: str, customer_id: str) -> MailView | None:
    """Read the e-mail as one customer received it: the archived copy, or else the campaign's, filled in for them.

    Also for a customer who was not sent it: what they would have received. None if the campaign did not select the
    customer, or the HTML was not loaded. Raises `WorkFailed` if it can't be filled in.
    """
    row = data.row("customer_mail", campaign_id=campaign_id, customer_id=customer_id)
    content = row and data.row("content", content_id=row["archived_id"] or row["template_id"])
    if not row or not content:
        return None
    is_archived = bool(row["archived_id"])
    # A raw mail has its own subject, which may be a variant of a test.
    archived = _archived_facts(row)
    archived_subject = archived.subject if archived else None
    template = MailTemplate(
        None if is_archived else content["html"],
        None if archived_subject else row["subject"],
        row["preheader"],
        row["from_name"],
        None if is_archived else content["text"],
    )
    own, customers, version = _sent_with(data, row)
    language = language_named(row["merge_language"])
    whole = _whole(data, row) if is_archived and template.length else None
    filled = pool.run(partial(fill_mail, template, own, customers, language, row["sent_at"], whole))
    rendered = filled.rendered
    mail = rendered.mail
    return MailView(
        content["html"] if is_archived else mail.html or "",
        archived_subject or mail.subject,
        mail.preheader,
        "archived" if is_archived else "filled",
        mail.from_name,
        row["from_email"],
        _values_used(filled, version, row["sent_at"] if row["sent"] else None),
        rendered.unknown,
        rendered.assumed,
        rendered.unsupported,
        content["text"] if is_archived else mail.text,
    )


def _whole(data: Snapshot, row: Mapping[str, Any]) -> MailTemplate:
    """The campaign's own e-mail, for which another copy is shown: it says which language its subject is in."""
    content = (row["template_id"] and data.row("content", content_id=row["template_id"])) or {}
    return MailTemplate(
        content.get("html"), row["subject"], row["preheader"], row["from_name"], content.get("text")
    )


def _sent_with(
    data: Snapshot, row: Mapping[str, Any]
) -> tuple[Mapping[str, Json], Mapping[str, Json], Version]:
    """The values of a message's own merge fields, those of the customer, and the version that these are of."""
    sent = known.sent_with(known.versions(data, row["customer_id"]), row)
    return sent.own, {**sent.version.fields, **sent.recipient}, sent.version


def _values_used(filled: FilledMail, version: Version, sent_at: datetime | None) -> ValuesUsed:
    rendered = filled.rendered
    # What is unknown was looked for in all that is known.
    has_gaps = bool(rendered.unknown or rendered.assumed or rendered.unsupported) and not filled.uses_own
    uses_customer = filled.uses_known or (has_gaps and bool(version.fields))
    return ValuesUsed(
        filled.uses_own or (has_gaps and not uses_customer), *(version.age(sent_at) if uses_customer else ())
    )


def recipient(data: Snapshot, campaign_id: str, customer_id: str) -> Recipient:
    """Read what a customer's e-mail may name them by: their address, their id, the values of its merge fields."""
    row = data.row("customer_mail", campaign_id=campaign_id, customer_id=customer_id)
    if row is None:
        return Recipient(None, customer_id)
    own, customers, _ = _sent_with(data, row)
    archived = _archived_facts(row)
    return Recipient(
        row["mailed_to"] or customers.get("email"),
        customer_id,
        tuple(dict.fromkeys([*_texts(own), *_texts(customers)])),
        tuple(archived.unsubscribe) if archived else (),
    )


def _archived_facts(row: Mapping[str, Any]) -> Facts | None:
    headers = row["archived_headers"]
    return facts.facts(facts.fields(headers)) if headers else None


def _texts(values: Any) -> Iterator[str]:
    """The texts and numbers in nested values."""
    todo = [values]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            todo += value.values()
        elif isinstance(value, list):
            todo += value
        elif isinstance(value, str | int | float) and not isinstance(value, bool):
            yield str(value)
