"""The words by which tables of any origin name their columns and events, in eleven languages.

Names are compared without accents and capitals. Each word is a row of stems in English, German, French, Spanish,
Italian, Dutch, Portuguese, Polish, Swedish, Danish and Czech: `stem*` is the beginning of a word, `*stem*` any part of
one (German and its relatives write "Öffnungszeitpunkt" as one word), and anything else a whole word.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum, auto
from functools import lru_cache

from mailsight.vocabulary import EventType

_LETTERS = str.maketrans({"ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ß": "ss", "’": "'"})
_MEANINGS = {"%": " percent ", "#": " nr ", "№": " nr ", "n°": " nr ", "nº": " nr "}
_SIGNS = re.compile("|".join(_MEANINGS), re.IGNORECASE)
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_E_MAIL = re.compile(r"\be (?=mail|post)")


class Word(StrEnum):
    """What a part of a column's name is about."""

    RATE = auto()
    UNIQUE = auto()
    TOTAL = auto()
    NUMBER = auto()
    TIME = auto()
    CLOCK = auto()
    ID = auto()
    NAME = auto()
    FIRST_NAME = auto()
    LAST_NAME = auto()
    EMAIL = auto()
    CAMPAIGN = auto()
    CUSTOMER = auto()
    SUBJECT = auto()
    PREHEADER = auto()
    SENDER = auto()
    TAGS = auto()
    URL = auto()
    IP = auto()
    USER_AGENT = auto()
    REASON = auto()
    TYPE = auto()
    STATUS = auto()
    MESSAGE = auto()
    LANGUAGE = auto()
    COUNTRY = auto()
    CREATED = auto()
    REVENUE = auto()
    ORDERS = auto()
    CURRENCY = auto()
    HARD = auto()
    SOFT = auto()
    NOT = auto()
    PROVIDER = auto()
    LAST = auto()


