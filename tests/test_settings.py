"""Settings come from the environment."""

from pathlib import Path

import pytest

from mailsight import settings
from mailsight.errors import BadSetting


def test_unset_variables_keep_their_defaults() -> None:
    assert settings.from_environment({}) == settings.Settings()
    assert settings.from_environment({"MAILSIGHT_DATABASE": ""}) == settings.Settings()


def test_set_variables_are_used() -> None:
    values = settings.from_environment(
        {
            "MAILSIGHT_DATABASE": "/srv/m.duckdb",
            "MAILSIGHT_LOAD_WAIT_SECONDS": "5",
            "MAILSIGHT_PUBLIC_URL": "https://mailsight.example/",
            "MAILSIGHT_WEBHOOK_LOAD_SECONDS": "0.5",
            "MAILSIGHT_WEBHOOK_BODY_SECONDS": "10",
            "MAILSIGHT_WEBHOOK_MAX_MEGABYTES": "1",
        }
    )
    assert values == settings.Settings(
        database=Path("/srv/m.duckdb"),
        load_wait_seconds=5.0,
        public_url="https://mailsight.example",
        webhook_load_seconds=0.5,
        webhook_body_seconds=10.0,
        webhook_max_megabytes=1.0,
    )


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("MAILSIGHT_LOAD_WAIT_SECONDS", "soon", "is 'soon', not a number of seconds"),
        ("MAILSIGHT_WEBHOOK_LOAD_SECONDS", "-1", "is '-1', not a number of seconds"),
        ("MAILSIGHT_WEBHOOK_BODY_SECONDS", "nan", "is 'nan', not a number of seconds"),
        ("MAILSIGHT_WEBHOOK_MAX_MEGABYTES", "inf", "is 'inf', not a number of megabytes"),
        ("MAILSIGHT_PUBLIC_URL", "mailsight.example", "it must start with https:// or http://"),
    ],
)
def test_invalid_values_are_rejected(variable: str, value: str, problem: str) -> None:
    with pytest.raises(BadSetting, match=f"{variable} .*{problem}"):
        settings.from_environment({variable: value})


@pytest.mark.parametrize(
    ("value", "uploaders"),
    [
        ("", ()),
        ("*", ("*",)),
        (" Ann@company.example, bob@company.example ,,", ("Ann@company.example", "bob@company.example")),
    ],
)
def test_uploaders_are_a_list_of_addresses(value: str, uploaders: tuple[str, ...]) -> None:
    assert settings.from_environment({"MAILSIGHT_UPLOADERS": value}).uploaders == uploaders


def test_webhook_secrets_are_not_part_of_the_settings() -> None:
    environment = {
        "MAILSIGHT_WEBHOOK_AMAZON_SES_BASIC_AUTH": "ann:secret",
        "MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH": "",
        "MAILSIGHT_WEBHOOK_LOAD_SECONDS": "30",
        "MAILSIGHT_DATABASE": "x",
    }
    assert settings.webhook_secrets(environment) == {"amazon_ses_basic_auth": "ann:secret"}
    assert "secret" not in repr(settings.from_environment(environment))
