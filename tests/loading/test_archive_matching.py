"""Which message a mail of an archive is, and when none is chosen."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.loading import archives, bundles
from mailsight.loading.archive_matching import has_subject
from mailsight.reports import mails
from mailsight.warehouse.reader import Warehouse
from tests.support.archives import raw_mail
from tests.support.bundles import bundle, ndjson

SHOP = "shop@shop.example"
CAMPAIGNS = [
    {"campaign_id": "spring", "name": "Spring Sale", "subject": "{{name}}, it is spring!", "from_email": SHOP},
    {"campaign_id": "listmonk-7", "name": "News", "subject": "Our news"},
    {"campaign_id": "late", "subject": "Our news"},
    {"campaign_id": "plain", "from_email": "plain@shop.example"},
    {"campaign_id": "twin-a", "name": "Twin", "subject": "Twins"},
    {"campaign_id": "twin-b", "name": "twin", "subject": "Twins"},
]  # fmt: skip
SENT = "2026-04-14T09:00:00Z"
MESSAGES: list[dict[str, object]] = [
    {
        "campaign_id": "spring",
        "customer_id": "1",
        "email": "ann@mail.example",
        "message_id": "<s1@shop.example>",
    },
    {"campaign_id": "spring", "customer_id": "2", "email": "Bob@Mail.example"},
    {"campaign_id": "listmonk-7", "customer_id": "1", "email": "ann@mail.example", "message_id": "l1"},
    {
        "campaign_id": "late",
        "customer_id": "1",
        "email": "ann@mail.example",
        "sent_at": "2026-04-14T15:00:00Z",
    },
    {"campaign_id": "plain", "customer_id": "3", "email": "cas@mail.example"},
    {"campaign_id": "twin-a", "customer_id": "4", "email": "dan@mail.example"},
    {"campaign_id": "twin-b", "customer_id": "4", "email": "dan@mail.example"},
]
EVENTS: list[dict[str, object]] = [
    # known from events only; one id for two recipients, as Amazon SES has it
    {"campaign_id": "ses", "customer_id": "8", "recipient": "eve@mail.example", "message_id": "0100018f-00aa-000000"},
    {"campaign_id": "ses", "customer_id": "9", "recipient": "fay@mail.example", "message_id": "0100018f-00aa-000000"},
    # the provider's id of the message in the list, which is its id in the mail's header
    {"recipient": "ann@mail.ex", "provider": "sendgrid", "message_id": "l1", "payload": {"smtp-id": "<real@a.ex>"}},
]  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matching")
    files = {
        "campaigns.ndjson": ndjson(*CAMPAIGNS),
        "messages.ndjson": ndjson(*({"sent_at": SENT, **row} for row in MESSAGES)),
        "events.ndjson": ndjson(*({"type": "delivered", "occurred_at": SENT, **row} for row in EVENTS)),
    }
    bundles.load(folder / "m.duckdb", [bundle(folder / "bundle", files)])
    return folder


CASES: dict[str, tuple[bytes, tuple[str, str] | str]] = {
    "its Message-ID": (raw_mail("x@y.example", Message_ID="<s1@shop.example>"), ("spring", "1")),
    "its Message-ID without brackets, in any place": (
        raw_mail("x@y.example", Message_ID="s1@shop.example", X_Campaign="late"),
        ("spring", "1"),
    ),
    "an id that the provider gave it": (
        raw_mail("x@y.example", Message_ID="<real@a.ex>"),
        ("listmonk-7", "1"),
    ),
    "an id of several messages, and a recipient": (
        raw_mail("Fay <fay@mail.example>", Message_ID="<0100018f-00aa-000000@eu.amazonses.com>"),
        ("ses", "9"),
    ),
    "an id of several messages": (
        raw_mail("x@y.example", Message_ID="<0100018f-00aa-000000@eu.amazonses.com>"),
        "several messages fit: ses to 8, ses to 9",
    ),
    "a campaign's id and a recipient": (
        raw_mail("bob@mail.example", X_Campaign_ID="spring", Subject="another", Date=None),
        ("spring", "2"),
    ),
    "a campaign's name and a customer": (
        raw_mail("undisclosed", X_Mailgun_Variables='{"campaign": "SPRING sale", "customer_id": 2}'),
        ("spring", "2"),
    ),
    "an imported campaign's number": (raw_mail(X_Listmonk_Campaign="7", Subject="x"), ("listmonk-7", "1")),
    "a customer with another address": (
        raw_mail("ann@mail.example", X_Campaign_ID="spring", X_Customer_ID="2"),
        ("spring", "1"),
    ),
    "two campaigns of one name": (
        raw_mail("dan@mail.example", X_Campaign="Twin", Subject="Twins"),
        "several messages fit: twin-a to 4, twin-b to 4",
    ),
    "a recipient, the time and a filled-in subject": (
        raw_mail(Subject="Ann, it is spring!"),
        ("spring", "1"),
    ),
    "the address that received it": (
        raw_mail("list@lists.example", Delivered_To="bob@mail.example", Subject="Bob, it is spring!"),
        ("spring", "2"),
    ),
    "the nearest of two with the same subject": (raw_mail(Subject="OUR  news"), ("listmonk-7", "1")),
    "the other one": (raw_mail(Subject="Our news", Date="Tue, 14 Apr 2026 16:00:00 +0200"), ("late", "1")),
    "neither of two that are as near": (
        raw_mail(Subject="Our news", Date="Tue, 14 Apr 2026 12:10:00 +0000"),
        "several messages fit: late to 1, listmonk-7 to 1",
    ),
    "a sender, if no subject is known": (
        raw_mail("cas@mail.example", From="plain@shop.example", Date="Wed, 15 Apr 2026 08:00:00 +0000"),
        ("plain", "3"),
    ),
    "a sender with another subject within minutes": (
        raw_mail("bob@mail.example", Subject="Variant B"),
        ("spring", "2"),
    ),
    "a sender with another subject later": (
        raw_mail("bob@mail.example", Subject="Your order", Date="Tue, 14 Apr 2026 12:00:00 +0000"),
        "the messages sent to its recipients within a day of it have another subject and sender",
    ),
    "another day": (
        raw_mail(Subject="Ann, it is spring!", Date="Thu, 16 Apr 2026 12:00:00 +0000"),
        "no message was sent to its recipients within a day of it",
    ),
    "no date": (raw_mail(Date=None), "it has no date, and no known Message-ID or campaign"),
    "nobody known": (raw_mail("zoe@mail.example"), "no message was sent to its recipients"),
    "nobody": (
        raw_mail("undisclosed-recipients:;"),
        "it has neither a known Message-ID nor a campaign's header, and names no recipient",
    ),
}


def test_each_mail_finds_its_message_or_none(loaded: Path, tmp_path: Path) -> None:
    numbered = {f"{number:02}.eml": case for number, case in enumerate(CASES.values())}
    bodies = {name: f"<p>{name}".encode() for name in numbered}
    folder = bundle(
        tmp_path, {name: raw.replace(b"<p>Hi", bodies[name]) for name, (raw, _) in numbered.items()}
    )
    summary = archives.load(loaded / "m.duckdb", [folder])
    reasons = {refusal.file: refusal.reason for refusal in summary.refusals}
    assert reasons == {
        name: expected for name, (_, expected) in numbered.items() if isinstance(expected, str)
    }
    assert [(kind.kind, kind.rows, kind.refused) for kind in summary.kinds] == [
        ("e-mails", len(CASES), len(reasons))
    ]
    # Of several mails for one message, the one with its id counts, then one with its campaign, then the last.
    winners: dict[tuple[str, str], str] = {}
    for name, (_, expected) in reversed(numbered.items()):
        if not isinstance(expected, str):
            winners[expected] = name
    winners[("spring", "1")] = "01.eml"
    winners[("listmonk-7", "1")] = "02.eml"
    winners[("spring", "2")] = "06.eml"
    with Warehouse(loaded / "m.duckdb").snapshot() as data:
        for (campaign_id, customer_id), name in winners.items():
            mail = mails.of_customer(data, campaign_id, customer_id)
            assert mail is not None
            assert (mail.source, mail.html.strip()) == ("archived", f"<p>{name}")


@pytest.mark.parametrize(
    ("template", "subject", "expected"),
    [
        ("Hi", "hi ", True),
        ("Hi", "Hi you", False),
        ("Hi {{name}}!", "Hi Ann!", True),
        ("Hi {{ name | default: 'you' }}!", "Hi !", True),
        ("Hi *|FNAME|*, %city% calls", "Hi Ann, Ghent calls", True),
        ("Hi [firstname], {$city} calls", "Hi Ann, calls", False),
        ("aXXb {{x}} bYY", "aXXb bYY", False),
        ("Hi there {{name}} you", "Hi there you", False),
        ("{{subject}}", "Anything", None),
        ("{% if x %}Hello{% else %}Hi{% endif %} Ann", "Hi Ann", None),
        ("*|IF:X|*Hello*|END:IF|*", "Hello", None),
        ("{{#if a}}Hello{{/if}}", "Hello", None),
        ("%IF $X = 1%Hello%/IF%", "Hello", None),
        ("Hi", None, None),
        (None, "Hi", None),
        ("100% off {{a}} 50%", "100% off today 50%", True),
        ("ＦＲＥＥ tea", "free tea", True),
    ],
)
def test_subjects(template: str | None, subject: str | None, expected: bool | None) -> None:
    assert has_subject(template, subject) == expected


@given(st.text(alphabet="ab{}%|*[]$@ ", max_size=60), st.text(alphabet="ab ", max_size=30))
def test_any_subject_has_an_answer(template: str, subject: str) -> None:
    assert has_subject(template, subject) in (True, False, None)
    assert has_subject(template, template) in (True, None)
