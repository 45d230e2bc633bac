"""Mappings: kept by header, taken over from files, and not more than a number of them."""

from pathlib import Path

import pytest

from mailsight.state import mappings
from mailsight.state.mappings import Mappings


def test_the_newest_mapping_of_a_header_is_kept(tmp_path: Path) -> None:
    kept = Mappings.of(tmp_path / "m.duckdb")
    assert (kept.find("a"), list(tmp_path.iterdir())) == (None, [])
    kept.keep("a", "x = 1")
    kept.keep("a", "x = 2")
    kept.keep("b", "x = 3")
    kept.correct("b", "x = 4")
    assert (kept.find("a"), kept.all()) == ("x = 2", {"a": "x = 2", "b": "x = 4"})


def test_the_oldest_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mappings, "MAX_KEPT", 2)
    kept = Mappings.of(tmp_path / "m.duckdb")
    for name in "abc":
        kept.keep(name, name)
    assert kept.all().keys() == {"b", "c"}


def test_mappings_in_files_are_taken_over_once(tmp_path: Path) -> None:
    database = tmp_path / "m.duckdb"
    Mappings.of(database).keep("a", "newer")
    mappings.folder(database).mkdir()
    for name in "ab":
        (mappings.folder(database) / f"{name}.toml").write_text("older")
    assert Mappings.of(database).all() == {"a": "newer", "b": "older"}
    assert not mappings.folder(database).exists()
