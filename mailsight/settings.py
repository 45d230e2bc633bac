"""The settings. Only this module reads the environment."""

import difflib
import math
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

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
    loader: bool = True  # whether this server loads webhooks and runs imports
    public_url: str = ""  # the server's public address, if it is behind a proxy
    hosts: tuple[str, ...] = ()  # further names under which browsers and providers may address the server
    log_level: str = "info"
    log_format: str = "text"
    metrics_token: str = field(default="", repr=False)  # who sends it may read /metrics: see web/metrics.py
    webhook_load_seconds: float = 30.0
    webhook_body_seconds: float = 20.0
    webhook_max_megabytes: float = 10.0
    # Who has which role if people sign in: see web/access.py.
    readers: tuple[str, ...] = ()
    marketers: tuple[str, ...] = ()
    analysts: tuple[str, ...] = ()
    admins: tuple[str, ...] = ()
    without_sign_in: str = ""  # the role of people on other machines if nobody signs in
    session_hours: float = 12.0  # how long people stay signed in
    idle_minutes: float = 60.0  # how long people stay signed in without a click; 0: as long as the session
    machines: Path | None = None  # the file that configures the machine rules
    keep_audit_months: float = 24.0  # 0 keeps the audit for ever
    # After so many months, people are taken out of data: see privacy/retention.py. 0 keeps them.
    keep_events_months: float = 0.0
    keep_customers_months: float = 0.0
    keep_unmatched_months: float = 0.0
    ip_addresses: str = "full"  # how much of them is stored: full, truncated or none
    locale: str = "en-GB"  # of numbers and dates where no browser says its own


_SWITCH = ("on", "off")
LOG_LEVELS = ("debug", "info", "warning", "error")
LOG_FORMATS = ("text", "json")
MIN_TOKEN_LENGTH = 16
IP_ADDRESSES = ("full", "truncated", "none")
_PREFIX, _SECRETS_PREFIX = "MAILSIGHT_", "MAILSIGHT_WEBHOOK_"
_SETTINGS_HINT = "README.md lists the settings."
_SECRETS_HINT = f"Secrets of webhooks are named {_SECRETS_PREFIX}PROVIDER_SECRET."
_VARIABLES = frozenset(f"{_PREFIX}{field.name.upper()}" for field in fields(Settings))
# Beyond these, every webhook would be refused, or none would be loaded.
_RANGES = {
    f"{_SECRETS_PREFIX}LOAD_SECONDS": (0.0, 86_400.0),
    f"{_SECRETS_PREFIX}BODY_SECONDS": (1.0, 3_600.0),
    f"{_SECRETS_PREFIX}MAX_MEGABYTES": (0.1, 1_000.0),
}
_TEST_VARIABLES = frozenset({"MAILSIGHT_KILLS"})  # read by the tests only
# Settings of older versions, and what to write instead. None is translated silently: people decide who sees what.
_FORMER = {
    "MAILSIGHT_VIEWERS": "List these people in MAILSIGHT_READERS, MAILSIGHT_MARKETERS or MAILSIGHT_ANALYSTS instead, "
    "by what each may see (analysts see and export everything, as viewers did), and unset the variable.",
    "MAILSIGHT_UPLOADERS": "List these people in MAILSIGHT_ADMINS instead, and unset the variable.",
}


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings from the environment, with defaults for unset variables.

    Raises `BadSetting` for an invalid value and for a variable that looks like a setting but is none.
    """
    _check_names(environment)
    defaults = Settings()
    values = {field.name: environment.get(f"MAILSIGHT_{field.name.upper()}") for field in fields(Settings)}
    numbers = {
        name: _number(f"MAILSIGHT_{name.upper()}", value)
        for name, value in values.items()
        if value and name.endswith(("_seconds", "_megabytes", "_hours", "_minutes", "_months"))
    }
    database = database_file(Path(values["database"] or defaults.database))
    return Settings(
        database=database,
        loader=_choice("MAILSIGHT_LOADER", values["loader"] or "on", _SWITCH) == "on",
        public_url=_public_url(values["public_url"]),
        hosts=_hosts(values["hosts"]),
        log_level=_choice("MAILSIGHT_LOG_LEVEL", values["log_level"] or defaults.log_level, LOG_LEVELS),
        log_format=_choice("MAILSIGHT_LOG_FORMAT", values["log_format"] or defaults.log_format, LOG_FORMATS),
        metrics_token=_token("MAILSIGHT_METRICS_TOKEN", values["metrics_token"] or ""),
        readers=_list(values["readers"]),
        marketers=_list(values["marketers"]),
        analysts=_list(values["analysts"]),
        admins=_list(values["admins"]),
        without_sign_in=values["without_sign_in"] or "",
        ip_addresses=_choice(
            "MAILSIGHT_IP_ADDRESSES", values["ip_addresses"] or defaults.ip_addresses, IP_ADDRESSES
        ),
        machines=_machines(values["machines"], database),
        locale=locale(environment),
        **numbers,
    )


def database_file(path: Path) -> Path:
    """The absolute path of a database. Raises `BadSetting` for one without a name, beside which nothing can be."""
    file = _absolute(path)
    if not file.name or file.name == "..":
        raise BadSetting(f"The database is {path}, which is a folder.", next_step="Name a file in it.")
    return file


def locale(environment: Mapping[str, str] = os.environ) -> str:
    """The setting, else the system's locale, for numbers and dates. It may be the name of none, such as "C"."""
    names = map(environment.get, (f"{_PREFIX}LOCALE", "LC_ALL", "LANG"))
    return next(filter(None, names), "") or Settings().locale


