"""People are erased for good, and all figures stay as they were."""

import base64
import hashlib
import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import duckdb
import pytest

from mailsight.backups import making, restoring
from mailsight.errors import SharedAddress
from mailsight.exports.jobs import Job
from mailsight.exports.lists import Format
from mailsight.loading import archives, bundles, payloads, spool
from mailsight.privacy import erasure
from mailsight.privacy.erasure import Erasure
from mailsight.state import audit, tokens
from mailsight.state.audit import Action
from mailsight.state.mappings import Mappings
from mailsight.vocabulary import Role
from mailsight.warehouse.queries import statement, statement_names
from mailsight.warehouse.reader import Warehouse
from mailsight.web import downloads
from tests.support.all_figures import all_figures
from tests.support.archives import raw_mail
from tests.support.bundles import bundle, ndjson
from tests.support.leaks import leaks
from tests.support.zoe import SENT, ZOE


@pytest.mark.parametrize("named", [ZOE[0], f" {ZOE[0].upper()}", "kunde-4711-Z"])
def test_nothing_of_a_person_is_left_in_any_file_and_figures_stay(shop: Path, named: str) -> None:
    before = all_figures(shop)
    Mappings.of(shop).keep("header", f'"Notes of {ZOE[0]}" = ""')  # in the name of a column
    token, text = tokens.create("For Zoe Quagmire", person="ann", issuer=None, role=Role.READER, days=1)
    tokens.beside(shop).add(token, text)

    erased = erasure.erase(shop, [named])

    assert erased == Erasure(
        1,
        {
            "customers": 1,
            "messages": 2,
            "events": 8,
            "e-mails": 1,
            "rejected rows": 2,
            "other mentions": 2,
            "waiting requests": 0,
        },
    )
    assert leaks(shop.parent, ZOE) == []
    assert tokens.beside(shop).named(text) == replace(token, name="For erased")
    assert all_figures(shop) == before


def test_loading_again_brings_nobody_back(shop: Path, bundled: Path) -> None:
    before = all_figures(shop)
    erasure.erase(shop, [ZOE[0]])

    summary = bundles.load(shop, [bundled])

    assert not summary.changed
    assert leaks(shop.parent, ZOE) == []
    assert all_figures(shop) == before


def test_what_happens_later_counts_for_nobody(shop: Path, opened_shop: Path, tmp_path: Path) -> None:
    """Events of an erased person count as they would have, whether they name the address, the id or the message."""
    untouched = tmp_path / "untouched" / "mailsight.duckdb"
    shutil.copytree(opened_shop.parent, untouched.parent, symlinks=True)
    erasure.erase(shop, [ZOE[0]])
    later = {
        "type": "clicked",
        "url": "https://shop.example/a?c=kunde-4711-z",
        "occurred_at": "2026-05-01T10:00:30Z",
    }
    files = {
        "events.ndjson": ndjson(
            later | {"campaign_id": "spring", "customer_id": "kunde-4711-Z"},
            later
            | {"campaign_id": "spring", "recipient": "Zoe.Quagmire@quagmire.example", "type": "unsubscribed"},
            later | {"message_id": "<zoe-1@mta>", "type": "opened", "user_agent": "Zoephone/7.1.2"},
            # A new address of a known customer.
            later
            | {
                "campaign_id": "autumn",
                "customer_id": "kunde-4711-Z",
                "recipient": "zoe.quagmire@new.example",
            },
        ),
        "messages.ndjson": ndjson(
            {
                "campaign_id": "winter",
                "customer_id": "kunde-4711-Z",
                "email": ZOE[0],
                "merge_fields": {"name": ZOE[2]},
            }
        ),
    }
    for database in (shop, untouched):
        bundles.load(database, [bundle(tmp_path / "later", files)])

    assert leaks(shop.parent, (*ZOE, "zoe.quagmire@new.example")) == []
    assert all_figures(shop) == all_figures(untouched)


