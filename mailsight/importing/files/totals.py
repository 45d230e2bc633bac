"""Campaigns as rows of totals: what all exports with a row per campaign have in common."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from mailsight.importing.headers import Names, folded
from mailsight.importing.sources import Unusable, Value
from mailsight.loading.bundle_files import COUNTS

from . import values
from .exports import Entry, ExportFile, TableRow

_ENGLISH_TIMES = (
    *(
        "Send Time",
        "Send Date Time",
        "Send Date",
        "Sent Date",
        "Sent At",
        "Date Sent",
        "Sending Date",
        "Date",
    ),
    *("Send Date (Your time zone)", "Send Date (UTC)"),
)
# The names of columns in English, German, French, Spanish, Italian, Portuguese and Dutch.
NAMES: Names = {
    "name": (
        *("Campaign Name", "Campaign", "Title", "Campaign Title", "Name", "Email Name"),
        *("Kampagnenname", "Name der Kampagne", "Kampagne", "Nom de la campagne", "Campagne", "Nom"),
        *("Nombre de la campaña", "Nombre de campaña", "Campaña", "Nome della campagna", "Nome campagna"),
        *("Nome da campanha", "Campanha", "Campagnenaam", "Naam van de campagne"),
    ),
    "subject": (
        *("Subject", "Subject Line", "Email Subject", "Betreff", "Betreffzeile", "Objet", "Sujet", "Asunto"),
        *("Línea de asunto", "Oggetto", "Assunto", "Linha de assunto", "Onderwerp", "Onderwerpregel"),
    ),
    "sent_at": (
        *_ENGLISH_TIMES,
        *("Sendezeit", "Sendedatum", "Versanddatum", "Gesendet am", "Versendet am", "Date d'envoi"),
        *("Date d’envoi", "Envoyée le", "Fecha de envío", "Enviado el", "Datum"),
        *("Data di invio", "Data invio", "Data de envio", "Enviado em", "Verzenddatum", "Verzonden op"),
    ),
    "list": (
        *(
            "List",
            "Audience",
            "Lists",
            "List Name",
            "Recipient List",
            "Liste",
            "Listen",
            "Listes",
            "Lista",
            "Listas",
        ),
        *("Elenco", "Lijst", "Zielgruppe", "Doelgroep"),
    ),
    "tags": ("Tags", "Tag", "Etiquetas", "Étiquettes", "Schlagwörter"),
    "recipients": ("Selected", "Total Selected"),
    "sent": (
        *(
            "Total Recipients",
            "Recipients",
            "Sent",
            "Emails Sent",
            "Total Sent",
            "Empfänger",
            "Gesendet",
            "Versendet",
        ),
        *("Destinataires", "Envoyés", "Envoyé", "E-mails envoyés", "Destinatarios", "Enviados", "Enviado"),
        *("Destinatari", "Inviati", "Inviate", "Destinatários", "Ontvangers", "Verzonden"),
    ),
    "delivered": (
        *(
            "Successful Deliveries",
            "Delivered",
            "Total Delivered",
            "Zugestellt",
            "Délivrés",
            "Livrés",
            "Délivré",
        ),
        *(
            "Entregados",
            "Entregado",
            "Consegnati",
            "Consegnate",
            "Entregues",
            "Entregue",
            "Afgeleverd",
            "Bezorgd",
        ),
    ),
    "hard_bounces": (
        *(
            "Hard Bounces",
            "Hard Bounced",
            "Hard Bounce",
            "Hardbounces",
            "Rebotes duros",
            "Rebotes permanentes",
        ),
        *("Hard bounce permanenti", "Devoluções permanentes"),
    ),
    "soft_bounces": (
        *(
            "Soft Bounces",
            "Soft Bounced",
            "Soft Bounce",
            "Softbounces",
            "Rebotes suaves",
            "Rebotes temporales",
        ),
        *("Soft bounce temporanei", "Devoluções temporárias"),
    ),
    "bounces": (
        *(
            "Total Bounces",
            "Total Bounced",
            "Bounces",
            "Bounced",
            "Unzustellbar",
            "Rebonds",
            "Rebotes",
            "Rimbalzi",
        ),
        *("Devoluções",),
    ),
    "opened": (
        *("Unique Opens", "Unique Opened", "Unique Open", "Recipients Who Opened", "Openers", "Opened"),
        *(
            "Eindeutige Öffnungen",
            "Einmalige Öffnungen",
            "Öffner",
            "Geöffnet",
            "Ouvertures uniques",
            "Ouvreurs",
        ),
        *("Aperturas únicas", "Abridores", "Abiertos", "Aperture uniche", "Aperti", "Aberturas únicas"),
        *("Abertos", "Unieke opens", "Unieke openingen", "Geopend"),
    ),
    "opens": (
        *("Total Opens", "Opens", "Gesamtöffnungen", "Öffnungen", "Öffnungen gesamt", "Ouvertures totales"),
        *("Total des ouvertures", "Ouvertures", "Aperturas totales", "Total de aperturas", "Aperturas"),
        *(
            "Aperture totali",
            "Aperture",
            "Total de aberturas",
            "Aberturas",
            "Totaal aantal opens",
            "Opens totaal",
        ),
    ),
    "clicked": (
        *("Unique Clicks", "Unique Clicked", "Unique Click", "Recipients Who Clicked", "Clickers", "Clicked"),
        *("Eindeutige Klicks", "Einmalige Klicks", "Klicker", "Geklickt", "Clics uniques", "Cliqueurs"),
        *(
            "Clics únicos",
            "Clicaron",
            "Clic unici",
            "Click unici",
            "Cliques únicos",
            "Unieke kliks",
            "Geklikt",
        ),
    ),
    "clicks": (
        *(
            "Total Clicks",
            "Clicks",
            "Gesamtklicks",
            "Klicks",
            "Klicks gesamt",
            "Clics totaux",
            "Total des clics",
        ),
        *(
            "Clics",
            "Clics totales",
            "Total de clics",
            "Clic totali",
            "Click totali",
            "Clic",
            "Total de cliques",
        ),
        *("Cliques", "Totaal aantal kliks", "Kliks"),
    ),
    "unsubscribed": (
        *(
            "Unsubscribes",
            "Unsubscribed",
            "Unique Unsubscribes",
            "Unsubscriptions",
            "Total Unsubs",
            "Abmeldungen",
        ),
        *(
            "Abgemeldet",
            "Désabonnements",
            "Désabonnés",
            "Désinscriptions",
            "Désinscrits",
            "Bajas",
            "Desuscritos",
        ),
        *("Cancelaciones de suscripción", "Disiscrizioni", "Disiscritti", "Cancelamentos de inscrição"),
        *("Cancelamentos", "Descadastros", "Uitschrijvingen", "Afmeldingen", "Uitgeschreven"),
    ),
    "complained": (
        *(
            "Abuse Complaints",
            "Spam Complaints",
            "Total Spam Complaints",
            "Complaints",
            "Spam Reports",
            "Spam",
        ),
        *(
            "Total Abuse Complaints",
            "Abuse Reports",
            "Beschwerden",
            "Spam-Beschwerden",
            "Plaintes",
            "Plaintes pour spam",
        ),
        *("Quejas", "Quejas de spam", "Denuncias de spam", "Reclami", "Reclami spam", "Segnalazioni di spam"),
        *("Reclamações", "Reclamações de spam", "Klachten", "Spamklachten"),
    ),
    "orders": (
        "Total Orders",
        "Unique Placed Order",
        "Total Placed Order",
        "Placed Order",
        "Orders",
        "Bestellungen",
    ),
    "revenue": (
        "Total Revenue",
        "Revenue",
        "Conversion Value",
        "Umsatz",
        "Revenus",
        "Ingresos",
        "Ricavi",
        "Receita",
        "Omzet",
    ),
    "currency": ("Currency", "Währung", "Devise", "Moneda", "Valuta", "Moeda"),
}


def entries(
    source: str, campaign_id: str, file: str, row: TableRow, sent_at: datetime | None, **more: Value
) -> Iterator[Entry | Unusable]:
    """A campaign and its totals, of a row with the fields above. `more` are other columns of the campaign.

    The list that it was sent to becomes its selection, in words. A time that can't be read is rejected on its own.
    """
    campaign: dict[str, Value] = {
        "campaign_id": campaign_id,
        "name": row.get("name"),
        "subject": row.get("subject"),
        "sent_at": sent_at,
        "tags": tags(row.get("tags")),
        "selection": row.get("list"),
        "source": source,
    }
    yield Entry("campaigns", file, row.line, campaign | more)
    if sent_at is None and (written := row.get("sent_at")):
        reason = f"unreadable time: {written}. Everything else of the campaign is loaded"
        yield Unusable("campaigns", file, row.line, reason, row.text)
    if figures := counted(row):
        key: dict[str, Value] = {"campaign_id": campaign_id, "source": source}
        yield Entry("totals", file, row.line, key | figures)


def sent_at(file: ExportFile, row: TableRow, zone: tzinfo) -> datetime | None:
    """When a campaign was sent. Only exports in English write the month before the day, unless their dates prove it."""
    is_english = any(folded(name) in map(folded, file.columns) for name in (*_ENGLISH_TIMES, "Publish Date"))
    return values.moment(
        row.get("sent_at"),
        zone,
        day_first=not is_english if file.days_come_first is None else file.days_come_first,
    )


def counted(row: TableRow) -> dict[str, Value]:
    """The totals in a row: those that it tells. Bounces are the sum of both kinds, if there is no sum."""
    counts = {count: values.count(row.get(count)) for count in COUNTS}
    hard, soft = counts["hard_bounces"], counts["soft_bounces"]
    if counts["bounces"] is None and hard is not None and soft is not None:
        counts["bounces"] = hard + soft
    figures: dict[str, Value] = {name: number for name, number in counts.items() if number is not None}
    if (revenue := values.amount(row.get("revenue"))) is not None:
        figures["revenue"] = revenue
    if figures and (currency := row.get("currency")):
        figures["currency"] = currency
    return figures


def tags(text: str | None) -> list[str] | None:
    """The tags in a text that separates them by commas or semicolons."""
    words = [word.strip(" []\"'") for word in (text or "").replace(";", ",").split(",")]
    return [word for word in words if word] or None
