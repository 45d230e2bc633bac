"""Odd values in every column and broken files of every kind: nothing but a `MailsightError` comes out of a load."""

import gzip
import json
import random
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given
from hypothesis import settings as given_settings
from hypothesis import strategies as st

from mailsight.errors import LoadBroken, MailsightError, UnreadableFile
from mailsight.loading import bundle_files, bundles, payloads
from mailsight.loading.refusals import MAX_LISTED, MAX_LISTED_LENGTH
from mailsight.providers.fields import says_nothing
from mailsight.providers.registry import PROVIDERS
from mailsight.settings import PROJECT
from mailsight.warehouse.draft import Draft
from mailsight.warehouse.reader import Warehouse
from tests.support.bundles import bundle
from tests.support.examples import examples
from tests.support.odd_values import bent

GOOD: dict[str, dict[str, object]] = {
    "campaigns": {"campaign_id": "good"},
    "customers": {"customer_id": "good"},
    "messages": {"campaign_id": "good", "customer_id": "good"},
    "events": {"campaign_id": "good", "customer_id": "good", "type": "opened", "occurred_at": "2026-04-14"},
    "totals": {"campaign_id": "good", "source": "mailchimp", "opens": 3},
}
ODD: list[object] = [
    *(None, True, False, 0, -1, 2**31, 2**63, 10**30, 1.5, 1e308, -0.0),
    *(
        "",
        " ",
        "\x00",
        "a\x00b",
        "\ufeff",
        "\u202e",
        "\U0001f600",
        "x" * 70_000,
        "'",
        '"',
        "\\",
        "\\u0000",
        "$1",
    ),
    *(
        "2026-02-30",
        "9999-12-31",
        "0001-01-01",
        "1e400",
        "-1e18",
        "NaN",
        "Infinity",
        "9" * 4_301,
        "2026-04-14T25:00",
    ),
    *(
        "[",
        "[1, null]",
        "{}",
        '{"a": 1, "a": 2}',
        "[[[[]]]]",
        "%",
        "{{",
        "../../etc/passwd",
        "mail.html\x00",
        "/",
        ".",
    ),
    *([], {}, [None], [[1], "x"], {"": None}, {"a": {"a": {"a": []}}}, [0] * 300),
    *("opened", "OPENED", "hard", "HEAD", "true", "::1", "1.2.3.4.5", ":" * 40, "Mozilla/5.0", "user@", "@"),
]
EACH_COLUMN = [(kind, column) for kind, columns in bundle_files.COLUMNS.items() for column in columns]


def counts(database: Path) -> dict[str, int]:
    with Warehouse(database).snapshot() as data:
        return {row["name"]: row["rows"] for row in data.rows("table_rows")}


def has_good_rows(database: Path) -> bool:
    with Warehouse(database).snapshot() as data:
        named = {row["campaign_id"] for row in data.rows("campaign", campaign_id="good")}
        return named == {"good"}


def odd_rows(seed: int) -> dict[str, list[dict[str, object]]]:
    """For each kind, a good row and rows with odd values: each value in turn in every column, others at random."""
    chosen = random.Random(seed)
    return {
        kind: [
            GOOD[kind],
            *(
                GOOD[kind] | {column: value} | {chosen.choice(list(columns)): chosen.choice(ODD)}
                for column in columns
                for value in ODD
            ),
        ]
        for kind, columns in bundle_files.COLUMNS.items()
    }


def as_csv(rows: list[dict[str, object]]) -> str:
    frame = pd.DataFrame([{name: _text(value) for name, value in row.items()} for row in rows])
    return frame.to_csv(index=False)


def is_nothing(value: object) -> bool:
    return value is None or says_nothing(_text(value).strip())


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


WRITERS: dict[str, Callable[[list[dict[str, object]]], str]] = {
    "ndjson": lambda rows: "".join(json.dumps(row) + "\n" for row in rows),
    "json": json.dumps,
    "csv": as_csv,
    "csv ": lambda rows: as_csv(rows) + "one value\n",  # read row by row
}


