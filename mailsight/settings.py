"""The settings, read once from the environment; nothing else reads it."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the database lies and how long another load is waited for."""

    database: Path = PROJECT / "data" / "mailsight.duckdb"
    load_wait_seconds: float = 600.0


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from MAILSIGHT_DATABASE and MAILSIGHT_LOAD_WAIT_SECONDS; what is not set keeps its default."""
    defaults = Settings()
    return Settings(
        database=Path(environment.get("MAILSIGHT_DATABASE") or defaults.database).expanduser().absolute(),
        load_wait_seconds=float(environment.get("MAILSIGHT_LOAD_WAIT_SECONDS") or defaults.load_wait_seconds),
    )
