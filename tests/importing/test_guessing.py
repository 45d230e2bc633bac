"""What the columns of any table are, in eleven languages and as programs export them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailsight.importing.columns import profiles
from mailsight.importing.columns.amounts import Decimal
from mailsight.importing.columns.fields import Kind
from mailsight.importing.columns.mapping import Column, questions
from mailsight.importing.dates import Order
from tests.support.unknown_tables import EVENTS, TYPES, fields, loaded, suggested


@pytest.mark.parametrize("language", EVENTS)
def test_events_are_recognised_in_every_language(tmp_path: Path, language: str) -> None:
    header, words = EVENTS[language].split("|")
    rows = [f"Spring;ann@example.com;{word};14.04.2026 09:0{n};" for n, word in enumerate(words.split(";"))]
    rows.append(f"Spring;bob@example.com;{words.split(';')[2]};14.04.2026 10:00;https://shop.example/a")

    mapping = suggested(tmp_path, "\n".join([header, *rows])).mapping

    assert mapping.kind is Kind.EVENTS
    assert list(fields(mapping).values()) == ["campaign_name", "email", "type", "occurred_at", "url"]
    assert [mapping.types[word] for word in words.split(";")] == list(TYPES)
    assert not questions(mapping)
    assert [event["type"] for event in loaded(tmp_path, mapping)["events"]] == [*TYPES, "clicked"]


PEOPLE = {
    "English": "Email;First name;Last name;Sent at;Opened at;Clicks;Bounced;Unsubscribed",
    "German": "E-Mail;Vorname;Nachname;Gesendet am;Geöffnet am;Klicks;Rückläufer;Abgemeldet",
    "French": "Courriel;Prénom;Nom de famille;Envoyé le;Ouvert le;Clics;Rebond;Désabonné",
    "Spanish": "Correo;Nombre;Apellidos;Fecha de envío;Fecha de apertura;Clics;Rebote;Baja",
    "Italian": "Email;Nome;Cognome;Data di invio;Data di apertura;Clic;Rimbalzo;Disiscritto",
    "Dutch": "E-mail;Voornaam;Achternaam;Verzonden op;Geopend op;Kliks;Bounce;Afgemeld",
    "Portuguese": "E-mail;Nome;Sobrenome;Data de envio;Data de abertura;Cliques;Devolvido;Descadastrado",
    "Polish": "E-mail;Imię;Nazwisko;Data wysłania;Data otwarcia;Kliknięcia;Odbicie;Wypisany",
    "Swedish": "E-post;Förnamn;Efternamn;Skickat;Öppnat;Klick;Studs;Avregistrerad",
    "Danish": "E-mail;Fornavn;Efternavn;Afsendt;Åbnet;Klik;Bounce;Afmeldt",
    "Czech": "E-mail;Jméno;Příjmení;Odesláno;Otevřeno;Kliknutí;Nedoručeno;Odhlášen",
}


@pytest.mark.parametrize("language", PEOPLE)
def test_a_row_per_recipient_becomes_a_message_and_its_events(tmp_path: Path, language: str) -> None:
    rows = [
        "ann@example.com;Ann;Jansen;14.04.2026 09:00;14.04.2026 09:30;2;;",
        "bob@example.com;Bob;Bär;14.04.2026 09:00;;0;x;",
        "eve@example.com;Eve;Dupont;14.04.2026 09:00;15.04.2026 08:00;0;;x",
    ]
    mapping = suggested(tmp_path, "\n".join([PEOPLE[language], *rows])).mapping

    assert mapping.kind is Kind.PEOPLE
    assert list(fields(mapping).values()) == [
        *("email", "first_name", "last_name", "sent_at", "opened", "clicked", "bounced", "unsubscribed")
    ]
    assert mapping.fixed == {"campaign_id": "table"}
    rows_by_kind = loaded(tmp_path, mapping)
    assert [row["name"] for row in rows_by_kind["customers"]] == ["Ann Jansen", "Bob Bär", "Eve Dupont"]
    assert rows_by_kind["messages"][0] == {
        "campaign_id": "table",
        "customer_id": "ann@example.com",
        "email": "ann@example.com",
        "sent_at": datetime(2026, 4, 14, 9, tzinfo=UTC),
    }
    assert [
        (event["recipient"][:3], event["type"], event["occurred_at"].day) for event in rows_by_kind["events"]
    ] == [
        *(("ann", "opened", 14), ("ann", "clicked", 14), ("ann", "clicked", 14)),
        *(("bob", "bounced", 14), ("eve", "opened", 15), ("eve", "unsubscribed", 14)),
    ]
    assert len({event["event_id"] for event in rows_by_kind["events"]}) == 6


TOTALS = {
    "English": "Campaign;Subject;Send date;Recipients;Delivered;Unique opens"
    ";Open rate;Clicks;Unsubscribes;Revenue",
    "German": "Kampagne;Betreff;Versanddatum;Empfänger;Zugestellt;Eindeutige Öffnungen"
    ";Öffnungsrate;Klicks;Abmeldungen;Umsatz",
    "French": "Campagne;Objet;Date d'envoi;Destinataires;Délivrés;Ouvertures uniques"
    ";Taux d'ouverture;Clics;Désinscriptions;Chiffre d'affaires",
    "Spanish": "Campaña;Asunto;Fecha de envío;Destinatarios;Entregados;Aperturas únicas"
    ";Tasa de apertura;Clics;Bajas;Ingresos",
    "Italian": "Campagna;Oggetto;Data di invio;Destinatari;Consegnate;Aperture uniche"
    ";Tasso di apertura;Clic;Disiscrizioni;Ricavi",
    "Dutch": "Campagne;Onderwerp;Verzenddatum;Ontvangers;Afgeleverd;Unieke opens"
    ";Openingspercentage;Kliks;Afmeldingen;Omzet",
    "Portuguese": "Campanha;Assunto;Data de envio;Destinatários;Entregues;Aberturas únicas"
    ";Taxa de abertura;Cliques;Cancelamentos;Receita",
    "Polish": "Kampania;Temat;Data wysyłki;Odbiorcy;Dostarczone;Unikalne otwarcia"
    ";Wskaźnik otwarć;Kliknięcia;Wypisania;Przychód",
    "Swedish": "Kampanj;Ämne;Utskicksdatum;Mottagare;Levererade;Unika öppningar"
    ";Öppningsgrad;Klick;Avregistreringar;Intäkter",
    "Danish": "Kampagne;Emne;Udsendelsesdato;Modtagere;Leveret;Unikke åbninger"
    ";Åbningsrate;Klik;Afmeldinger;Omsætning",
    "Czech": "Kampaň;Předmět;Datum odeslání;Příjemci;Doručeno;Unikátní otevření"
    ";Míra otevření;Kliknutí;Odhlášení;Tržby",
}


@pytest.mark.parametrize("language", TOTALS)
def test_campaigns_with_their_totals_are_recognised_in_every_language(tmp_path: Path, language: str) -> None:
    rows = [
        "Spring;Hello;14.04.2026;10.400;10.301;4.120;40,0 %;902;21;3.120,50 €",
        "Summer;Hi;01.06.2026;9.400;9.301;3.120;33,5 %;702;2;1.120,00 €",
    ]
    mapping = suggested(tmp_path, "\n".join([TOTALS[language], *rows])).mapping

    assert not questions(mapping)
    assert loaded(tmp_path, mapping)["totals"][0] == {
        "campaign_id": "Spring",
        "source": "csv",
        "sent": 10400,
        "delivered": 10301,
        "opened": 4120,
        "clicks": 902,
        "unsubscribed": 21,
        "revenue": 3120.5,
    }
    assert loaded(tmp_path, mapping)["campaigns"][1] == {
        "campaign_id": "Summer",
        "name": "Summer",
        "subject": "Hi",
        "sent_at": datetime(2026, 6, 1, tzinfo=UTC),
    }


CUSTOMERS = {
    "English": "Customer ID;Email;First name;Last name;City;Language;Country;Created at",
    "German": "Kundennummer;E-Mail;Vorname;Name;Ort;Sprache;Land;Angelegt am",
    "French": "N° client;E-mail;Prénom;Nom;Ville;Langue;Pays;Date de création",
    "Spanish": "ID de cliente;Correo;Nombre;Apellidos;Ciudad;Idioma;País;Fecha de registro",
    "Italian": "ID cliente;Email;Nome;Cognome;Città;Lingua;Paese;Data di iscrizione",
    "Dutch": "Klantnummer;E-mail;Voornaam;Achternaam;Plaats;Taal;Land;Aangemaakt op",
    "Portuguese": "ID do cliente;E-mail;Nome;Sobrenome;Cidade;Idioma;País;Criado em",
    "Polish": "ID klienta;E-mail;Imię;Nazwisko;Miasto;Język;Kraj;Data utworzenia",
    "Swedish": "Kundnummer;E-post;Förnamn;Efternamn;Stad;Språk;Land;Skapad",
    "Danish": "Kundenummer;E-mail;Fornavn;Efternavn;By;Sprog;Land;Oprettet",
    "Czech": "ID zákazníka;E-mail;Jméno;Příjmení;Město;Jazyk;Země;Vytvořeno",
}


@pytest.mark.parametrize("language", CUSTOMERS)
def test_customers_are_recognised_in_every_language(tmp_path: Path, language: str) -> None:
    rows = ["7;Ann@Example.com;Ann;Jansen;Oslo;nl;NL;24.12.2024", "8;bob@example.com;Bob;Bär;Bonn;de;DE;"]
    mapping = suggested(tmp_path, "\n".join([CUSTOMERS[language], *rows])).mapping

    assert mapping.kind is Kind.CUSTOMERS
    assert loaded(tmp_path, mapping)["customers"][0] == {
        "customer_id": "7",
        "email": "ann@example.com",
        "name": "Ann Jansen",
        "language": "nl",
        "country": "NL",
        CUSTOMERS[language].split(";")[4]: "Oslo",
        "created_at": datetime(2024, 12, 24, tzinfo=UTC),
    }


@pytest.mark.parametrize(
    ("dates", "order", "day"),
    [
        (["03.04.2026", "04.04.2026"], Order.DAY_FIRST, 3),
        (["03/04/2026", "13/04/2026"], Order.DAY_FIRST, 3),
        (["03/04/2026", "04/13/2026"], Order.MONTH_FIRST, 4),
        (["03/04/2026", "04/04/2026"], Order.ASK, None),
        (["03/04/2026", "13/04/2026", "04/13/2026"], Order.ASK, None),
        (["04/04/2026", "05/05/2026"], Order.CLEAR, 4),
        (["2026-04-03", "2026-04-04"], Order.CLEAR, 3),
        (["46115", "46116,5"], Order.CLEAR, 3),
        (["3. April 2026", "4 avril 2026"], Order.CLEAR, 3),
    ],
)
def test_the_whole_column_decides_the_order_of_its_dates(
    tmp_path: Path, dates: Sequence[str], order: Order, day: int | None
) -> None:
    rows = [f"Spring;{number};{text}" for number, text in enumerate(dates)]
    mapping = suggested(tmp_path, "\n".join(["Campaign;Clicks;Send date", *rows])).mapping
    assert mapping.columns["Send date"] == Column("sent_at", order)
    if day is None:
        assert [question.column for question in questions(mapping)] == ["Send date"]
    else:
        assert loaded(tmp_path, mapping)["campaigns"][0]["sent_at"].day == day


def test_a_date_that_proves_the_order_counts_however_late_it_comes(tmp_path: Path) -> None:
    rows = [f"{number}@example.com;03/04/2026" for number in range(3_000)] + ["last@example.com;04/24/2026"]
    mapping = suggested(tmp_path, "\n".join(["Email;Created at", *rows])).mapping
    assert mapping.columns["Created at"].order is Order.MONTH_FIRST


def test_another_column_of_the_table_decides_the_order_too(tmp_path: Path) -> None:
    text = "Email;Sent;Opened\na@example.com;03/04/2026;13/04/2026\nb@example.com;04/04/2026;05/04/2026"
    mapping = suggested(tmp_path, text).mapping
    assert {column.order for column in mapping.columns.values() if column.field != "email"} == {
        Order.DAY_FIRST
    }


@pytest.mark.parametrize(
    ("amounts", "decimal", "revenue"),
    [
        (["1.234", "1.234,50"], Decimal.COMMA, 1234.0),
        (["1.234", "1.5"], Decimal.POINT, 1.234),
        (["1.234", "5"], Decimal.ASK, None),
        (["12,5", "3"], Decimal.COMMA, 12.5),
        (["$1,234.50", "5"], Decimal.POINT, 1234.5),
        (["1 234,5 €", "5"], Decimal.COMMA, 1234.5),
        (["1234", "5"], Decimal.CLEAR, 1234.0),
    ],
)
def test_the_whole_column_decides_its_decimal_mark(
    tmp_path: Path, amounts: Sequence[str], decimal: Decimal, revenue: float | None
) -> None:
    text = "\n".join(["Campaign;Revenue", *(f"Spring{place};{text}" for place, text in enumerate(amounts))])
    mapping = suggested(tmp_path, text).mapping
    assert mapping.columns["Revenue"] == Column("revenue", decimal=decimal)
    if revenue is None:
        assert [question.column for question in questions(mapping)] == ["Revenue"]
    else:
        assert loaded(tmp_path, mapping)["totals"][0]["revenue"] == revenue


def test_a_log_of_one_type_has_it_from_the_name_of_its_file(tmp_path: Path) -> None:
    text = "E-Mail;Datum;Kampagne\nann@example.com;14.04.2026;Spring"
    mapping = suggested(tmp_path, text, "Öffnungen April.csv").mapping
    assert (mapping.kind, mapping.fixed) == (Kind.EVENTS, {"type": "opened"})


@pytest.mark.parametrize(
    ("text", "kind", "holds"),
    [
        (
            "Contact email,Status,Date sent,Date opened\nann@example.com,opened,2026-04-14 10:00,2026-04-14 11:00",
            Kind.PEOPLE,
            ["email", "type", "sent_at", "opened"],
        ),
        (
            "Email Address,Opened Date,IP Address\nann@example.com,2026-04-14 10:00:00,203.0.113.7",
            Kind.EVENTS,
            ["email", "occurred_at", "ip"],
        ),
        (
            "Name,Date Sent,Total Opens,Unique Opens,Open Rate,Hard Bounces\nApril,04/14/2026 9:00 AM,5,3,30%,1",
            Kind.CAMPAIGNS,
            ["name", "sent_at", "opens", "opened", "hard_bounces"],
        ),
        (
            "E-Mail;Registriert;Aktiviert;Deaktiviert;Quelle\nann@example.com;14.04.2024;14.04.2024;;Formular",
            Kind.CUSTOMERS,
            ["email", "created_at", "attribute", "attribute"],
        ),
        (
            "Email;Status;Opt-in date;Opt-out date\nann@example.com;subscribed;13/04/2026;",
            Kind.CUSTOMERS,
            ["email", "attribute", "created_at"],
        ),
        (
            "customer_id,email_address,campaign_id,event_type,event_time\n7,a@b.example,42,open,2026-04-14T10:00:00Z",
            Kind.EVENTS,
            ["customer_id", "email", "campaign_id", "type", "occurred_at"],
        ),
    ],
)
def test_tables_as_programs_export_them(tmp_path: Path, text: str, kind: Kind, holds: Sequence[str]) -> None:
    mapping = suggested(tmp_path, text).mapping
    assert (mapping.kind, list(fields(mapping).values())) == (kind, holds)


@pytest.mark.parametrize("name", ["Email name", "Name der E-Mail", "Nom de l'e-mail"])
def test_the_name_of_an_e_mail_is_that_of_its_campaign(tmp_path: Path, name: str) -> None:
    text = f"{name};Recipient;Sent;Opened\nWeekly;a@example.com;2026-04-14;yes\nWeekly;b@example.com;2026-04-14;no\n"
    assert fields(suggested(tmp_path, text).mapping)[name] == "campaign_name"


def test_people_are_asked_about_dates_that_only_a_very_late_row_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "SAMPLE_ROWS", 10)
    undecided = ["ann@example.com,04/05/2026 10:00"] * 30
    text = "\n".join(["E-mail,Sent at", *undecided, "bob@example.com,14/05/2026 10:00"])
    assert suggested(tmp_path, text).mapping.columns["Sent at"].order is Order.DAY_FIRST
    monkeypatch.setattr(profiles, "DECIDING_ROWS", 20)
    assert suggested(tmp_path, text).mapping.columns["Sent at"].order is Order.ASK


@pytest.mark.parametrize(
    ("name", "field"),
    [
        *((name, "") for name in ("Postal code", "Telefonnummer", "Promo code")),
        *((name, "customer_id") for name in ("Member no", "ID", "Nr", "Record ID", "Kundennummer")),
    ],
)
def test_only_numbers_of_people_are_ids(tmp_path: Path, name: str, field: str) -> None:
    rows = [f"p{number}@example.com;{7_000 + number};14.05.2026 10:00;1" for number in range(60)]
    text = "\n".join([f"E-mail;{name};Gesendet am;Geöffnet", *rows])
    assert suggested(tmp_path, text).mapping.columns[name].field == field
