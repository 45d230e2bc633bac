"""The settings, read once from the environment; nothing else reads it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import BadSetting

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the database lies, how long another load is waited for, and who may upload: addresses, or "*" for all."""

    database: Path = PROJECT / "data" / "mailsight.duckdb"
    load_wait_seconds: float = 600.0
    uploaders: tuple[str, ...] = ()


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the variables MAILSIGHT_...; what is not set keeps its default.

    Raises `BadSetting`.
    """
    defaults = Settings()
    wait_seconds = environment.get("MAILSIGHT_LOAD_WAIT_SECONDS") or defaults.load_wait_seconds
    try:
        load_wait_seconds = float(wait_seconds)
    except ValueError as error:
        raise BadSetting(
            f"MAILSIGHT_LOAD_WAIT_SECONDS is {wait_seconds!r}, not a number of seconds."
        ) from error
    database = Path(environment.get("MAILSIGHT_DATABASE") or defaults.database).expanduser().absolute()
    uploaders = environment.get("MAILSIGHT_UPLOADERS", "").lower().split(",")
    return Settings(database, load_wait_seconds, tuple(name.strip() for name in uploaders if name.strip()))
