"""Fixtures of the tests of what the server does beside the pages."""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module")
def sealed_ids(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An installation of its own, whose key seals ids in addresses."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("MAILSIGHT_DATABASE", str(tmp_path_factory.mktemp("installation") / "m.duckdb"))
        yield