@pytest.mark.slow
@pytest.mark.parametrize("form", WRITERS)
def test_odd_values_in_every_column_keep_no_good_row_out(form: str, tmp_path: Path) -> None:
    texts = {kind: WRITERS[form](rows) for kind, rows in odd_rows(len(form)).items()}
    folder = bundle(tmp_path / "b", {f"{kind}.{form.strip()}": text for kind, text in texts.items()})
    summary = bundles.load(tmp_path / "m.duckdb", [folder])
    assert has_good_rows(tmp_path / "m.duckdb")
    for kind in summary.kinds:
        assert kind.new >= 1, kind
        filled = [row for row in odd_rows(len(form))[kind.kind] if not all(map(is_nothing, row.values()))]
        assert kind.rows >= len(filled), kind
    assert not bundles.load(tmp_path / "m.duckdb", [folder]).kinds[-1].new


LINE = json.dumps(GOOD["events"]).encode() + b"\n"
CSV = b"campaign_id,customer_id,type,occurred_at\n"
ROW = b"good,good,opened,2026-04-14\n"
BROKEN: dict[str, tuple[str, bytes]] = {
    "a number of 5,000 digits": ("events.ndjson", LINE + b'{"link_position": ' + b"9" * 5_000 + b"}\n"),
    "a key twice": ("events.ndjson", LINE + b'{"type": "opened", "type": "clicked"}\n'),
    "nested deeply": ("events.ndjson", LINE + b'{"payload":' * 3_000 + b"1" + b"}" * 3_000 + b"\n"),
    "nested deeply, an attribute": (
        "customers.ndjson",
        b'{"customer_id":"good"}\n{"customer_id":"x","a":' + b"[" * 900 + b"]" * 900 + b"}\n",
    ),
    "nested deeply in an array": (
        "events.json",
        b"[" + LINE.strip() + b"," + b"[" * 3_000 + b"]" * 3_000 + b"]",
    ),
    "an empty key": ("events.ndjson", LINE + b'{"": 1}\n'),
    "NaN": ("events.ndjson", LINE + b'{"type": NaN}\n'),
    "zero bytes": ("events.csv", CSV + ROW + b"\x00,\x00,\x00,\x00\n"),
    "a zero byte in a name": ("events.csv", CSV.replace(b"\n", b",a\x00b\n") + ROW.replace(b"\n", b",1\n")),
    "a long line": ("events.csv", CSV + ROW + b"x" * 20_000_000),
    "a long quote": ("events.csv", CSV + ROW + b'"' + b"x\n" * 50_000),
    "no line end": ("events.csv", CSV + ROW.strip()),
    "carriage returns": ("events.csv", (CSV + ROW).replace(b"\n", b"\r")),
    "two columns of one name": ("events.csv", CSV.replace(b"\n", b",type\n") + ROW.replace(b"\n", b",x\n")),
    "UTF-16": ("events.csv", (CSV + ROW).decode().encode("utf-16")),
    "quotes": ("events.csv", CSV + ROW + b'"""",""",",\n' * 50),
}


@pytest.mark.parametrize("problem", BROKEN)
def test_a_broken_file_keeps_its_good_rows(problem: str, tmp_path: Path) -> None:
    name, content = BROKEN[problem]
    summary = bundles.load(tmp_path / "m.duckdb", [bundle(tmp_path / "b", {name: content})])
    new = sum(kind.new for kind in summary.kinds)
    assert new, summary


TOO_WIDE = {
    "10,000 columns": ",".join(f"c{number}" for number in range(10_000)) + "\n",
    "a long name": f"campaign_id,{'x' * 300}\n",
}


