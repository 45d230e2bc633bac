"""Copies of the state for backups, and which copy may replace which."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from mailsight.errors import StateUnreadable
from mailsight.warehouse.files import PRIVATE_FILE

from .store import VERSION, WAIT_SECONDS, Store

_INSTALLATION = "installation"


def copy(state: Path, target: Path) -> None:
    """Copies the state as it is at one moment, while others write to it. Raises `StateUnreadable` and OSError."""
    Store(state).key(_INSTALLATION)
    target.touch(PRIVATE_FILE)
    with _connection(state) as source, _connection(target) as copied:
        source.backup(copied)


def problem(state: Path) -> str | None:
    """What is wrong with a state file, in a sentence; None if it can be read completely by this version."""
    try:
        with _connection(state) as connection:
            [(answer,)] = connection.execute("pragma integrity_check(1)").fetchall()
            [(version,)] = connection.execute("pragma user_version").fetchall()
    except StateUnreadable as error:
        return error.message
    if answer != "ok":
        return f"{state.name} is damaged: {answer}."
    if version > VERSION:
        return f"{state.name} was written by a newer version of Mailsight."
    return None


def is_same_installation(state: Path, other: Path) -> bool:
    """Whether both are the state of one installation at different times."""
    keys = [Store(file).row("secret_key", name=_INSTALLATION) for file in (state, other)]
    return keys[0] is not None and keys[0] == keys[1]


@contextmanager
def _connection(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(file, timeout=WAIT_SECONDS)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StateUnreadable(f"{file.name} can't be read or written ({error}).") from error
