"""IP addresses are stored as far as the setting allows, whichever way an event arrives."""

import json
from collections import Counter
from pathlib import Path

import duckdb
import pytest

from mailsight.loading import bundles, payloads, spool
from mailsight.warehouse.queries import statement
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle, ndjson
from tests.support.leaks import leaks

IPV4, IPV6 = "203.0.113.77", "2001:db8:1:2:3:4:5:6"
STORED = {"full": (IPV4, IPV6), "truncated": ("203.0.113.0", "2001:db8:1::"), "none": (None, None)}


@pytest.mark.parametrize("keep", STORED)
def test_an_event_is_stored_with_as_much_of_its_ip_address_as_the_setting_allows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: str
) -> None:
    monkeypatch.setenv("MAILSIGHT_IP_ADDRESSES", keep)
    database = tmp_path / "data" / "mailsight.duckdb"
    opened = {
        "type": "opened",
        "occurred_at": "2026-04-14T10:00:00Z",
        "campaign_id": "spring",
        "customer_id": "1",
    }
    rows = [
        opened | {"event_id": str(len(ip)), "ip": ip, "payload": {"ip": ip, "via": [IPV4, IPV6]}}
        for ip in (IPV4, IPV6)
    ]
    rejected = opened | {"ip": IPV4, "type": "no such type", "diagnostic": IPV6}
    bundles.load(database, [bundle(tmp_path / "bundle", {"events.ndjson": ndjson(*rows, rejected)})])
    sent = [
        {
            "event": "open",
            "email": "ann@mail.example",
            "timestamp": 1776168000 + number,
            "ip": ip,
            "sg_event_id": str(len(ip)),
        }
        for number, ip in enumerate((IPV4, IPV6))
    ]
    (tmp_path / "payloads.json").write_text(json.dumps(sent))
    payloads.ingest(database, "sendgrid", [tmp_path / "payloads.json"])
    waiting = spool.beside(database)
    waiting.append(
        "sendgrid", json.dumps([event | {"sg_event_id": f"hook-{place}"} for place, event in enumerate(sent)])
    )
    payloads.ingest_spool(database, waiting)

    with Warehouse(database).snapshot() as data:
        events = data.rows("known_events", customer_ids=["1"], addresses=["ann@mail.example"])
    assert Counter(event["ip"] for event in events) == Counter([*STORED[keep]] * 3)
    files = leaks(database.parent, [IPV4, IPV6])
    assert bool(files) == (keep == "full"), files


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("::ffff:203.0.113.77", "::ffff:203.0.113.0"),
        ("2001:0DB8:1:2::77", "2001:db8:1::"),
        ("2001:db8::77", "2001:db8:0::"),
        ("::1", "0:0:0::"),
        ("unknown", None),
        ("a.b", None),
        ("203.0.113.0", "203.0.113.0"),
    ],
)
def test_an_ip_address_is_truncated(ip: str, expected: str | None) -> None:
    with duckdb.connect() as connection:
        connection.execute(statement("create_erasure_macros"))
        assert connection.execute("select truncated_ip(?)", [ip]).fetchall() == [(expected,)]
