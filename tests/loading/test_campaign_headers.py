"""Campaigns that are known only from events have the name, subject and sender that their events agree on."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from mailsight.loading import bundles, payloads
from mailsight.loading.spool import beside
from mailsight.privacy import erasure
from mailsight.providers.registry import PROVIDERS, provider_headers
from mailsight.warehouse.reader import Warehouse

Payload = dict[str, Any]

PEOPLE = ("ann", "ben")
SALE, SENDER = "Spring sale", "Tulips <news@shop.example>"


def _of_each_provider(who: str) -> dict[str, Payload | list[Payload]]:
    """An event to a person from every provider that says something about the mail, in a campaign of its name."""
    email, time, message_id = f"{who}@example.com", "2026-04-14T10:00:00Z", f"m-{who}"
    mail = {"subject": SALE, "from": SENDER}
    return {
        "mailgun": {
            "signature": {"token": who, "timestamp": "1", "signature": "s"},
            "event-data": {
                "event": "delivered",
                "timestamp": 1776160800.5,
                "recipient": email,
                "tags": ["mailgun"],
                "message": {"headers": {**mail, "message-id": message_id}},
            },
        },
        "amazon_ses": {
            "eventType": "Delivery",
            "mail": {
                "messageId": message_id,
                "timestamp": time,
                "destination": [email],
                "tags": {"campaign_id": ["amazon_ses"]},
                "commonHeaders": {"subject": SALE, "from": [SENDER]},
            },
            "delivery": {"timestamp": time, "recipients": [email]},
        },
        "postmark": {
            "RecordType": "Bounce",
            "Type": "HardBounce",
            "ID": PEOPLE.index(who) + 1,
            "MessageID": message_id,
            "Email": email,
            "BouncedAt": time,
            "Tag": "postmark",
            "Subject": SALE,
            "From": SENDER,
        },
        "brevo": {
            "event": "delivered",
            "email": email,
            "message-id": message_id,
            "ts_epoch": 1776160800000,
            "camp_id": 1,
            "tags": ["brevo"],
            "campaign name": "Named",
            "subject": SALE,
            "sender_email": SENDER,
        },
        "sparkpost": [
            {
                "msys": {
                    "track_event": {
                        "type": "open",
                        "event_id": who,
                        "timestamp": "1776160800",
                        "raw_rcpt_to": email,
                        "campaign_id": "sparkpost",
                        "subject": SALE,
                        "friendly_from": SENDER,
                    }
                }
            }
        ],
        "resend": {
            "type": "email.delivered",
            "created_at": time,
            "data": {"email_id": message_id, "to": [email], "tags": {"campaign_id": "resend"}, **mail},
        },
        "mailersend": {
            "type": "activity.delivered",
            "created_at": time,
            "webhook_id": "w",
            "data": {
                "type": "delivered",
                "created_at": time,
                "email": {
                    "message": {"id": message_id},
                    "tags": ["mailersend"],
                    "recipient": {"email": email},
                    **mail,
                },
            },
        },
        "mandrill": [
            {
                "event": "open",
                "_id": message_id,
                "ts": 1776160800,
                "msg": {"email": email, "tags": ["mandrill"], "subject": SALE, "sender": SENDER},
            }
        ],
        "postal": {
            "event": "MessageSent",
            "uuid": who,
            "timestamp": 1776160800.0,
            "payload": {
                "status": "Sent",
                "timestamp": 1776160800.0,
                "message": {"id": PEOPLE.index(who) + 1, "to": email, "tag": "postal", **mail},
            },
        },
        "smtp2go": {
            "event": "delivered",
            "rcpt": email,
            "email_id": message_id,
            "sendtime": time,
            "time": time,
            "X-Campaign-Id": "smtp2go",
            "Subject": SALE,
            "from": SENDER,
        },
        "elastic_email": {
            "status": "Opened",
            "to": email,
            "messageid": message_id,
            "transaction": who,
            "date": time,
            "channel": "elastic_email",
            **mail,
        },
        "zeptomail": {
            "event_name": ["email_open"],
            "event_message": [
                {
                    "email_info": {
                        "email_reference": message_id,
                        "client_reference": '{"campaign_id": "zeptomail"}',
                        "to": [{"email_address": {"address": email}}],
                        "subject": SALE,
                        "from": {"address": SENDER},
                    },
                    "event_data": [{"details": [{"time": time}]}],
                }
            ],
        },
        "customerio": {
            "event_id": who,
            "object_type": "email",
            "metric": "delivered",
            "timestamp": 1776160800,
            "data": {"recipient": email, "campaign_id": "customerio", "subject": SALE},
        },
        "iterable": {
            "eventName": "emailOpen",
            "email": email,
            "dataFields": {
                "campaignId": "iterable",
                "createdAt": time,
                "messageId": message_id,
                "campaignName": "Named",
                "emailSubject": SALE,
            },
        },
        "hubspot": {
            "type": "SENT",
            "portalId": 1,
            "recipient": email,
            "id": who,
            "created": 1776160800000,
            "emailCampaignId": "hubspot",
            **mail,
        },
        "activecampaign": {
            "type": "open",
            "date_time": time,
            "contact[email]": email,
            "campaign[id]": "activecampaign",
            "campaign[name]": "Named",
            "campaign[message][subject]": SALE,
        },
        "sendgrid": [
            {
                "event": "open",
                "sg_event_id": who,
                "email": email,
                "timestamp": 1776160800,
                "category": ["sendgrid"],
                "singlesend_name": "Named",
            }
        ],
        "braze": {
            "events": [
                {
                    "id": who,
                    "event_type": "users.messages.email.Open",
                    "time": 1776160800,
                    "user": {"user_id": who},
                    "properties": {
                        "email_address": email,
                        "campaign_id": "braze",
                        "campaign_name": "Named",
                    },
                }
            ]
        },
    }


def _header(database: Path, campaign_id: str) -> tuple[str | None, ...]:
    with Warehouse(database).snapshot() as data:
        [row] = data.rows("campaign", campaign_id=campaign_id)
    return row["name"], row["subject"], row["from_name"], row["from_email"]


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign of each provider, from webhooks about two people."""
    database = tmp_path_factory.mktemp("every") / "m.duckdb"
    spool = beside(database)
    for who in PEOPLE:
        for provider, payload in _of_each_provider(who).items():
            spool.append(provider, json.dumps(payload))
    payloads.ingest_spool(database, spool)
    return database