_STEMS: dict[Word | EventType, str] = {
    Word.RATE: (
        "rate rates *rate *raten *quote *quoten percent* prozent* pourcentage taux tasa tasso taxa "
        "porcent* *percentage percentual* wskaznik* wspolczynnik* procent* odsetek *frekvens *grad mira "
        "podil andel* ratio ctr cor cto ctor"
    ),
    Word.UNIQUE: "uniq* eindeutig* einmalig* unic* uniek* unikal* unik* distinct personen people persons",
    Word.TOTAL: "total* gesamt* insgesamt totaal* totale lacznie razem celkem samlet* sum summe",
    Word.NUMBER: (
        "anzahl* number count *counts nombre numero nb num aantal* liczba ilosc antal* pocet cantidad "
        "quantita quantidade times"
    ),
    Word.TIME: (
        "date *date *datum *dato dates fecha data dato *zeit *zeitpunkt time *time timestamp *tid heure "
        "hora ora *tijd *tijdstip czas *tidpunkt *tidspunkt tidsstampel cas when am um at on le op kl "
        "dnia den horodatage moment datetime"
    ),
    Word.CLOCK: "uhrzeit time heure hora ora tijd godzina klockslag klokkeslaet cas tid tijdstip",
    Word.ID: (
        "id ids customerid userid contactid subscriberid memberid clientid kundenid campaignid messageid "
        "mailingid uuid guid uid key nr no *nummer *nr kennung *kennung identif* code codigo codice cislo "
        "numer ref referen* klucz"
    ),
    Word.NAME: (
        "name *name names nom nome nombre naam *naam nazwa namn *namn navn *navn nazev jmeno titel *titel "
        "title titre titulo titolo tytul bezeichnung label"
    ),
    Word.FIRST_NAME: ("firstname forename fname vorname* prenom* voornaam imie fornamn* fornavn* givenname"),
    Word.LAST_NAME: (
        "lastname surname* lname nachname* familienname* apellido* cognome* achternaam* sobrenome* "
        "apelido* nazwisko efternamn* efternavn* prijmeni familyname"
    ),
    Word.EMAIL: (
        "email emails emailadr* emailaddress *email *emailadresse *mailadresse mail mailadres* epost "
        "epostadr* correo correos courriel* posta"
    ),
    Word.CAMPAIGN: (
        "campaign* *kampagne* campagn* campan* kampani* *kampanj* kampan* mailing* newsletter* "
        "*nyhedsbrev* *nyhetsbrev* *nieuwsbrief* infolettre* boletin* aussendung* broadcast*"
    ),
    Word.CUSTOMER: (
        "customer* client* kund* *kunde *kunden klant* klient* zakazn* contact* kontakt* subscriber* "
        "abonn* member* mitglied* user users person persona personne persoon empfanger* empfaenger* "
        "destinat* ontvanger* odbiorc* mottagar* modtager* prijemc* recipient* receiver suscriptor* "
        "abonent* lead leads profile* utente usuario contatto contatti"
    ),
    Word.SUBJECT: "subject* betreff* objet asunto oggetto onderwerp* assunto temat amne* emne* predmet",
    Word.PREHEADER: "preheader* preview* vorschau* previsualis* anteprima",
    Word.SENDER: (
        "from sender* absender* expedit* remitent* remetent* mittent* afzender* nadawc* avsandar* "
        "afsender* odesil* versender*"
    ),
    Word.TAGS: (
        "tag tags label labels etiquet* etichett* categor* kategor* schlagw* stichw* znacznik* stitk* stitek"
    ),
    Word.URL: "url *url link *link links lien liens enlace enlaces collegament* odkaz* lank lankar href",
    Word.IP: "ip",
    Word.USER_AGENT: "useragent agent browser navegador navigateur prohlizec",
    Word.REASON: (
        "reason* *grund raison* motif* motivo* reden* powod* orsak* arsag* duvod* diagnos* detail* "
        "response bemerkung"
    ),
    Word.TYPE: (
        "type *type typ *typ tipo event events ereignis* evenement* evento gebeurtenis* zdarzeni* "
        "handels* haendels* udalost* action* aktion accion azione acao actie akcja akce aktivitat* "
        "activity activit*"
    ),
    Word.STATUS: "status *status state statut estado stato zustand stan stav toestand",
    Word.MESSAGE: (
        "message* *nachricht* mensaje* messaggi* bericht* mensagem mensagens wiadomosc* meddelande* "
        "besked* zprav*"
    ),
    Word.LANGUAGE: (
        "language* sprache* langue* idioma* lingua* taal jezyk* sprak* sprog* jazyk* locale lang"
    ),
    Word.COUNTRY: "country* land pays pais paese kraj zeme staat nation *land landcode countrycode",
    Word.CREATED: (
        "created* creation erstell* angelegt registr* cree creado creato creata creation aangemaakt* "
        "criado utworz* skapad* oprettet* vytvor* signup joined since seit added"
    ),
    Word.REVENUE: (
        "revenu* *umsatz* chiffre ingreso* ricav* fatturat* omzet* receita* przychod* *intakt* "
        "omsaetning* omsattning* trzb* sales"
    ),
    Word.ORDERS: (
        "order* *bestell* command* pedid* ordin* compra* zamowi* objednav* purchase* kauf* achat* ordrer"
    ),
    Word.CURRENCY: "currency wahrung* waehrung* devise moneda valut* moeda walut* mena",
    Word.HARD: (
        "hard* permanent* dur durs dur[oae] dur[oae]s fuerte* dauerhaft* endgultig* definiti* tward* tvrd* trval*"
    ),
    Word.SOFT: (
        "soft* temporar* tempora* weich* doux suave* leve leves vorubergehend* tijdelijk* zacht* miekk* mekk* "
        "mjuk* blod* docasn* tymczasow*"
    ),
    Word.NOT: "not nicht non no niet nie inte ikke nao ej ne",
    Word.PROVIDER: "provider* esp anbieter fournisseur* proveedor* fornitore aanbieder",
    Word.LAST: "last letzt* dernier* ultim* laatste ostatni* senast* sidst* posledni*",
    EventType.OPENED: (
        "open opens opened opening* *offnung* *geoffnet* *oeffn* *offnet* ouvert* abiert* apertur* apert* "
        "abri* geopend* abert* otwar* otworz* *oppn* abn* *abning* *aabn* otevr* lu lue lus gelesen leido "
        "letto letta gelezen lido read przeczytan*"
    ),
    EventType.CLICKED: (
        "click* clic clics clicaron *klick* *klik* cliqu* pulsad* cliccat* clicad* *proklik* kliknut* klepnut*"
    ),
    EventType.BOUNCED: (
        "*bounc* *rucklauf* *ruecklauf* unzustellbar* zuruckgewiesen* rebond* rebot* rimbalz* respint* "
        "devol* devuelt* retourn* odbit* odbic* odbij* odbil* odrzut* *studs* undelivered* undeliverable* "
        "nedoruc* onbestelbaar* returnerad*"
    ),
    EventType.DELIVERED: (
        "deliver* *zugestellt* *zustell* ausgeliefert* delivr* remis remise livre* distribu* entreg* "
        "consegn* *afgelever* bezorg* geleverd* dorecz* dostarcz* levere* levering* afleveret* doruc*"
    ),
    EventType.SENT: (
        "sent send sending *gesendet* gesandt* *versand* *versend* verschickt* geschickt* envoy* envoi* "
        "*enviad* envio* inviat* invio spedit* *verzonden* *verzend* verstuurd* gestuurd* wysl* wyslan* "
        "wysylk* *skicka* *utskick* *sandning* *sendt* *afsend* *udsend* odesl* odeslan* rozesl* "
        "dispatch*"
    ),
    EventType.UNSUBSCRIBED: (
        "unsub* optout* *abgemeldet* *abmeld* ausgetragen* desinscri* desabonn* baja bajas desuscri* "
        "cancelac* disiscri* cancellaz* *uitgeschreven* *uitschrijv* *afgemeld* *afmeld* descadastr* "
        "cancelament* wypis* rezygn* wyrejestr* *avregistr* *avprenumer* *avanmal* *frameld* odhlas*"
    ),
    EventType.SUBSCRIBED: (
        "subscri* optin* *angemeldet* anmeld* inscri* abonne suscri* iscri* aangemeld* zapis* prenumer* "
        "*tilmeld* prihlas*"
    ),
    EventType.COMPLAINED: (
        "spam* complain* abuse* beschwerde* plainte* quej* denunc* reclam* klacht* skarg* *klagomal* "
        "klage* stiznost*"
    ),
    EventType.REJECTED: (
        "reject* refus* abgelehnt* block* dropped suppress* gesperrt* bloqu* blocc* geblok* zablok* "
        "zamitn* odrzuc* geweiger* afvist* avvisad* rechaz*"
    ),
    EventType.FAILED: (
        "failed fail failure* fehlgeschlagen* fehler error* erreur* fout fouten echec* echou* fallid* fallit* mislukt* "
        "erro falhou blad misslyck* fejl* selhal* chyba"
    ),
    EventType.DEFERRED: (
        "defer* delayed verzogert* zuruckgestellt* aufgeschoben* differe* reporte* aplazad* diferid* rinviat* "
        "rimandat* ritardat* posticipat* differit* uitgesteld* adiad* odrocz* uppskjut* udskudt* odloz*"
    ),
    EventType.QUEUED: (
        "queued processed accepted warteschlange eingereiht angenommen traite procesad* accettat* accepte "
        "geaccepteerd"
    ),
    EventType.AUTORESPONDED: "autorespon* autorepl* abwesenheit* outofoffice afwezig* absence",
}
# Words that consist of two.
_PHRASES = {
    re.compile(rf"\b{phrase}\b"): joined
    for phrase, joined in {
        "opt(ed)? out": "optout",
        "opt(ed)? in": "optin",
        "user agent": "useragent",
        "out of office": "outofoffice",
        "(first|given) names?": "firstname",
        "(last|family) names?": "lastname",
        "nom de famille": "lastname",
        "nombre de pila": "firstname",
        "(not delivered|nicht zugestellt|non remis|non consegnat[oae]|no entregad[oa])": "bounced",
        "(niet afgeleverd|nao entregue)": "bounced",
        "dad[oa] de baja": "baja",
        "hizo clic": "clic",
        "mailing list": "list",
        "(inscricao cancelada|cancelou a inscricao|iscrizione annullata|annullamento iscrizione)": "unsubscribed",
        "(suscripcion cancelada|cancelacion de la suscripcion|anulowano subskrypcje)": "unsubscribed",
    }.items()
}


