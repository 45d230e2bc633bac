"""Whatever fails while a load runs: the rest is loaded, nothing is lost, and the next load works."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from mailsight.errors import LoadBroken, LoadRefused
from mailsight.loading import bundles, payloads
from mailsight.loading.spool import Spool
from mailsight.warehouse.draft import Draft
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle, ndjson
from tests.support.faults import EACH, MARK, MECHANISM, Injected, failing, functions_called, name_of

pytestmark = pytest.mark.slow

AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:109.0) Gecko/20100101 Firefox/115.0"
MAIL = (
    "<style>@media (max-width: 600px) { .a { display: none } }</style><p>Hello {{name}}</p>"
    '<a class="a" href="https://shop.example/a?u={{id}}">one</a> <a href="https://shop.example/b">two</a>'
)
EML = (
    b"From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nHello\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<a href="https://shop.example/b">%s</a>\r\n--b--\r\n'
)
CUSTOMERS = ("ann", "bob", MARK)


def rows(kind: str) -> list[dict[str, Any]]:
    """The rows of one kind, those of the last customer or campaign with the mark."""
    match kind:
        case "campaigns":
            return [
                {"campaign_id": "spring", "subject": "Hi {{name}}", "template": "mail.html"},
                {
                    "campaign_id": "summer",
                    "template": "summer.eml",
                    "selection": {"field": "a", "op": "=", "value": 1},
                },
                {"campaign_id": MARK, "template": f"{MARK}.html", "tags": "a, b"},
            ]
        case "customers":
            return [{"customer_id": who, "email": f"{who}@example.com", "points": 3} for who in CUSTOMERS]
        case "messages":
            return [
                {
                    "campaign_id": "spring",
                    "customer_id": who,
                    "merge_fields": {"name": who},
                    "content": f"{who}.eml",
                }
                for who in CUSTOMERS
            ]
        case "totals":
            return [{"campaign_id": name, "source": "x", "opens": 5} for name in ("spring", "summer", MARK)]
    return [
        {
            "campaign_id": "spring",
            "customer_id": who,
            "type": kind,
            "occurred_at": "2026-04-14T10:00:00Z",
            "url": f"https://track.example/{who}?to=https%3A%2F%2Fshop.example%2Fb"
            if kind == "clicked"
            else None,
            "user_agent": f"{AGENT} {who}",
            "ip": "203.0.113.7",
        }
        for who in CUSTOMERS
        for kind in ("delivered", "opened", "clicked")
    ]


def as_csv(table: list[dict[str, Any]]) -> str:
    names = list(dict.fromkeys(name for row in table for name in row))
    lines = [names, *([str(row.get(name) or "") for name in names] for row in table)]
    return "".join(",".join(line) + "\n" for line in lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose files DuckDB reads, and others that are read record by record because of a bad row."""
    files: dict[str, str | bytes] = {
        "campaigns.ndjson": ndjson(*rows("campaigns")),
        "customers.csv": as_csv(rows("customers")),
        "messages.ndjson": ndjson(*rows("messages")) + "no JSON\n",
        "events.json": json.dumps(rows("events")),
        "events-late.csv": as_csv(rows("events")) + "one value\n",
        "events-later.csv": as_csv(rows("events")) + "one value\n",
        "events-last.csv": as_csv(rows("events")),
        "totals.csv": as_csv(rows("totals")),
        "mail.html": MAIL,
        "summer.eml": EML % b"two",
        f"{MARK}.html": MAIL.replace("Hello", MARK),
        **{f"{who}.eml": EML % who.encode() for who in CUSTOMERS},
    }
    return bundle(tmp_path_factory.mktemp("faults") / "bundle", files)


def sendgrid(who: str) -> dict[str, object]:
    return {
        "email": f"{who}@example.com",
        "timestamp": 1_776_160_800,
        "event": "click",
        "sg_event_id": f"click-{who}",
        "category": ["spring"],
        "url": f"https://track.example/{who}?to=https%3A%2F%2Fshop.example%2Fb",
        "useragent": f"{AGENT} {who}",
    }


def brevo(who: str) -> dict[str, object]:
    return {
        "event": "delivered",
        "email": f"{who}@example.com",
        "ts_epoch": 1_776_160_800_000,
        "tags": ["spring"],
    }


def fill(spool: Spool) -> None:
    for who in CUSTOMERS:
        spool.append("sendgrid", json.dumps([sendgrid(who), sendgrid(f"{who}-2")]))
        spool.append("brevo", json.dumps(brevo(who)))


def contents(database: Path) -> dict[str, int]:
    with Warehouse(database).snapshot() as data:
        return {row["name"]: row["rows"] for row in data.rows("table_rows")}


EVERYTHING = {
    "campaigns": 3,
    "customers": 3,
    "customer_changes": 0,
    "contents": 6,
    "messages": 3,
    "events": 9,
    "reported_totals": 3,
}
WITHOUT_MARKED = {
    "campaigns": 2,
    "customers": 2,
    "customer_changes": 0,
    "contents": 4,
    "messages": 2,
    "events": 6,
    "reported_totals": 2,
}


