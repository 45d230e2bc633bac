"""Brevo: transactional logs in the language of the account, statistics of campaigns, and a campaign's recipients.

https://help.brevo.com/hc/en-us/articles/360021533839-Manage-your-transactional-logs-and-email-previews
"""

from collections.abc import Iterator
from datetime import tzinfo
from functools import partial

from mailsight.importing.headers import EMAIL, Kind
from mailsight.importing.sources import Gap, Item, Note, Request, Source, Unusable, Value
from mailsight.vocabulary import EventType

from . import brevo_words, exports, total_names, totals, values
from .brevo_recipients import RECIPIENTS, recipients
from .exports import Entry, ExportFile, Reading, TableRow, by_row
from .happened import Happened, Log

NAME = "brevo"
# How many unknown words are named, and how much of each.
MAX_WORDS, MAX_WORD_LENGTH = 20, 40

LOG = Kind(
    "log",
    fields={
        "word": ("st_text",),
        "occurred_at": ("ts", "Date"),
        "subject": ("sub", "Subject"),
        "from": ("frm", "From"),
        "email": EMAIL,
        "tag": ("tag", "tags"),
        "message_id": ("mid", "message-id"),
        "url": ("link", "url"),
    },
    needs=frozenset({"word", "occurred_at", "email"}),
    marks=(frozenset({"word", "occurred_at", "email"}),),
)
# The weekly exports of events, which have the columns of webhooks.
WEBHOOKS = Kind(
    "webhooks",
    fields={
        "word": ("event",),
        "occurred_at": ("ts_epoch", "ts_event", "ts", "date"),
        "subject": ("subject",),
        "email": ("email",),
        "tag": ("tag", "tags"),
        "message_id": ("message-id", "messageId"),
        "url": ("link", "URL"),
        "campaign": ("camp_id", "campaign_id"),
        "campaign_name": ("campaign name", "campaign_name"),
        "reason": ("reason",),
        "sending_ip": ("sending_ip",),
        "mirror": ("mirror_link",),
        "ip": ("ip",),
        "user_agent": ("user_agent",),
    },
    needs=frozenset({"word", "occurred_at", "email"}),
    marks=tuple(
        frozenset({"word", "occurred_at", "email", *fields})
        for fields in (("message_id", "sending_ip"), ("message_id", "mirror"), ("campaign_name",))
    ),
)
CAMPAIGNS = Kind(
    "campaigns",
    fields={
        **total_names.NAMES,
        "id": (
            *("Campaign ID", "Campaign_ID", "ID", "Kampagnen-ID", "ID de la campagne", "ID de la campaña"),
            *("ID campagna", "ID da campanha", "Campagne-ID"),
        ),
        "opened": (*total_names.NAMES["opened"], "Unique Views", "Trackable Unique Opens"),
        "opens": (*total_names.NAMES["opens"], "Views", "Viewed"),
        "trackable": (
            "Trackable Opens",
            "Trackable Views",
            "Ouvertures traçables",
            "Nachverfolgbare Öffnungen",
        ),
        "estimated": (
            "Estimated Opens",
            "Ouvertures estimées",
            "Geschätzte Öffnungen",
            "Aperturas estimadas",
        ),
        "apple": ("Apple MPP Opens", "Apple MPP", "Loaded by Apple MPP"),
        "deferred": ("Deferred", "Deferred Emails", "Différés", "Zurückgestellt", "Diferidos", "Rinviati"),
    },
    needs=frozenset({"name", "delivered"}),
    marks=tuple(
        frozenset({"name", "delivered", field}) for field in ("trackable", "estimated", "apple", "deferred")
    ),
)


def read(request: Request) -> Iterator[Item]:
    """The events of the logs, and the totals of campaigns."""
    log = Log(NAME)
    unknown: dict[str, EventType] = {}
    yield from exports.read_tables(
        request,
        "Brevo",
        (
            by_row(LOG, "events", partial(_event, log, unknown)),
            by_row(WEBHOOKS, "events", partial(_event, log, unknown)),
            by_row(CAMPAIGNS, "campaigns", _campaign),
            Reading(RECIPIENTS, recipients),
        ),
    )
    for kind, stored_as in (
        (EventType.UNKNOWN, "unknown events"),
        (EventType.CLICKED, "clicks, since they have a link"),
    ):
        words = [repr(word) for word, type_stored in unknown.items() if type_stored is kind]
        if words:
            yield Note(
                f"Brevo's words {', '.join(words)} are not known. Their events were stored as {stored_as}."
            )