def _check_names(environment: Mapping[str, str]) -> None:
    for variable in environment:
        if variable in _VARIABLES or variable in _TEST_VARIABLES or not _is_near_prefix(variable):
            continue
        if variable in _FORMER:
            raise BadSetting(f"{variable} is no longer a setting.", next_step=_FORMER[variable])
        is_secret = "_WEBHOOK" in variable.upper()
        cutoff = 0.85 if is_secret else 0.6
        near = difflib.get_close_matches(variable.strip().upper(), _VARIABLES, n=1, cutoff=cutoff)
        # web/webhooks.py checks the names of secrets that have our prefix.
        if near or not variable.startswith(_SECRETS_PREFIX):
            hint = f"Did you mean {near[0]}?" if near else _SECRETS_HINT if is_secret else _SETTINGS_HINT
            raise BadSetting(
                f"{variable} is not a setting.", next_step=f"{hint} Rename or unset the variable."
            )


@lru_cache(maxsize=1_000)
def _is_near_prefix(variable: str) -> bool:
    """Whether a name starts like our variables, misspelt or not: `MIALSIGHT_ADMINS`, `mailsight_admins`."""
    start = variable.strip().upper()[: len(_PREFIX)]
    return difflib.SequenceMatcher(None, _PREFIX, start).ratio() >= 0.8


def _public_url(given: str | None) -> str:
    url = (given or "").rstrip("/")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        is_valid = (
            parts.scheme in ("http", "https")
            and re.fullmatch(r"[\w.-]+|[\da-f:.]+", parts.hostname or "")
            and (parts.port or 1) > 0
            and not (parts.username or parts.query or parts.fragment)
        )
    except ValueError:
        is_valid = False
    if not is_valid:
        raise BadSetting(
            f"MAILSIGHT_PUBLIC_URL is {url!r}; it must start with https:// or http://, followed by the host, "
            "and contain no password, query or fragment."
        )
    return url


def _choice(variable: str, value: str, choices: Sequence[str]) -> str:
    if value.lower() not in choices:
        raise BadSetting(f"{variable} is {value!r}; it must be one of {', '.join(choices)}.")
    return value.lower()


def _token(variable: str, value: str) -> str:
    # As RFC 6750 writes bearer tokens.
    if value and not re.fullmatch(rf"[\w.~+/=-]{{{MIN_TOKEN_LENGTH},}}", value, re.ASCII):
        raise BadSetting(
            f"{variable} must be {MIN_TOKEN_LENGTH} or more letters, digits and characters of -._~+/=.",
            next_step="Use a random text, such as the output of `openssl rand -hex 32`.",
        )
    return value


def _list(value: str | None) -> tuple[str, ...]:
    return tuple(entry.strip() for entry in (value or "").split(",") if entry.strip())


def _hosts(given: str | None) -> tuple[str, ...]:
    hosts = _list((given or "").lower())
    for host in hosts:
        if not re.fullmatch(r"[\w.-]+|\[?[\da-f:.]+\]?", host, re.ASCII):
            raise BadSetting(
                f"MAILSIGHT_HOSTS contains {host!r}; it must list host names, without a scheme or port."
            )
    return tuple(host.strip("[]") for host in hosts)


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise BadSetting(f"{path} is in the home folder of somebody who has none here.") from error


def _machines(given: str | None, database: Path) -> Path | None:
    if given:
        return _absolute(Path(given))
    usual = usual_machines(database)
    return usual if usual.exists() else None


def usual_machines(database: Path) -> Path:
    """Where the rules for machines are unless a setting names the file, in whatever folder a command runs."""
    return database.with_name("machines.toml")


def webhook_secrets(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The values of MAILSIGHT_WEBHOOK_<PROVIDER>_<SECRET>, by `<provider>_<secret>` in lower case."""
    return {
        variable.removeprefix(_SECRETS_PREFIX).lower(): value
        for variable, value in environment.items()
        if variable.startswith(_SECRETS_PREFIX) and variable not in _VARIABLES and value
    }


def _number(variable: str, value: str) -> float:
    unit = variable.rpartition("_")[2].lower()
    try:
        number = float(value)
    except ValueError as error:
        raise BadSetting(f"{variable} is {value!r}, not a number of {unit}.") from error
    if not (number >= 0 and math.isfinite(number)):
        raise BadSetting(f"{variable} is {value!r}, not a number of {unit}.")
    low, high = _RANGES.get(variable, (0.0, math.inf))
    if not low <= number <= high:
        raise BadSetting(f"{variable} is {value!r}; it must be from {low:g} to {high:,g} {unit}.")
    return number
