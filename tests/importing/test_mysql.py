"""Reading MySQL and MariaDB, whatever is in them and whatever happens to the connection."""

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pymysql
import pytest

from mailsight.errors import ImportFailed
from mailsight.importing.databases.mysql import Mark, opened
from mailsight.importing.sources import Request
from tests.support.mariadb import Database, cut_after
from tooling.certificates import CERTIFICATE


def _letters(mariadb: Database, count: int) -> None:
    mariadb.run("create table letters (id int primary key auto_increment, word text)")
    mariadb.run(f"insert into letters select seq, concat('word ', seq) from seq_1_to_{count:d}")


def test_pages_follow_the_key(mariadb: Database) -> None:
    mariadb.run("create table pairs (a int, b int, primary key (a, b))")
    mariadb.run("insert into pairs select x.seq, y.seq from seq_1_to_7 x, seq_1_to_5 y")
    with opened(Request(mariadb.address()), "pairs") as database:
        pages = list(database.pages("pairs", ["a", "b"], key=("a", "b"), size=4))
    assert [len(page) for page in pages] == [4] * 8 + [3]
    assert [(row["a"], row["b"]) for page in pages for row in page] == [
        (a, b) for a in range(1, 8) for b in range(1, 6)
    ]


def test_everything_is_read_as_it_was_when_the_import_began(mariadb: Database) -> None:
    _letters(mariadb, 3)
    with opened(Request(mariadb.address()), "letters") as database:
        mariadb.run("delete from letters where id = 2; insert into letters values (4, 'late')")
        pages = database.pages("letters", ["id"], size=2)
        assert [row["id"] for page in pages for row in page] == [1, 2, 3]


def test_nothing_can_be_written(mariadb: Database) -> None:
    _letters(mariadb, 1)
    with (
        opened(Request(mariadb.address()), "letters") as database,
        pytest.raises(pymysql.MySQLError, match="READ ONLY"),
    ):
        database.rows("letters", ["id"], rest="for update")


def test_values_of_all_types_and_character_sets(mariadb: Database) -> None:
    mariadb.run("""
        create table odd (
            id int primary key, latin varchar(50) character set latin1 collate latin1_swedish_ci,
            emoji text character set utf8mb4 collate utf8mb4_bin, raw longblob, day date, at datetime,
            updated timestamp null,
            flag bit(1), price decimal(10, 2), gone datetime, `odd``%name` int
        )""")
    mariadb.run(
        "insert into odd values (1, 'Zoë', '👋', x'E9', '0000-00-00', '2026-03-29 02:30:00', '2026-01-01 12:00:00', "
        "b'1', 1.50, '0000-00-00 00:00:00', 7)"
    )
    with opened(Request(mariadb.address(), options={"timezone": "Europe/Amsterdam"}), "odd") as database:
        (row,) = database.rows("odd", [*database.columns("odd"), "missing"])
    assert row == {
        "id": 1,
        "latin": "Zoë",
        "emoji": "👋",
        "raw": "é",
        "day": None,
        "at": datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        "updated": datetime(2026, 1, 1, 12, tzinfo=UTC),
        "flag": 1,
        "price": 1.5,
        "gone": None,
        "odd`%name": 7,
        "missing": None,
    }


def test_a_fingerprint_changes_with_any_value(mariadb: Database) -> None:
    _letters(mariadb, 4)
    mariadb.run("alter table letters add team int")
    mariadb.run("update letters set team = id % 2")

    def fingerprints() -> dict[int, str]:
        with opened(Request(mariadb.address()), "letters") as database:
            return database.fingerprints("letters", ["id", "word", "team"], "team")

    before = fingerprints()
    assert fingerprints() == before
    mariadb.run("update letters set word = 'other' where id = 3")
    after = fingerprints()
    assert {team for team in before if before[team] != after[team]} == {1}


def test_no_two_contents_of_a_table_share_a_fingerprint(mariadb: Database) -> None:
    """Not even if its rows change in the same way, or exchange their values."""
    mariadb.run("create table pairs (content int, id int, count int, status int, primary key (content, id))")
    contents = itertools.product(range(1, 5), range(1, 4), repeat=2)
    rows = [
        (content, id_, *values[2 * id_ : 2 * id_ + 2])
        for content, values in enumerate(contents)
        for id_ in range(2)
    ]
    mariadb.run(f"insert into pairs values {', '.join(map(str, rows))}")
    with opened(Request(mariadb.address()), "pairs") as database:
        found = database.fingerprints("pairs", ["id", "count", "status"], "content")
    assert len(found) == len(set(found.values())) == 144


@pytest.mark.parametrize(
    ("tables", "parameters", "expected"),
    [
        (["letters"], {}, ""),
        (["my_letters", "my_others"], {}, "my_"),
        (["a_letters", "b_letters"], {"prefix": "b_"}, "b_"),
    ],
)
def test_the_prefix_is_recognised(
    mariadb: Database, tables: list[str], parameters: dict[str, str], expected: str
) -> None:
    for table in tables:
        mariadb.run(f"create table {table} (id int primary key)")
    with opened(Request(mariadb.address(**parameters)), "letters") as database:
        assert database.prefix == expected


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("postgres://u:p@h/d", "not the address of a MySQL or MariaDB database"),
        ("mysql://u:p@h", "not the address"),
        ("mysql://u:p@h:port/d", "not the address"),
        ("mysql://root:geheim@127.0.0.1:1/d", "127.0.0.1/d can't be opened"),
        ("{address}?colour=red", "unknown parameter: colour"),
        ("{address}", "no table whose name ends in letters"),
        ("{address}?prefix=x_", "no table x_letters"),
        ("{address}?ssl=true", "certificate verify failed"),
        ("{address}?ssl_ca=/none/there.pem", "No such file"),
    ],
)
def test_an_address_that_leads_nowhere(mariadb: Database, where: str, message: str) -> None:
    request = Request(where.replace("{address}", mariadb.address()))
    with pytest.raises(ImportFailed, match=message) as failure, opened(request, "letters"):
        pass
    assert "geheim" not in str(failure.value)
    assert "secret" not in str(failure.value)