def test_every_provider_with_paths_is_here() -> None:
    assert _of_each_provider("ann").keys() == provider_headers().keys()


@pytest.mark.parametrize("name", provider_headers())
def test_what_a_provider_says_is_shown(every: Path, name: str) -> None:
    provider = PROVIDERS[name]
    campaign_id = "1" if name == "brevo" else name
    assert _header(every, campaign_id) == (
        "Named" if provider.campaign_name else campaign_id,
        SALE if provider.subject else None,
        "Tulips" if provider.sender else None,
        "news@shop.example" if provider.sender else None,
    )


CASES: dict[str, tuple[Sequence[tuple[str, str]], str | None]] = {
    "of one customer": ([("ann", SALE)], None),
    "of all": ([("ann", SALE), ("ben", SALE), ("cleo", SALE)], SALE),
    "each their own": ([("ann", "Offer 1"), ("ben", "Offer 2"), ("cleo", "Offer 3")], None),
    "two variants": ([("ann", "A"), ("ben", "A"), ("cleo", "B"), ("dan", "B")], "B"),
    "few of many": ([("ann", "Hi"), ("ben", "Hi"), *((f"c{n}", f"Offer {n}") for n in range(3))], None),
    "namesakes": ([("ann.a", "Ann, a sale"), ("ann.b", "Ann, a sale"), ("ann.c", "Ann, a sale")], None),
    "one namesake": ([("sale", SALE), ("ben", SALE), ("cleo", SALE)], SALE),
    "encoded": ([("ann", "=?utf-8?q?Fr=C3=BChling?="), ("ben", "=?utf-8?q?Fr=C3=BChling?=")], "Frühling"),
    "twice to one": ([("ann", SALE), ("ann", SALE)], None),
    "nothing": ([("ann", "N/A"), ("ben", "N/A")], None),
}


