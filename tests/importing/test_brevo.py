"""Brevo's logs in any language, and its statistics of campaigns."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailsight.importing.files.brevo import SOURCE
from mailsight.importing.files.happened import MAX_SUBJECTS
from mailsight.importing.recognition import recognise
from tests.support.exported import brevo_log
from tests.support.exports import read

AT = datetime(2026, 1, 21, 10, 22, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "event"),
    [
        (("Sent", "Inviata", "Envoyé", "Gesendet", "Enviado", "Verzonden"), ("sent", None, None, None)),
        (("Delivered", "Consegnata", "Délivré", "Zugestellt", "Entregue"), ("delivered", None, None, None)),
        (
            (
                "Opened",
                "First opening",
                "Aperta",
                "Prima apertura",
                "Première ouverture",
                "Erste Öffnung",
                "Abierto",
            ),
            ("opened", None, None, None),
        ),
        (("Loaded by proxy", "Caricata per procura", "Chargé par proxy"), ("opened", None, None, True)),
        (("Clicked", "Cliccata", "Cliqué", "Geklickt", "Clicado", "Geklikt"), ("clicked", None, None, None)),
        (("Soft bounce", "soft bounced", "softBounce"), ("bounced", "soft", "bounced", None)),
        (("Hard bounce", "hard_bounce", "Hard Bounced"), ("bounced", "hard", "bounced", None)),
        (("Invalid Email", "Ungültige E-Mail"), ("bounced", "hard", "invalid", None)),
        (("Deferred", "Rinviata", "Reporté", "Zurückgestellt"), ("deferred", None, None, None)),
        (("Blocked", "Bloccata", "Bloqué", "Blockiert"), ("rejected", None, "blocked", None)),
        (("Complaint", "Spam", "Reclamo", "Beschwerde"), ("complained", None, "spam", None)),
        (("Unsubscribed", "Disiscritta", "Désinscrit", "Abgemeldet"), ("unsubscribed", None, None, None)),
        (("Error", "Fehler", "Errore", "Erreur", "Fout"), ("failed", None, None, None)),
        (("Wysłano", "Skickat", "Sendt", "Odesláno", "Request"), ("sent", None, None, None)),
        (("Otwarto", "Öppnad", "Åbnet", "Otevřeno"), ("opened", None, None, None)),
        (("Załadowano przez proxy", "Geladen via proxy", "Vom Proxy geladen"), ("opened", None, None, True)),
        (("Twarde odbicie", "Rebote fuerte", "Hård studs"), ("bounced", "hard", "bounced", None)),
        (
            ("Nieprawidłowy e-mail", "Email no válido", "Adresse email invalide"),
            ("bounced", "hard", "invalid", None),
        ),
        (("Kukucs",), ("unknown", None, None, None)),
    ],
    ids=lambda value: value[0],
)
def test_words_of_any_language_are_events(
    tmp_path: Path, words: tuple[str, ...], event: tuple[object, ...]
) -> None:
    (tmp_path / "logs.csv").write_text(brevo_log(*words))
    imported = read(SOURCE, tmp_path / "logs.csv")
    assert imported.of("events", "type", "bounce_type", "reject_reason", "provider_machine") == [event] * len(
        words
    )
    assert set(imported.of("events", "occurred_at", "message_id", "campaign_id", "url")) == {
        (AT, "<m1@x>", "spring", None)
    }


def test_only_clicks_have_a_link_whatever_they_are_called(tmp_path: Path) -> None:
    (tmp_path / "logs.csv").write_text(brevo_log("Painettu", link="https://x.example/"))
    imported = read(SOURCE, tmp_path / "logs.csv")
    assert imported.of("events", "type", "url") == [("clicked", "https://x.example/")]


def test_words_that_are_not_known_are_named(tmp_path: Path) -> None:
    (tmp_path / "logs.csv").write_text(brevo_log("Kukucs", "Opened", "Hopp", "Kukucs"))
    (tmp_path / "more.csv").write_text(brevo_log("Painettu", link="https://x.example/"))
    assert read(SOURCE, tmp_path, timezone="UTC").notes == [
        "Brevo's words 'Kukucs', 'Hopp' are not known. Their events were stored as unknown events.",
        "Brevo's words 'Painettu' are not known. Their events were stored as clicks, since they have a link.",
    ]


def test_the_first_opening_and_the_opening_at_the_same_moment_are_one(tmp_path: Path) -> None:
    (tmp_path / "logs.csv").write_text(brevo_log("First opening", "Opened", "Loaded by proxy"))
    assert len(set(read(SOURCE, tmp_path / "logs.csv").of("events", "event_id"))) == 2


def test_e_mails_without_a_tag_are_one_campaign_by_their_subject(tmp_path: Path) -> None:
    (tmp_path / "logs.csv").write_text(brevo_log("Inviata", "Aperta", tag="NA"))
    imported = read(SOURCE, tmp_path / "logs.csv", timezone="Europe/Rome")
    [(campaign_id, name, subject)] = imported.of("campaigns", "campaign_id", "name", "subject")
    assert (name, subject) == ("Tulips", "Tulips")
    assert imported.of("events", "campaign_id") == [(campaign_id,)] * 2
    assert imported.of("messages", "campaign_id", "customer_id", "sent_at") == [
        (campaign_id, "ann@example.com", datetime(2026, 1, 21, 9, 22, 5, tzinfo=UTC))
    ]


def test_subjects_that_all_differ_are_no_campaigns(tmp_path: Path) -> None:
    rows = [
        f"Sent,21-01-2026 10:22:05,Order {n},a@x,b{n}@x.example,NA,m{n},NA" for n in range(MAX_SUBJECTS + 10)
    ]
    (tmp_path / "logs.csv").write_text("\n".join(["st_text,ts,sub,frm,email,tag,mid,link", *rows]))
    imported = read(SOURCE, tmp_path / "logs.csv")
    assert len(imported.rows["campaigns"]) == MAX_SUBJECTS
    assert len(imported.rows["events"]) == MAX_SUBJECTS + 10


def test_rows_that_name_no_one_are_unusable(tmp_path: Path) -> None:
    (tmp_path / "logs.csv").write_text(
        "email;st_text;ts\n;Sent;21-01-2026 10:22:05\nann@example.com;Sent;NA\n"
    )
    assert read(SOURCE, tmp_path / "logs.csv").unusable == [
        ("logs.csv", 2, "no e-mail address"),
        ("logs.csv", 3, "no time"),
    ]


def test_weekly_exports_have_the_columns_of_webhooks(tmp_path: Path) -> None:
    (tmp_path / "week.csv").write_text(
        "event,email,date,ts_event,message-id,subject,tag,sending_ip,link,reason\n"
        'click,ann@example.com,2020-10-09 00:00:00,1604933654,<m1>,Tulips,"[""spring""]",192.0.2.1,https://x.example/,\n'
    )
    imported = read(SOURCE, tmp_path / "week.csv")
    assert imported.of("events", "type", "url", "campaign_id", "occurred_at") == [
        ("clicked", "https://x.example/", "spring", datetime(2020, 11, 9, 14, 54, 14, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    "text",
    [
        (
            "Campaign ID,Campaign Name,Subject,Send Date,Recipients,Delivered,Unique Opens,Trackable Opens,"
            "Unique Clicks,Unsubscribed,Complaints,Hard Bounces,Soft Bounces\n"
            "7,Tulips,Tulips!,05/04/2026 10:00,100,98,40,50,5,1,0,1,1\n"
        ),
        (
            "ID de la campagne;Nom de la campagne;Objet;Date d'envoi;Destinataires;Délivrés;Ouvertures uniques;"
            "Ouvertures traçables;Clics uniques;Désinscrits;Plaintes;Hard bounces;Soft bounces\n"
            "7;Tulips;Tulips!;04/05/2026 10:00;100;98;40;50;5;1;0;1;1\n"
        ),
        (
            "Soft Bounces;Hard Bounces;Abmeldungen;Beschwerden;Eindeutige Klicks;Eindeutige Öffnungen;Zugestellt;"
            "Empfänger;Versanddatum;Betreff;Kampagnenname;Kampagnen-ID\n"
            "1;1;1;0;5;40;98;100;04.05.2026 10:00;Tulips!;Tulips;7\n"
        ),
    ],
    ids=["english", "french", "german"],
)
def test_campaigns_have_totals_in_any_language(tmp_path: Path, text: str) -> None:
    (tmp_path / "campaigns.csv").write_text(text)
    imported = read(SOURCE, tmp_path / "campaigns.csv")
    assert imported.of("campaigns", "campaign_id", "name", "subject", "sent_at") == [
        ("brevo-7", "Tulips", "Tulips!", datetime(2026, 5, 4, 10, tzinfo=UTC))
    ]
    columns = ("sent", "delivered", "opened", "clicked", "unsubscribed", "complained", "bounces")
    assert imported.of("totals", *columns) == [(100, 98, 40, 5, 1, 0, 2)]


RECIPIENTS = (
    "\ufeffCampaign ID;Campaign Name;Email_ID;Send_Date;Delivered_Date;Open_Date;Total Opens;Total Apple MPP Opens;"
    "Unsubscribe_Date;Hard_Bounce_Date;Hard_Bounce_Reason;Soft_Bounce_Date;Soft_Bounce_Reason;Open_IP;Click_IP;"
    "Unsubscribe_IP;Clicked_Links_Count;Complaint_date;https://shop.example/a;https://shop.example/b\r\n"
    "42;Spring;Ann@example.com;03-04-2026 10:00:00;03-04-2026 10:00:05;03-04-2026 11:00:00;3;0;;;;;;192.0.2.1;"
    "192.0.2.2;;2;;1;2\r\n"
    "42;Spring;bob@example.com;03-04-2026 10:00:00;03-04-2026 10:00:05;03-04-2026 10:00:06;0;2;;;;;;;;;0;;;0\r\n"
    "42;Spring;cleo@example.com;03-04-2026 10:00:00;;;0;0;;03-04-2026 10:01:00;550 no such user;;;;;;0;;;\r\n"
    "42;Spring;dora@example.com;03-04-2026 10:00:00;03-04-2026 10:00:05;;0;0;04-04-2026 9:00:00;;;;;;;192.0.2.3;1;"
    "05-04-2026 9:00:00;;\r\n"
    "42;Spring;nobody;03-04-2026 10:00:00;;;;;;;;;;;;;;;;\r\n"
)


def test_the_recipients_of_a_campaign_are_messages_and_events(tmp_path: Path) -> None:
    (tmp_path / "export.csv").write_text(RECIPIENTS)
    assert recognise(tmp_path / "export.csv") is SOURCE
    imported = read(SOURCE, tmp_path / "export.csv")
    sent = datetime(2026, 4, 3, 10, tzinfo=UTC)
    ann, bob, cleo, dora = (f"{name}@example.com" for name in ("ann", "bob", "cleo", "dora"))
    assert imported.of("campaigns", "campaign_id", "name") == [("brevo-42", "Spring")]
    assert imported.of("messages", "customer_id", "sent_at") == [
        (who, sent) for who in (ann, bob, cleo, dora)
    ]
    opened = sent + timedelta(hours=1)
    assert imported.of("events", "customer_id", "type", "occurred_at", "url", "ip") == [
        (ann, "delivered", sent + timedelta(seconds=5), None, None),
        (ann, "opened", opened, None, "192.0.2.1"),
        (ann, "clicked", opened, "https://shop.example/a", "192.0.2.2"),
        (ann, "clicked", opened, "https://shop.example/b", "192.0.2.2"),
        (bob, "delivered", sent + timedelta(seconds=5), None, None),
        (bob, "opened", sent + timedelta(seconds=6), None, None),
        (cleo, "bounced", sent + timedelta(minutes=1), None, None),
        (dora, "delivered", sent + timedelta(seconds=5), None, None),
        (dora, "unsubscribed", datetime(2026, 4, 4, 9, tzinfo=UTC), None, "192.0.2.3"),
        (dora, "complained", datetime(2026, 4, 5, 9, tzinfo=UTC), None, None),
        (dora, "clicked", sent + timedelta(minutes=1), None, None),
    ]
    assert imported.of("events", "provider_machine", "bounce_type", "diagnostic")[5:7] == [
        (True, None, None), (None, "hard", "550 no such user"),
    ]  # fmt: skip
    columns = (
        "sent",
        "delivered",
        "opened",
        "opens",
        "clicked",
        "hard_bounces",
        "soft_bounces",
        "unsubscribed",
    )
    assert imported.of("totals", *columns, "complained") == [(4, 3, 2, 3, 2, 1, 0, 1, 1)]
    assert [reason for _, _, reason in imported.unusable] == ["no e-mail address"]
