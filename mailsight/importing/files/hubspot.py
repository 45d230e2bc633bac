"""HubSpot: the export of all marketing emails with their totals, and the export of an email's recipients.

https://knowledge.hubspot.com/articles/kcs_article/email/what-do-the-email-terms-in-my-basic-export-mean
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from mailsight.importing.headers import EMAIL, FIRST_NAME, LAST_NAME, Kind
from mailsight.importing.sources import Gap, Item, Request, Source, Unusable, Value
from mailsight.vocabulary import EventType, NotSentReason

from . import exports, total_names, totals, values
from .exports import Entry, ExportFile, Reading, TableRow, by_row

NAME = "hubspot"

CAMPAIGNS = Kind(
    "campaigns",
    fields={
        **total_names.NAMES,
        "id": ("Email ID", "Email Campaign ID", "Email-ID", "E-Mail-ID", "ID"),
        "name": (
            *("Email Name", "Internal Email Name", "E-Mail-Name", "Name der E-Mail"),
            *("Nombre del correo", "Nombre del correo electrónico", "Nom de l'e-mail", "Nom de l’e-mail"),
            *("Nome dell'e-mail", "Nome email", "Nome do e-mail", "Naam e-mail", "E-mailnaam"),
        ),
        "sent_at": (
            *total_names.NAMES["sent_at"],
            *("Sendedatum (Ihre Zeitzone)", "Fecha de envío (tu zona horaria)"),
        ),
        "other_name": ("Name", "Email"),
        "tags": ("Campaign", "Campaign Name", "Kampagne", "Campaña", "Campagne", "Campagna", "Campanha"),
        "list": ("Lists", "List", "Recipients Lists"),
        "not_sent": (
            "Not Sent",
            "Nicht gesendet",
            "No enviado",
            "Non envoyé",
            "Non inviato",
            "Niet verzonden",
        ),
        "through": ("Click Through Rate", "Clickthrough Rate", "Click-through rate"),
        "replied": ("Replied", "Reply Rate", "Beantwortet", "Respondido", "Répondu"),
    },
    needs=frozenset({"opened"}),
    marks=(
        *(frozenset({"name", "delivered", "opened"}), frozenset({"name", "sent_at", "opened"})),
        *(frozenset({"delivered", "opened", "through"}), frozenset({"opened", "replied"})),
        frozenset({"not_sent", "opened"}),
    ),
)
# What happens to a recipient, each in a column: a time, a number, or TRUE.
HAPPENED: Mapping[str, tuple[EventType, str | None]] = {
    "sent": (EventType.SENT, "sent"),
    "deferred": (EventType.DEFERRED, None),
    "delivered": (EventType.DELIVERED, "delivered"),
    "opened": (EventType.OPENED, "opened"),
    "clicked": (EventType.CLICKED, "clicked"),
    "bounced": (EventType.BOUNCED, "bounces"),
    "complained": (EventType.COMPLAINED, "complained"),
    "unsubscribed": (EventType.UNSUBSCRIBED, "unsubscribed"),
}
NOT_SENT = {
    "dropped": (NotSentReason.OTHER, "dropped by HubSpot: the contact had bounced or unsubscribed"),
    "mta_dropped": (NotSentReason.FAILED, "dropped by HubSpot's delivery provider"),
    "not_sent": (NotSentReason.OTHER, "not sent by HubSpot"),
}
RECIPIENTS = Kind(
    "recipients",
    fields={
        "email": EMAIL,
        "first_name": FIRST_NAME,
        "last_name": LAST_NAME,
        "id": ("Email ID", "Email Campaign ID", "Campaign ID"),
        "name": ("Email Name", "Campaign", "Campaign Name"),
        "subject": ("Subject", "Email Subject"),
        "sent": (
            "Sent",
            "Sent At",
            "Sent Date",
            "Send Date",
            "Send Date (Your time zone)",
            "Gesendet",
            "Enviado",
        ),
        "processed": ("Processed",),
        "deferred": ("Deferred", "Soft Bounce", "Soft Bounced"),
        "delivered": ("Delivered", "Delivered Date", "Zugestellt", "Entregado", "Délivré", "Consegnato"),
        "opened": (
            "Open",
            "Opened",
            "Opens",
            "Open Date",
            "Opened Date",
            "Geöffnet",
            "Abierto",
            "Ouvert",
            "Aperto",
        ),
        "clicked": ("Click", "Clicked", "Clicks", "Click Date", "Clicked Date", "Geklickt", "Clic", "Cliqué"),
        "bounced": ("Bounce", "Bounced", "Hard Bounce", "Hard Bounced", "Bounce Date"),
        "dropped": ("Dropped",),
        "mta_dropped": ("MTA_Dropped", "MTA Dropped"),
        "not_sent": ("Not Sent",),
        "complained": ("SpamReport", "Spam Report", "Spam Reports", "Marked as spam"),
        "unsubscribed": ("Unsubscribed", "Unsubscribe", "Unsubscribed Date", "Abgemeldet", "Désabonné"),
        "status_change": ("StatusChange", "Status Change"),
        "unbounce": ("Unbounce",),
        "forward": ("Forward",),
        "print": ("Print",),
    },
    needs=frozenset({"email", "opened"}),
    marks=(
        *(frozenset({"email", "opened", "dropped", "delivered"}), frozenset({"email", "status_change"})),
        *(frozenset({"email", "unbounce"}), frozenset({"email", "opened", "mta_dropped"})),
        # Rows that nobody has are left out of the export.
        *(frozenset({"email", "opened", field}) for field in ("processed", "forward", "print")),
        *(frozenset({"email", "sent", "delivered", "opened", field}) for field in ("complained", "deferred")),
    ),
)
_NO = frozenset(("0", "false", "no", "nein", "non", "falso", "falsch", "faux", "nee"))


def read(request: Request) -> Iterator[Item]:
    """The emails with their totals, and what each recipient did, if the export of recipients is there."""
    readings = (by_row(CAMPAIGNS, "campaigns", _email), Reading(RECIPIENTS, _recipients))
    return exports.read_tables(request, "HubSpot", readings)


def _email(file: ExportFile, zone: tzinfo, row: TableRow) -> Iterator[Entry | Unusable]:
    """An email with its totals. Whom it was not sent to was selected, too."""
    name, key = row.get("name") or row.get("other_name"), row.get("id")
    if not name and not key:
        yield Unusable("campaigns", file.name, row.line, "no name and no id", row.text)
        return
    sent, not_sent = values.count(row.get("sent")), values.count(row.get("not_sent"))
    selected = {} if sent is None or not_sent is None else {"recipients": str(sent + not_sent)}
    counted = TableRow(row.line, {**row.values, "name": name or "", **selected}, row.text)
    campaign_id = f"{NAME}-{key or values.row_id(name, row.get('sent_at'))}"
    yield from totals.entries(NAME, campaign_id, file.name, counted, totals.sent_at(file, row, zone))


def _recipients(file: ExportFile, zone: tzinfo) -> Iterator[Entry | Unusable]:
    """The rows of recipients, then the email that they are of, with how many did what."""
    counts: dict[str, Counter[str]] = {}
    emails: dict[str, TableRow] = {}
    moment = exports.moment(file, zone)

    def read_row(row: TableRow) -> Iterator[Entry | Unusable]:
        email = values.address(row.get("email"))
        if not email:
            yield Unusable("messages", file.name, row.line, "no e-mail address", row.text)
            return
        campaign_id = f"{NAME}-{row.get('id') or row.get('name') or file.stem}"
        emails.setdefault(campaign_id, row)
        done = {field: moment(text) for field in HAPPENED if (text := _told(row, field))}
        skipped = next((field for field in NOT_SENT if _told(row, field)), None)
        counts.setdefault(campaign_id, Counter()).update(
            total for field in done if (total := HAPPENED[field][1])
        )
        yield from _recipient(row, file, email, campaign_id, done.get("sent"), skipped)
        for field, at in done.items():
            if at:
                yield Entry("events", file.name, row.line, _event(HAPPENED[field][0], email, campaign_id, at))

    yield from exports.entries(file, RECIPIENTS, "messages", read_row)
    for campaign_id, row in emails.items():
        named: dict[str, Value] = {
            "campaign_id": campaign_id,
            "name": row.get("name") or (None if row.get("id") else file.stem),
            "subject": row.get("subject"),
            "source": NAME,
        }
        yield Entry("campaigns", file.name, row.line, named)
        known = {total for field, (_, total) in HAPPENED.items() if total and field in row.values}
        figures: dict[str, Value] = {total: counts[campaign_id][total] for total in sorted(known)}
        yield Entry("totals", file.name, row.line, {"campaign_id": campaign_id, "source": NAME} | figures)


def _recipient(
    row: TableRow,
    file: ExportFile,
    email: str,
    campaign_id: str,
    sent_at: datetime | None,
    skipped: str | None,
) -> Iterator[Entry]:
    """The person, and the message if it is known when it was sent, or why it was not."""
    name = " ".join(filter(None, (row.get("first_name"), row.get("last_name")))) or None
    yield Entry("customers", file.name, row.line, {"customer_id": email, "email": email, "name": name})
    if not sent_at and not skipped:
        return
    message: dict[str, Value] = {"campaign_id": campaign_id, "customer_id": email, "email": email}
    if skipped and not sent_at:
        reason, detail = NOT_SENT[skipped]
        message |= {"not_sent_reason": reason, "not_sent_detail": detail}
    yield Entry("messages", file.name, row.line, message | {"sent_at": sent_at})


def _event(kind: EventType, email: str, campaign_id: str, at: datetime) -> dict[str, Value]:
    return {
        "event_id": values.row_id(kind, campaign_id, email, at.isoformat()),
        "provider": NAME,
        "campaign_id": campaign_id,
        "customer_id": email,
        "recipient": email,
        "type": kind,
        "occurred_at": at,
        "bounce_type": "hard" if kind is EventType.BOUNCED else None,
    }


def _told(row: TableRow, field: str) -> str | None:
    """What a column says if it says that something happened."""
    text = row.get(field)
    return None if text is None or text.lower() in _NO else text


SOURCE = Source(
    name=NAME,
    label="HubSpot",
    where="the export of marketing emails, the export of an email's recipients, or a folder or zip of both",
    gaps=(
        Gap(
            ("opened", "clicked", "undeliverable", "unsubscribed", "complained"),
            "The export of recipients tells who opened and clicked, and in some accounts not when. Then they count in "
            "the totals only.",
        ),
        Gap(
            ("opens", "clicks"),
            "The export of recipients doesn't name the links, or how often they were clicked.",
        ),
    ),
    read=read,
    kinds=(CAMPAIGNS, RECIPIENTS),
    recipients="HubSpot's export of the e-mail's recipients",
)
