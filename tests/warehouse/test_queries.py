"""Every statement in queries/ is valid, documented and used."""

import re
from collections import Counter
from operator import attrgetter
from pathlib import Path

import aiosql
import duckdb
import pytest

from mailsight import settings
from mailsight.warehouse import opening, queries

QUERIES = aiosql.from_path(settings.PROJECT / "queries", "duckdb")
DOCS = {name.rpartition(".")[2]: attrgetter(name)(QUERIES).__doc__ for name in QUERIES.available_queries}
FILES = sorted((settings.PROJECT / "queries").rglob("*.sql"))
# Tables in which a value can't end up in the wrong column.
SINGLE_COLUMN = ("touched", "unattributed")
READS = ("campaigns", "campaign", "recipients", "customers", "patterns", "contents", "data", "database")


def _names(*files: str) -> list[str]:
    texts = [(settings.PROJECT / "queries" / f"{file}.sql").read_text() for file in files]
    return re.findall(r"^-- name: (\w+)", "\n".join(texts), re.MULTILINE)


@pytest.mark.parametrize("name", queries.statement_names())
def test_a_statement_is_documented_and_used(name: str) -> None:
    code = "".join(path.read_text() for path in (settings.PROJECT / "mailsight").rglob("*.py"))
    spelled = {
        "stage": "stage_{file.kind}",
        "migrate": "migrate_to_{newer}",
        "upgrade": "upgrade_state_to_{newer}",
        "map": "map_{sender.name}",
        "find": "find_{rule.name}",
        "rewrite": "rewrite_{table}",
    }.get(name.split("_", maxsplit=1)[0], name)
    included = "".join(file.read_text(encoding="utf-8") for file in FILES)
    assert f'"{spelled}"' in code or f"{{query {name}}}" in included, "nothing runs it"
    assert DOCS[name], "it has no comment"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_insert_names_its_columns(file: Path) -> None:
    text = re.sub(r"^ *--.*$", "", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    by_position = [
        table
        for table, columns, by_name in re.findall(r"\binsert into (\w+)\s*(\([^)]*\))?\s*(by name)?", text)
        if not columns and not by_name and table not in SINGLE_COLUMN
    ]
    assert by_position == []


def test_no_two_macros_share_a_name() -> None:
    """A load runs the queries of several files, and the macro created last would serve the others, too."""
    text = "".join(file.read_text(encoding="utf-8") for file in FILES)
    names = Counter(re.findall(r"\bmacro (\w+)\(", text))
    assert [name for name, times in names.items() if times > 1] == []


def test_the_newest_migration_leads_to_the_version_of_the_schema() -> None:
    files = sorted((settings.PROJECT / "queries" / "migrations").iterdir())
    versions = [int(file.name.partition("_")[0]) for file in files]
    assert versions == list(range(2, opening.SCHEMA_VERSION + 1))
    for version, file in zip(versions, files, strict=True):
        assert re.findall(r"-- name: (\w+)", file.read_text(encoding="utf-8")) == [f"migrate_to_{version}"]


@pytest.mark.parametrize("name", _names(*READS))
def test_a_read_is_valid_on_an_empty_database(name: str, empty_duck: duckdb.DuckDBPyConnection) -> None:
    text = queries.statement(name).format(conditions="true", order="1")
    parameters = dict.fromkeys(re.findall(r"\$(\w+)", text))
    empty_duck.execute(
        f"explain {text}" if text.lower().startswith(("select", "with", "from")) else text, parameters
    )


@pytest.fixture
def empty_duck(tmp_path: Path) -> duckdb.DuckDBPyConnection:
    """A connection to a database with all tables and no rows."""
    connection = duckdb.connect(str(tmp_path / "empty.duckdb"))
    connection.execute(queries.statement("create_schema"))
    connection.execute(queries.statement("create_macros"))
    return connection