@pytest.mark.parametrize("problem", TOO_WIDE)
def test_a_table_whose_names_would_fill_the_disk_is_rejected_and_others_are_loaded(
    problem: str, tmp_path: Path
) -> None:
    files = {"events-wide.csv": TOO_WIDE[problem].encode(), "events.csv": CSV + ROW}
    summary = bundles.load(tmp_path / "m.duckdb", [bundle(tmp_path / "b", files)])
    assert [(refusal.file, "allowed" in refusal.reason) for refusal in summary.refusals] == [
        ("events-wide.csv", True)
    ]
    assert summary.kinds[-1].new == 1


def test_a_parquet_file_that_repeats_a_long_text_is_rejected_and_others_are_loaded(tmp_path: Path) -> None:
    rows = 500_000
    repeated = pa.array(["good"] * rows).dictionary_encode()
    url = pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array(["x" * 3_000]))
    folder = bundle(tmp_path / "b", {"events.csv": CSV + ROW})
    pq.write_table(pa.table({"campaign_id": repeated, "url": url}), folder / "events-bomb.parquet")
    summary = bundles.load(tmp_path / "m.duckdb", [folder])
    assert [(refusal.file, "unpacks to more" in refusal.reason) for refusal in summary.refusals] == [
        ("events-bomb.parquet", True)
    ]
    assert summary.kinds[-1].new == 1
    with pytest.raises(UnreadableFile, match=r"unpacks to more than 1\.0 GB"):
        bundles.load(tmp_path / "m.duckdb", [folder / "events-bomb.parquet"])
    small = bundle(tmp_path / "c", {"events.parquet": parquet()})
    with pytest.raises(UnreadableFile, match="unpacks"):
        bundles.load(tmp_path / "m.duckdb", [small], max_bytes=10)
    assert bundles.load(tmp_path / "m.duckdb", [small]).rejected == 0


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with a few bytes changed, removed or repeated."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.integers(0, 3)):
            case 0:
                data[place : place + 1] = draw(st.binary(max_size=3))
            case 1:
                del data[place : place + draw(st.integers(1, 40))]
            case 2:
                data[place:place] = data[: draw(st.integers(1, 60))]
            case _:
                del data[place:]
    return bytes(data)


def parquet() -> bytes:
    return pd.DataFrame([GOOD["events"]] * 3).to_parquet()


