"""A message is found by any of its ids, and an event id is one provider's own."""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from mailsight.loading import bundles, payloads
from mailsight.privacy import erasure
from mailsight.reports import campaign, customer
from mailsight.vocabulary import Audience
from mailsight.warehouse.reader import Warehouse

CORE = "Qw3rAbCdEfGhIjKlMnOpQr"
SUFFIX = ".recvd-5b7c-abc-1-5F5FC76C-9.0"
OWN = "<20260414.77@green.example>"

SENDGRID = {
    "X-Message-Id": CORE,
    "sg_message_id": CORE + SUFFIX,
    "smtp-id": f"<{CORE}@geopod-ismtpd-5-1>",
    "smtp-id without brackets": f"{CORE}@geopod-ismtpd-5-1",
}
STEPS = ("processed", "bounce", "open")


def sendgrid(smtp_id: str) -> list[dict[str, object]]:
    """A message's events. Opens have no smtp-id."""
    return [
        {
            "event": step,
            "email": "ann@example.com",
            "timestamp": 1776160800 + place,
            "sg_event_id": step,
            "sg_message_id": CORE + SUFFIX,
            **({} if step == "open" else {"smtp-id": smtp_id}),
        }
        for place, step in enumerate(STEPS)
    ]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "data" / "mailsight.duckdb"


@pytest.fixture
def write(tmp_path: Path) -> Callable[[object], Path]:
    def write(value: object) -> Path:
        path = tmp_path / f"events-{len(list(tmp_path.iterdir()))}.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return path

    return write


