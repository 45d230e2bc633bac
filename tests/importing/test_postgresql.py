"""Addresses that lead nowhere or elsewhere, connections that are cut, and imports that are killed."""

import re
from pathlib import Path
from random import Random
from typing import Any

import psycopg
import pytest

from mailsight.errors import ImportFailed, WrongUsage
from mailsight.importing import engine, registry
from mailsight.importing.databases.listmonk import SOURCE
from mailsight.importing.sources import Item, Request, Rows
from mailsight.importing.written import Written
from mailsight.warehouse.reader import Warehouse
from tests.support import listmonk
from tests.support.command_line import run
from tests.support.kills import KILLS, importing, kill_at
from tests.support.postgresql import Database

pytestmark = pytest.mark.slow

# What is wrong with an address, and what the message says.
FAILURES: dict[str, tuple[tuple[str, str], str]] = {
    "password": ((":secret@", ":wr%40ng@"), "refuses the password of 'mailsight'"),
    "port": ((r":\d+/", ":1/"), "No PostgreSQL answers at 127.0.0.1:1"),
    "host": (("@127.0.0.1", "@nowhere.invalid"), "No PostgreSQL answers at nowhere.invalid:"),
    "database": ((r"/test_\d+", "/other"), "has no database 'other'"),
    "number": ((r":\d+/", ":port/"), "invalid port"),
    "program": (("postgresql:", "mysql:"), "listmonk is imported from PostgreSQL"),
}


@pytest.mark.parametrize("what", FAILURES)
def test_what_is_wrong_with_an_address_is_said_without_the_password(
    what: str, postgresql: Database, tmp_path: Path
) -> None:
    (right, wrong), message = FAILURES[what]
    with pytest.raises(ImportFailed, match=re.escape(message)) as raised:
        engine.run(tmp_path / "m.duckdb", SOURCE, re.sub(right, wrong, postgresql.address))
    assert "secret" not in str(raised.value)
    assert "wr@ng" not in str(raised.value)


def test_a_database_of_another_program_is_refused_with_the_table_that_it_lacks(
    postgresql: Database, tmp_path: Path
) -> None:
    postgresql.run("create table campaigns (id int)")
    with pytest.raises(ImportFailed, match=r"is not listmonk's: it has no table subscribers\."):
        engine.run(tmp_path / "m.duckdb", SOURCE, postgresql.address)


def test_a_user_without_rights_learns_of_the_table(listmonk_database: Database, tmp_path: Path) -> None:
    listmonk_database.run("create role guest login password 'guest'")
    try:
        address = listmonk_database.address.replace("mailsight:secret", "guest:guest")
        with pytest.raises(ImportFailed, match="permission denied for table campaigns"):
            engine.run(tmp_path / "m.duckdb", SOURCE, address)
    finally:
        listmonk_database.run("drop role guest")


def test_nothing_is_written_to_the_source(listmonk_database: Database) -> None:
    items = SOURCE.read(Request(listmonk_database.address))
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        _connection(items).execute("delete from campaigns")


def _connection(items: Any) -> Any:
    """The connection of a source that is being read."""
    next(items)
    while items.gi_yieldfrom is not None:
        items = items.gi_yieldfrom
    return items.gi_frame.f_locals["database"].connection


def test_all_tables_are_read_as_they_were_at_the_start(listmonk_database: Database) -> None:
    listmonk.fill(listmonk_database, Random(1), people=4, campaigns=1)
    items = iter(SOURCE.read(Request(listmonk_database.address)))
    first = next(items)
    listmonk_database.insert(
        "campaign_views", {"campaign_id": 1, "subscriber_id": 1, "created_at": listmonk.START}
    )
    views = listmonk_database.run("select count(*) from campaign_views where subscriber_id is not null")[0][0]
    rows = [
        row
        for item in [first, *items]
        if isinstance(item, Rows) and item.origin == "campaign_views"
        for row in item.rows
    ]
    assert len(rows) == views - 1


