"""The words for events in Brevo's logs, in the languages that its app has.

Brevo's log names events in the language of the account. These are the app's own labels where they have been seen in
exports (English, Italian), and the usual translations of them otherwise; feminine and masculine, because "e-mail" is
either.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mailsight.importing.headers import folded
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import EventType


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word says: the type of an event, and what else is in it."""

    kind: EventType
    bounce_type: str | None = None
    reject_reason: str | None = None
    is_machine: bool = False


WORDS: Mapping[Meaning, Sequence[str]] = {
    Meaning(EventType.SENT): (
        *("Sent", "Request", "Requests", "Envoyé", "Envoyée", "Gesendet", "Versendet", "Enviado", "Enviada"),
        *("Inviata", "Inviato", "Inviate", "Verzonden", "Wysłano", "Wysłany"),
    ),
    Meaning(EventType.DELIVERED): (
        *(
            "Delivered",
            "Délivré",
            "Délivrée",
            "Livré",
            "Livrée",
            "Distribué",
            "Zugestellt",
            "Entregado",
            "Entregada",
        ),
        *("Consegnata", "Consegnato", "Entregue", "Afgeleverd", "Bezorgd", "Dostarczono", "Dostarczony"),
    ),
    Meaning(EventType.OPENED): (
        *(
            "Opened",
            "Open",
            "First opening",
            "First open",
            "Unique opened",
            "Unique open",
            "Ouvert",
            "Ouverte",
        ),
        *(
            "Ouverture",
            "Première ouverture",
            "Geöffnet",
            "Öffnung",
            "Erste Öffnung",
            "Erstöffnung",
            "Erstmals geöffnet",
        ),
        *(
            "Abierto",
            "Abierta",
            "Apertura",
            "Primera apertura",
            "Aperta",
            "Aperto",
            "Prima apertura",
            "Aberto",
            "Aberta",
        ),
        *(
            "Abertura",
            "Primeira abertura",
            "Geopend",
            "Eerste opening",
            "Eerste keer geopend",
            "Otwarto",
            "Otwarty",
        ),
        *("Pierwsze otwarcie",),
    ),
    Meaning(EventType.OPENED, is_machine=True): (
        *("Loaded by proxy", "Proxy open", "Unique proxy open", "First proxy open", "First opening by proxy"),
        *(
            "Chargé par proxy",
            "Chargée par proxy",
            "Chargé par un proxy",
            "Chargé par le proxy",
            "Ouvert par proxy",
        ),
        *(
            "Von Proxy geladen",
            "Durch Proxy geladen",
            "Per Proxy geladen",
            "Über Proxy geladen",
            "Vom Proxy geladen",
        ),
        *("Cargado por proxy", "Cargada por proxy", "Cargado por un proxy", "Cargado por el proxy"),
        *("Caricata per procura", "Caricato per procura", "Caricata da proxy", "Caricato da proxy"),
        *(
            "Caricata per proxy",
            "Caricato per proxy",
            "Caricata tramite proxy",
            "Caricato tramite proxy",
            "Caricata dal proxy",
        ),
        *("Carregado por proxy", "Carregada por proxy", "Carregado pelo proxy", "Geladen door proxy"),
        *("Geladen via proxy", "Załadowano przez proxy", "Załadowane przez proxy"),
    ),
    Meaning(EventType.CLICKED): (
        *(
            "Clicked",
            "Click",
            "Clicks",
            "Unique clicks",
            "Cliqué",
            "Cliquée",
            "Clic",
            "Geklickt",
            "Angeklickt",
            "Klick",
        ),
        *(
            "Clicado",
            "Clicada",
            "Clicaron",
            "Hizo clic",
            "Clics",
            "Cliccata",
            "Cliccato",
            "Clique",
            "Geklikt",
            "Klik",
        ),
        *("Kliknięto", "Kliknięty"),
    ),
    Meaning(EventType.BOUNCED, "hard", "bounced"): (
        *("Hard bounce", "Hard bounced", "Hard bounces", "Hardbounce", "Rebond dur", "Rebote duro"),
        *(
            "Rebote permanente",
            "Rebote fuerte",
            "Rimbalzo permanente",
            "Devolução permanente",
            "Twarde odbicie",
        ),
    ),
    Meaning(EventType.BOUNCED, "soft", "bounced"): (
        *("Soft bounce", "Soft bounced", "Soft bounces", "Softbounce", "Rebond doux", "Rebote suave"),
        *("Rebote temporal", "Rebote leve", "Rimbalzo temporaneo", "Devolução temporária", "Miękkie odbicie"),
    ),
    Meaning(EventType.BOUNCED, "hard", "invalid"): (
        *(
            "Invalid email",
            "Invalid e-mail",
            "Invalid",
            "Email invalide",
            "E-mail invalide",
            "Adresse email invalide",
        ),
        *("Ungültige E-Mail", "Ungültige E-Mail-Adresse", "E-Mail ungültig", "Correo electrónico no válido"),
        *("Email no válido", "Correo no válido", "Email inválido", "Email non valida", "E-mail non valida"),
        *("Indirizzo email non valido", "E-mail inválido", "Ongeldig e-mailadres", "Ongeldige e-mail"),
        *("Nieprawidłowy e-mail", "Nieprawidłowy adres e-mail"),
    ),
    Meaning(EventType.DEFERRED): (
        *(
            "Deferred",
            "Différé",
            "Différée",
            "Reporté",
            "Reportée",
            "Zurückgestellt",
            "Aufgeschoben",
            "Verzögert",
        ),
        *(
            "Diferido",
            "Diferida",
            "Aplazado",
            "Aplazada",
            "Rinviata",
            "Rinviato",
            "Rimandata",
            "Rimandato",
            "Ritardata",
            "Ritardato",
            "Posticipata",
            "Posticipato",
            "Differita",
            "Differito",
            "Adiado",
            "Adiada",
        ),
        *("Uitgesteld", "Odroczono", "Odroczony"),
    ),
    Meaning(EventType.REJECTED, None, "blocked"): (
        *(
            "Blocked",
            "Bloqué",
            "Bloquée",
            "Blockiert",
            "Gesperrt",
            "Bloqueado",
            "Bloqueada",
            "Bloccata",
            "Bloccato",
        ),
        *("Geblokkeerd", "Zablokowano", "Zablokowany"),
    ),
    Meaning(EventType.COMPLAINED, None, "spam"): (
        *("Spam", "Complaint", "Complaints", "Marked as spam", "Plainte", "Marqué comme spam", "Beschwerde"),
        *(
            "Als Spam markiert",
            "Queja",
            "Marcado como spam",
            "Reclamo",
            "Contrassegnata come spam",
            "Segnalata come spam",
        ),
        *("Reclamação", "Denúncia", "Klacht", "Gemarkeerd als spam", "Skarga", "Oznaczono jako spam"),
    ),
    Meaning(EventType.UNSUBSCRIBED): (
        *(
            "Unsubscribed",
            "Unsubscribe",
            "Unsubscription",
            "Désinscrit",
            "Désinscrite",
            "Désabonné",
            "Désabonnée",
        ),
        *(
            "Désinscription",
            "Désabonnement",
            "Abgemeldet",
            "Abmeldung",
            "Dado de baja",
            "Dada de baja",
            "Desuscrito",
        ),
        *("Baja", "Cancelación de la suscripción", "Disiscritta", "Disiscritto", "Disiscrizione"),
        *(
            "Iscrizione annullata",
            "Descadastrado",
            "Descadastrada",
            "Cancelou a inscrição",
            "Inscrição cancelada",
        ),
        *("Cancelamento de inscrição", "Uitgeschreven", "Afgemeld", "Wypisano", "Anulowano subskrypcję"),
    ),
    Meaning(EventType.FAILED): (*("Error", "Erreur", "Fehler", "Errore", "Erro", "Fout", "Błąd"),),
}

MEANINGS: Mapping[str, Meaning] = {
    folded(word): meaning for meaning, words in WORDS.items() for word in words
}


def meaning(word: str) -> Meaning | None:
    """What a word in a log means: a label of the app, or a word of Brevo's API; None if it is not known."""
    if known := MEANINGS.get(folded(word)):
        return known
    brevo = PROVIDERS["brevo"]
    of_api = brevo.words[0].meaning([word])
    if not of_api or not of_api.is_event or not of_api.type:
        return None
    lower = word.lower()
    bounce = "soft" if "soft" in lower else "hard" if of_api.type is EventType.BOUNCED else None
    return Meaning(of_api.type, bounce, of_api.reason, is_machine="proxy" in lower)
