"""Publishing and reading generations: readers never wait, a crash loses nothing, one load runs at a time."""

import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from mailsight.errors import DatabaseUnreadable, LoadRunning, NoDatabase
from mailsight.loading import bundles
from mailsight.reports import campaign, grid, recipients
from mailsight.vocabulary import Audience
from mailsight.warehouse import draft
from mailsight.warehouse import reader as warehouse_reader
from mailsight.warehouse.reader import Warehouse
from tests.support import old_databases
from tests.support.campaigns import listed
from tests.support.kills import Killer, killer


@pytest.fixture
def tiny_bundle(tmp_path: Path) -> Path:
    """One campaign with one message."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "campaigns.csv").write_text("campaign_id,name\nspring,Spring\n")
    (folder / "messages.csv").write_text("campaign_id,customer_id,sent_at\nspring,1,2026-04-14\n")
    return folder


@pytest.fixture
def tiny_duck(tmp_path: Path, tiny_bundle: Path) -> Path:
    """A database with the tiny bundle."""
    database = tmp_path / "data" / "mailsight.duckdb"
    bundles.load(database, [tiny_bundle])
    return database


def add_message(folder: Path, customer_id: str) -> Path:
    file = folder / "messages.csv"
    file.write_text(f"campaign_id,customer_id,sent_at\nspring,{customer_id},2026-04-14\n")
    return folder


def sent(reader: Warehouse) -> int:
    return campaign.report(reader.snapshot(), "spring", Audience.ALL).counts.sent


def test_an_open_reader_sees_the_new_generation_in_its_next_query(tiny_duck: Path, tiny_bundle: Path) -> None:
    reader = Warehouse(tiny_duck)
    assert sent(reader) == 1
    generation = reader.generation
    bundles.load(tiny_duck, [add_message(tiny_bundle, "2")])
    assert (sent(reader), reader.generation != generation) == (2, True)


def test_a_snapshot_stays_with_its_generation_while_others_are_published(
    tiny_duck: Path, tiny_bundle: Path
) -> None:
    reader = Warehouse(tiny_duck)
    with reader.snapshot() as before:
        assert campaign.report(before, "spring", Audience.ALL).counts.sent == 1
        # After three more generations, the file that the snapshot reads from has been removed.
        for customer_id in ("2", "3", "4"):
            bundles.load(tiny_duck, [add_message(tiny_bundle, customer_id)])
        assert sent(reader) == 4
        assert campaign.report(before, "spring", Audience.ALL).counts.sent == 1
        assert before.generation != reader.generation
        assert before.updated_at <= reader.snapshot().updated_at
    with pytest.raises(RuntimeError, match="after its `with` block"):
        campaign.report(before, "spring", Audience.ALL)


def test_times_are_aware_in_rows_frames_and_batches(tiny_duck: Path) -> None:
    sent_at = datetime(2026, 4, 14, tzinfo=UTC)
    parameters: dict[str, object] = {"campaign_id": "spring", "audience": Audience.ALL}
    with Warehouse(tiny_duck).snapshot() as data:
        everybody = grid.grid_query()
        [batch] = data.batches("exported_customers", everybody, **parameters)
        assert batch.column("sent_at").to_pylist() == [sent_at]
        assert data.frame("exported_customers", everybody, **parameters)["sent_at"].tolist() == [sent_at]
        [row] = data.rows("exported_customers", everybody, **parameters)
        assert row["sent_at"] == sent_at


def test_the_last_two_generations_remain(tiny_duck: Path, tiny_bundle: Path) -> None:
    for customer_id in ("2", "3", "4"):
        bundles.load(tiny_duck, [add_message(tiny_bundle, customer_id)])
    files = sorted(path.name for path in tiny_duck.parent.glob("*.duckdb"))
    assert files == ["mailsight.000003.duckdb", "mailsight.000004.duckdb", "mailsight.duckdb"]
    assert tiny_duck.readlink().name == "mailsight.000004.duckdb"


def test_a_failed_load_leaves_the_last_good_state(tiny_duck: Path) -> None:
    assert sent(Warehouse(tiny_duck)) == 1
    before = sorted(tiny_duck.parent.iterdir())
    with pytest.raises(draft.QueryFailed), draft.draft(tiny_duck) as work:
        work.run("create_schema")  # fails, because the tables exist
    assert sorted(tiny_duck.parent.iterdir()) == before
    assert sent(Warehouse(tiny_duck)) == 1


def test_a_migrated_database_equals_a_newly_loaded_one(sample_database: Path, tmp_path: Path) -> None:
    database = tmp_path / "mailsight.duckdb"
    shutil.copy(sample_database.resolve(), database)
    old_databases.forget_since(database)
    with duckdb.connect(str(database)) as connection:
        connection.execute("truncate archived_mails")  # older versions kept nothing to fill it from
    fresh = tables(database)
    old_databases.as_version_2(database)
    with draft.draft(database) as work:
        work.discard()
    assert tables(database) == fresh


def tables(database: Path) -> dict[str, object]:
    """The columns and the rows of every table."""
    with duckdb.connect(str(database.resolve()), read_only=True) as connection:
        names = [name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()]
        return {
            name: (
                connection.execute(f"describe {name}").fetchall(),
                sorted(map(repr, connection.execute(f"from {name}").fetchall())),
            )
            for name in names
        }


def test_batches_keep_the_order_of_the_query(sample_database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warehouse_reader, "BATCH_ROWS", 70)
    reader = Warehouse(sample_database)
    campaign_id = listed(reader)[-1].campaign_id
    query = grid.grid_query(
        {"name": {"type": "contains", "filter": "a"}}, [{"colId": "opens", "sort": "desc"}], end=500
    )
    batches = list(
        reader.snapshot().batches(
            "exported_customers", query, campaign_id=campaign_id, audience=Audience.HUMAN
        )
    )
    together = [row for batch in batches for row in batch.to_pylist()]
    page = recipients.page(reader.snapshot(), campaign_id, Audience.HUMAN, query)
    assert [row["customer_id"] for row in together] == [row["customer_id"] for row in page.rows]
    assert batches[0].num_rows == 70 < page.total == len(together)


LOAD = """
import sys
from pathlib import Path
from mailsight.loading import bundles
bundles.load(Path(sys.argv[1]), [Path(sys.argv[2])])
"""


@pytest.fixture(scope="module")
def started() -> Iterator[Killer]:
    with killer("mailsight.loading.bundles", "pandas") as ready:
        yield ready


@pytest.mark.parametrize(
    ("step", "calls"),
    [
        ("mailsight.warehouse.generations.copy", 1),
        ("mailsight.warehouse.draft.Draft.run", 1),
        ("mailsight.warehouse.draft.Draft.run", 20),
        ("mailsight.warehouse.draft.Draft.run", 50),
        ("mailsight.loading.merge.derive", 1),
        ("mailsight.warehouse.generations.publish", 1),
        ("os.fsync", 1),
    ],
)
def test_a_killed_load_leaves_a_good_state_and_the_next_one_completes(
    tiny_duck: Path, sample_bundle: Path, sample_database: Path, started: Killer, step: str, calls: int
) -> None:
    started.kill_at(step, LOAD, tiny_duck, sample_bundle, calls=calls)
    assert sent(Warehouse(tiny_duck)) == 1
    bundles.load(tiny_duck, [sample_bundle])
    campaigns = [row for row in listed(tiny_duck, Audience.ALL) if row.campaign_id != "spring"]
    assert campaigns == listed(sample_database, Audience.ALL)
    assert not list(tiny_duck.parent.glob("*.draft*"))


def test_a_second_load_waits_and_then_says_who_holds_the_lock(tiny_duck: Path, tiny_bundle: Path) -> None:
    with draft.draft(tiny_duck) as work:
        refused: list[LoadRunning] = []

        def load_too() -> None:
            try:
                bundles.load(tiny_duck, [tiny_bundle], wait_seconds=0.2)
            except LoadRunning as error:
                refused.append(error)

        other = threading.Thread(target=load_too)
        other.start()
        other.join()
        work.discard()
    assert f"process {os.getpid()}" in str(refused[0])


def test_a_regular_file_becomes_the_first_generation(
    tiny_duck: Path, tiny_bundle: Path, tmp_path: Path
) -> None:
    plain = tmp_path / "copied.duckdb"
    plain.write_bytes(tiny_duck.read_bytes())
    bundles.load(plain, [add_message(tiny_bundle, "2")])
    assert plain.is_symlink()
    assert sent(Warehouse(plain)) == 2


def test_the_dashboard_can_neither_write_nor_reach_other_files(tiny_duck: Path) -> None:
    reader = Warehouse(tiny_duck)
    sent(reader)
    assert reader._source is not None  # noqa: SLF001
    connection = reader._source.connection  # noqa: SLF001
    for statement in (
        "delete from campaigns",
        "select * from read_text('/etc/hostname')",
        "copy campaigns to '/tmp/campaigns.csv'",
        "attach '/tmp/other.duckdb'",
        "set enable_external_access = true",
    ):
        with pytest.raises(duckdb.Error):
            connection.cursor().execute(statement).fetchall()


def test_threads_get_their_own_rows(tiny_duck: Path) -> None:
    reader = Warehouse(tiny_duck)
    wrong: list[object] = []

    def ask(name: str) -> None:
        for _ in range(50):
            row = reader.snapshot().row("content", content_id=name)
            counts = reader.snapshot().rows("campaign_counts", campaign_id="spring")
            if row is not None or len(counts) != 2:
                wrong.append((row, counts))

    threads = [threading.Thread(target=ask, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_other_files_are_rejected(tmp_path: Path) -> None:
    with pytest.raises(NoDatabase):
        Warehouse(tmp_path / "none.duckdb").snapshot().rows("campaign_tags")
    (tmp_path / "text.duckdb").write_text("not a database")
    with pytest.raises(DatabaseUnreadable):
        Warehouse(tmp_path / "text.duckdb").snapshot().rows("campaign_tags")
    duckdb.connect(str(tmp_path / "foreign.duckdb")).close()
    with pytest.raises(DatabaseUnreadable):
        Warehouse(tmp_path / "foreign.duckdb").snapshot().rows("campaign_tags")
