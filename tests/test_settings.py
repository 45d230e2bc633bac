"""Settings come from the environment, once."""

from pathlib import Path

import pytest

from mailsight import settings
from mailsight.errors import BadSetting


def test_what_is_not_set_keeps_its_default() -> None:
    assert settings.from_environment({}) == settings.Settings()
    assert settings.from_environment({"MAILSIGHT_DATABASE": ""}) == settings.Settings()


def test_what_is_set_is_taken() -> None:
    found = settings.from_environment(
        {"MAILSIGHT_DATABASE": "/srv/m.duckdb", "MAILSIGHT_LOAD_WAIT_SECONDS": "5"}
    )
    assert found == settings.Settings(Path("/srv/m.duckdb"), 5.0)


def test_what_cannot_be_used_is_told() -> None:
    with pytest.raises(BadSetting, match="MAILSIGHT_LOAD_WAIT_SECONDS is 'soon', not a number of seconds"):
        settings.from_environment({"MAILSIGHT_LOAD_WAIT_SECONDS": "soon"})
