"""What was known of a customer at any time, rebuilt from what loads changed."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailsight.loading import bundle_tables, bundles
from mailsight.loading.bundle_files import BundleFile
from mailsight.reports import known
from mailsight.reports.known import Version
from mailsight.warehouse.draft import Draft
from mailsight.warehouse.reader import Snapshot, Warehouse
from tests.support import old_databases
from tests.support.bundles import bundle, ndjson
from tests.support.examples import examples

Customers = dict[str, dict[str, object]]


def load(folder: Path, *customers: dict[str, object]) -> None:
    number = len(list(folder.iterdir()))
    bundles.load(
        folder / "m.duckdb", [bundle(folder / f"{number}", {"customers.ndjson": ndjson(*customers)})]
    )


def versions(folder: Path, customer_id: str) -> list[dict[str, object]]:
    return [
        dict(each.fields) for each in known.versions(Warehouse(folder / "m.duckdb").snapshot(), customer_id)
    ]


def stored_changes(folder: Path) -> int:
    with duckdb.connect(str((folder / "m.duckdb").resolve()), read_only=True) as connection:
        [(count,)] = connection.execute("select count(*) from customer_changes").fetchall()
    return int(count)


def test_each_load_that_changes_a_customer_keeps_what_it_changed(tmp_path: Path) -> None:
    ann: dict[str, object] = {
        "customer_id": "ann",
        "email": "ann@mail.example",
        "points": 5,
        "created_at": "2024-11-02",
    }
    load(tmp_path, ann, {"customer_id": "bob"})
    load(tmp_path, {"customer_id": "ann", "points": 7, "name": "Ann"}, {"customer_id": "cas"})
    load(tmp_path, {"customer_id": "ann", "points": 7}, {"customer_id": "bob"})
    load(tmp_path, {"customer_id": "ann", "points": "7"})
    assert versions(tmp_path, "ann") == [
        {**ann, "name": "Ann", "points": "7"},
        {**ann, "name": "Ann", "points": 7},
        ann,
    ]
    assert versions(tmp_path, "bob") == [{"customer_id": "bob"}]
    assert versions(tmp_path, "eve") == []
    assert stored_changes(tmp_path) == 2


def test_the_same_load_again_changes_nothing(tmp_path: Path) -> None:
    first: dict[str, object] = {"customer_id": "ann", "home": {"city": "Ghent", "zip": "9000"}, "points": 1}
    second: dict[str, object] = {"customer_id": "ann", "home": {"city": "Ghent"}}
    for row in (first, second, second, first, second):
        load(tmp_path, row)
    assert stored_changes(tmp_path) == 0
    assert versions(tmp_path, "ann") == [first]


def test_a_version_has_the_time_of_its_load(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    load(tmp_path, {"customer_id": "ann", "points": 1})
    load(tmp_path, {"customer_id": "ann", "points": 2})
    data = Warehouse(tmp_path / "m.duckdb").snapshot()
    newest, oldest = known.versions(data, "ann")
    [loaded] = data.rows("last_load")
    assert before < oldest.since < newest.since == loaded["loaded_at"]  # type: ignore[operator]


def test_a_customer_of_an_older_database_has_no_first_time(tmp_path: Path) -> None:
    load(tmp_path, {"customer_id": "ann", "points": 1})
    old_databases.as_version_6(tmp_path / "m.duckdb")
    load(tmp_path, {"customer_id": "ann", "points": 2}, {"customer_id": "bob"})
    data = Warehouse(tmp_path / "m.duckdb").snapshot()
    newest, oldest = known.versions(data, "ann")
    assert (oldest.fields, oldest.since) == ({"customer_id": "ann", "points": 1}, None)
    assert newest.since == known.versions(data, "bob")[0].since is not None


AT = datetime(2026, 8, 29, tzinfo=UTC)


@pytest.mark.parametrize(
    ("times", "moment", "expected"),
    [
        ([2, 1, 0], 5, 0),
        ([2, 1, 0], 2, 0),
        ([2, 1, 0], 1.5, 1),
        ([2, 1, 0], -1, 2),
        ([2, 1, None], 0, 2),
        ([None], 0, 0),
        ([5], 0, 0),
        # The clock went back between two loads.
        ([1, 9, 0], 2, 0),
    ],
)
def test_the_version_in_force_at_a_time(times: Sequence[float | None], moment: float, expected: int) -> None:
    known_versions = [Version({}, None if day is None else AT + timedelta(days=day), None) for day in times]
    assert known.version_at(known_versions, AT + timedelta(days=moment)) is known_versions[expected]


_NAMES = st.sampled_from(["a", "A", "b", "a.b", "é", "", "x y"])
_LEAVES = st.sampled_from([None, True, 0, 1, 1.5, "1", "", "null", "x"])
_VALUES = st.recursive(
    _LEAVES,
    lambda values: st.lists(values, max_size=2) | st.dictionaries(_NAMES, values, max_size=3),
    max_leaves=6,
)
_CUSTOMER = st.fixed_dictionaries(
    {"customer_id": st.sampled_from(["1", "2"])},
    optional={
        "name": st.sampled_from(["Ann", "Bob", None]),
        "created_at": st.sampled_from(["2026-01-01", "2026-01-01T10:00:00.5Z"]),
        "p": _VALUES,
        "q": _VALUES,
        "home": st.dictionaries(_NAMES, _VALUES, max_size=3),
    },
)


def _filled(version: known.Version) -> str:
    """What a version knows, without what is empty: that counts for all versions once a load says so."""
    fields = {name: value for name, value in version.fields.items() if value not in (None, "", [], {})}
    return json.dumps(fields, sort_keys=True)


@pytest.mark.slow
@settings(max_examples=examples(25))
@given(st.lists(st.lists(_CUSTOMER, min_size=1, max_size=4), min_size=1, max_size=5))
def test_every_state_is_rebuilt_from_the_last_and_the_changes(
    tmp_path_factory: pytest.TempPathFactory, loads: list[list[dict[str, object]]]
) -> None:
    folder = tmp_path_factory.getbasetemp()
    states: dict[str, list[str]] = {"1": [], "2": []}
    with duckdb.connect() as connection:
        new = Draft(connection, folder)
        new.run("create_schema")
        new.run("create_macros")
        data = cast("Snapshot", _Reader(new))
        for day, rows in enumerate(loads):
            _merge(Draft(connection.cursor(), folder), rows, AT + timedelta(days=day))
            for customer_id, before in states.items():
                for today in known.versions(data, customer_id)[:1]:
                    state = _filled(today)
                    before.extend([] if before[-1:] == [state] else [state])
        for customer_id, expected in states.items():
            rebuilt = [_filled(each) for each in known.versions(data, customer_id)]
            assert rebuilt == expected[::-1]


def _merge(work: Draft, rows: list[dict[str, object]], loaded_at: datetime) -> None:
    """Merge customers as a load does."""
    path = Path("customers.ndjson")
    batch = [(0, ordinal, json.dumps(row)) for ordinal, row in enumerate(rows, start=1)]
    work.run("create_staging")
    work.run("create_records")
    with work.table("batch", batch, bundle_tables.RECORDS):
        work.run("read_batch")
    file = BundleFile("customers", path, path.parent, path, "ndjson")
    bundle_tables.stage(work, [file], range(1, len(rows) + 1))
    work.run("set_loaded_at", loaded_at=loaded_at.replace(tzinfo=None))
    work.run("merge_customers")


class _Reader:
    """Reads from a draft as a snapshot does."""

    def __init__(self, work: Draft) -> None:
        self.rows = work.rows

    def row(self, name: str, **parameters: object) -> dict[str, object] | None:
        return next(iter(self.rows(name, **parameters)), None)
