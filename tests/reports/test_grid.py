"""Every filter and sort order of the customers' grid, run in DuckDB over six customers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import duckdb
import pytest

from mailsight.errors import BadRequest
from mailsight.reports import grid


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 4, day, hour, tzinfo=UTC).replace(tzinfo=None)


# The columns are those of the table below.
CUSTOMERS = [
    ("ann", "Ann Óg", "ann@mail.example", "clicked", at(14), at(14, 13), 3, at(14, 14), 2, 1, None),
    ("bob", "bob O'Neil", "bob@post.example", "opened", at(14), at(15), 1, None, 0, 0, None),
    ("cas", "Cas 100%", "cas@mail.example", "received", at(14), None, 0, None, 0, 0, None),
    ("dot", None, "dot@post.example", "not_received", at(14, 23), None, 0, None, 0, 0, "550 No such user"),
    ("eve", "  ", None, "not_sent", None, None, 0, None, 0, 0, None),
    ("fay", "Fay_Ann", "FAY@MAIL.EXAMPLE", "opted_out", at(16), at(16), 8, at(16), 10, 4, ""),
]


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'America/New_York'")
    connection.execute(
        "CREATE TABLE recipients (customer_id VARCHAR, name VARCHAR, email VARCHAR,"
        " status VARCHAR, sent_at TIMESTAMP,"
        " first_opened_at TIMESTAMP, opens INTEGER, first_clicked_at TIMESTAMP, clicks INTEGER,"
        " links_clicked INTEGER, bounce_reason VARCHAR)"
    )
    connection.executemany("INSERT INTO recipients VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", CUSTOMERS)
    yield connection
    connection.close()


def customers(database: duckdb.DuckDBPyConnection, *models: Any, **more: Any) -> list[str]:
    query = grid.grid_query(*models, **more)
    rows = database.execute(
        f"SELECT customer_id FROM (SELECT rowid AS row, * FROM recipients) WHERE {query.where}"
        f" ORDER BY {query.order_by}",
        dict(query.parameters),
    ).fetchall()
    return [customer for (customer,) in rows][query.start : query.end]


def text(kind: str, wanted: str | None = None) -> dict[str, Any]:
    return {"filterType": "text", "type": kind} | ({} if wanted is None else {"filter": wanted})


def number(kind: str, wanted: float | None = None, upper: float | None = None) -> dict[str, Any]:
    return {"filterType": "number", "type": kind, "filter": wanted, "filterTo": upper}


def moment(kind: str, day: str | None = None, last: str | None = None) -> dict[str, Any]:
    return {"filterType": "date", "type": kind, "dateFrom": day, "dateTo": last}


@pytest.mark.parametrize(
    ("column", "column_filter", "expected"),
    [
        ("name", text("contains", "ann"), ["ann", "fay"]),
        ("name", text("contains", "o'n"), ["bob"]),
        ("name", text("contains", "%"), ["cas"]),
        ("name", text("contains", "_"), ["fay"]),
        ("name", text("contains", "ÓG"), ["ann"]),
        ("name", text("contains", "og"), ["ann"]),
        ("name", text("notContains", "ann"), ["bob", "cas", "dot", "eve"]),
        ("name", text("equals", "BOB o'neil"), ["bob"]),
        ("name", text("notEqual", "bob o'neil"), ["ann", "cas", "dot", "eve", "fay"]),
        ("name", text("startsWith", "fa"), ["fay"]),
        ("name", text("endsWith", "ann"), ["fay"]),
        ("name", text("blank"), ["dot", "eve"]),
        ("name", text("notBlank"), ["ann", "bob", "cas", "fay"]),
        ("email", text("endsWith", "mail.example"), ["ann", "cas", "fay"]),
        ("email", text("blank"), ["eve"]),
        ("bounce_reason", text("notBlank"), ["dot"]),
        ("customer_id", text("equals", "ann"), ["ann"]),
        ("opens", number("equals", 3), ["ann"]),
        ("opens", number("notEqual", 0), ["ann", "bob", "fay"]),
        ("opens", number("lessThan", 3), ["bob", "cas", "dot", "eve"]),
        ("opens", number("lessThanOrEqual", 3), ["ann", "bob", "cas", "dot", "eve"]),
        ("opens", number("greaterThan", 3), ["fay"]),
        ("opens", number("greaterThanOrEqual", 3), ["ann", "fay"]),
        ("opens", number("inRange", 1, 3), ["ann", "bob"]),
        ("clicks", number("greaterThan", 1.5), ["ann", "fay"]),
        ("links_clicked", number("blank"), []),
        ("links_clicked", number("notBlank"), ["ann", "bob", "cas", "dot", "eve", "fay"]),
        ("sent_at", moment("equals", "2026-04-14 00:00:00"), ["ann", "bob", "cas", "dot"]),
        ("sent_at", moment("notEqual", "2026-04-14"), ["eve", "fay"]),
        ("sent_at", moment("lessThan", "2026-04-16"), ["ann", "bob", "cas", "dot"]),
        ("sent_at", moment("lessThanOrEqual", "2026-04-16"), ["ann", "bob", "cas", "dot", "fay"]),
        ("sent_at", moment("greaterThan", "2026-04-14"), ["fay"]),
        ("sent_at", moment("greaterThanOrEqual", "2026-04-14"), ["ann", "bob", "cas", "dot", "fay"]),
        ("first_opened_at", moment("inRange", "2026-04-14", "2026-04-15"), ["ann", "bob"]),
        ("first_clicked_at", moment("blank"), ["bob", "cas", "dot", "eve"]),
        ("first_clicked_at", moment("notBlank"), ["ann", "fay"]),
    ],
)
def test_filters(
    database: duckdb.DuckDBPyConnection,
    column: str,
    column_filter: Mapping[str, Any],
    expected: Sequence[str],
) -> None:
    assert customers(database, {column: column_filter}) == expected


def test_every_column_can_be_sorted_and_all_but_the_status_filtered(
    database: duckdb.DuckDBPyConnection,
) -> None:
    for column in grid.COLUMNS:
        if column.kind != "state":
            assert "eve" in customers(database, {column.key: {"type": "blank"}}) or column.kind == "number"
        for direction in ("asc", "desc"):
            assert len(customers(database, None, [{"colId": column.key, "sort": direction}])) == len(
                CUSTOMERS
            )


def test_days_are_in_the_viewers_time_zone(database: duckdb.DuckDBPyConnection) -> None:
    on_the_15th = {"sent_at": moment("equals", "2026-04-15")}
    assert customers(database, on_the_15th, zone="UTC") == []
    assert customers(database, on_the_15th, zone="Europe/Amsterdam") == ["dot"]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (
            {"operator": "OR", "conditions": [text("startsWith", "ann"), text("startsWith", "bob")]},
            ["ann", "bob"],
        ),
        ({"operator": "AND", "conditions": [text("contains", "ann"), text("contains", "_")]}, ["fay"]),
        (
            {"operator": "OR", "condition1": text("blank"), "condition2": text("contains", "cas")},
            ["cas", "dot", "eve"],
        ),
    ],
)
def test_combined_filters(
    database: duckdb.DuckDBPyConnection, model: Mapping[str, Any], expected: Sequence[str]
) -> None:
    assert customers(database, {"name": {"filterType": "text", **model}}) == expected


def test_filters_search_and_states_are_combined(database: duckdb.DuckDBPyConnection) -> None:
    assert customers(database, search="ANN") == ["ann", "fay"]
    assert customers(database, search=" post.example ") == ["bob", "dot"]
    assert customers(database, search="neil  BOB") == customers(database, search="bob post") == ["bob"]
    assert customers(database, search="bob ann") == []
    assert customers(database, search="'; DROP TABLE recipients; --") == []
    assert customers(database, status=["not_received", "not_sent"]) == ["dot", "eve"]
    assert customers(database, {"opens": number("greaterThan", 5)}, search="ann", status=["opted_out"]) == [
        "fay"
    ]


@pytest.mark.parametrize(
    ("column", "direction", "expected"),
    [
        ("name", "asc", ["ann", "bob", "cas", "fay", "dot", "eve"]),
        ("name", "desc", ["fay", "cas", "bob", "ann", "dot", "eve"]),
        ("opens", "desc", ["fay", "ann", "bob", "cas", "dot", "eve"]),
        ("sent_at", "asc", ["ann", "bob", "cas", "dot", "fay", "eve"]),
        ("sent_at", "desc", ["fay", "dot", "ann", "bob", "cas", "eve"]),
        ("status", "asc", ["eve", "dot", "cas", "bob", "ann", "fay"]),
        ("status", "desc", ["fay", "ann", "bob", "cas", "dot", "eve"]),
    ],
)
def test_missing_values_sort_last_and_ties_by_customer(
    database: duckdb.DuckDBPyConnection, column: str, direction: str, expected: Sequence[str]
) -> None:
    assert customers(database, None, [{"colId": column, "sort": direction}]) == expected


def test_blocks_join_without_gap_or_repetition(database: duckdb.DuckDBPyConnection) -> None:
    sort = [{"colId": "clicks", "sort": "desc"}]
    blocks = [customers(database, None, sort, start=start, end=start + 2) for start in (0, 2, 4, 6)]
    assert [customer for block in blocks for customer in block] == customers(database, None, sort)


HOSTILE_FILTERS: list[Any] = [
    {"customer_id; DROP TABLE recipients": text("contains", "x")},
    {"phone": text("contains", "x")},
    {"": text("contains", "x")},
    {"name": text("contains; DROP TABLE recipients", "x")},
    {"name": text("{column.__class__}", "x")},
    {"name": text("inRange", "x")},
    {"name": text("contains")},
    {"name": text("contains", "x" * 501)},
    {"name": text("contains", "nul\0")},
    {"name": text("contains", "half a letter \ud83d")},
    {"row": number("equals", 1)},
    {"name": {"operator": "OR", "conditions": [{"operator": "OR", "conditions": [text("blank")]}]}},
    {"name": {"type": "contains", "filter": ["x"]}},
    {"name": {"type": "contains", "filter": {"$gt": ""}}},
    {"name": "x"},
    {"name": None},
    {"name": {}},
    {"name": {"operator": "XOR", "conditions": [text("blank")]}},
    {"name": {"operator": "OR 1=1 --", "conditions": [text("blank"), text("blank")]}},
    {"name": {"operator": "OR", "conditions": []}},
    {"name": {"operator": "OR", "conditions": [text("blank")] * 21}},
    {"name": {"operator": "OR", "conditions": "blank"}},
    {"name": {"operator": "OR", "conditions": ["blank"]}},
    {"name": {"operator": ["OR"], "conditions": [text("blank")]}},
    {"opens": number("equals")},
    {"opens": {"type": "equals", "filter": "1 OR 1=1"}},
    {"opens": {"type": "equals", "filter": True}},
    {"opens": number("equals", float("nan"))},
    {"opens": number("equals", float("inf"))},
    {"opens": number("equals", 10**400)},
    {"opens": number("inRange", 1)},
    {"opens": text("contains", "1")},
    {"sent_at": moment("equals")},
    {"sent_at": moment("equals", "yesterday")},
    {"sent_at": moment("equals", "2026-02-30")},
    {"sent_at": moment("equals", "9999-12-31")},
    {"sent_at": moment("inRange", "2026-04-14")},
    {"sent_at": {"type": "equals", "dateFrom": ["2026-04-14"]}},
    {"status": text("contains", "open")},
    {"status": {"type": "opened"}},
    {"status": {"values": ["opened"]}},
    {"status": {"operator": "OR", "conditions": [{"type": "opened"}]}},
    ["name"],
    "name",
    7,
]


@pytest.mark.parametrize("model", HOSTILE_FILTERS)
def test_a_hostile_filter_is_rejected(model: Any) -> None:
    with pytest.raises(BadRequest):
        grid.grid_query(model)


@pytest.mark.parametrize(
    "model",
    [
        [{"colId": "phone", "sort": "asc"}],
        [{"colId": "name; DROP TABLE recipients", "sort": "asc"}],
        [{"colId": "name", "sort": "asc; DROP TABLE recipients"}],
        [{"colId": "name"}],
        [{"colId": ["name"], "sort": "asc"}],
        [{"colId": "name", "sort": "asc"}] * 100,
        {"colId": "name", "sort": "asc"},
        ["name"],
        "name",
    ],
)
def test_a_hostile_sort_order_is_rejected(model: Any) -> None:
    with pytest.raises(BadRequest):
        grid.grid_query(None, model)


@pytest.mark.parametrize(
    ("start", "end"),
    [(-1, 10), (0, 0), (10, 5), (0, 501), (0, 10**9), ("0", 10), (0, None), (True, 10), (0.0, 10)],
)
def test_an_invalid_range_of_rows_is_rejected(start: Any, end: Any) -> None:
    with pytest.raises(BadRequest):
        grid.grid_query(start=start, end=end)


@pytest.mark.parametrize(
    "more",
    [
        {"status": ["gone"]},
        {"status": "opened"},
        {"status": [["opened"]]},
        {"status": {"opened": 1}},
        {"status": ["opened'); DROP TABLE recipients; --"]},
        {"stage": "received"},
        {"stage": ["opened"]},
        {"stage": {}},
        {"search": "x" * 501},
        {"search": ["x"]},
    ],
)
def test_a_hostile_search_state_or_stage_is_rejected(more: Any) -> None:
    with pytest.raises(BadRequest):
        grid.grid_query(**more)


def test_filter_values_are_bound_as_parameters() -> None:
    query = grid.grid_query({"name": text("contains", "s3cret")}, search="hidden", status=["opened"])
    assert query.parameters == {"f0": "s3cret", "f1": "opened", "f2": "hidden"}
    assert not any(value in query.where for value in ("s3cret", "hidden", "opened'"))


@pytest.mark.parametrize(
    ("filters", "described"),
    [
        ({}, []),
        ({"search": " "}, []),
        (
            {"search": "anna", "status": ["clicked", "opened"], "stage": "sent", "link": 3},
            ["search", "Status: Clicked or Opened, not clicked", "Stage: Sent", "Clicked link 4"],
        ),
        ({"link": "https://x.example/?anna@x.example"}, ["Clicked a link"]),
        ({"variant": "v1"}, ["Got a variant of the e-mail"]),
        ({"filter": {"name": {"type": "contains", "filter": "anna"}}}, ["Name contains …"]),
        ({"filter": {"opens": {"type": "greaterThan", "filter": 2}}}, ["Opens more than 2"]),
        ({"filter": {"opens": {"type": "inRange", "filter": 1, "filterTo": 2}}}, ["Opens from 1 to 2"]),
        (
            {"filter": {"sent_at": {"type": "equals", "dateFrom": "2026-04-14 00:00:00", "filter": "anna"}}},
            ["Sent on 2026-04-14"],
        ),
        (
            {
                "filter": {
                    "email": {
                        "operator": "OR",
                        "conditions": [{"type": "equals", "filter": "anna"}, {"type": "blank"}],
                    }
                }
            },
            ["E-mail is … or is empty"],
        ),
        (
            {"filter": {"opens": {"operator": "AND", "condition1": {"type": "equals", "filter": 1}}}},
            ["Opens exactly 1"],
        ),
    ],
)
def test_filters_are_described_without_texts(filters: dict[str, Any], described: list[str]) -> None:
    posted = {"filter": filters.pop("filter")} if "filter" in filters else {}
    grid.posted_query(posted, **filters)
    assert grid.described(posted, **filters) == described


def test_each_comparison_is_described_without_its_text() -> None:
    for column in grid.COLUMNS:
        for comparison in grid._FRAGMENTS.get(column.kind, {}):  # noqa: SLF001
            given = {"text": "anna", "number": 1}.get(column.kind)
            days = {"dateFrom": "2026-04-14 00:00:00", "dateTo": "2026-04-15 00:00:00"}
            model = {"type": comparison, "filter": given, "filterTo": 2, **days}
            grid.posted_query({"filter": {column.key: model}})
            [words] = grid.described({"filter": {column.key: model}})
            assert words.startswith(f"{column.label} ")
            assert not re.search("anna|None|[a-z][A-Z]", words)