def load(database: Path, folder: Path) -> None:
    bundles.load(database, [folder])


def load_spool(database: Path, spool: Spool) -> None:
    payloads.ingest_spool(database, spool)


@contextmanager
def first_query_fails(name: str) -> Iterator[None]:
    done = False

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def run(self: Draft, query: str, /, **parameters: object) -> Any:
            nonlocal done
            if query == name and not done:
                done = True
                raise Injected(f"injected into {name}")
            return original(self, query, **parameters)

        return run

    with patch.object(Draft, "run", wrapped(Draft.run)), patch.object(Draft, "rows", wrapped(Draft.rows)):
        yield


def queries_run(run: Callable[[], object]) -> list[str]:
    names: dict[str, None] = {}

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def spy(self: Draft, query: str, /, **parameters: object) -> Any:
            names[query] = None
            return original(self, query, **parameters)

        return spy

    with patch.object(Draft, "run", wrapped(Draft.run)), patch.object(Draft, "rows", wrapped(Draft.rows)):
        run()
    return list(names)


def test_a_query_that_fails_once_loses_nothing(folder: Path, tmp_path: Path) -> None:
    names = queries_run(lambda: load(tmp_path / "names.duckdb", folder))
    assert contents(tmp_path / "names.duckdb") == EVERYTHING
    # The queries after merging are those of the next test.
    for name in names[: names.index("merge_campaigns") : EACH]:
        database = tmp_path / name / "m.duckdb"
        with first_query_fails(name):
            try:
                load(database, folder)
            except LoadRefused:
                assert not database.exists()
        if not database.exists() or contents(database) != EVERYTHING:
            assert not database.exists() or _is_recorded(database), name
            load(database, folder)
        assert contents(database) == EVERYTHING, name


def test_a_query_that_fails_once_loses_no_webhook(tmp_path: Path) -> None:
    first = Spool(tmp_path / "names.spool")
    fill(first)
    for name in queries_run(lambda: load_spool(tmp_path / "names.duckdb", first))[::EACH]:
        database, spool = tmp_path / name / "m.duckdb", Spool(tmp_path / name / "m.spool")
        fill(spool)
        with first_query_fails(name), suppress(LoadRefused):
            load_spool(database, spool)
        if not database.exists():
            assert spool.state().requests == 6
            load_spool(database, spool)
        state = spool.state()
        assert (contents(database)["events"], state.requests, state.set_aside) == (9, 0, ()), name


STAGED = ("campaigns", "customers", "messages", "events", "totals")
# `make thorough` lets all queries that merge and count fail for a row, `make test` this one.
QUERIES_OF_MANY_ROWS = ("merge_events",)


@contextmanager
def query_fails_for_marked_rows(name: str) -> Iterator[None]:
    """Within the block, the query fails whenever a staged row that is not rejected has the mark."""

    def wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
        def run(self: Draft, query: str, /, **parameters: object) -> Any:
            if query == name:
                for kind in STAGED:
                    condition = f"refusal is null and contains(cast(s as varchar), '{MARK}')"
                    sql = f"select count(*) from staged_{kind} as s where {condition}"
                    if self._connection.execute(sql).fetchall() != [(0,)]:
                        raise Injected(f"injected into {name}")
            return original(self, query, **parameters)

        return run

    with patch.object(Draft, "run", wrapped(Draft.run)), patch.object(Draft, "rows", wrapped(Draft.rows)):
        yield


def queries_of_many_rows(run: Callable[[], object]) -> list[str]:
    names = queries_run(run)
    merging = names[names.index("set_provider_ids") : names.index("record_load")]
    chosen = [name for name in merging if name not in ("add_refusals", "merge_refused", "load_summary")]
    return chosen if EACH == 1 else [name for name in chosen if name in QUERIES_OF_MANY_ROWS]


def test_a_query_that_fails_for_a_row_leaves_only_that_out(folder: Path, tmp_path: Path) -> None:
    for name in queries_of_many_rows(lambda: load(tmp_path / "names.duckdb", folder)):
        database = tmp_path / name / "m.duckdb"
        with query_fails_for_marked_rows(name):
            load(database, folder)
        assert contents(database) == WITHOUT_MARKED | {"contents": 6}, name
        assert {row["row"] for row in refused(database) if "Injected" in row["reason"]} >= {
            f"{MARK},{MARK}@example.com,3"
        }


def test_a_change_of_a_customer_is_kept_once_however_often_it_is_tried(folder: Path, tmp_path: Path) -> None:
    database = tmp_path / "m.duckdb"
    load(database, folder)
    changed = as_csv([row | {"points": 4} for row in rows("customers")])
    with query_fails_for_marked_rows("merge_customers"):
        load(database, bundle(tmp_path / "changed", {"customers.csv": changed}))
    assert contents(database) == EVERYTHING | {"customer_changes": 2}
    with Warehouse(database).snapshot() as data:
        changes = {who: data.rows("customer_changes", customer_id=who) for who in CUSTOMERS}
    assert {who: [row["earlier"] for row in made] for who, made in changes.items()} == {
        "ann": ['{"points":"3"}'],
        "bob": ['{"points":"3"}'],
        MARK: [],
    }