def _delivered(campaign_id: str, who: str, subject: str, number: int = 0) -> Payload:
    return {
        "type": "email.delivered",
        "created_at": f"2026-04-14T10:00:{number:02}Z",
        "data": {
            "email_id": f"{campaign_id}-{who}",
            "to": [f"{who}@example.com"],
            "subject": subject,
            "from": "news@shop.example",
            "tags": {"campaign_id": campaign_id},
        },
    }


def _ingest(database: Path, *events: Payload) -> None:
    file = database.with_name("events.ndjson")
    file.write_text("\n".join(map(json.dumps, events)))
    payloads.ingest(database, "resend", [file])


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign for each of `CASES`."""
    database = tmp_path_factory.mktemp("cases") / "m.duckdb"
    _ingest(
        database,
        *(
            _delivered(name, who, subject, number)
            for name, (sent, _) in CASES.items()
            for number, (who, subject) in enumerate(sent)
        ),
    )
    return database


@pytest.mark.parametrize("name", CASES)
def test_a_subject_is_one_that_customers_share(cases: Path, name: str) -> None:
    assert _header(cases, name)[1] == CASES[name][1]


@pytest.mark.parametrize("listed_first", [True, False])
def test_what_a_bundle_says_wins(tmp_path: Path, listed_first: bool) -> None:
    database, bundle = tmp_path / "m.duckdb", tmp_path / "campaigns.csv"
    bundle.write_text(
        "campaign_id,subject,from_name,from_email\na,Own,Own name,own@shop.example\nb,,,\nc,Own,,\n"
    )
    if listed_first:
        bundles.load(database, [bundle])
    _ingest(database, *(_delivered(id_, who, SALE) for id_ in "abc" for who in PEOPLE))
    if not listed_first:
        bundles.load(database, [bundle])
    assert _header(database, "a") == ("a", "Own", "Own name", "own@shop.example")
    assert _header(database, "b") == ("b", SALE, None, "news@shop.example")
    assert _header(database, "c") == ("c", "Own", None, "news@shop.example")


def test_a_subject_that_turns_out_to_be_personalised_is_withdrawn(tmp_path: Path) -> None:
    database = tmp_path / "m.duckdb"
    _ingest(database, *(_delivered("a", who, "Offer 0") for who in PEOPLE))
    assert _header(database, "a")[1] == "Offer 0"
    _ingest(database, *(_delivered("a", f"c{number}", f"Offer {number}") for number in range(1, 9)))
    assert _header(database, "a")[1] is None


def test_an_erased_customer_leaves_the_subject_without_mentions(tmp_path: Path) -> None:
    database = tmp_path / "m.duckdb"
    mention = "Meet zoe.birchwood@example.com"
    _ingest(
        database,
        *(_delivered("a", who, SALE) for who in ("zoe.birchwood", "ben")),
        *(_delivered("b", who, mention) for who in ("ben", "cleo")),
    )
    assert _header(database, "b")[1] == mention
    erasure.erase(database, ["zoe.birchwood@example.com"])
    assert _header(database, "a")[1] == SALE
    assert _header(database, "b")[1] == "Meet erased"
    # Only one customer is left whose event has a subject.
    _ingest(database, _delivered("a", "ben", SALE, 1), _delivered("b", "ben", "Meet erased", 1))
    assert _header(database, "a")[1] == SALE
    assert _header(database, "b")[1] == "Meet erased"