def test_a_customers_other_address_and_another_customer_with_the_address_stay_erased(
    shop: Path, tmp_path: Path
) -> None:
    erasure.erase(shop, ["kunde-4711-Z"])
    new = ndjson(
        {"customer_id": "kunde-4711-Z", "email": "zoe@elsewhere.example"},
        {"customer_id": "another-number", "email": ZOE[0], "name": "Zoe Quagmire"},
    )
    bundles.load(shop, [bundle(tmp_path / "new", {"customers.ndjson": new})])
    after = ndjson(
        {"type": "opened", "campaign_id": "spring", "recipient": "zoe@elsewhere.example", "occurred_at": SENT}
    )

    bundles.load(shop, [bundle(tmp_path / "after", {"events.ndjson": after})])

    assert leaks(shop.parent, (*ZOE, "zoe@elsewhere.example", "another-number")) == []


def test_the_audit_keeps_its_entries_without_the_customer(shop: Path) -> None:
    for customer_id in ("kunde-4711-Z", "kunde-0815-b"):
        audit.beside(shop, 0).record("ann", "marketer", Action.OPENED_CUSTOMER, customer_id=customer_id)

    erasure.erase(shop, [ZOE[0]])

    customers = [entry.customer_id for entry in audit.beside(shop, 0).entries(size=9)]
    assert customers[0] == "kunde-0815-b"
    assert customers[1].startswith("erased:erased-")
    assert leaks(shop.parent, ZOE) == []