def _event(
    log: Log, unknown: dict[str, EventType], file: ExportFile, zone: tzinfo, row: TableRow
) -> Iterator[Entry | Unusable]:
    email = values.address(row.get("email"))
    at = values.moment(row.get("occurred_at"), zone, day_first=file.days_come_first is not False)
    word, url = row.get("word"), row.get("url")
    if not email or not at or not word:
        reason = "no e-mail address" if not email else "no event" if not word else "no time"
        yield Unusable("events", file.name, row.line, reason, row.text)
        return
    meaning = brevo_words.meaning(word)
    # Only clicks have a link, whatever the language.
    kind = meaning.kind if meaning else EventType.CLICKED if url else EventType.UNKNOWN
    if not meaning and len(unknown) < MAX_WORDS:
        unknown.setdefault(word[:MAX_WORD_LENGTH], kind)
    campaign_id, name = _named(log, row)
    if campaign_id:
        yield from log.campaign(campaign_id, file.name, row.line, name=name, subject=row.get("subject"))
    details: dict[str, Value] = {
        "url": url,
        "bounce_type": meaning.bounce_type if meaning else None,
        "reject_reason": meaning.reject_reason if meaning else None,
        "diagnostic": row.get("reason"),
        "ip": row.get("ip"),
        "user_agent": row.get("user_agent"),
        "provider_machine": True if meaning and meaning.is_machine else None,
    }
    if kind is EventType.UNKNOWN:
        details["payload"] = {"st_text": word}
    happened = Happened(
        kind=kind,
        email=email,
        at=at,
        campaign_id=campaign_id,
        message_id=row.get("message_id"),
        details={name: value for name, value in details.items() if value is not None},
    )
    yield from log.entries(happened, file.name, row.line)


def _named(log: Log, row: TableRow) -> tuple[str | None, str | None]:
    """The campaign of an e-mail and its name: Brevo's own, or else the one of its tag, or of its subject."""
    if key := row.get("campaign"):
        return f"{NAME}-{key}", row.get("campaign_name")
    if tags := totals.tags(row.get("tag")):
        return tags[0], tags[0]  # as in webhooks
    subject = row.get("subject")
    return log.of_subject(subject), subject


def _campaign(file: ExportFile, zone: tzinfo, row: TableRow) -> Iterator[Entry | Unusable]:
    name, key = row.get("name"), row.get("id")
    if not name and not key:
        yield Unusable("campaigns", file.name, row.line, "no name and no id", row.text)
        return
    campaign_id = f"{NAME}-{key or values.row_id(name, row.get('sent_at'))}"
    yield from totals.entries(NAME, campaign_id, file.name, row, totals.sent_at(file, row, zone))


SOURCE = Source(
    name=NAME,
    label="Brevo",
    where="the CSV of transactional logs, weekly events, campaigns' statistics or a campaign's recipients; a folder or "
    "zip of them",
    gaps=(
        Gap(
            ("sent", "delivered", "opened", "clicked"),
            "Logs name no campaign: e-mails with the same tag, or else with the same subject, are shown as one.",
        ),
        Gap(
            ("opens", "clicks"),
            "Logs don't say with which program an e-mail was opened, only whether a proxy did.",
        ),
        Gap(("unsubscribed", "complained"), "The export of campaigns has totals only."),
        Gap(
            ("opens", "clicks"),
            "The export of a campaign's recipients has the first open, and no times of clicks: they are shown at the "
            "time of the open.",
        ),
    ),
    read=read,
    kinds=(LOG, WEBHOOKS, CAMPAIGNS, RECIPIENTS),
    recipients="Brevo's export of the campaign's recipients",
)
