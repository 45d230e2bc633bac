"""Mailgun: saved answers of the Logs API (and of the Events API before it), and exported suppressions.

https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/logs and
https://documentation.mailgun.com/docs/mailgun/api-reference/send/mailgun/bounces
"""

from collections.abc import Iterator
from datetime import tzinfo
from functools import partial

from mailsight.importing.headers import Kind
from mailsight.importing.sources import Gap, Item, Request, Source, Unusable, Value
from mailsight.loading import json_files
from mailsight.loading.json_files import BadRecord
from mailsight.loading.refusing import Failure, tried
from mailsight.providers import fields
from mailsight.providers.payload import at, first, texts
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import EventType, NotSentReason

from . import exports, values
from .exports import Entry, ExportFile, Reading, TableRow, by_row
from .happened import Happened, Log

NAME = "mailgun"

# A page of an answer, or its items on their own.
PAGES = Kind(
    "pages",
    {"items": ("items",), "paging": ("pagination", "paging", "aggregates", "start", "end")},
    frozenset({"items"}),
    marks=(frozenset({"items", "paging"}),),
)
EVENTS = Kind(
    "events",
    {
        "time": ("@timestamp", "timestamp"),
        "event": ("event",),
        "recipient": ("recipient",),
        "status": ("delivery-status",),
        "provider": ("recipient-provider",),
        "domain": ("recipient-domain",),
        "envelope": ("envelope",),
        "level": ("log-level",),
        "variables": ("user-variables",),
    },
    frozenset({"time", "event", "recipient"}),
    marks=tuple(
        frozenset({"time", "event", "recipient", field})
        for field in ("status", "provider", "domain", "envelope", "level", "variables")
    ),
)
_LISTED = {"email": ("address",), "at": ("created_at", "createdat")}
BOUNCES = Kind(
    "bounces",
    {**_LISTED, "code": ("code",), "detail": ("error", "message")},
    frozenset({"email", "detail"}),
    marks=(frozenset({"email", "at", "code", "detail"}),),
)
UNSUBSCRIBES = Kind(
    "unsubscribes",
    {**_LISTED, "tags": ("tag", "tags")},
    frozenset({"email", "tags"}),
    marks=(frozenset({"email", "at", "tags"}),),
)
COMPLAINTS = Kind("complaints", {**_LISTED, "count": ("count",)}, frozenset({"email", "at"}))
SUPPRESSED = {
    "bounces": NotSentReason.BOUNCED_BEFORE,
    "unsubscribes": NotSentReason.OPTED_OUT,
    "complaints": NotSentReason.COMPLAINED_BEFORE,
}
_PROVIDER = PROVIDERS[NAME]


def read(request: Request) -> Iterator[Item]:
    """The events of the logs, and the people that Mailgun sends nothing to."""
    answers = partial(_answers, Log(NAME))
    lists = tuple(
        by_row(kind, "customers", partial(_suppressed, kind.name))
        for kind in (BOUNCES, UNSUBSCRIBES, COMPLAINTS)
    )
    return exports.read_tables(
        request, "Mailgun", (Reading(PAGES, answers), Reading(EVENTS, answers), *lists)
    )


def _answers(log: Log, file: ExportFile, zone: tzinfo) -> Iterator[Entry | Unusable]:
    """The events in an answer's pages; in those of suppressions, people."""
    for value in json_files.values(file.path):
        if isinstance(value, BadRecord):
            yield Unusable("events", file.name, value.line, value.reason, value.text)
            continue
        pages = value.value if isinstance(value.value, dict) else {}
        items = pages.get("items")
        for item in items if isinstance(items, list) else [value.value]:
            outcome = tried(list[Entry | Unusable], _item(log, file, zone, value.line, item))
            if isinstance(outcome, Failure):
                yield Unusable("events", file.name, value.line, outcome.reason, str(item))
            else:
                yield from outcome