def bundle(folder: Path, *message_ids: str) -> Path:
    """A list of messages without their addresses, so that only the id finds a message."""
    folder.mkdir(parents=True)
    rows = [
        f"spring,{number},{known},2026-04-14T09:00:00Z" for number, known in enumerate(message_ids, start=1)
    ]
    tables = {
        "campaigns": ["campaign_id,sent_at", "spring,2026-04-14T09:00:00Z"],
        "messages": ["campaign_id,customer_id,message_id,sent_at", *rows],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder


def matched(database: Path) -> int:
    """How many events have a message. All are about the one customer."""
    with Warehouse(database).snapshot() as data:
        counts = campaign.report(data, "spring", Audience.ALL).counts
        assert (counts.sent, counts.opened) == (1, 1)
        return len(customer.message_events(data, "spring", "1"))


@pytest.mark.parametrize(
    ("message_id", "smtp_id"),
    [*((listed, SENDGRID["smtp-id"]) for listed in SENDGRID.values()), (OWN.strip("<>"), OWN), (CORE, OWN)],
)
def test_any_id_of_sendgrid_finds_the_message(
    database: Path, tmp_path: Path, write: Callable[[object], Path], message_id: str, smtp_id: str
) -> None:
    bundles.load(database, [bundle(tmp_path / "bundle", message_id)])
    payloads.ingest(database, "sendgrid", [write(sendgrid(smtp_id))])
    assert matched(database) == len(STEPS)


@pytest.mark.slow
@pytest.mark.parametrize("list_first", [True, False], ids=["list first", "events first"])
def test_the_order_of_loading_makes_no_difference(
    database: Path, tmp_path: Path, write: Callable[[object], Path], list_first: bool
) -> None:
    folder = bundle(tmp_path / "bundle", OWN)
    if list_first:
        bundles.load(database, [folder])
    # The open comes first, and has no smtp-id.
    for event in reversed(sendgrid(OWN)):
        payloads.ingest(database, "sendgrid", [write([event])])
    if not list_first:
        bundles.load(database, [folder])
    assert matched(database) == len(STEPS)


@pytest.mark.parametrize("list_first", [True, False], ids=["list first", "events first"])
def test_a_message_id_header_of_the_provider_finds_the_message(
    database: Path, tmp_path: Path, write: Callable[[object], Path], list_first: bool
) -> None:
    at = "2026-04-14T10:00:00Z"
    mail = {"messageId": "0100-000000", "timestamp": at, "destination": ["new@example.com"]}
    opened = {
        "amazon_ses": {"eventType": "Open", "mail": mail, "open": {"timestamp": at}},
        "postmark": {
            "RecordType": "Open",
            "MessageID": "b7bc-4a",
            "Recipient": "new@example.com",
            "ReceivedAt": at,
        },
    }
    folder = bundle(tmp_path / "bundle", "<0100-000000@eu-west-1.amazonses.com>", "b7bc-4a@mtasv.net")
    if list_first:
        bundles.load(database, [folder])
    for provider, event in opened.items():
        payloads.ingest(database, provider, [write(event)])
    if not list_first:
        bundles.load(database, [folder])
    with Warehouse(database).snapshot() as data:
        assert campaign.report(data, "spring", Audience.ALL).counts.opened == 2


def test_no_id_of_an_erased_message_is_left(database: Path, tmp_path: Path) -> None:
    folder = bundle(tmp_path / "bundle", "<0100-000000@eu-west-1.amazonses.com>")
    bundles.load(database, [folder])
    erasure.erase(database, ["1"])
    for _ in range(2):
        with duckdb.connect(str(database.resolve()), read_only=True) as connection:
            known = connection.execute("from message_aliases").fetchall()
            known += connection.execute("select message_id, campaign_id from messages").fetchall()
        assert "0100" not in str(known)
        bundles.load(database, [folder])


def of_mailgun(number: int) -> tuple[object, list[str]]:
    event = {
        "event": "opened",
        "id": f"e{number}",
        "recipient": "ann@example.com",
        "timestamp": 1776160800.5,
        "message": {"headers": {"message-id": f"m{number}@green.example"}},
    }
    return event, [f"m{number}@green.example", f"<m{number}@green.example>"]


def of_mailjet(number: int) -> tuple[object, list[str]]:
    ids = {
        "MessageID": 123_000 + number,
        "Message_GUID": f"1ab23cd4-e567-8901-2345-{number:012}",
        "CustomID": f"order-{number}",
    }
    return {"event": "open", "time": 1776160800, "email": "ann@example.com", **ids}, [
        str(known) for known in ids.values()
    ]


def of_sparkpost(number: int) -> tuple[object, list[str]]:
    ids = {"transmission_id": f"6583215092190{number:04}", "message_id": f"000443ee14578172{number:04}"}
    event = {"type": "open", "timestamp": "1776160800", "raw_rcpt_to": "ann@example.com", **ids}
    return {"msys": {"track_event": event}}, [*ids.values()]


def of_postal(number: int) -> tuple[object, list[str]]:
    ids = {"id": 70 + number, "token": f"abc{number}", "message_id": f"{number}@app.mail"}
    payload = {"message": {"to": "ann@example.com", **ids}}
    event = {"event": "MessageLoaded", "timestamp": 1776160800.5, "uuid": f"u{number}", "payload": payload}
    return event, [*(str(known) for known in ids.values()), f"<{number}@app.mail>"]


def of_mailersend(number: int) -> tuple[object, list[str]]:
    ids = {"message_id": f"m{number}", "email_id": f"em{number}"}
    data = {"id": f"a{number}", "type": "opened", "recipient": "ann@example.com", **ids}
    return {"type": "activity.opened", "created_at": "2026-04-14T10:00:00.000000Z", "data": data}, [
        *ids.values()
    ]


def of_resend(number: int) -> tuple[object, list[str]]:
    headers = [{"name": "X-A", "value": "b"}, {"name": "Message-ID", "value": f"<{number}@green.example>"}]
    ids = {"email_id": f"172c-{number}", "message_id": f"<{number}@eu-west-1.amazonses.com>"}
    data = {"to": ["ann@example.com"], "headers": headers, **ids}
    return {"type": "email.opened", "created_at": "2026-04-14T10:00:00Z", "data": data}, [
        *ids.values(),
        f"<{number}@green.example>",
        f"{number}@green.example",
    ]


def of_amazon_ses(number: int) -> tuple[object, list[str]]:
    at = "2026-04-14T10:00:00Z"
    mail = {
        "messageId": f"0100-{number}",
        "timestamp": at,
        "destination": ["ann@example.com"],
        "headers": [{"name": "Message-Id", "value": f"<{number}@green.example>"}],
    }
    ids = [f"0100-{number}", f"<{number}@green.example>", f"{number}@green.example"]
    return {"eventType": "Open", "mail": mail, "open": {"timestamp": at}}, ids


@pytest.mark.parametrize(
    "example", [of_mailgun, of_mailjet, of_sparkpost, of_postal, of_mailersend, of_resend, of_amazon_ses]
)
def test_any_id_of_other_providers_finds_the_message(
    database: Path,
    tmp_path: Path,
    write: Callable[[object], Path],
    example: Callable[[int], tuple[object, list[str]]],
) -> None:
    _, ids = example(0)
    # Each message is listed under another of its ids.
    examples = [example(number) for number in range(len(ids))]
    listed = [ids[number] for number, (_, ids) in enumerate(examples)]
    bundles.load(database, [bundle(tmp_path / "bundle", *listed)])
    payloads.ingest(database, example.__name__.removeprefix("of_"), [write([event for event, _ in examples])])
    with Warehouse(database).snapshot() as data:
        counts = campaign.report(data, "spring", Audience.ALL).counts
        assert (counts.sent, counts.opened) == (len(listed), len(listed))


def test_an_event_id_is_one_providers_own(database: Path, tmp_path: Path) -> None:
    folder = tmp_path / "bundle"
    folder.mkdir()
    columns = "event_id,provider,campaign_id,recipient,type,occurred_at"
    for provider in ("postmark", "listmonk", "Postmark"):
        (folder / f"events-{provider}.csv").write_text(
            f"{columns}\n42,{provider},spring,ann@example.com,opened,2026-04-14T10:00:00Z\n", encoding="utf-8"
        )
    assert bundles.load(database, [folder]).kinds[-1].new == 2
    assert bundles.load(database, [folder]).kinds[-1].new == 0
