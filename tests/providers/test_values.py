"""Values are read in Python as in DuckDB: the lack of a value, and times."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailsight.providers import fields
from mailsight.providers.payload import moment, parsed
from mailsight.providers.registry import provider_words
from mailsight.warehouse import queries
from tests.support.examples import examples

NOTHING = [
    "",
    " ",
    "NULL",
    "null",
    " Null ",
    r"\N",
    "N/A",
    "n/a",
    "#N/A",
    "-",
    "--",
    "None",
    "nil",
    "NaN",
    "undefined",
    "[]",
    "{}",
]
SOMETHING = [
    "0",
    "spring",
    "Null Island",
    "NA",
    "no",
    "nl",
    "-1",
    "Nullmeier",
    "none of these",
    "[1]",
    "x" * 20,
]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute(queries.statement("set_provider_words"), {"words": json.dumps(provider_words())})
    connection.execute(queries.statement("create_value_macros"))
    connection.execute(queries.statement("create_provider_words"))
    yield connection
    connection.close()


def in_duckdb(database: duckdb.DuckDBPyConnection, macro: str, value: str) -> object:
    [(found,)] = database.execute(f"select {macro}(?)", [value]).fetchall()
    return found


@pytest.mark.parametrize("value", NOTHING)
def test_what_stands_for_nothing_is_no_value(value: str) -> None:
    assert fields.says_nothing(value)
    assert fields.value(value) is None


@pytest.mark.parametrize("value", SOMETHING)
def test_other_values_are_kept(value: str) -> None:
    assert not fields.says_nothing(value)
    assert fields.value(value) == value


@pytest.mark.parametrize("value", ["0", 0, "00000000-0000-0000-0000-000000000000", [], {}, None, "NULL"])
def test_a_provider_has_no_id_that_is_zero(value: object) -> None:
    assert fields.identifier(value) is None


_WRONG: list[object] = [0, 1, -1, 20260414, 1e8, 1e20, 10**400, True, "soon", "NaN", "inf", "", [], {}]
TIMES: list[tuple[object, datetime | None]] = [
    (1776160800, datetime(2026, 4, 14, 10, 0, tzinfo=UTC)),
    ("1776160800.5", datetime(2026, 4, 14, 10, 0, 0, 500_000, tzinfo=UTC)),
    (1776160800123, datetime(2026, 4, 14, 10, 0, 0, 123_000, tzinfo=UTC)),
    (1776160800123000, datetime(2026, 4, 14, 10, 0, 0, 123_000, tzinfo=UTC)),
    (1776160800123000000, datetime(2026, 4, 14, 10, 0, 0, 123_000, tzinfo=UTC)),
    (46126.5, datetime(2026, 4, 14, 12, 0, tzinfo=UTC)),
    ("46126", datetime(2026, 4, 14, tzinfo=UTC)),
    *((wrong, None) for wrong in _WRONG),
    ("2026-04-14T10:00:00.123456789Z", datetime(2026, 4, 14, 10, 0, 0, 123_456, tzinfo=UTC)),
    ("2026-04-14 10:00", datetime(2026, 4, 14, 10, 0, tzinfo=UTC)),
    ("2026-04-14T10:00:00 +0200", datetime(2026, 4, 14, 8, 0, tzinfo=UTC)),
    ("2026-04-14T10:00:00UTC", datetime(2026, 4, 14, 10, 0, tzinfo=UTC)),
    ("2026-04-14T24:00:00Z", None),
    ("2026-02-30", None),
    ("infinity", None),
    ("0001-01-01T00:00:00+05:00", None),
]


@pytest.mark.parametrize(("value", "expected"), TIMES)
def test_a_time_is_read_for_what_it_is_or_not_at_all(
    value: object, expected: datetime | None, database: duckdb.DuckDBPyConnection
) -> None:
    assert moment(value) == expected
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        text = value if isinstance(value, str) else json.dumps(value)
        assert in_duckdb(database, "moment_of", text) == (expected and expected.replace(tzinfo=None))


_NUMBERS = st.integers(0, 10**19).map(str) | st.floats(0, 1e19).map(str) | st.floats(30_000, 110_000).map(str)
_CLOCKS = st.tuples(
    st.dates().map(str),
    st.sampled_from(["T", " ", ""]),
    st.times().map(lambda time: time.isoformat()),
    st.sampled_from(["", "Z", " UTC", "GMT", "+02:00", "-0330", "+01", " +02:00", "+2", "z"]),
).map("".join)
_VALUES = st.sampled_from([*NOTHING, *SOMETHING]) | st.text(st.characters(codec="ascii"), max_size=6)


@settings(max_examples=examples(300), suppress_health_check=list(HealthCheck), deadline=None)
@given(value=_NUMBERS | _CLOCKS | _VALUES)
def test_both_readers_read_a_value_alike(value: str, database: duckdb.DuckDBPyConnection) -> None:
    time = moment(value)
    assert in_duckdb(database, "moment_of", value) == (time and time.replace(tzinfo=None))
    assert in_duckdb(database, "says_nothing", value) == fields.says_nothing(value)
    assert in_duckdb(database, "identifier_of", value) == fields.identifier(value)


def test_the_first_of_two_equal_keys_counts() -> None:
    assert parsed('{"a": 1, "b": {"c": 1, "c": 2}, "a": 2}') == {"a": 1, "b": {"c": 1}}