def test_a_query_that_fails_for_an_event_leaves_only_that_out_of_its_request(tmp_path: Path) -> None:
    first = Spool(tmp_path / "names.spool")
    fill(first)
    file = tmp_path / "events.json"
    file.write_text(json.dumps([sendgrid(who) for who in CUSTOMERS], indent=1))
    for name in queries_of_many_rows(lambda: load_spool(tmp_path / "names.duckdb", first))[::-EACH]:
        database, spool = tmp_path / name / "m.duckdb", Spool(tmp_path / name / "m.spool")
        spool.append("sendgrid", json.dumps([sendgrid(who) for who in CUSTOMERS]))
        from_file = tmp_path / name / "file.duckdb"
        with query_fails_for_marked_rows(name):
            load_spool(database, spool)
            payloads.ingest(from_file, "sendgrid", [file])
        for path in (database, from_file):
            assert contents(path)["events"] == 2, name
            [row] = [row for row in refused(path) if "Injected" in row["reason"]]
            assert json.loads(row["row"])["email"] == f"{MARK}@example.com"
        assert spool.state().requests == 0


# They look at the names of files, before a load begins.
FINDING = [
    *(
        f"finding.{name}"
        for name in ("candidates", "files_below", "kind_of_name", "looks_like_data", "opened")
    ),
    *(
        f"finding.{name}"
        for name in ("tables_folder", "_ending", "_as_named", "_folder_of", "_form", "_in_folder", "_is_part")
    ),
    *(f"folders.{name}" for name in ("files_below", "is_clutter", "_walked", "_holds")),
]


def test_a_function_that_fails_for_an_item_leaves_only_that_out(folder: Path, tmp_path: Path) -> None:
    codes = functions_called(lambda: load(tmp_path / "names.duckdb", folder), marked=True)
    assert len(codes) > 20
    for code in codes[::EACH]:
        name = name_of(code)
        if name in (*MECHANISM, *FINDING):
            continue
        database = tmp_path / name / "m.duckdb"
        with failing(code, marked=True):
            load(database, folder)
        loaded = contents(database)
        assert all(loaded[kind] >= WITHOUT_MARKED[kind] for kind in loaded), (name, loaded)
        assert loaded == EVERYTHING or _is_recorded(database), (name, loaded)


def test_a_function_that_fails_for_a_webhook_leaves_only_that_out(tmp_path: Path) -> None:
    first = Spool(tmp_path / "names.spool")
    fill(first)
    codes = functions_called(lambda: load_spool(tmp_path / "names.duckdb", first), marked=True)
    assert {name_of(code) for code in codes} >= {*MECHANISM[6:], "reading._event", "fields.meaning"}
    for code in codes[::EACH]:
        name = name_of(code)
        database, spool = tmp_path / name / "m.duckdb", Spool(tmp_path / name / "m.spool")
        fill(spool)
        with failing(code, marked=True):
            # What can't be left out within a load is taken apart after three loads.
            for _ in range(4 if name in MECHANISM else 1):
                with suppress(LoadBroken):
                    load_spool(database, spool)
        loaded, state = contents(database)["events"], spool.state()
        assert state.requests == 0
        set_aside = sum(segment.requests for segment in state.set_aside)
        assert loaded == 9 or (loaded >= 6 and (_is_recorded(database) or set_aside)), (name, loaded)
        spool.put_back()
        load_spool(database, spool)
        assert not set_aside or contents(database)["events"] == 9


def test_a_function_that_fails_for_a_payload_leaves_only_that_out_of_its_file(tmp_path: Path) -> None:
    exported = bundle(
        tmp_path / "exported",
        {f"{who}.json": json.dumps([sendgrid(who), sendgrid(f"{who}-2")]) for who in ("ann", "bob")}
        | {f"{number}.json": json.dumps(sendgrid(MARK)) for number in range(2)},
    )
    codes = functions_called(
        lambda: payloads.ingest(tmp_path / "names.duckdb", "sendgrid", [exported]), marked=True
    )
    assert {name_of(code) for code in codes} >= {"payload_batches._read", "reading._event"}
    for code in codes[::EACH]:
        name = name_of(code)
        if name in MECHANISM:
            continue
        database = tmp_path / name / "m.duckdb"
        with failing(code, marked=True):
            payloads.ingest(database, "sendgrid", [exported])
        loaded = contents(database)["events"]
        assert loaded == 5 or (loaded >= 4 and _is_recorded(database)), (name, loaded)


def _is_recorded(database: Path) -> bool:
    return any("Injected" in row["reason"] for row in refused(database))


def refused(database: Path) -> list[dict[str, Any]]:
    with Warehouse(database).snapshot() as data:
        return data.rows("refused_rows", search="")
