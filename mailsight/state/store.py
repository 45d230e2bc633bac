"""The dashboard's own state: what people and operators do, in one small SQLite file beside the database.

DuckDB files hold what was loaded, and each load replaces them. What must outlive loads, and what several processes
write at once, is here: the audit, links to shared reports, API tokens, keyed hashes of erased people, ended sign-ins,
and how columns were mapped.

Connections are opened for each piece of work, so the store is safe to use from any thread and process.
"""

import hashlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from mailsight.errors import StateUnreadable
from mailsight.warehouse.files import PRIVATE_FILE, make_private
from mailsight.warehouse.queries import statement

# The newest statement in queries/state/migrations.sql.
VERSION = 2
# How long links and tokens that have ended are kept, so that the audit's ids can be looked up.
KEPT_SECONDS = 90 * 86_400
# How long to wait for other processes. They write for milliseconds, but may have to wait for a processor.
WAIT_SECONDS = 30.0
# The threads of this process queue for it. SQLite has them all try again and again, and those that are unlucky give up.
_writing = threading.RLock()
_KEY_BYTES = 32


def beside(database: Path) -> Path:
    """Where the state of a database is: `mailsight.state.sqlite` beside `mailsight.duckdb`."""
    return database.with_name(f"{database.stem}.state.sqlite")


def digest(secret: str) -> bytes:
    """What is stored in place of a token or a sign-in: whoever reads the state can't use it."""
    return hashlib.sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Store:
    """The state in `file`, which is created when something is first written.

    All methods raise `StateUnreadable` if the file can't be read or written.
    """

    file: Path

    @classmethod
    def of(cls, database: Path) -> Self:
        """The state of a database."""
        return cls(beside(database))

    def rows(
        self, name: str, conditions: Sequence[str] = (), /, **parameters: object
    ) -> list[dict[str, Any]]:
        """The rows of a named query, with SQL from the package for `{conditions}`; none if nothing was ever written."""
        if not self.file.exists():
            return []
        text = statement(name).replace("{conditions}", " and ".join(conditions) or "true")
        with self._connection() as connection:
            return [dict(row) for row in connection.execute(text, parameters)]

    def row(
        self, name: str, conditions: Sequence[str] = (), /, **parameters: object
    ) -> dict[str, Any] | None:
        """The first row of a named query; None if there is none."""
        return next(iter(self.rows(name, conditions, **parameters)), None)

    def run(self, name: str, /, **parameters: object) -> int:
        """Runs a named statement, durably. Returns the number of rows it changed."""
        with self.transaction() as connection:
            return connection.execute(statement(name), parameters).rowcount

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A transaction for several statements: all of them are stored, or none. No other process writes meanwhile."""
        with _writing, self._connection() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def key(self, name: str) -> bytes:
        """The random key of that name, the same in all processes for as long as the state is kept."""
        known = self.row("secret_key", name=name)
        if known is None:
            self.run("create_secret_key", name=name, key=secrets.token_bytes(_KEY_BYTES))
            known = self.row("secret_key", name=name)
        if known is None:
            raise StateUnreadable(f"{self.file} did not keep a new key.")
        return bytes(known["key"])

    def has_key(self, name: str) -> bool:
        """Whether the key of that name was ever needed."""
        return self.row("secret_key", name=name) is not None

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(self._open()) as connection:
                yield connection
        except (sqlite3.Error, OSError) as error:
            raise StateUnreadable(f"{self.file} can't be read or written ({error}).") from error

    def _open(self) -> sqlite3.Connection:
        if not self.file.exists():
            self.file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.file, os.O_CREAT | os.O_RDWR, PRIVATE_FILE))
        make_private(self.file)
        connection = sqlite3.connect(self.file, timeout=WAIT_SECONDS, isolation_level=None)
        try:
            connection.row_factory = sqlite3.Row
            # What is deleted leaves no bytes in the file or beside it.
            connection.execute("pragma secure_delete = on")
            connection.execute("pragma journal_mode = truncate")
            self._upgrade(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _upgrade(self, connection: sqlite3.Connection) -> None:
        if _version(connection) > VERSION:
            raise StateUnreadable(
                f"{self.file} was written by a newer version of Mailsight.", next_step="Update Mailsight."
            )
        if _version(connection) == VERSION:
            return
        connection.execute("begin immediate")
        try:
            # Another process may have upgraded it meanwhile.
            for newer in range(_version(connection) + 1, VERSION + 1):
                for text in _statements(statement(f"upgrade_state_to_{newer}")):
                    connection.execute(text)
                connection.execute(f"pragma user_version = {newer}")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one by one: `executescript` would commit after each."""
    part = ""
    for line in script.splitlines():
        part += f"{line}\n"
        if sqlite3.complete_statement(part):
            yield part
            part = ""
