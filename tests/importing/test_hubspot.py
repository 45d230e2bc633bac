"""HubSpot's exports: all emails with their totals, and an email's recipients."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailsight.importing import recognition
from mailsight.importing.files.hubspot import SOURCE
from tests.support.exports import read, written

SENT_AT = datetime(2023, 5, 4, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        (
            "Email Name,Email ID,Send Date (Your time zone),Campaign,Subject,Sent,Delivered,Opened,Clicked,"
            "Click Through Rate,Not Sent,Hard Bounced,Soft Bounced,Spam reports,Unsubscribed\n"
            'Tulips,42,2023-05-04 10:00,Spring,Tulips!,"1,000",997,400,30,7.5,4,2,1,1,5\n'
        ),
        (
            "Betreff;E-Mail-Name;E-Mail-ID;Kampagne;Sendedatum (Ihre Zeitzone);Gesendet;Zugestellt;Geöffnet;Geklickt;"
            "Nicht gesendet;Hard Bounces;Soft Bounces;Spam-Beschwerden;Abgemeldet\n"
            "Tulips!;Tulips;42;Spring;04.05.2023 10:00;1.000;997;400;30;4;2;1;1;5\n"
        ),
        (
            "Objet;Nom de l’e-mail;Email ID;Campagne;Date d'envoi;Envoyés;Délivrés;Ouvertures uniques;Clics uniques;"
            "Non envoyé;Hard Bounces;Soft Bounces;Plaintes;Désabonnés\n"
            "Tulips!;Tulips;42;Spring;04/05/2023 10:00;1 000;997;400;30;4;2;1;1;5\n"
        ),
    ],
    ids=["english", "german", "french"],
)
def test_emails_are_campaigns_with_totals(tmp_path: Path, text: str) -> None:
    (tmp_path / "emails.csv").write_text(text)
    imported = read(SOURCE, tmp_path / "emails.csv")
    assert imported.of("campaigns", "campaign_id", "name", "subject", "tags", "sent_at") == [
        ("hubspot-42", "Tulips", "Tulips!", ["Spring"], SENT_AT)
    ]
    assert imported.rows["totals"] == [
        {
            "campaign_id": "hubspot-42",
            "source": "hubspot",
            "recipients": 1004,
            "sent": 1000,
            "delivered": 997,
            "hard_bounces": 2,
            "soft_bounces": 1,
            "bounces": 3,
            "opened": 400,
            "clicked": 30,
            "unsubscribed": 5,
            "complained": 1,
        }
    ]


def test_recipients_with_times_are_messages_and_events(tmp_path: Path) -> None:
    (tmp_path / "Tulips.csv").write_text(
        "Email,First Name,Sent,Delivered,Open,Click,Bounce,Dropped,SpamReport,Unsubscribed,StatusChange\n"
        "ann@example.com,Ann,2023-05-04 10:00,2023-05-04 10:01,2023-05-04 11:00,2023-05-04 11:01,,,,,\n"
        "bob@example.com,Bob,2023-05-04 10:00,,,,2023-05-04 10:01,,,,\n"
        "cid@example.com,Cid,,,,,,TRUE,,,\n"
        "nobody,,,,,,,,,,\n"
    )
    imported = read(SOURCE, tmp_path / "Tulips.csv")
    assert imported.of("campaigns", "campaign_id", "name") == [("hubspot-Tulips", "Tulips")]
    assert imported.of("messages", "customer_id", "sent_at", "not_sent_reason", "not_sent_detail") == [
        ("ann@example.com", SENT_AT, None, None),
        ("bob@example.com", SENT_AT, None, None),
        ("cid@example.com", None, "other", "dropped by HubSpot: the contact had bounced or unsubscribed"),
    ]
    assert imported.of("events", "customer_id", "type") == [
        ("ann@example.com", "sent"),
        ("ann@example.com", "delivered"),
        ("ann@example.com", "opened"),
        ("ann@example.com", "clicked"),
        ("bob@example.com", "sent"),
        ("bob@example.com", "bounced"),
    ]
    assert imported.of("customers", "customer_id", "name")[0] == ("ann@example.com", "Ann")
    assert imported.unusable == [("Tulips.csv", 5, "no e-mail address")]


def test_recipients_without_times_count_in_the_totals_only(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text(
        "Recipient,Email ID,Email Name,Sent,Delivered,Open,Click,Unbounce\n"
        "ann@example.com,42,Tulips,1,1,3,1,0\nbob@example.com,42,Tulips,1,TRUE,0,FALSE,0\n"
    )
    imported = read(SOURCE, tmp_path / "x.csv")
    assert "events" not in imported.rows
    assert "messages" not in imported.rows
    assert imported.rows["totals"] == [
        {
            "campaign_id": "hubspot-42",
            "source": "hubspot",
            "sent": 2,
            "delivered": 2,
            "opened": 1,
            "clicked": 1,
        }
    ]


def test_all_dates_of_a_file_have_the_order_that_one_of_them_proves(tmp_path: Path) -> None:
    text = (
        "Recipient,Sent,Opened,StatusChange\n"
        "ann@example.com,05/01/2024 09:00,,\nbob@example.com,13/01/2024 09:00,,\n"
    )
    imported = read(SOURCE, written(tmp_path, {"x.csv": text}))
    assert [row["sent_at"] for row in imported.rows["messages"]] == [
        datetime(2024, 1, day, 9, tzinfo=UTC) for day in (5, 13)
    ]


@pytest.mark.parametrize(
    "columns",
    [
        "Sent,Delivered,Open,Click,SpamReport",
        "Processed,Open",
        "Sent,Deferred,Delivered,Open",
        "Open,Print",
        "Open,Forward",
    ],
)
def test_recipients_are_recognised_without_the_rows_that_nobody_has(columns: str, tmp_path: Path) -> None:
    (tmp_path / "Tulips.csv").write_text(
        f"Email,{columns}\nann@example.com{',TRUE' * len(columns.split(','))}\n"
    )
    source = recognition.recognise(tmp_path / "Tulips.csv")
    assert source
    assert source.name == "hubspot"
