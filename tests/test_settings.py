"""Settings come from the environment."""

import re
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
        ("MAILSIGHT_PUBLIC_URL", "https://", "it must start with https:// or http://"),
        ("MAILSIGHT_PUBLIC_URL", "https://a:port", "it must start with https:// or http://"),
        ("MAILSIGHT_PUBLIC_URL", "https://[", "it must start with https:// or http://"),
        ("MAILSIGHT_PUBLIC_URL", "https://a b.example", "it must start with https:// or http://"),
        ("MAILSIGHT_PUBLIC_URL", "https://ann:secret@a.example", "no password, query or fragment"),
        ("MAILSIGHT_PUBLIC_URL", "https://a.example/?x", "no password, query or fragment"),
        ("MAILSIGHT_WEBHOOK_LOAD_SECONDS", "1e9", "must be from 0 to 86,400 seconds"),
        ("MAILSIGHT_WEBHOOK_BODY_SECONDS", "0", "must be from 1 to 3,600 seconds"),
        ("MAILSIGHT_WEBHOOK_MAX_MEGABYTES", "0", "must be from 0.1 to 1,000 megabytes"),
        ("MAILSIGHT_HOSTS", "a.example:80", "it must list host names, without a scheme or port"),
        ("MAILSIGHT_HOSTS", "*", "it must list host names"),
        ("MAILSIGHT_LOG_LEVEL", "loud", "must be one of debug, info, warning, error"),
        ("MAILSIGHT_LOADER", "no", "must be one of on, off"),
        ("MAILSIGHT_LOG_FORMAT", "xml", "must be one of text, json"),
        ("MAILSIGHT_METRICS_TOKEN", "short", "must be 16 or more letters"),
        ("MAILSIGHT_METRICS_TOKEN", "0123456789 abcdef", "must be 16 or more letters"),
    ],
)
def test_invalid_values_are_rejected(variable: str, value: str, problem: str) -> None:
    with pytest.raises(BadSetting, match=f"{variable} .*{problem}"):
        settings.from_environment({variable: value})


@pytest.mark.parametrize("path", ["/", "/srv/.."])
def test_a_database_has_a_name(path: str) -> None:
    with pytest.raises(BadSetting, match="which is a folder"):
        settings.from_environment({"MAILSIGHT_DATABASE": path})


@pytest.mark.parametrize("variable", ["MAILSIGHT_DATABASE", "MAILSIGHT_MACHINES"])
def test_the_home_folder_of_nobody_is_refused(variable: str) -> None:
    with pytest.raises(BadSetting, match="~nobody-here/x is in the home folder of somebody"):
        settings.from_environment({variable: "~nobody-here/x"})


def test_the_token_for_metrics_is_a_secret() -> None:
    values = settings.from_environment({"MAILSIGHT_METRICS_TOKEN": "0123456789abcdef+/="})
    assert values.metrics_token == "0123456789abcdef+/="
    assert "0123456789" not in repr(values)


@pytest.mark.parametrize(
    ("value", "admins"),
    [
        ("", ()),
        ("*", ("*",)),
        (" Ann@company.example, bob@company.example ,,", ("Ann@company.example", "bob@company.example")),
    ],
)
def test_admins_are_a_list_of_addresses(value: str, admins: tuple[str, ...]) -> None:
    assert settings.from_environment({"MAILSIGHT_ADMINS": value}).admins == admins


@pytest.mark.parametrize(
    ("variable", "instead"),
    [
        ("MAILSIGHT_VIEWERS", "MAILSIGHT_READERS, MAILSIGHT_MARKETERS or MAILSIGHT_ANALYSTS"),
        ("MAILSIGHT_UPLOADERS", "MAILSIGHT_ADMINS"),
    ],
)
def test_a_setting_of_older_versions_says_what_to_write_instead(variable: str, instead: str) -> None:
    with pytest.raises(BadSetting, match=rf"{variable} is no longer a setting\. .*{instead}"):
        settings.from_environment({variable: "@company.example"})


