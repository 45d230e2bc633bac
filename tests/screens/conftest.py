"""Fixtures of the screens' tests."""

from collections.abc import Iterator

import pytest

from tests.support import visitors


@pytest.fixture(autouse=True)
def on_this_machine(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Pages are shown to somebody who may see everything."""
    with visitors.local(monkeypatch):
        yield
