"""The settings. Only this module reads the environment."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from .errors import BadSetting

PACKAGE = Path(__file__).resolve().parent
# A wheel includes the files that are next to the package in the repository (listed in pyproject.toml).
_INSTALLED = (PACKAGE / "project").is_dir()
# The folder of app.py, pages/, queries/ and docs/metrics.md.
PROJECT = PACKAGE / "project" if _INSTALLED else PACKAGE.parent
# The default folder of the database. An installed copy uses the current folder's `data`.
DATA = Path("data") if _INSTALLED else PROJECT / "data"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. Each is read from the environment variable of the same name: `database` from MAILSIGHT_DATABASE."""

    database: Path = DATA / "mailsight.duckdb"
    load_wait_seconds: float = 600.0  # how long to wait for another load
    public_url: str = ""  # the server's public address, if it is behind a proxy
    webhook_load_seconds: float = 30.0
    webhook_body_seconds: float = 20.0
    webhook_max_megabytes: float = 10.0
    viewers: tuple[str, ...] = ()  # who may enter if people sign in: see web/access.py
    uploaders: tuple[str, ...] = ()  # who may upload; "*" allows everyone who may enter
    session_hours: float = 12.0  # how long people stay signed in
    machines: Path | None = None  # the file that configures the machine rules


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings from the environment, with defaults for unset variables. Raises `BadSetting`."""
    defaults = Settings()
    values = {field.name: environment.get(f"MAILSIGHT_{field.name.upper()}") for field in fields(Settings)}
    numbers = {
        name: _number(f"MAILSIGHT_{name.upper()}", value)
        for name, value in values.items()
        if value and name.endswith(("_seconds", "_megabytes", "_hours"))
    }
    public_url = (values["public_url"] or "").rstrip("/")
    if public_url and not public_url.startswith(("https://", "http://")):
        raise BadSetting(f"MAILSIGHT_PUBLIC_URL is {public_url!r}; it must start with https:// or http://.")
    database = Path(values["database"] or defaults.database).expanduser().absolute()
    return Settings(
        database=database,
        public_url=public_url,
        viewers=_list(values["viewers"]),
        uploaders=_list(values["uploaders"]),
        machines=_machines(values["machines"]),
        **numbers,
    )


def _list(value: str | None) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in (value or "").split(",") if entry.strip())


def _machines(given: str | None) -> Path | None:
    usual = (DATA / "machines.toml").absolute()
    if given:
        return Path(given).expanduser().absolute()
    return usual if usual.exists() else None


def webhook_secrets(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The values of MAILSIGHT_WEBHOOK_<PROVIDER>_<SECRET>, by `<provider>_<secret>` in lower case."""
    prefix, others = "MAILSIGHT_WEBHOOK_", {f"MAILSIGHT_{field.name.upper()}" for field in fields(Settings)}
    return {
        variable.removeprefix(prefix).lower(): value
        for variable, value in environment.items()
        if variable.startswith(prefix) and variable not in others and value
    }


def _number(variable: str, value: str) -> float:
    unit = variable.rpartition("_")[2].lower()
    try:
        number = float(value)
    except ValueError as error:
        raise BadSetting(f"{variable} is {value!r}, not a number of {unit}.") from error
    if not (number >= 0 and math.isfinite(number)):
        raise BadSetting(f"{variable} is {value!r}, not a number of {unit}.")
    return number
