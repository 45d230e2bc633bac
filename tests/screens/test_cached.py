"""A page, a fragment or a dialog reads all of its reports from one generation."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mailsight.errors import NoDatabase
from mailsight.figures import formats, locales
from mailsight.loading import bundles
from mailsight.screens import cached
from mailsight.warehouse.reader import Snapshot, Warehouse
from tests.support.waiting import PATIENCE_SECONDS


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A database with one campaign."""
    return _load(tmp_path, "spring")


def _load(folder: Path, campaign_id: str) -> Path:
    (folder / "campaigns.csv").write_text(f"campaign_id,name\n{campaign_id},A campaign\n")
    bundles.load(folder / "mailsight.duckdb", [folder / "campaigns.csv"])
    return folder / "mailsight.duckdb"


def campaigns(data: Snapshot) -> int:
    [row] = data.rows("campaign_count")
    return int(row["campaigns"])


def test_a_block_reads_from_one_generation(
    use: Callable[[Path], Warehouse], database: Path, tmp_path: Path
) -> None:
    use(database)
    with cached.one_generation():
        assert cached.read(campaigns) == 1
        _load(tmp_path, "summer")
        with cached.one_generation():  # a dialog within the page
            assert cached.read(campaigns) == 1
        assert cached.read(campaigns) == 1
    assert cached.read(campaigns) == 2


def test_viewers_in_different_locales_do_not_share_words(
    use: Callable[[Path], Warehouse], database: Path
) -> None:
    use(database)
    read_in = {}
    for tag in ("en-GB", "de-DE", "en-GB"):
        with locales.using(locales.of(tag)):
            read_in[tag] = cached.read(words)
    assert read_in == {"en-GB": "1,234", "de-DE": "1.234"}


def words(data: Snapshot) -> str:
    assert data.rows("campaign_count")
    return formats.count(1234)


def test_a_function_can_be_decorated(
    use: Callable[[Path], Warehouse], database: Path, tmp_path: Path
) -> None:
    use(database)

    @cached.one_generation()
    def fragment() -> tuple[int, int]:
        before = cached.read(campaigns)
        _load(tmp_path, f"campaign-{before}")
        return before, cached.read(campaigns)

    assert fragment() == (1, 1)
    assert fragment() == (2, 2)


def test_a_page_waits_for_a_worker_process() -> None:
    def page() -> None:
        import time
        from functools import partial

        import streamlit as st

        from mailsight.bounded import pool
        from mailsight.screens import cached

        with cached.one_generation():
            pool.run(partial(time.sleep, 0.5))
            st.text("done")

    shown = AppTest.from_function(page).run(timeout=PATIENCE_SECONDS)
    assert not shown.exception
    assert shown.text[0].value == "done"


def test_a_failed_block_keeps_no_generation(use: Callable[[Path], Warehouse], tmp_path: Path) -> None:
    use(tmp_path / "mailsight.duckdb")
    with pytest.raises(NoDatabase), cached.one_generation():
        cached.read(campaigns)
    _load(tmp_path, "spring")
    assert cached.read(campaigns) == 1