def test_exports_that_were_ordered_before_are_gone(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAILSIGHT_DATABASE", str(shop))
    before = Job("before", "customers.csv", Format.CSV)

    erasure.erase(shop, [ZOE[0]])

    assert downloads.may_name_erased(before)
    assert not downloads.may_name_erased(Job("after", "customers.csv", Format.CSV))


def _request(*events: dict[str, object]) -> str:
    return json.dumps([{"timestamp": 1776168000, "sg_message_id": "m.1", **event} for event in events])


def test_webhooks_that_wait_are_loaded_without_them(shop: Path) -> None:
    waiting = spool.beside(shop)
    waiting.append(
        "sendgrid",
        _request({"email": ZOE[0], "event": "open"}, {"email": "bob@mail.example", "event": "open"}),
    )
    before = all_figures(shop)["tables"]["events"]

    erasure.erase(shop, [ZOE[0]])

    assert leaks(shop.parent, ZOE) == []
    assert all_figures(shop)["tables"]["events"] == before + 2

    waiting.append(
        "sendgrid", _request({"email": ZOE[0], "event": "click", "url": f"https://shop.example/?{ZOE[0]}"})
    )
    payloads.ingest_spool(shop, waiting)
    assert leaks(shop.parent, ZOE) == []
    assert all_figures(shop)["tables"]["events"] == before + 3


def test_webhooks_that_are_set_aside_keep_the_items_of_others(shop: Path) -> None:
    waiting = spool.beside(shop)
    others = _request({"email": "bob@mail.example", "event": "open"})
    waiting.append(
        "sendgrid",
        _request({"email": ZOE[0], "event": "open"}, {"email": "bob@mail.example", "event": "open"}),
    )
    waiting.append("sendgrid", others)
    waiting.append(
        "mailgun",
        f"recipient={ZOE[0].replace('@', '%40')}&event=opened",
        content_type="application/x-www-form-urlencoded",
    )
    [segment] = waiting.seal()
    kept = segment.read_bytes().splitlines()[1]
    waiting.set_aside(segment, f"It failed on {ZOE[0]}")

    erased = erasure.erase(shop, [ZOE[0]])

    assert erased.rows["waiting requests"] == 2
    assert leaks(shop.parent, ZOE) == []
    lines = (waiting.folder / "set-aside" / segment.name).read_bytes().splitlines()
    assert lines[1:] == [kept]
    assert [event["email"] for event in json.loads(json.loads(lines[0])["body"])] == ["bob@mail.example"]


def test_archived_mails_to_an_erased_person_are_left_out(shop: Path, tmp_path: Path) -> None:
    erasure.erase(shop, [ZOE[0]])
    folder = tmp_path / "mails"
    folder.mkdir()
    (folder / "zoe.eml").write_bytes(raw_mail(ZOE[0], Message_ID="<zoe-1@mta>", body="<p>Hi Zoe Quagmire"))
    (folder / "broken.eml").write_bytes(f"To: {ZOE[0]}".encode())

    summary = archives.load(shop, [folder])

    assert summary.notes == ["2 e-mails to people who were erased: not added."]
    assert leaks(shop.parent, ZOE) == []


def test_a_restored_backup_is_erased_again(shop: Path, opened_shop: Path) -> None:
    erasure.erase(shop, [ZOE[0]])
    before = all_figures(shop)
    for file in shop.parent.glob("mailsight*.duckdb"):
        file.unlink()
    for file in opened_shop.parent.glob("mailsight*.duckdb"):
        shutil.copy2(file, shop.parent, follow_symlinks=False)
    assert leaks(shop.parent, ZOE)

    erasure.finish(shop)

    assert leaks(shop.parent, ZOE) == []
    assert all_figures(shop) == before


def test_backups_and_the_webhooks_kept_for_them_bring_nobody_back(shop: Path, tmp_path: Path) -> None:
    waiting = spool.beside(shop)
    waiting.append(
        "sendgrid",
        _request({"email": ZOE[0], "event": "open"}, {"email": "bob@mail.example", "event": "open"}),
    )
    making.make(shop, tmp_path / "backups")
    erasure.erase(shop, [ZOE[0]])
    waiting.append("sendgrid", _request({"email": ZOE[0], "event": "click", "url": "https://shop.example/"}))
    waiting.append("sendgrid", _request({"email": "bob@mail.example", "event": "delivered"}))
    payloads.ingest_spool(shop, waiting)
    assert len(waiting.loaded.files()) == 2
    assert leaks(shop.parent, ZOE) == []

    restoring.restore(shop, tmp_path / "backups")

    assert leaks(shop.parent, ZOE) == []
    with Warehouse(shop).snapshot() as data:
        kinds = {row["type"] for row in data.rows("event_counts") if row["provider"] == "sendgrid"}
    assert kinds == {"opened", "delivered"}


def test_nothing_is_kept_for_backups_that_holds_more_of_ip_addresses_than_may_be_stored(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = spool.beside(shop)
    making.make(shop, tmp_path / "backups")
    monkeypatch.setenv("MAILSIGHT_IP_ADDRESSES", "truncated")
    waiting.append("sendgrid", _request({"email": "bob@mail.example", "event": "open", "ip": "203.0.113.9"}))
    payloads.ingest_spool(shop, waiting)
    assert waiting.sealed() == []
    assert not leaks(shop.parent, ["203.0.113.9"])


def test_a_dry_run_changes_nothing(shop: Path) -> None:
    files = sorted(shop.parent.rglob("*"))

    assert erasure.erase(shop, [ZOE[0]], dry_run=True).rows == {
        "customers": 1,
        "messages": 2,
        "events": 8,
        "e-mails": 1,
    }

    assert sorted(shop.parent.rglob("*")) == files


def test_readers_of_an_older_generation_read_it_to_the_end(shop: Path) -> None:
    with Warehouse(shop).snapshot() as data:
        erasure.erase(shop, [ZOE[0]])

        assert {row["name"] for row in data.rows("names_of", customer_ids=["kunde-4711-Z"])} == {
            "Zoe Quagmire",
            "Zoe Quagmire-Smith",
        }


def test_an_address_of_many_customers_is_not_erased_by_mistake(shop: Path, tmp_path: Path) -> None:
    staff = ndjson(*({"customer_id": f"c{number}", "email": "info@shop.example"} for number in range(6)))
    bundles.load(shop, [bundle(tmp_path / "staff", {"customers.ndjson": staff})])

    with pytest.raises(SharedAddress, match="6 customers share addresses with this person"):
        erasure.erase(shop, ["c0"])
    assert erasure.erase(shop, ["c0"], may_share=True).rows["customers"] == 6


def test_a_person_may_come_back(shop: Path, bundled: Path) -> None:
    erasure.erase(shop, ["kunde-4711-Z"])

    assert erasure.forget(shop, [ZOE[0], "nobody@mail.example"]) == 1

    assert bundles.load(shop, [bundled]).changed
    with Warehouse(shop).snapshot() as data:
        assert data.rows("known_customers", customer_ids=["kunde-4711-Z"])


def test_every_table_is_rewritten() -> None:
    tables = [name.removeprefix("rewrite_") for name in statement_names() if name.startswith("rewrite_")]
    created = re.findall(r"create table (\w+)", statement("create_schema"))
    assert sorted(tables) == sorted({*created} - {"schema_version"})


def test_what_others_have_of_a_person_says_erased(shop: Path, bundled: Path, tmp_path: Path) -> None:
    address, name, digest = ZOE[0], ZOE[2], hashlib.md5(ZOE[0].encode(), usedforsecurity=False).hexdigest()
    hidden = base64.b64encode(f"to={address}".encode()).decode()
    link = f"https://shop.example/a?friend={quote(address, safe='')}&h={digest}&t={hidden}"
    bob = {"campaign_id": "spring", "customer_id": "kunde-0815-b"}
    files: dict[str, str | bytes] = {
        "contents/bob.eml": raw_mail(
            "bob@mail.example",
            f'<p>Hi Bob, {name} ({address}) sent <a href="{link}">this</a> on behalf of kunde-4711-Z',
            Cc=f"{name} <{address}>",
        ),
        "campaigns.ndjson": ndjson(
            {"campaign_id": "test", "name": f"For {name}", "subject": f"Hi {address}", "tags": [address, "a"]}
        ),
        "customers.ndjson": ndjson(
            {
                "customer_id": "kunde-0815-b",
                "friend": name,
                "friends": {address: "kunde-4711-z"},
                "hash": digest,
            },
            {"customer_id": "kunde-0815-c", "email": "zoe.quagmire@mail.example", "name": "Zoe Quarry"},
        ),
        "messages.ndjson": ndjson(
            bob
            | {"merge_fields": {"friend": f"Zoe  {ZOE[2][4:]}", "url": link}, "content": "contents/bob.eml"}
        ),
        "events.ndjson": ndjson(
            bob | {"type": "clicked", "url": link, "occurred_at": "2026-04-14T12:00:01Z"},
            bob | {"type": "bounced", "diagnostic": f"{address} ({name}) is full", "occurred_at": SENT},
            bob | {"type": "opened", "payload": {"cc": {"email": digest}}, "occurred_at": SENT},
            bob | {"type": "nothing", "note": f"hash {digest}"},
            # A number that may be anything.
            bob | {"type": "nothing", "order_total": "4711"},
        ),
    }
    traces = (*ZOE, digest, hidden)
    others = bundle(tmp_path / "others" / f"{ZOE[0]}.d", files)
    bundles.load(shop, [others])
    before = all_figures(shop)

    erasure.erase(shop, [address])

    assert leaks(shop.parent, [trace for trace in traces if trace != ZOE[1]]) == []
    after = all_figures(shop)
    assert {name for name in before if before[name] != after[name]} <= {
        f"{part}, {audience}" for part in ("list", "test") for audience in ("all", "human")
    }
    with duckdb.connect(str(shop), read_only=True) as connection:
        [(attributes,)] = connection.execute(
            "select attributes from customers where customer_id = 'kunde-0815-b'"
        ).fetchall()
        [(html,)] = connection.execute("select html from contents where html like '%Hi Bob%'").fetchall()
        [(kept,)] = connection.execute(
            "select count(*) from refused where row like '%order_total%'"
        ).fetchall()
    assert json.loads(attributes) == {"friend": "erased", "friends": {"erased": "erased"}, "hash": "erased"}
    assert "Hi Bob, erased (erased) sent" in html
    assert kept == 1

    for again in (others, bundled):
        assert [(kind.new, kind.changed) for kind in bundles.load(shop, [again]).kinds] == [(0, 0)] * 4
    assert all_figures(shop) == after
    # New ones are read in the same way.
    more: dict[str, str | bytes] = {
        "events.ndjson": ndjson(
            bob | {"type": "clicked", "url": link, "occurred_at": "2026-04-15T12:00:01Z"}
        ),
        "contents/bob.eml": raw_mail("bob@mail.example", f"<p>{name} again: {link}"),
        "messages.ndjson": ndjson(bob | {"content": "contents/bob.eml"}),
        "customers.ndjson": ndjson({"customer_id": "kunde-0815-c", "friend": address.upper()}),
    }
    bundles.load(shop, [bundle(tmp_path / "more", more)])
    assert leaks(shop.parent, [trace for trace in traces if trace != ZOE[1]]) == []


def test_a_name_that_somebody_else_has_stays_theirs(shop: Path, tmp_path: Path) -> None:
    namesake: dict[str, str | bytes] = {
        "customers.ndjson": ndjson({"customer_id": "other", "email": "zq@mail.example", "name": ZOE[2]}),
        "messages.ndjson": ndjson(
            {"campaign_id": "spring", "customer_id": "other", "merge_fields": {"name": ZOE[2]}}
        ),
    }
    bundles.load(shop, [bundle(tmp_path / "namesake", namesake)])

    erasure.erase(shop, [ZOE[0]])

    with Warehouse(shop).snapshot() as data:
        assert [row["name"] for row in data.rows("known_recipients", customer_ids=["other"])] == [ZOE[2]]
        [message] = data.rows("known_messages", customer_ids=["other"])
    assert json.loads(message["merge_fields"]) == {"name": ZOE[2]}


def test_what_killed_processes_left_is_removed(shop: Path) -> None:
    folder = spool.beside(shop).folder
    folder.mkdir(exist_ok=True)
    parts = [
        folder / "a.clean",
        folder / "a-1.half",
        folder / "error.json.new",
        shop.with_suffix(".link.incoming"),
    ]
    for part in parts:
        part.write_text(ZOE[0])
        os.utime(part, (0, 0))

    erasure.erase(shop, [ZOE[0]])

    assert not any(part.exists() for part in parts)


def test_a_short_id_is_erased_where_it_is_one(shop: Path, tmp_path: Path) -> None:
    """1042 may be anything: it goes from selections, and from rejected rows that call it an id."""
    event: dict[str, object] = {"campaign_id": "spring", "type": "nothing"}
    files: dict[str, str | bytes] = {
        "campaigns.ndjson": ndjson(
            {
                "campaign_id": "c",
                "name": "C",
                "selection": {"field": "id", "in": ["1042", 1042, 10420], "n": "1042"},
            }
        ),
        "customers.ndjson": ndjson({"customer_id": "1042"}, {"customer_id": "b", "points": 1042}),
        "events.ndjson": ndjson(event | {"customer_id": 1042}, event | {"customer_id": "b", "points": 1042}),
    }
    chosen = bundle(tmp_path / "short", files)
    bundles.load(shop, [chosen])

    erasure.erase(shop, ["1042"])

    assert not any(kind.changed for kind in bundles.load(shop, [chosen]).kinds)
    with duckdb.connect(str(shop), read_only=True) as connection:
        [(selection,)] = connection.execute(
            "select selection from campaigns where campaign_id = 'c'"
        ).fetchall()
        rejected = connection.execute("select row from refused where row like '%1042%'").fetchall()
        [(attributes,)] = connection.execute(
            "select attributes from customers where customer_id = 'b'"
        ).fetchall()
    assert json.loads(selection) == {"field": "id", "in": ["erased", "erased", 10420], "n": "erased"}
    assert [json.loads(row) for (row,) in rejected] == [event | {"customer_id": "b", "points": 1042}]
    assert json.loads(attributes) == {"points": 1042}


@pytest.mark.parametrize("separator", [", ", "\n"])
def test_what_a_later_load_sets_aside_names_nobody(
    separator: str, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It keeps the events of other people, whether a request was an array or JSON Lines."""
    erasure.erase(shop, [ZOE[0]])
    waiting = spool.beside(shop)
    events = [{"email": ZOE[0].upper(), "event": "open"}, {"email": "bob@mail.example"}]
    body = separator.join(map(json.dumps, events))
    waiting.append("sendgrid", body if separator == "\n" else f"[{body}]")

    def all_fail(spooled: spool.Spool, _: object) -> None:
        for segment in spooled.seal():
            spooled.set_aside(segment, "It failed")

    monkeypatch.setattr("mailsight.loading.segments.load_all", all_fail)
    payloads.ingest_spool(shop, waiting)

    [aside] = waiting.files_set_aside()
    assert "bob@mail.example" in aside.read_text(encoding="utf-8")
    assert leaks(shop.parent, ZOE) == []