SOUND: dict[str, bytes] = {
    "events.parquet": parquet(),
    "events.csv": CSV + ROW * 3,
    "events.json": b"[" + LINE + b"," + LINE + b"]",
    "events.ndjson": LINE * 3,
}
DUMP = json.dumps(
    [{"event": "open", "email": "a@example.com", "timestamp": 1, "sg_event_id": "x"}] * 9
).encode()
PACKED = {
    "gz": gzip.compress(DUMP),
    "zst": zstandard.compress(DUMP),
    "zlib": zlib.compress(DUMP),
    "plain": DUMP,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", SOUND)
@given(data=st.data())
@given_settings(
    max_examples=examples(3), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_files_raise_nothing_unexpected(
    name: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    bundle(folder / "b", {name: data.draw(damaged(SOUND[name]))})
    expect_no_bug(lambda: bundles.load(folder / "m.duckdb", [folder / "b"]))


@pytest.mark.slow
@pytest.mark.parametrize("packing", PACKED)
@given(data=st.data())
@given_settings(
    max_examples=examples(3), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_damaged_provider_files_raise_nothing_unexpected(
    packing: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    (folder / "dump").write_bytes(data.draw(damaged(PACKED[packing])))
    provider = data.draw(st.sampled_from(sorted(PROVIDERS)))
    expect_no_bug(lambda: payloads.ingest(folder / "m.duckdb", provider, [folder / "dump"]))


def expect_no_bug(load: Callable[[], object]) -> None:
    try:
        load()
    except LoadBroken:
        raise
    except MailsightError:
        pass


@pytest.mark.slow
@given(rows=st.lists(st.sampled_from(list(GOOD.values())).flatmap(bent), min_size=1, max_size=20))
@given_settings(max_examples=examples(3), deadline=None)
def test_bent_rows_keep_no_good_row_out(rows: list[object], tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("bent")
    text = "".join(json.dumps(row) + "\n" for row in [*rows, GOOD["events"]])
    files = {f"{kind}.ndjson": json.dumps(GOOD[kind]) + "\n" + text for kind in GOOD}
    bundles.load(folder / "m.duckdb", [bundle(folder / "b", files)])
    assert all(
        count
        for name, count in counts(folder / "m.duckdb").items()
        if name not in ("contents", "customer_changes")
    )


@pytest.mark.parametrize("depth", [100, 2_000, 20_000])
def test_a_mail_nested_deeply_is_read_or_rejected(depth: int, tmp_path: Path) -> None:
    nested = "".join(
        f'Content-Type: multipart/mixed; boundary="b{level}"\r\n\r\n--b{level}\r\n' for level in range(depth)
    )
    files = {
        "campaigns.csv": "campaign_id,template\ngood,\nnested,mail.eml\n",
        "mail.eml": f"Subject: x\r\nMIME-Version: 1.0\r\n{nested}Content-Type: text/html\r\n\r\n<p>x",
    }
    bundles.load(tmp_path / "m.duckdb", [bundle(tmp_path / "b", files)])
    assert has_good_rows(tmp_path / "m.duckdb")


def test_long_rejected_rows_are_never_in_memory_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of them together may be a gigabyte."""
    lengths: list[int] = []
    for name in ("run", "rows"):
        original: Callable[..., list[Any]] = getattr(Draft, name)

        def watched(*args: Any, _original: Callable[..., list[Any]] = original, **kwargs: Any) -> list[Any]:
            returned = _original(*args, **kwargs)
            lengths.append(sum(len(str(row)) for row in returned))
            return returned

        monkeypatch.setattr(Draft, name, watched)
    bad = [GOOD["events"] | {"type": "bad", "url": f"{number:05d}" + "x" * 20_000} for number in range(1_500)]
    table = pa.Table.from_pylist([*bad, GOOD["events"]])
    pq.write_table(table, tmp_path / "events.parquet")
    summary = bundles.load(tmp_path / "m.duckdb", [tmp_path / "events.parquet"])
    assert (summary.rejected, summary.kinds[-1].new) == (1_500, 1)
    assert [(refusal.line, "00001" in refusal.row) for refusal in summary.refusals[:3]] == [
        (1, False),
        (2, True),
        (3, False),
    ]
    assert max(lengths) < MAX_LISTED * (MAX_LISTED_LENGTH + 500)
    with Warehouse(tmp_path / "m.duckdb").snapshot() as data:
        assert {len(row["row"]) > 20_000 for row in data.rows("refused_rows", search="")} == {True}


def test_the_names_of_fields_within_parquet_columns_count(tmp_path: Path) -> None:
    value = pa.array(["x"] * 200_000)
    for number in range(60):
        value = pa.StructArray.from_arrays([value], [f"{'k' * 100}{number}"])
    folder = bundle(tmp_path / "b", {"events.csv": CSV + ROW})
    pq.write_table(pa.table({"payload": value}), folder / "events-nested.parquet")
    summary = bundles.load(tmp_path / "m.duckdb", [folder])
    assert ["unpacks to more" in refusal.reason for refusal in summary.refusals] == [True]
    assert summary.kinds[-1].new == 1


PEAK = """
import resource, sys
from pathlib import Path
from mailsight.loading import bundles
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
bundles.load(Path(sys.argv[1]), [Path(sys.argv[2])])
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the unit of the peak is Linux's")
def test_a_very_long_line_takes_little_memory(tmp_path: Path) -> None:
    folder = bundle(tmp_path / "b", {"events.csv": CSV + ROW + b"x" * 300_000_000 + b"\n" + ROW})
    command = [sys.executable, "-c", PEAK, str(tmp_path / "m.duckdb"), str(folder)]
    ended = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
    assert int(ended.stdout) < 500
