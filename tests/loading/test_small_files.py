"""Small files give the same rows, rejected rows, order and record whether they are read together or one by one."""

import csv
import gzip
import io
import json
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from mailsight.errors import LoadRefused
from mailsight.loading import bundle_batches, bundles, merge, payload_batches, payloads
from mailsight.loading.merge import LoadSummary
from mailsight.warehouse import opening
from mailsight.warehouse.draft import Draft
from tests.support.bundles import EVENT, bundle, ndjson
from tests.support.examples import loads
from tests.support.faults import MARK, Injected

Row = dict[str, object]
Files = dict[str, bytes]
Loaded = tuple[LoadSummary | str, dict[str, list[tuple[Any, ...]]]]
NOW = datetime(2026, 4, 20, 12)  # noqa: DTZ001


def everything(database: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The rows of all tables. Events are numbered without the gaps that attempts to read a file as a whole leave."""
    if not database.exists():
        return {}
    with closing(opening.open_readonly(database)) as connection:
        names = connection.execute(
            "select table_name from duckdb_tables() where database_name = 'served' and not temporary"
        ).fetchall()
        numbered = [
            row for (row,) in connection.execute("select event_number from events order by all").fetchall()
        ]
        tables = {}
        for (name,) in names:
            rows = connection.execute(f"from {name}")
            columns = [column for column, *_ in rows.description]
            tables[name] = [
                [
                    numbered.index(value) if column == "event_number" else value
                    for column, value in zip(columns, row, strict=True)
                ]
                for row in rows.fetchall()
            ]
    return {name: sorted((tuple(map(plain, row)) for row in rows), key=repr) for name, rows in tables.items()}


def plain(value: object) -> object:
    """The value without what depends on whether Python or DuckDB reads it: blanks in JSON, and why it is no event."""
    if isinstance(value, str) and value.startswith("not an event of "):
        return value.partition(":")[0]
    with suppress(ValueError, TypeError):
        return json.dumps(json.loads(str(value)))
    return value


def loaded(database: Path, load: Callable[[], LoadSummary]) -> Loaded:
    with patch.object(merge, "_now", lambda: NOW):
        try:
            summary = load()
        except LoadRefused as error:
            return str(error), everything(database)
    refusals = [
        replace(refusal, reason=str(plain(refusal.reason)), row=str(plain(refusal.row)))
        for refusal in summary.refusals
    ]
    return replace(summary, refusals=refusals), everything(database)


def loaded_both_ways(folder: Path, bundle: Path) -> tuple[Loaded, Loaded]:
    """What a bundle is loaded as if its small files are read together, and one by one."""
    together, alone = folder / "0.duckdb", folder / "1.duckdb"
    with patch.object(bundle_batches, "SMALL_FILE_BYTES", -1):
        one_by_one = loaded(alone, lambda: bundles.load(alone, [bundle]))
    return loaded(together, lambda: bundles.load(together, [bundle])), one_by_one


# Few values, so that files say different things of the same rows.
KEYS = st.sampled_from(["1", "2", "Zoë"])
TEXTS = st.sampled_from(
    ["", "a", "Łódź, 5 €", 'says "hi"', "two\nlines", "NULL", "1042.0", "=?utf-8?q?caf=C3=A9?=", MARK]
)
TIMES = st.sampled_from(["2026-04-14T10:00:00Z", "2026-04-15 11:00", "", "yesterday"])
ROWS: dict[str, st.SearchStrategy[Row]] = {
    "campaigns": st.fixed_dictionaries(
        {"campaign_id": KEYS},
        optional={"name": TEXTS, "merge_language": TEXTS, "template": st.just("mail.html")},
    ),
    "customers": st.fixed_dictionaries(
        {"customer_id": KEYS}, optional={"name": TEXTS, "Shoe Size": TEXTS, "created_at": TIMES}
    ),
    "messages": st.fixed_dictionaries(
        {"campaign_id": KEYS, "Customer ID": KEYS}, optional={"merge_fields": TEXTS, "colour": TEXTS}
    ),
    "events": st.fixed_dictionaries(
        {
            "campaign_id": KEYS,
            "customer_id": KEYS,
            "type": st.sampled_from(["opened", "clicked", "sneezed"]),
            "Occurred at": TIMES,
        },
        optional={"event_id": KEYS, "url": TEXTS, "note": TEXTS},
    ),
}
BAD_LINES = [b"no table", b'"an open quote,b', b"\xff\xfe,b,c", b'{"a": NaN}', b"[1]", b"{", b"", b"a\0b,c,d"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    ".gz": gzip.compress,
    ".zst": zstandard.compress,
    ".cut.gz": lambda content: gzip.compress(content)[:-9],
}


def as_csv(rows: Sequence[Row], delimiter: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text, list(dict.fromkeys(name for row in rows for name in row)), delimiter=delimiter
    )
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


WRITERS: dict[str, Callable[[Sequence[Row]], str]] = {
    ".csv": lambda rows: as_csv(rows, ","),
    ".semicolons.csv": lambda rows: "sep=;\n" + as_csv(rows, ";"),
    ".ndjson": lambda rows: ndjson(*rows),
    ".json": lambda rows: json.dumps(rows, ensure_ascii=False, indent=1),
}


@st.composite
def tables(draw: st.DrawFn) -> tuple[str, bytes]:
    """The name of a table's file, without its number, and its content."""
    kind = draw(st.sampled_from(sorted(ROWS)))
    rows = draw(st.lists(ROWS[kind], min_size=1, max_size=4))
    if draw(st.integers(0, 4)) == 0:
        frame = pd.DataFrame(rows)
        return f"{kind}#.parquet", (frame.astype(str) if draw(st.booleans()) else frame).to_parquet()
    form = draw(st.sampled_from(sorted(WRITERS)))
    content = WRITERS[form](rows).encode(draw(st.sampled_from(ENCODINGS)), "replace")
    if bad := draw(st.lists(st.sampled_from(BAD_LINES), max_size=2)):
        lines = content.split(b"\n")
        for line in bad:
            lines.insert(draw(st.integers(0, len(lines))), line)
        content = b"\n".join(lines)
    packed = draw(st.sampled_from(sorted(PACKED)))
    return f"{kind}#{form}{packed}", PACKED[packed](content)


def numbered(files: Sequence[tuple[str, bytes]], copies: Sequence[int]) -> Files:
    """The files with numbers in their names, and copies of some."""
    chosen = [*files, *(files[number % len(files)] for number in copies)]
    return {name.replace("#", f"-{number:02}"): content for number, (name, content) in enumerate(chosen)}


COPIES = st.lists(st.integers(0, 20), max_size=3)


@pytest.mark.slow
@pytest.mark.hypothesis
@given(files=st.lists(tables(), min_size=2, max_size=10), copies=COPIES)
@loads(8)
def test_tables(
    files: list[tuple[str, bytes]], copies: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("tables")
    inside = bundle(folder / "bundle", numbered(files, copies) | {"mail.html": b"<p>Hi"})
    together, alone = loaded_both_ways(folder, inside)
    assert together == alone


OPENED = {"campaign_id": 7, "type": "opened", "occurred_at": datetime(2026, 4, 14, 10)}  # noqa: DTZ001
PARQUET: Sequence[tuple[str, Sequence[Row]]] = [
    ("events", [OPENED | {"customer_id": 1, "url": None}, OPENED | {"customer_id": 2, "url": "a"}]),
    (
        "events",
        [OPENED | {"customer_id": 1, "url": "b"}, OPENED | {"customer_id": 3, "url": "c", "type": "sneezed"}],
    ),
    ("events", []),
    # Other columns and types.
    ("events", [OPENED | {"customer_id": 4, "payload": {"sizes": [1, 2], "price": Decimal("1.50")}}]),
    ("events", [OPENED | {"customer_id": 5, "payload": {"sizes": [3], "price": Decimal("0.10")}}]),
    ("events", [OPENED | {"customer_id": "six", "occurred_at": "yesterday"}]),
    # Columns that DuckDB would add, and rows of far more bytes than the file.
    ("events", [OPENED | {"customer_id": 6, "File_Index": 3, "file_row_number": 9}]),
    ("events", [OPENED | {"customer_id": number, "diagnostic": "x" * 2_000} for number in range(200)]),
    ("events", [OPENED | {"customer_id": 6, "diagnostic": "y"}]),
    ("customers", [{"customer_id": 1, "Shoe Size": 42.0, "since": date(2026, 4, 1)}]),
    (
        "customers",
        [{"customer_id": 2, "Shoe Size": None, "since": None}, {"customer_id": None, "Shoe Size": 1.0}],
    ),
]


def test_parquet_files(tmp_path: Path) -> None:
    inside = tmp_path / "bundle"
    inside.mkdir()
    for number, (kind, rows) in enumerate(PARQUET):
        like = pa.Table.from_pylist(rows or PARQUET[0][1])
        pq.write_table(like if rows else like.slice(0, 0), inside / f"{kind}-{number:02}.parquet")
    broken = bytearray((inside / "events-00.parquet").read_bytes())
    broken[4:40] = bytes(36)
    (inside / "events-00-broken.parquet").write_bytes(broken)
    together, alone = loaded_both_ways(tmp_path, inside)
    assert together == alone
    summary, stored = together
    assert isinstance(summary, LoadSummary)
    assert summary.rejected == 4
    assert len(stored["customers"]) == 2


@pytest.mark.parametrize("small_bytes", [bundle_batches.SMALL_FILE_BYTES, -1])
@pytest.mark.parametrize("form", ["parquet", "csv", "ndjson", "json"])
def test_a_name_like_a_pattern_means_no_other_file(form: str, small_bytes: int, tmp_path: Path) -> None:
    names = [f"events{sign}.{form}" for sign in ("[1]", "1", "-?", "-2")]
    inside = tmp_path / "bundle"
    inside.mkdir()
    for number, name in enumerate(names):
        frame = pd.DataFrame([OPENED | {"customer_id": f"c{number}", "occurred_at": "2026-04-14T10:00:00Z"}])
        match form:
            case "parquet":
                frame.to_parquet(inside / name)
            case "csv":
                frame.to_csv(inside / name, index=False)
            case _:
                frame.to_json(inside / name, orient="records", lines=form == "ndjson")
    database = tmp_path / "served.duckdb"
    with patch.object(bundle_batches, "SMALL_FILE_BYTES", small_bytes):
        bundles.load(database, [inside])
    with closing(opening.open_readonly(database)) as connection:
        rows = connection.execute("select customer_id from events order by all").fetchall()
    assert rows == [(f"c{number}",) for number in range(len(names))]


@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_a_payload_files_name_like_a_pattern_means_no_other_file(form: str, tmp_path: Path) -> None:
    inside = tmp_path / "exported"
    inside.mkdir()
    for who, name in (("ann", "a[1]"), ("bob", "a1"), ("eve", "a?")):
        (inside / f"{name}.{form}").write_text(json.dumps(sendgrid(who, "open")))
    database = tmp_path / "served.duckdb"
    with patch.object(payloads, "SMALL_FILE_BYTES", -1):
        payloads.ingest(database, "sendgrid", [inside])
    with closing(opening.open_readonly(database)) as connection:
        rows = connection.execute("select event_id from events order by all").fetchall()
    assert rows == [(f"event-{who}",) for who in ("ann", "bob", "eve")]


def test_parquet_files_in_folders_that_hold_values(tmp_path: Path) -> None:
    for number, day in enumerate(("day=1/", "day=2/", "")):
        path = tmp_path / "bundle" / "events" / f"{day}part-{number}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([OPENED | {"customer_id": number}]), path)
    together, alone = loaded_both_ways(tmp_path, tmp_path / "bundle")
    assert together == alone


@pytest.mark.parametrize("small_bytes", [bundle_batches.SMALL_FILE_BYTES, -1])
def test_names_in_other_files_do_not_change_which_value_of_a_doubled_key_counts(
    small_bytes: int, tmp_path: Path
) -> None:
    files = {"customers-1.ndjson": '{"customer_id": "1", "name": "", "name": "Ann"}\n'}
    names = []
    for number, more in enumerate(({}, {"customers-2.ndjson": '{"Customer ID": "2", "Name": "Bob"}\n'})):
        database = tmp_path / f"{number}.duckdb"
        with patch.object(bundle_batches, "SMALL_FILE_BYTES", small_bytes):
            bundles.load(database, [bundle(tmp_path / str(number), files | more)])
        names.append([name for _, _, name, *_ in everything(database)["customers"]])
    assert names == [[None], [None, "Bob"]]


def sendgrid(who: str, what: str) -> Row:
    return {
        "email": f"{who}@example.com",
        "timestamp": 1_776_160_800,
        "event": what,
        "sg_event_id": f"event-{who}",
        "category": ["spring"],
        "url": f"https://shop.example/{what}",
    }


def brevo(who: str, what: str) -> Row:
    event = {"event": what, "email": f"{who}@example.com", "ts_epoch": 1_776_160_800_000, "tags": ["spring"]}
    return event | {"link": f"https://shop.example/{what}"}


WHO = st.sampled_from(["ann", "bob", "eve", MARK])
WHAT = st.sampled_from(["open", "click", "opened", "delivered", "sneezed", ""])
EVENTS: dict[str, Callable[[str, str], Row]] = {"sendgrid": sendgrid, "brevo": brevo}
FORMS: dict[str, Callable[[Sequence[Row]], str]] = {
    "lines": lambda events: ndjson(*events),
    "an array": json.dumps,
    "an array on lines": lambda events: json.dumps(events, indent=1),
    "requests": lambda events: ndjson(
        *({"content_type": "application/json", "body": json.dumps([event])} for event in events)
    ),
    "forms": lambda events: ndjson(
        *(
            {"content_type": "application/x-www-form-urlencoded", "body": urlencode(event)}
            if number % 2
            else {"content_type": "application/json", "body": json.dumps(event)}
            for number, event in enumerate(events)
        )
    ),
}


@st.composite
def exported(draw: st.DrawFn, provider: str) -> tuple[str, bytes]:
    events = draw(st.lists(st.builds(EVENTS[provider], WHO, WHAT), max_size=4))
    content = FORMS[draw(st.sampled_from(sorted(FORMS)))](events).encode(draw(st.sampled_from(ENCODINGS)))
    if bad := draw(st.lists(st.sampled_from(BAD_LINES), max_size=1)):
        content = draw(st.sampled_from([content + bad[0], bad[0] + b"\n" + content]))
    packed = draw(st.sampled_from(sorted(PACKED)))
    return f"#.json{packed}", PACKED[packed](content)


@pytest.mark.slow
@pytest.mark.hypothesis
@pytest.mark.parametrize("provider", sorted(EVENTS))
@given(data=st.data(), copies=COPIES)
@loads(6)
def test_payloads(
    provider: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, copies: list[int]
) -> None:
    files = data.draw(st.lists(exported(provider), min_size=2, max_size=8))
    folder = tmp_path_factory.mktemp("payloads")
    inside = bundle(folder / "exported", numbered(files, copies))
    results = []
    # Small files read in Python, mapped together, and one by one.
    for number, (small, few) in enumerate(((2**17, 2**15), (2**17, 0), (-1, 0))):
        database = folder / f"{number}.duckdb"
        with (
            patch.object(payloads, "SMALL_FILE_BYTES", small),
            patch.object(payload_batches, "FEW_CHARACTERS", few),
        ):
            results.append(loaded(database, lambda: payloads.ingest(database, provider, [inside])))  # noqa: B023
    assert results[0] == results[2]
    assert results[1] == results[2]


def queries(run: Callable[[], object]) -> list[str]:
    names: list[str] = []
    original = Draft.run

    def counted(work: Draft, name: str, /, **parameters: object) -> object:
        names.append(name)
        return original(work, name, **parameters)

    with patch.object(Draft, "run", counted):
        run()
    return names


@pytest.mark.parametrize("form", [".csv", ".ndjson", ".json"])
def test_tables_take_as_many_queries_as_one(form: str, tmp_path: Path) -> None:
    events: list[Row] = [{**EVENT, "event_id": str(number)} for number in range(40)]
    files = {f"events-{number:02}{form}": WRITERS[form]([event]) for number, event in enumerate(events)}
    many = bundle(tmp_path / "many", files)
    few = bundle(tmp_path / "few", dict(list(files.items())[:2]))
    of_few = queries(lambda: bundles.load(tmp_path / "few.duckdb", [few]))
    assert queries(lambda: bundles.load(tmp_path / "many.duckdb", [many])) == of_few


@pytest.mark.parametrize("provider", sorted(EVENTS))
def test_payloads_take_as_many_queries_as_one(provider: str, tmp_path: Path) -> None:
    files = {f"{number:02}.json": json.dumps([EVENTS[provider](f"{number}", "open")]) for number in range(40)}
    many = bundle(tmp_path / "many", files)
    few = bundle(tmp_path / "few", dict(list(files.items())[:2]))
    of_few = queries(lambda: payloads.ingest(tmp_path / "few.duckdb", provider, [few]))
    assert queries(lambda: payloads.ingest(tmp_path / "many.duckdb", provider, [many])) == of_few


@pytest.mark.parametrize("line", [json.dumps(EVENT), "1", "{"])
def test_tables_are_read_together_up_to_a_number_of_rows_whether_good_or_bad(
    line: str, tmp_path: Path
) -> None:
    inside = bundle(tmp_path / "many", {f"events-{number}.ndjson": f"{line}\n" * 2 for number in range(8)})
    with patch.object(bundle_batches, "BATCH_ROWS", 4):
        names = queries(lambda: bundles.load(tmp_path / "many.duckdb", [inside]))
    assert names.count("read_batch") == 4


@pytest.mark.parametrize("query", ["read_batch", "record_names", "rename_columns", "stage_events"])
def test_a_file_with_which_a_query_fails_changes_nothing_in_others(query: str, tmp_path: Path) -> None:
    """The marked file is read alone; there, the query fails for its marked row only."""
    names = ["1", "2", MARK, "4", "5"]
    files = {
        f"events-{number}.ndjson": ndjson(
            *(EVENT | {"Event ID": f"{name}-{place}", "url": name if place else ""} for place in range(2))
        )
        for number, name in enumerate(names)
    }
    inside = bundle(tmp_path / "bundle", files)
    original = Draft.run

    def run(work: Draft, name: str, /, **parameters: object) -> object:
        table = "batch" if query == "read_batch" else "records"
        if (
            name == query
            and work._connection.execute(  # noqa: SLF001
                f"select 1 from {table} as r where contains(cast(r as varchar), '\"{MARK}\"')"
            ).fetchall()
        ):
            raise Injected(query)
        return original(work, name, **parameters)

    with patch.object(Draft, "run", run):
        summary = bundles.load(tmp_path / "m.duckdb", [inside])
    events = everything(tmp_path / "m.duckdb")["events"]
    assert len(events) >= 8
    assert len(events) + summary.rejected in (9, 10)
    assert {refusal.file for refusal in summary.refusals} <= {"events-2.ndjson"}