def test_a_password_from_the_users_own_file(
    mariadb: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _letters(mariadb, 1)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".my.cnf").write_text("[client]\nuser=root\npassword=secret\nhost=nowhere.example\n")
    for user in ("", "root@"):
        address = mariadb.address().replace("root:secret@", user)
        with opened(Request(address), "letters") as database:
            assert database.rows("letters", ["id"]) == [{"id": 1}]


def test_an_unknown_time_zone(mariadb: Database) -> None:
    request = Request(mariadb.address(), options={"timezone": "Moon/Base"})
    with pytest.raises(ImportFailed, match="no time zone 'Moon/Base'"), opened(request, "letters"):
        pass


@pytest.mark.parametrize(
    ("parameters", "is_encrypted"),
    [
        ({}, True),
        ({"ssl_mode": "disabled"}, False),
        ({"ssl-mode": "REQUIRED"}, True),
        ({"ssl_ca": "{certificate}"}, True),
        ({"ssl_mode": "verify_ca", "ssl_ca": "{certificate}"}, True),
    ],
)
def test_encryption(mariadb: Database, parameters: dict[str, str], is_encrypted: bool) -> None:
    _letters(mariadb, 1)
    certificate = str(mariadb.server.folder / CERTIFICATE)
    parameters = {name: value.replace("{certificate}", certificate) for name, value in parameters.items()}
    with opened(Request(mariadb.address(**parameters)), "letters") as database:
        rows = database.rows("letters", [], joined={"cipher": _CIPHER})
    assert bool(rows[0]["cipher"]) == is_encrypted


_CIPHER = "(select variable_value from information_schema.session_status where variable_name = 'SSL_CIPHER')"


def test_two_installations_in_one_database_need_a_prefix(mariadb: Database) -> None:
    mariadb.run("create table a_letters (id int); create table b_letters (id int)")
    with (
        pytest.raises(ImportFailed, match="prefix=a_, or b_"),
        opened(Request(mariadb.address()), "letters"),
    ):
        pass


@pytest.mark.parametrize("limit_bytes", [10, 200, 30_000, 200_000])
def test_a_connection_that_breaks_fails_the_import(mariadb: Database, limit_bytes: int) -> None:
    _letters(mariadb, 40_000)
    with cut_after(mariadb.server.port, limit_bytes) as port:
        address = mariadb.address(ssl_mode="disabled").replace(str(mariadb.server.port), str(port))
        with pytest.raises(ImportFailed), opened(Request(address), "letters") as database:
            for _ in database.pages("letters", ["id", "word"], size=1_000):
                pass


def test_a_mark_asks_again_for_ids_that_were_missing() -> None:
    mark = Mark(None)
    for number in (1, 2, 5):
        mark.saw(number)
    again = Mark(mark.position)
    assert again.condition == "(t.id > 5 or t.id in (3, 4))"
    assert [number for number in range(1, 8) if again.is_new(number)] == [3, 4, 6, 7]
    again.saw(4)
    again.saw(6)
    assert Mark(again.position).condition == "(t.id > 6 or t.id in (3))"


def test_a_mark_forgets_gaps_that_are_long_ago() -> None:
    mark = Mark(None)
    mark.saw(1)
    mark.saw(5_000_000)
    assert len(Mark(mark.position).condition) < 10_000
    mark.saw(5_002_000)
    assert not Mark(mark.position).is_new(4_999_999)


def test_only_blocks_that_changed_are_read(mariadb: Database) -> None:
    _letters(mariadb, 5_500)
    positions: dict[str, str] = {}

    def conditions() -> list[str]:
        with opened(Request(mariadb.address()), "letters") as database:
            changed = list(database.changed_blocks("letters", ["id", "word"], positions))
        positions.update({position.name: position.value for _, after in changed for position in after})
        return [condition for condition, _ in changed]

    assert conditions() == ["t.id between 0 and 5999"]
    assert conditions() == []
    mariadb.run(
        "update letters set word = 'x' where id in (1, 1000, 3500); delete from letters where id = 5499"
    )
    assert conditions() == [
        "t.id between 0 and 1999",
        "t.id between 3000 and 3999",
        "t.id between 5000 and 5999",
    ]


def test_a_table_whose_newest_id_went_back_is_read_from_the_beginning(mariadb: Database) -> None:
    """Deleted rows are no reason, because the server doesn't use their ids again."""

    def positions(kept: dict[str, str]) -> Mapping[str, str]:
        with opened(Request(mariadb.address(), kept), "letters") as database:
            return database.current(Request(mariadb.address(), kept)).positions

    _letters(mariadb, 10)
    mark = Mark(None)
    mark.saw(10)
    kept = {"letters": mark.position, "letters 0": "10:checksum", "gone": mark.position}
    assert positions(kept) == kept
    mariadb.run("delete from letters where id > 5")
    assert positions(kept) == kept
    mariadb.run("drop table letters")
    _letters(mariadb, 9)
    assert positions(kept) == {}
