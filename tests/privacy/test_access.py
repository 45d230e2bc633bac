"""A person who asks gets everything that is known of them, and nothing of others."""

import json
import zipfile
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from mailsight.__main__ import app
from mailsight.errors import UnknownCustomer
from mailsight.loading import bundles, spool
from mailsight.privacy import access, erasure
from mailsight.state import audit, tokens
from mailsight.state.audit import Action
from mailsight.state.mappings import Mappings
from mailsight.state.shares import Sharer, Shares
from mailsight.vocabulary import Audience, Role
from mailsight.warehouse.reader import Warehouse
from mailsight.warehouse.scope import EVERYTHING
from tests.support.bundles import bundle, ndjson
from tests.support.leaks import spellings
from tests.support.zoe import ZOE

# Tables with a row for each of something that may be a person's.
TABLES = (
    "customers",
    "customer_changes",
    "messages",
    "events",
    "archived_mails",
    "recipients",
    "message_events",
)


def _known(shop: Path, named: str) -> dict[str, object]:
    with Warehouse(shop).snapshot() as data:
        return access.known(data, named, audit.beside(shop, 0), spool.beside(shop))


@pytest.mark.parametrize("named", [ZOE[0], "kunde-4711-Z"])
def test_every_row_of_every_table_that_names_a_person_is_in_it(shop: Path, named: str) -> None:
    others = {"email": "bob@mail.example"}
    spool.beside(shop).append("sendgrid", json.dumps([{"email": ZOE[0]}, others]))
    audit.beside(shop, 0).record("ann", "marketer", Action.OPENED_CUSTOMER, customer_id="kunde-4711-Z")

    answer = _known(shop, named)

    with duckdb.connect(str(shop), read_only=True) as connection:
        for table in TABLES:
            rows = connection.execute(f"select to_json(t) from {table} as t").fetchall()
            named_in = [row for (row,) in rows if any(trace in row.lower() for trace in spellings(ZOE))]
            # Bob's event mentions her address.
            own = [row for row in named_in if json.loads(row).get("customer_id") != "kunde-0815-b"]
            assert own
            assert len(answer[table]) >= len(own), table  # type: ignore[arg-type]
    text = access.as_json(answer)
    for part in (
        "Zoe Quagmire said no",
        "+31 6 4711",
        "Hi Zoe Quagmire <a href",
        "e-zoe-1",
        "no such type",
        "203.0.113.77",
    ):
        assert part in text
    # Of others, only what names her.
    assert answer["mentions"] == [{"table": "events", "campaign_id": "spring", "mention": ZOE[0]}]
    assert answer["selections"] == [{"campaign_id": "spring", "mention": ZOE[0]}]
    assert [entry["person"] for entry in answer["audit"]] == ["ann"]  # type: ignore[attr-defined]
    assert len(answer["waiting_webhooks"]) == 1  # type: ignore[arg-type]
    assert "Boring" not in text
    assert "bob@mail.example" not in text


def test_a_waiting_form_that_names_a_person_is_in_it(shop: Path) -> None:
    form = f"recipient={ZOE[0].replace('@', '%40')}&event=opened"
    for body in (form, "recipient=bob%40mail.example&event=opened"):
        spool.beside(shop).append("mailgun", body, content_type="application/x-www-form-urlencoded")

    waiting = _known(shop, ZOE[0])["waiting_webhooks"]

    assert waiting == ['{"event-data": {"recipient": "zoe.quagmire@quagmire.example", "event": "opened"}}']


def test_what_a_colleague_did_and_what_mentions_them_in_the_state_is_in_it(shop: Path) -> None:
    records = audit.beside(shop, 0)
    records.record(ZOE[0], "analyst", Action.OPENED_CUSTOMER, customer_id="kunde-0815-b")
    Mappings.of(shop).keep("header", f'"Notes of {ZOE[0]}" = ""')
    issuer = {"email": ZOE[0]}
    token, text = tokens.create("For Zoe Quagmire", person=ZOE[0], issuer=issuer, role=Role.READER, days=1)
    tokens.beside(shop).add(token, text)
    sharer = Sharer(ZOE[0], Role.ANALYST, EVERYTHING, issuer)
    Shares(records.store).create("1234abcd", "spring", Audience.HUMAN, sharer, token.expires_at)

    answer = _known(shop, ZOE[0])

    did = [(entry["action"], "customer_id" in entry) for entry in answer["own_audit"]]  # type: ignore[attr-defined]
    assert did == [("opened_customer", False)]
    assert [share["claims"] for share in answer["own_shares"]] == [issuer]  # type: ignore[attr-defined]
    assert [each["issuer"] for each in answer["own_api_tokens"]] == [issuer]  # type: ignore[attr-defined]
    mentioned = {each["table"]: each["mention"] for each in answer["mentions"]}  # type: ignore[attr-defined]
    assert mentioned["mappings"] == ZOE[0]
    assert mentioned["api_tokens"] == ZOE[2]
    assert "token_hash" not in access.as_json(answer)


@pytest.mark.parametrize(
    ("item", "is_theirs"),
    [
        ({"contact_id": 42, "event": "open"}, True),
        ({"user_id": "42", "event": "open"}, True),
        ({"attempt": 42, "event": "open", "email": "bob@mail.example"}, False),
        ({"event": "open", "subject": "42 offers", "contact_id": 421}, False),
    ],
)
def test_a_short_id_counts_where_it_is_called_one(
    shop: Path, item: dict[str, object], is_theirs: bool
) -> None:
    short = bundle(shop.parent.parent / "short", {"customers.ndjson": ndjson({"customer_id": "42"})})
    bundles.load(shop, [short])
    spool.beside(shop).append("sendgrid", json.dumps([item]))

    assert bool(_known(shop, "42")["waiting_webhooks"]) is is_theirs


def test_the_command_writes_the_data_and_the_mails(shop: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke(
        app, ["--database", str(shop), "customer", ZOE[0], "-o", str(tmp_path / "zoe.zip")]
    )

    assert run.exit_code == 0, run.output
    with zipfile.ZipFile(tmp_path / "zoe.zip") as packed:
        assert sorted(packed.namelist()) == ["e-mail-0001.html", "person.json"]
        assert b"Hi Zoe Quagmire" in packed.read("e-mail-0001.html")
        assert json.loads(packed.read("person.json"))["customers"][0]["name"] == "Zoe Quagmire-Smith"
    entry = audit.beside(shop, 0).entries(size=1)[0]
    assert (entry.action, entry.customer_id) == (Action.EXPORTED, "")


def test_nothing_is_known_of_an_erased_person(shop: Path) -> None:
    erasure.erase(shop, [ZOE[0]])

    for named in (ZOE[0], "kunde-4711-Z"):
        with pytest.raises(UnknownCustomer):
            _known(shop, named)
