"""The e-mail of a campaign with sample values, and whether a customer was sent and received theirs."""

from pathlib import Path

import pytest

from mailsight.loading import bundles
from mailsight.reports import customer as customer_reports
from mailsight.reports import mails
from mailsight.reports.mails import Attachment, Delivery, MailView
from mailsight.vocabulary import Audience, NotSentReason
from mailsight.warehouse.reader import Snapshot, Warehouse
from tests.support.bundles import CAMPAIGN, EVENT, bundle, ndjson

HTML = "<p>Dear {{first_name}}, {{points}} points, {{prize}}, {{ city }}"
SENT = {"campaign_id": "spring", "sent_at": "2026-04-14T09:00:00Z"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A sent campaign, and a planned one without HTML."""
    folder = tmp_path_factory.mktemp("mails")
    customers = [
        {
            "customer_id": "ann",
            "name": "Ann Lee",
            "email": "ann@mail.example",
            "first_name": "Ann",
            "city": "Ghent",
        },
        {"customer_id": "bob", "name": "Bob", "email": "bob@mail.example", "first_name": "Bob"},
        {"customer_id": "cas", "email": "cas@mail.example"},
        {"customer_id": "dan", "email": "dan@mail.example"},
    ]
    messages: list[dict[str, object]] = [
        {**SENT, "customer_id": "ann", "merge_fields": {"points": 7}},
        {
            "campaign_id": "spring",
            "customer_id": "bob",
            "not_sent_reason": "opted_out",
            "not_sent_detail": "in May",
        },
        {"campaign_id": "spring", "customer_id": "cas"},
        {**SENT, "customer_id": "dan"},
        {"campaign_id": "later", "customer_id": "ann"},
        {"campaign_id": "later", "customer_id": "bob", "not_sent_reason": "no_consent"},
    ]
    bounce = {
        **EVENT,
        "customer_id": "dan",
        "type": "bounced",
        "bounce_type": "hard",
        "diagnostic": "550 gone",
    }
    files = {
        "mail.html": HTML,
        "campaigns.ndjson": ndjson(
            CAMPAIGN, {"campaign_id": "later", "subject": "{{first_name}} and {{prize}}"}
        ),
        "customers.ndjson": ndjson(*customers),
        "messages.ndjson": ndjson(*messages),
        "events.ndjson": ndjson(bounce),
    }
    bundles.load(folder / "m.duckdb", [bundle(folder / "bundle", files)])
    return Warehouse(folder / "m.duckdb").snapshot()


def test_a_sample_has_made_up_names_and_the_first_customers_other_values(data: Snapshot) -> None:
    html = "<p>Dear Alex, 7 points, [Prize], Ghent"
    assert mails.sample(data, "spring") == MailView(html, "Hi Alex", None, "sample")
    assert mails.sample(data, "later") is None


@pytest.mark.parametrize(
    ("campaign_id", "customer_id", "expected", "is_left_out"),
    [
        ("spring", "ann", ("Ann Lee", "ann@mail.example", False, True, True, None, None, None), False),
        (
            "spring",
            "bob",
            ("Bob", "bob@mail.example", False, False, False, NotSentReason.OPTED_OUT, "in May", None),
            True,
        ),
        (
            "spring",
            "cas",
            (None, "cas@mail.example", False, False, False, NotSentReason.OTHER, None, None),
            True,
        ),
        ("spring", "dan", (None, "dan@mail.example", False, True, False, None, None, "550 gone"), False),
        (
            "later",
            "ann",
            ("Ann Lee", "ann@mail.example", True, False, False, NotSentReason.OTHER, None, None),
            False,
        ),
        (
            "later",
            "bob",
            ("Bob", "bob@mail.example", True, False, False, NotSentReason.NO_CONSENT, None, None),
            True,
        ),
    ],
)
def test_whether_a_customer_was_sent_the_mail_and_why_not(
    data: Snapshot, campaign_id: str, customer_id: str, expected: tuple[object, ...], is_left_out: bool
) -> None:
    delivery = mails.delivery(data, campaign_id, customer_id)
    assert delivery == Delivery(*expected)  # type: ignore[arg-type]
    assert delivery.is_left_out == is_left_out


def test_nobody_else_has_a_delivery(data: Snapshot) -> None:
    assert mails.delivery(data, "spring", "eve") is None


def test_subjects_in_a_history_have_the_customers_values(data: Snapshot) -> None:
    report = customer_reports.report(data, "ann", Audience.ALL)
    assert {contact.subject for contact in report.contacts} == {"Hi Ann", "Ann and {{prize}}"}


def test_a_raw_mail_keeps_its_headers_and_names_its_attachments(tmp_path: Path) -> None:
    folder = bundle(
        tmp_path / "bundle",
        {
            "campaigns.ndjson": ndjson(CAMPAIGN),
            "messages.ndjson": ndjson(
                {**SENT, "customer_id": "ann", "content": "ann.eml"},
                {**SENT, "customer_id": "bob", "content": "bob.html"},
            ),
            "ann.eml": RAW,
            "bob.html": "<p>Hi Bob",
        },
    )
    database = tmp_path / "m.duckdb"
    bundles.load(database, [folder])
    with Warehouse(database).snapshot() as data:
        received = mails.received(data, "spring", "ann")
        assert mails.received(data, "spring", "bob") is None
    assert received is not None
    assert received.source == RAW.partition("\n\n")[0]
    assert received.headers[:2] == [("From", "shop@mail.example"), ("X-Odd", "é (2)")]
    assert received.facts.dkim == "pass"
    assert received.attachments == [
        Attachment("menu.pdf", "application/pdf", 3),
        Attachment("", "application/pkcs7-signature", 3),
    ]
    assert (received.text, received.charset, received.signature) == ("Hi Ann", "us-ascii", "smime")
    assert received.size_bytes == len(RAW.encode())
    assert not bundles.load(database, [folder]).changed
    # A copy of another kind replaces it, with its headers.
    (folder / "ann.eml").write_text("<p>Hi Ann")
    assert bundles.load(database, [folder]).changed
    with Warehouse(database).snapshot() as data:
        assert mails.received(data, "spring", "ann") is None


RAW = """\
From: shop@mail.example
X-Odd: é
 (2)
Authentication-Results: mx.example; dkim=pass
Content-Type: multipart/signed; protocol="application/pkcs7-signature"; boundary=a

--a
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: multipart/alternative; boundary=c

--c
Content-Type: text/plain

Hi Ann
--c
Content-Type: text/html; charset=US-ASCII

<p>Hi Ann
--c--
--b
Content-Type: application/pdf; name=menu.pdf

PDF
--b--
--a
Content-Type: application/pkcs7-signature

MIA
--a--
"""
