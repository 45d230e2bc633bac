"""The generated databases of `make bench` equal databases loaded from files."""

from pathlib import Path

import duckdb
import pytest

from benchmarks import databases
from benchmarks.databases import Database
from mailsight.loading import bundles
from mailsight.warehouse.reader import Warehouse

DERIVED = (
    "message_events",
    "recipients",
    "link_clicks",
    "campaign_totals",
    "campaign_hours",
    "apple_opens",
    "campaign_headers",
    "machine_counts",
    "event_counts",
    "unattributed",
)
SMALL = Database("small", campaigns=8, messages=6_000, customers=1_500, same_size=900)


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("generated") / "mailsight.duckdb"
    databases.make(file, SMALL, lambda share: None)
    return file


@pytest.fixture(scope="module")
def loaded(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same facts, exported as a bundle and loaded into another database."""
    bundle = tmp_path_factory.mktemp("bundle")
    with duckdb.connect(str(generated), read_only=True) as connection:
        for content_id, html in connection.execute("select content_id, html from contents").fetchall():
            (bundle / f"{content_id}.html").write_text(html, encoding="utf-8")
        for kind, columns in {
            "campaigns": "* exclude (content_id), content_id || '.html' as template",
            "customers": "* exclude (attributes), unnest(from_json(attributes, "
            '\'{"loyalty_tier": "VARCHAR", "birth_year": "VARCHAR", "home_airport": "VARCHAR"}\'))',
            "messages": "* exclude (content_id)",
            # Ordered by number, so that they get the same numbers again.
            "events": "* exclude (event_number, machine)",
        }.items():
            order = "event_number" if kind == "events" else "all"
            connection.execute(
                f"copy (select {columns} from {kind} order by {order}) to '{bundle}/{kind}.parquet' (format parquet)"
            )
    database = tmp_path_factory.mktemp("loaded") / "mailsight.duckdb"
    summary = bundles.load(database, [bundle])
    assert not summary.refusals
    return database


@pytest.mark.parametrize("table", DERIVED)
def test_generated_tables_equal_loaded_tables(generated: Path, loaded: Path, table: str) -> None:
    with (
        duckdb.connect(str(generated), read_only=True) as first,
        duckdb.connect(str(loaded), read_only=True) as second,
    ):
        rows = f"from {table} order by all"
        assert first.execute(rows).fetchall() == second.execute(rows).fetchall()


def test_every_table_is_compared_or_holds_facts(generated: Path) -> None:
    facts = {
        "campaigns",
        "customers",
        "customer_changes",
        "contents",
        "links",
        "messages",
        "archived_mails",
        "kept_variants",
        "message_aliases",
        "reported_totals",
        "imports",
        "events",
        "refused",
        "loads",
    }
    with duckdb.connect(str(generated), read_only=True) as connection:
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert tables == facts | set(DERIVED) | {"schema_version"}


def test_the_facts_have_the_expected_size(generated: Path) -> None:
    rows = Warehouse(generated).snapshot().rows("table_rows")
    assert {row["name"]: row["rows"] for row in rows if row["name"] != "events"} == {
        "campaigns": 8,
        "customers": 1_500,
        "customer_changes": 0,
        "contents": databases.DESIGNS,
        "messages": pytest.approx(6_000, rel=0.05),
        "reported_totals": 0,
    }
