"""A shop with two customers."""

import shutil
from pathlib import Path

import pytest

from mailsight.loading import bundles
from tests.support.bundles import bundle, ndjson
from tests.support.leaks import leaks
from tests.support.zoe import ZOE, rows


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return bundle(tmp_path_factory.mktemp("bundle"), rows())


@pytest.fixture(scope="module")
def opened_shop(bundled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    database = folder / "data" / "mailsight.duckdb"
    bundles.load(database, [bundled])
    # Zoe has changed her name.
    change = ndjson({"customer_id": "kunde-4711-Z", "name": "Zoe Quagmire-Smith"})
    bundles.load(database, [bundle(folder / "change", {"customers.ndjson": change})])
    assert leaks(database.parent, ZOE)
    return database


@pytest.fixture
def shop(opened_shop: Path, tmp_path: Path) -> Path:
    """A database with two customers, in a folder of its own."""
    shutil.copytree(opened_shop.parent, tmp_path / "data", symlinks=True)
    return tmp_path / "data" / opened_shop.name
