"""What commands do is in the audit."""

import getpass
from pathlib import Path

import pytest

from mailsight.errors import StateUnreadable
from mailsight.state import audit
from tests.support.campaigns import newest_clicked
from tests.support.command_line import run


@pytest.fixture
def database(sample_database: Path, tmp_path: Path) -> Path:
    """The sample data under a name of its own, so that its audit is empty."""
    (link := tmp_path / "mailsight.duckdb").symlink_to(sample_database.resolve())
    return link


def test_exports_are_recorded_with_the_user(database: Path, tmp_path: Path) -> None:
    campaign_id = newest_clicked(database)
    run("export", "customers", campaign_id, "-o", tmp_path / "a.csv", "--database", database)
    run("report", campaign_id, "-o", tmp_path / "a.html", "--database", database)
    run("heatmap", campaign_id, "-o", tmp_path / "b.html", "--database", database)
    run("report", campaign_id, "--database", database)  # figures only
    [*entries] = reversed(audit.beside(database, 0).entries(size=9))
    assert {(entry.person, entry.role, entry.campaign_id) for entry in entries} == {
        ("command line", "admin", campaign_id)
    }
    user = {"user": getpass.getuser()}
    assert [entry.details for entry in entries] == [
        {"list": "customers", "format": "csv"} | user,
        {"list": "report", "format": "html"} | user,
        {"list": "heatmap", "format": "html"} | user,
    ]


def test_loads_are_recorded(sample_bundle: Path, tmp_path: Path) -> None:
    database = tmp_path / "mailsight.duckdb"
    run("load", sample_bundle, "--database", database)
    [entry] = audit.beside(database, 0).entries(size=9)
    assert (entry.action, entry.details["command"]) == ("loaded", "load")


def test_without_an_audit_no_list_is_exported_but_data_is_loaded(
    database: Path, sample_bundle: Path, tmp_path: Path
) -> None:
    with audit.beside(database, 0).store.transaction() as connection:
        connection.execute("drop table audit")
    with pytest.raises(StateUnreadable):
        run("export", "campaigns", "-o", tmp_path / "a.csv", "--database", database)
    with pytest.raises(StateUnreadable):
        run("customer", "C1000012", "-o", tmp_path / "person", "--database", database)
    assert not any((tmp_path / name).exists() for name in ("a.csv", "person"))
    database.unlink()
    status, _, messages = run("load", sample_bundle, "--database", database)
    assert status == 0
    assert "Not recorded in the audit" in messages