def test_webhook_secrets_are_not_part_of_the_settings() -> None:
    environment = {
        "MAILSIGHT_WEBHOOK_AMAZON_SES_BASIC_AUTH": "ann:secret",
        "MAILSIGHT_WEBHOOK_SENDGRID_BASIC_AUTH": "",
        "MAILSIGHT_WEBHOOK_LOAD_SECONDS": "30",
        "MAILSIGHT_DATABASE": "x",
    }
    assert settings.webhook_secrets(environment) == {"amazon_ses_basic_auth": "ann:secret"}
    assert "secret" not in repr(settings.from_environment(environment))


@pytest.mark.parametrize(
    ("variable", "hint"),
    [
        ("MAILSIGHT_DATABSE", "Did you mean MAILSIGHT_DATABASE?"),
        ("MAILSIGTH_DATABASE", "Did you mean MAILSIGHT_DATABASE?"),
        ("mailsight_database", "Did you mean MAILSIGHT_DATABASE?"),
        ("MAILSIGHT_HOST", "Did you mean MAILSIGHT_HOSTS?"),
        ("MAILSIGHT_PUBLICURL", "Did you mean MAILSIGHT_PUBLIC_URL?"),
        ("MAILSIGHT_WEBHOOK_LOAD_SECOND", "Did you mean MAILSIGHT_WEBHOOK_LOAD_SECONDS?"),
        ("MAILSIGHT_ADMIN", "Did you mean MAILSIGHT_ADMINS?"),
        ("MAILSIGHT_QQQ_XYZ_1234", "README.md lists the settings."),
        ("MIALSIGHT_ADMINS", "Did you mean MAILSIGHT_ADMINS?"),
        ("AMILSIGHT_READERS", "Did you mean MAILSIGHT_READERS?"),
        (" MAILSIGHT_ADMINS", "Did you mean MAILSIGHT_ADMINS?"),
        ("MAILSIGHT", "Did you mean"),
        ("MAILSIGT_WEBHOOK_SENDGRID_BASIC_AUTH", "Secrets of webhooks are named MAILSIGHT_WEBHOOK_"),
        ("MAILSIGHT_WEBHOOKS_SENDGRID_BASIC_AUTH", "Secrets of webhooks are named MAILSIGHT_WEBHOOK_"),
        ("mailsight_webhook_sendgrid_basic_auth", "Secrets of webhooks are named MAILSIGHT_WEBHOOK_"),
    ],
)
def test_a_misspelt_variable_is_named_with_the_right_one(variable: str, hint: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(f"{variable} is not a setting. {hint}".strip())):
        settings.from_environment({variable: "x"})


def test_other_variables_are_none_of_our_business() -> None:
    names = (
        "MAILTO",
        "MANPATH",
        "MAILGUN_API_KEY",
        "MAILSERVER_NAME",
        "INSIGHTS_KEY",
        "MAILSIGHT_KILLS",
        "PATH",
    )
    environment = dict.fromkeys(names, "x")
    assert settings.from_environment(environment) == settings.Settings()


def test_hosts_are_names_without_a_port() -> None:
    assert settings.from_environment({"MAILSIGHT_HOSTS": " A.example, [::5],"}).hosts == ("a.example", "::5")


def test_the_rules_for_machines_are_beside_the_database_wherever_a_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    given = {"MAILSIGHT_DATABASE": str(tmp_path / "mailsight.duckdb")}
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "machines.toml").touch()
    assert settings.from_environment(given).machines is None
    (tmp_path / "machines.toml").touch()
    assert settings.from_environment(given).machines == tmp_path / "machines.toml"
    assert (
        settings.from_environment(given | {"MAILSIGHT_MACHINES": "own.toml"}).machines
        == tmp_path / "own.toml"
    )
