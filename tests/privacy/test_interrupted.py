"""An erasure that is killed or meets a full disk leaves the last good state; finishing it later needs no names."""

import shutil
from pathlib import Path

import pytest

from mailsight.backups import making
from mailsight.errors import LoadRefused
from mailsight.privacy import erasure
from mailsight.state import erased
from mailsight.state.store import Store
from tests.support.all_figures import all_figures
from tests.support.kills import kill_at
from tests.support.leaks import leaks
from tests.support.small_disk import small_disk
from tests.support.zoe import ZOE

ERASE = """
import sys
from pathlib import Path
from mailsight.privacy import erasure
erasure.erase(Path(sys.argv[1]), [sys.argv[2]])
"""
RESTORE = """
import sys
from pathlib import Path
from mailsight.backups import restoring
restoring.restore(Path(sys.argv[1]), Path(sys.argv[2]))
"""
# The step before which it is killed.
STEPS = {
    "before the new database": "mailsight.warehouse.draft._drafted",
    "before it is verified": "mailsight.warehouse.draft._verify",
    "before publishing": "mailsight.warehouse.generations._point",
    "before old files are removed": "mailsight.warehouse.generations.remove_others",
    "before other files are cleaned": "mailsight.privacy.leftovers.clean",
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    [
        step if step.startswith("before old") else pytest.param(step, marks=pytest.mark.thorough)
        for step in STEPS
    ],
)
def test_an_erasure_is_finished_after_a_kill_at_any_step(shop: Path, step: str) -> None:
    before = all_figures(shop)

    kill_at(STEPS[step], ERASE, shop, ZOE[0])

    assert all_figures(shop) == before
    erasure.finish(shop)
    assert leaks(shop.parent, ZOE) == []
    assert all_figures(shop) == before


@pytest.mark.slow
@pytest.mark.small_disk
def test_a_full_disk_is_a_clear_error_and_the_erasure_is_finished_later(
    opened_shop: Path, tmp_path: Path
) -> None:
    with small_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(opened_shop.parent, disk.folder / "data", symlinks=True)
        shop = disk.folder / "data" / opened_shop.name
        before = all_figures(shop)
        disk.leave(500_000)

        with pytest.raises(LoadRefused, match=r"could not be written: .*(space|full)"):
            erasure.erase(shop, [ZOE[0]])

        assert all_figures(shop) == before
        disk.leave(40_000_000)
        erasure.finish(shop)
        assert leaks(shop.parent, ZOE) == []
        assert all_figures(shop) == before


@pytest.mark.slow
def test_a_killed_restoring_leaves_an_erasure_to_finish(shop: Path, tmp_path: Path) -> None:
    making.make(shop, tmp_path / "backups")
    erasure.erase(shop, [ZOE[0]])
    assert not erased.is_unfinished(Store.of(shop))

    for _ in range(2):  # The second moves what the first restored aside.
        kill_at("mailsight.privacy.erasure.finish", RESTORE, shop, tmp_path / "backups")

        assert leaks(shop.parent, ZOE)
        assert erased.is_unfinished(Store.of(shop))
    erasure.finish(shop)
    assert leaks(shop.parent, ZOE) == []
