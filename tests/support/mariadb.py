"""A real MariaDB with one database per test. Without an installed server, the tests are skipped."""

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pymysql
import pytest

from mailsight.importing.sources import Item, Mail, Position, Request, Row, Rows, Source, Unusable
from tooling import mariadb as tool

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a running server, empty at first."""

    name: str
    server: tool.Server
    connection: "pymysql.connections.Connection[Any]"

    def address(self, **parameters: str) -> str:
        return self.server.address(self.name, **parameters)

    def run(self, statements: str) -> None:
        with self.connection.cursor() as cursor:
            cursor.execute(statements)
            while cursor.nextset():
                pass

    def insert(self, table: str, *rows: Mapping[str, object]) -> None:
        with self.connection.cursor() as cursor:
            for row in rows:
                names = ", ".join(f"`{name}`" for name in row)
                marks = ", ".join(["%s"] * len(row))
                cursor.execute(f"insert into `{table}` ({names}) values ({marks})", tuple(row.values()))


@dataclass(frozen=True, slots=True)
class Import:
    """What a source yielded."""

    items: Sequence[Item]

    def rows(self, kind: str) -> list[Row]:
        return [
            row for item in self.items if isinstance(item, Rows) and item.kind == kind for row in item.rows
        ]

    @property
    def mails(self) -> dict[str, str | bytes]:
        return {item.name: item.text for item in self.items if isinstance(item, Mail)}

    @property
    def positions(self) -> dict[str, str]:
        return {item.name: item.value for item in self.items if isinstance(item, Position)}

    @property
    def unusable(self) -> list[Unusable]:
        return [item for item in self.items if isinstance(item, Unusable)]


def imported(
    source: Source, where: str, positions: Mapping[str, str] | None = None, **options: str
) -> Import:
    known = positions or {}
    return Import(list(source.read(Request(where, known, options=options, earlier=known))))


@contextlib.contextmanager
def cut_after(port: int, limit_bytes: int) -> Iterator[int]:
    """A door to the server that closes after so many bytes of answers. Yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_pass_on, args=(listener, port, limit_bytes), daemon=True).start()
        yield listener.getsockname()[1]


def _pass_on(listener: socket.socket, port: int, limit_bytes: int) -> None:
    with contextlib.suppress(OSError):
        client, _ = listener.accept()
        with client, socket.create_connection(("127.0.0.1", port)) as server:

            def ask() -> None:
                with contextlib.suppress(OSError):
                    while data := client.recv(65_536):
                        server.sendall(data)

            threading.Thread(target=ask, daemon=True).start()
            while limit_bytes > 0 and (data := server.recv(4_096)):
                client.sendall(data[:limit_bytes])
                limit_bytes -= len(data)
            client.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[tool.Server]:
    if tool.find() is None:
        pytest.skip("MariaDB is not installed: python -m tooling.mariadb")
    with tool.running() as server:
        yield server


@pytest.fixture
def mariadb(mariadb_server: tool.Server) -> Iterator[Database]:
    name = f"test_{next(_NUMBERS)}"
    connection = mariadb_server.connect()
    with connection.cursor() as cursor:
        cursor.execute(f"create database {name} character set utf8mb4")
    connection.select_db(name)
    yield Database(name, mariadb_server, connection)
    with connection.cursor() as cursor:
        cursor.execute(f"drop database {name}")
    connection.close()