def _item(log: Log, file: ExportFile, zone: tzinfo, line: int, item: object) -> Iterator[Entry | Unusable]:
    if isinstance(item, dict) and "address" in item and "event" not in item:
        kind = (
            "bounces"
            if "error" in item
            else "unsubscribes"
            if "tags" in item or "tag" in item
            else "complaints"
        )
        plain = {"email": item.get("address"), "at": item.get("created_at"), "detail": item.get("error")}
        texts_of = {name: str(value) for name, value in plain.items() if value is not None}
        yield from _suppressed(kind, file, zone, TableRow(line, texts_of, str(item)))
        return
    payload = _PROVIDER.facts_of(item)
    said = fields.meaning(_PROVIDER, payload)
    email = values.address(first(payload, ("recipient", "message.headers.to")))
    when = values.moment(first(payload, ("@timestamp", "timestamp")), zone)
    if not said.is_event:
        return
    if not email or not when:
        reason = "no recipient" if not email else "no time"
        yield Unusable("events", file.name, line, reason, str(item))
        return
    yield from _event(
        log, file, line, payload, Happened(kind=said.type or EventType.UNKNOWN, email=email, at=when)
    )


def _event(log: Log, file: ExportFile, line: int, payload: object, what: Happened) -> Iterator[Entry]:
    tags = texts(at(payload, "tags"))
    metadata = fields.metadata(at(payload, "user-variables"))
    subject = fields.value(at(payload, "message.headers.subject"))
    own = fields.campaign_id(_PROVIDER, metadata, payload, tags)
    campaign_id = own or log.of_subject(subject)
    if campaign_id:
        yield from log.campaign(campaign_id, file.name, line, name=own or subject, subject=subject)
    diagnostic = first(payload, _PROVIDER.diagnostic)
    details: dict[str, Value] = {
        "url": fields.value(at(payload, "url")),
        "bounce_type": fields.bounce_type(_PROVIDER, what.kind, payload),
        "reject_reason": fields.meaning(_PROVIDER, payload).reason,
        "smtp_status": fields.smtp_status(_PROVIDER, payload, diagnostic),
        "diagnostic": diagnostic,
        "user_agent": fields.by_customer(what.kind, payload, ("client-info.user-agent",)),
        "ip": fields.by_customer(what.kind, payload, _PROVIDER.ip),
        "provider_machine": fields.by_machine(_PROVIDER, payload),
    }
    known_id = fields.first_identifier(payload, _PROVIDER.event_id)
    happened = Happened(
        kind=what.kind,
        email=what.email,
        at=what.at,
        campaign_id=campaign_id,
        message_id=fields.first_identifier(payload, ("message.headers.message-id",)),
        # Mailgun's own ids are unique for a day only.
        event_id=values.row_id(known_id, what.at.isoformat()) if known_id else None,
        details={name: value for name, value in details.items() if value is not None},
    )
    yield from log.entries(happened, file.name, line)


def _suppressed(kind: str, file: ExportFile, zone: tzinfo, row: TableRow) -> Iterator[Entry | Unusable]:
    """A person that Mailgun sends nothing to, since when and why."""
    email = values.address(row.get("email"))
    if not email:
        yield Unusable("customers", file.name, row.line, "no e-mail address", row.text)
        return
    since = values.moment(row.get("at"), zone)
    detail = " ".join(filter(None, (row.get("code"), row.get("detail")))) or None
    person: dict[str, Value] = {
        "customer_id": email,
        "email": email,
        "suppressed": SUPPRESSED[kind],
        "suppressed_at": since.isoformat() if since else None,
        "suppressed_detail": detail,
    }
    yield Entry("customers", file.name, row.line, {name: value for name, value in person.items() if value})


SOURCE = Source(
    name=NAME,
    label="Mailgun",
    where="saved answers of the Logs or Events API (JSON), exported suppressions (CSV), or a folder or zip of both",
    gaps=(
        Gap(
            ("sent", "delivered", "opened", "clicked"),
            "Logs name no campaign: e-mails with the same campaign_id in their variables, the same first tag, or else "
            "the same subject are shown as one.",
        ),
        Gap(
            ("not_sent",),
            "Suppressions say whom Mailgun sends nothing to and why, not which e-mails it left out: they explain only "
            "messages that a campaign lists as not sent.",
        ),
    ),
    read=read,
    kinds=(PAGES, EVENTS, BOUNCES, UNSUBSCRIBES, COMPLAINTS),
    recipients="Mailgun's logs",
)
