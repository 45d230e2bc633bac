"""An erasure that is killed or meets a full disk leaves the last good state; finishing it later needs no names."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mailsight.backups import making
from mailsight.errors import LoadRefused
from mailsight.privacy import erasure
from mailsight.state import erased
from mailsight.state.erased import Erased, Kind
from mailsight.state.store import Store
from mailsight.warehouse.reader import Warehouse
from mailsight.web import routes
from tests.support.all_figures import all_figures
from tests.support.command_line import run
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
    assert "`mailsight erase --finish`" in (erasure.problem(shop) or "")
    erasure.finish(shop)
    assert erasure.problem(shop) is None
    assert leaks(shop.parent, ZOE) == []
    assert all_figures(shop) == before


def test_an_interrupted_erasure_is_a_problem_once_nobody_works_on_it(
    shop: Path, use: Callable[[Path], Warehouse]
) -> None:
    use(shop)
    assert erasure.problem(shop) is None
    erased.add(Store.of(shop), [Erased("hash", Kind.ADDRESS, "nobody-1", "person", is_asked=True)])
    with FileLock(shop.with_name(f"{shop.stem}.erasure.lock")):  # as another process holds it
        assert erasure.problem(shop) is None
    sentence = erasure.problem(shop)
    assert sentence
    status, printed, _ = run("health", "--database", shop)
    assert (status, sentence in printed) == (1, True)
    client = TestClient(Starlette(routes=routes.routes()))
    assert sentence in client.get("/healthz").json()["reasons"]
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["erasure"]) == (200, sentence)
    erased.finish(Store.of(shop))
    assert erasure.problem(shop) is None


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