def test_an_import_whose_connection_is_cut_changes_nothing_and_the_next_continues(
    listmonk_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listmonk.fill(listmonk_database, Random(1), people=20, campaigns=2)
    database = tmp_path / "m.duckdb"
    engine.run(database, SOURCE, listmonk_database.address)
    before = Warehouse(database).generation
    listmonk.fill(listmonk_database, Random(2), people=5, campaigns=1)
    added = Written.add

    def cut(self: Written, item: Item) -> None:
        if isinstance(item, Rows) and item.origin == "campaign_views":
            listmonk_database.run(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mailsight'"
            )
        added(self, item)

    monkeypatch.setattr(Written, "add", cut)
    with pytest.raises(ImportFailed, match="was lost"):
        engine.run(database, SOURCE, listmonk_database.address, batch_rows=2)
    monkeypatch.undo()
    assert Warehouse(database).generation == before
    engine.run(database, SOURCE, listmonk_database.address)
    assert listmonk.figures(tmp_path) == listmonk.oracle(listmonk_database)


PROGRAM = """
import sys
from pathlib import Path
from random import Random
from mailsight.importing import engine, registry
engine.run(Path(sys.argv[1]), registry.source("listmonk"), sys.argv[2], batch_rows=5)
"""
# The steps of the load itself are tested in tests/loading/test_kills.py.
STEPS = [("mailsight.importing.written.Written.add", 3), ("mailsight.warehouse.generations.publish", 1)]


@pytest.mark.parametrize(("step", "calls"), STEPS)
def test_a_killed_import_changes_nothing_and_the_next_one_is_complete(
    step: str, calls: int, listmonk_database: Database, tmp_path: Path
) -> None:
    listmonk.fill(listmonk_database, Random(1), people=20, campaigns=2)
    database = tmp_path / "m.duckdb"
    kill_at(step, PROGRAM, database, listmonk_database.address, calls=calls)
    assert not Warehouse(database).exists
    engine.run(database, SOURCE, listmonk_database.address)
    assert listmonk.figures(tmp_path) == listmonk.oracle(listmonk_database)
    assert [path for path in tmp_path.iterdir() if path.is_dir() and "import" in path.name] == []


def test_the_command_prints_what_is_new_and_what_the_source_cannot_tell(
    listmonk_database: Database, tmp_path: Path
) -> None:
    listmonk.fill(listmonk_database, Random(1), people=4, campaigns=1)
    database = tmp_path / "m.duckdb"
    status, printed, errors = run("import", "listmonk", listmonk_database.address, "--database", database)
    assert status == 0
    assert "customers" in printed
    assert "listmonk doesn't keep whom it mailed" in errors.replace("\n", " ")
    assert "secret" not in printed + errors
    with pytest.raises(ImportFailed, match="refuses the password"):
        run(
            "import", "listmonk", listmonk_database.address.replace("secret", "wrong"), "--database", database
        )


def test_the_command_lists_the_sources() -> None:
    status, printed, _ = run("import")
    assert status == 0
    assert all(name in printed for name in registry.NAMES)
    for arguments in (("listmonk",), ("nothing", "x"), ("listmonk", "x", "--option", "y")):
        with pytest.raises((ImportFailed, WrongUsage)):
            run("import", *arguments)


@pytest.mark.skipif(KILLS < 1, reason="MAILSIGHT_KILLS is 0")
def test_kills_at_any_moment_lose_nothing_and_count_nothing_twice(
    listmonk_database: Database, tmp_path: Path
) -> None:
    chosen = Random(KILLS)
    listmonk.fill(listmonk_database, chosen, people=20, campaigns=2)
    database = tmp_path / "m.duckdb"
    with importing("listmonk", database, listmonk_database.address, seed=KILLS) as imports:
        imports.complete()
        loaded = listmonk.oracle(listmonk_database)
        for _ in range(KILLS):
            before = database.resolve()
            listmonk.fill(listmonk_database, chosen, people=2, campaigns=1)
            imports.killed()
            if database.resolve() != before:  # it was killed a moment too late, or had ended
                loaded = listmonk.oracle(listmonk_database)
            assert listmonk.figures(tmp_path) == loaded
        imports.complete()
    assert listmonk.figures(tmp_path) == listmonk.oracle(listmonk_database)
    assert not engine.run(database, SOURCE, listmonk_database.address).changed