def folded(name: str) -> str:
    """The words of a name in lower case, without accents and punctuation: "e mail adresse" is "emailadresse"."""
    text = _CAPITAL.sub(" ", _SIGNS.sub(lambda sign: _MEANINGS[sign[0].lower()], name))
    plain = unicodedata.normalize("NFKD", text.lower().translate(_LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    words = " ".join(re.findall(r"[^\W_]+", plain))
    words = _E_MAIL.sub("e", words)
    for phrase, joined in _PHRASES.items():
        words = phrase.sub(joined, words)
    return words


@lru_cache(maxsize=4_096)
def words(name: str) -> frozenset[Word | EventType]:
    """What the words of a name are about."""
    return _words_of(folded(name))


def _words_of(plain: str) -> frozenset[Word | EventType]:
    known = {word for word, stems in _EXPRESSIONS.items() if stems.search(plain)}
    if EventType.UNSUBSCRIBED in known or Word.CUSTOMER in known:
        known.discard(EventType.SUBSCRIBED)
    if Word.FIRST_NAME in known or Word.LAST_NAME in known:
        known.discard(Word.NAME)
    if Word.SENDER in known:
        known.discard(EventType.SENT)
    return frozenset(known)


def _expression(stems: str) -> re.Pattern[str]:
    parts = "|".join(stem.replace("*", r"[^\W_]*") for stem in stems.split())
    return re.compile(rf"\b(?:{parts})\b")


_EXPRESSIONS = {word: _expression(stems) for word, stems in _STEMS.items()}
# Which of several types a word means, such as "spam click" or "open, not delivered": the one that says most.
_PRECEDENCE = (
    EventType.AUTORESPONDED,
    EventType.COMPLAINED,
    EventType.UNSUBSCRIBED,
    EventType.BOUNCED,
    EventType.DEFERRED,
    EventType.REJECTED,
    EventType.CLICKED,
    EventType.OPENED,
    EventType.DELIVERED,
    EventType.FAILED,
    EventType.SENT,
    EventType.QUEUED,
    EventType.SUBSCRIBED,
)


def type_in(name: str) -> EventType | None:
    """The type of event that a name or value means; None if it is none that is known."""
    known = words(name)
    return next((kind for kind in _PRECEDENCE if kind in known), None)


# The totals that a name with such a word may count.
_FIGURES: Mapping[Word | EventType, frozenset[str]] = {
    EventType.SENT: frozenset(("sent",)),
    EventType.DELIVERED: frozenset(("delivered",)),
    EventType.OPENED: frozenset(("opened", "opens")),
    EventType.CLICKED: frozenset(("clicked", "clicks")),
    EventType.BOUNCED: frozenset(("bounces", "hard_bounces", "soft_bounces")),
    EventType.UNSUBSCRIBED: frozenset(("unsubscribed",)),
    EventType.COMPLAINED: frozenset(("complained",)),
    Word.ORDERS: frozenset(("orders",)),
    Word.REVENUE: frozenset(("revenue",)),
}


def figures_in(name: str) -> frozenset[str]:
    """The totals that a column of this name may count; none if it is a rate or a time."""
    known = words(name)
    if known & {Word.RATE, Word.TIME}:
        return frozenset()
    kind = type_in(name)
    found = (_FIGURES.get(word, frozenset()) for word in ((kind,) if kind else known))
    return frozenset[str]().union(*found)


def type_of(value: str) -> EventType | None:
    """The type that a value of a column of types means: a word of Mailsight's own, or of any language."""
    plain = folded(value)
    if plain in set(EventType):
        return EventType(plain)
    # "Not opened" is no open. "Not delivered" is a bounce, and has been replaced.
    return None if Word.NOT in _words_of(plain) else type_in(value)


_YES = (
    " yes y true 1 x ✓ ✔ ja j wahr richtig oui vrai si verdadero vero waar sim verdadeiro tak prawda sant ano "
    "pravda on "
)
_NO = (
    " no n false 0 nein falsch non faux falso nee onwaar nao nie falsz nej falskt falsk ne nepravda off ✗ ✘ "
)


def yes_or_no(value: str) -> bool | None:
    """Whether a value means yes or no; None if it is neither."""
    plain = value.strip().lower()
    plain = plain if plain in ("✓", "✔", "✗", "✘") else folded(plain)
    return True if f" {plain} " in _YES else False if f" {plain} " in _NO else None


# How people and programs label the last row of a table, in which the others are added up.
_SUM = re.compile(
    r"\W*(?:grand |sub)?(?:totals?|totale|totaal|totalt|totaux|gesamt(?:summe|ergebnis)?|insgesamt|summe|sum|suma"
    r"|summa|somme|eindtotaal|razem|łącznie|ogółem|i alt|celkem|součet)(?: g[eé]n[eé]rale?| geral)?\W*",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"(?!\d{1,4}[./-]\d{1,2}[./-]\d{2,4}|[^\W\d_]{3,4} ?\d{1,2},? \d{4}\b)"  # no date, such as Apr 13, 2026
    r"[^\d@]{0,4}\d[\d.,'’\s]*[^\d@]{0,4}"
)
_NO_DIGIT = re.compile(r"\D")
# More rows need not be added up: a sum is larger than that of the first ones, too. Longer figures are ids.
_SUMMED_ROWS, _MAX_FIGURE_LENGTH = 1_000, 30
SUM = "a row of totals, which adds up the others"


class Sums:
    """The sums of a table's rows so far, which tell a row that adds up the others from a campaign called "Total"."""

    def __init__(self) -> None:
        self._rows = 0
        self._sums: Counter[str] = Counter()

    def is_sum(self, cells: Mapping[str, str], ids: Iterable[str | None] = ()) -> bool:
        """Whether a row adds up those before it: it seems to, and not all of its figures are smaller than their sums.

        `cells` are its values by column, without those that say nothing. `ids` are as in `seems_sum`.
        """
        is_labelled = seems_sum(cells.values(), ids)
        if not is_labelled and self._rows >= _SUMMED_ROWS:
            return False
        # Without their marks, all figures of a column are whole numbers of the same unit, or nearly so.
        figures = {
            name: int(_NO_DIGIT.sub("", cell))
            for name, cell in cells.items()
            if len(cell) <= _MAX_FIGURE_LENGTH and _FIGURE.fullmatch(cell)
        }
        is_smaller = figures and all(figure < self._sums[name] for name, figure in figures.items())
        if is_labelled and not is_smaller:
            return True
        self._rows += 1
        self._sums.update(figures)
        return False


def seems_sum(cells: Iterable[str], ids: Iterable[str | None] = ()) -> bool:
    """Whether a row may add up the others: the first of its values is a word for that, and the others are figures.

    One that has an id is a campaign or person called "Total". `ids` are its ids, which are among the values.
    """
    values = filter(None, map(str.strip, cells))
    label = next(values, "")
    return (
        _SUM.fullmatch(label) is not None
        and all(map(_FIGURE.fullmatch, values))
        and set(filter(None, ids)) <= {label}
    )


def bounce_type_of(value: str) -> str | None:
    """Whether a value means that a failure is permanent ("hard") or temporary ("soft"); None if it says neither."""
    known = words(value)
    return "hard" if Word.HARD in known else "soft" if Word.SOFT in known else None
