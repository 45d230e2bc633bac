"""A real PostgreSQL with one database per test. Without an installed server, the tests are skipped."""

import itertools
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from tooling import postgresql as tool

_NUMBERS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a running server, empty at first."""

    address: str
    connection: "psycopg.Connection[Any]"

    def run(self, statements: str, *values: object) -> list[tuple[Any, ...]]:
        cursor = self.connection.execute(statements.encode(), values or None)
        return cursor.fetchall() if cursor.description else []

    def insert(self, table: str, *rows: Mapping[str, object]) -> None:
        with self.connection.cursor() as cursor:
            for row in rows:
                names = sql.SQL(", ").join(map(sql.Identifier, row))
                marks = sql.SQL(", ").join([sql.Placeholder()] * len(row))
                statement = sql.SQL("insert into {} ({}) values ({})").format(
                    sql.Identifier(table), names, marks
                )
                cursor.execute(statement, [_value(value) for value in row.values()])


def _value(value: object) -> object:
    return Jsonb(value) if isinstance(value, dict) else value


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[tool.Server]:
    if tool.find() is None:
        pytest.skip("PostgreSQL is not installed: python -m tooling.postgresql")
    with tool.running() as server:
        yield server


@pytest.fixture
def postgresql(postgresql_server: tool.Server) -> Iterator[Database]:
    name = f"test_{next(_NUMBERS)}"
    with closing(psycopg.connect(postgresql_server.address(), autocommit=True)) as server:
        server.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        address = postgresql_server.address(name)
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            yield Database(address, connection)
        server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
