"""Reading MySQL and MariaDB: one consistent snapshot, read only, one page of rows after the other.

Pages follow the primary key (`where key > last order by key limit n`) instead of streaming one long result: a server
drops a connection whose client takes minutes to ask for the next rows, and one result would block all other queries.
Columns and tables that a version of the source doesn't have read as empty, so statements are built here from the names
in each source.
"""

import contextlib
import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from mailsight.errors import ImportFailed
from mailsight.importing.registry import library
from mailsight.importing.sources import Item, Position, Request, Row, Rows

from . import changes, mysql_connection

Record = dict[str, Any]

MAX_HOLES = 1_000


@contextlib.contextmanager
def opened(request: Request, table: str, *, program: str = "") -> Iterator["Database"]:
    """The database at the request's address, as it is now. `table`: one of its tables, which shows the prefix.

    `program`: whose database it has to be, with the version.

    Raises `ImportFailed` if it can't be reached, is not such a database, or the connection breaks.
    """
    pymysql = library("pymysql")
    address, parameters = mysql_connection.address(request.where)
    zone = mysql_connection.zone(request.options.get("timezone") or "UTC")
    name = f"{address.hostname or 'localhost'}/{address.path.strip('/')}"
    try:
        connection = mysql_connection.connect(address, parameters, zone)
    except (pymysql.MySQLError, OSError, RuntimeError, ValueError) as error:
        raise ImportFailed(
            f"The database {name} can't be opened: {mysql_connection.reason(error)}."
        ) from error
    try:
        with connection.cursor() as cursor:
            for statement in mysql_connection.SESSION:
                cursor.execute(statement)
        yield Database(connection, name, table, program, {**parameters, **request.options})
    except (pymysql.MySQLError, OSError) as error:
        raise ImportFailed(
            f"The database {name} can't be read any further: {mysql_connection.reason(error)}."
        ) from error
    finally:
        with contextlib.suppress(Exception):
            connection.close()


class Database:
    """An open database. Tables are named without their prefix, and `{table}` stands for a table's full name in SQL."""

    def __init__(
        self,
        connection: Any,
        name: str,
        table: str,
        program: str,
        options: Mapping[str, str],
    ) -> None:
        self._connection = connection
        self._columns: dict[str, list[str]] = {}
        self._fingerprints: dict[tuple[object, ...], dict[Any, str]] = {}
        for row in self._run(
            "select table_name as t, column_name as c from information_schema.columns "
            "where table_schema = database() order by ordinal_position",
            (),
        ):
            self._columns.setdefault(row["t"], []).append(row["c"])
        self.name = name
        self.prefix = options["prefix"] if "prefix" in options else self._detected(table, program)
        if self.prefix + table not in self._columns:
            raise ImportFailed(
                f"The database {name} has no table {self.prefix + table}.", next_step=_to_check(program)
            )
        self.options = options
        #: Full names of tables that don't begin with the prefix.
        self.full_names: dict[str, str] = {}
        #: The columns of tables that say when a row was added, and never change.
        self.times: Mapping[str, str] = {}

    def columns(self, table: str) -> list[str]:
        """The table's columns, none if there is no such table."""
        return self._columns.get(self._full_name(table), [])

    def current(self, request: Request) -> Request:
        """The request, without its positions if the database is new or was restored.

        In such a database, the newest id of a table is lower than before, or the last row that was read has changed or
        is gone.
        """
        for table, value in request.positions.items():
            mark = Mark.of(value)
            if mark and self.columns(table) and not self._is_continued(table, mark):
                return replace(request, positions={})
        return request

    def _is_continued(self, table: str, mark: "Mark") -> bool:
        """Whether the last row that was read is still the same, as far as its table tells."""
        if self._newest(table) < mark.last:
            return False
        return mark.at is None or self._added_at(table, mark.last) == mark.at

    def _added_at(self, table: str, number: int) -> str | None:
        """When a row was added; None if it is gone."""
        time = self.times[table]
        rows = self.rows(table, [time], where="t.id = %s", parameters=[number])
        return str(rows[0][time]) if rows else None

    def _newest(self, table: str) -> int:
        """The highest id that a table has ever had. The server knows it even if the row was deleted."""
        [row] = self.rows(table, [], joined={"newest": "max(t.id)"})
        [known] = self._run(
            "select max(auto_increment) as next from information_schema.tables "
            "where table_schema = database() and table_name = %s",
            (self._full_name(table),),
        )
        return max(row["newest"] or 0, (known["next"] or 1) - 1)

    def tables(self, start: str) -> list[str]:
        """The tables whose names begin with `start`."""
        begin = self.prefix + start
        return sorted(name[len(self.prefix) :] for name in self._columns if name.startswith(begin))

    def pages(
        self,
        table: str,
        columns: Iterable[str],
        *,
        key: Sequence[str] = ("id",),
        joins: str = "",
        joined: Mapping[str, str] | None = None,
        where: str = "true",
        parameters: Sequence[object] = (),
        size: int,
    ) -> Iterator[list[Record]]:
        """The rows of a table in the order of its key, at most `size` at a time. In SQL, the table is called `t`.

        `joined`: more columns, as SQL expressions. The key's columns must be among the columns, and whole numbers.
        """
        if not self.columns(table):
            return
        selected = self._selected(table, columns, joined or {})
        order = ", ".join(f"t.{_quoted(column)}" for column in key)
        last: list[object] | None = None
        while True:
            after, values = _after(key, last)
            rows = self._run(
                f"select {selected} from {self._sql(f'{{{table}}} as t {joins}')} "
                f"where ({self._sql(where)}) and {after} order by {order} limit {size:d}",
                [*parameters, *values],
            )
            if rows:
                yield rows
            if len(rows) < size:
                return
            last = [rows[-1][column] for column in key]

    def rows(
        self,
        table: str,
        columns: Iterable[str],
        *,
        joins: str = "",
        joined: Mapping[str, str] | None = None,
        where: str = "true",
        rest: str = "",
        parameters: Sequence[object] = (),
    ) -> list[Record]:
        """All rows of a small table, or those with a few keys. `rest`: what follows the conditions."""
        if not self.columns(table):
            return []
        selected = self._selected(table, columns, joined or {})
        return self._run(
            f"select {selected} from {self._sql(f'{{{table}}} as t {joins}')} "
            f"where {self._sql(where)} {rest}",
            parameters,
        )

    def chosen(
        self, table: str, columns: Sequence[str], by: str, values: Iterable[object], **more: Any
    ) -> list[Record]:
        """The rows whose column `by` has one of a page's values."""
        wanted = [value for value in dict.fromkeys(values) if value is not None]
        rows: list[Record] = []
        for start in range(0, len(wanted), 1_000):
            part = wanted[start : start + 1_000]
            condition = f"t.{_quoted(by)} in ({', '.join(['%s'] * len(part))})"
            rows += self.rows(table, columns, where=condition, parameters=part, **more)
        return rows

    def fingerprints(
        self, table: str, columns: Sequence[str], by: str | None = None, *, block: int = 1
    ) -> dict[Any, str]:
        """A checksum of the rows for each value of a column: it changes if any value of the columns does.

        `block`: how many values of the column, a whole number, share a checksum.
        """
        known = [column for column in columns if column in self.columns(table)]
        if not known:
            return {}
        asked = (table, *known, by, block)
        if asked in self._fingerprints:
            return self._fingerprints[asked]
        values = ", ".join(f"coalesce(crc32(t.{_quoted(column)}), 0)" for column in known)
        # Without MD5, two rows that change in the same way would cancel each other out, as CRC-32 is linear.
        value = f"t.{_quoted(by)}" + (f" div {block:d}" if block > 1 else "") if by else "0"
        rows = self._run(
            f"select {value} as g, count(*) as n, sum(crc32(md5(concat_ws(',', {values})))) as x "
            f"from {self._sql(f'{{{table}}} as t')} {f'group by {value}' if by else ''}",
            (),
        )
        self._fingerprints[asked] = {row["g"]: f"{row['n']}:{row['x']}" for row in rows if row["n"]}
        return self._fingerprints[asked]

    def changed_blocks(
        self, table: str, columns: Sequence[str], positions: Mapping[str, str]
    ) -> Iterator[tuple[str, list[Position]]]:
        """Which rows changed or are new, for tables that don't say when: a condition, and the positions that follow."""
        checksums = self.fingerprints(table, columns, "id", block=changes.IDS)
        for first, last, following in changes.changed(table, checksums, positions):
            yield f"t.id between {first:d} and {last:d}", following

    def _selected(self, table: str, columns: Iterable[str], joined: Mapping[str, str]) -> str:
        known = set(self.columns(table))
        parts = [
            f"t.{_quoted(column)}" if column in known else f"null as {_quoted(column)}" for column in columns
        ]
        return ", ".join(parts + [f"{self._sql(sql)} as {_quoted(column)}" for column, sql in joined.items()])

    def _full_name(self, table: str) -> str:
        return self.full_names.get(table, self.prefix + table)

    def _sql(self, text: str) -> str:
        """`{table}` becomes the table's quoted name."""
        parts = text.split("{")
        for index, part in enumerate(parts[1:], start=1):
            table, closing, rest = part.partition("}")
            if closing:
                parts[index] = _quoted(self._full_name(table)) + rest
        return "".join(parts)

    def _run(self, sql: str, parameters: Sequence[object]) -> list[Record]:
        with self._connection.cursor() as cursor:
            cursor.execute(sql, tuple(parameters))
            return list(cursor.fetchall())

    def _detected(self, table: str, program: str) -> str:
        prefixes = sorted(name.removesuffix(table) for name in self._columns if name.endswith(table))
        plain = [prefix for prefix in prefixes if not prefix or prefix.endswith("_")] or prefixes
        match plain:
            case [prefix]:
                return prefix
            case []:
                raise ImportFailed(
                    f"The database {self.name} has no table whose name ends in {table}.",
                    next_step=_to_check(program),
                )
            case _:
                raise ImportFailed(
                    f"The database {self.name} has several tables whose names end in {table}.",
                    next_step=f"Add the prefix to the address: ?prefix={plain[0]}, or {plain[1]}.",
                )


def _to_check(program: str) -> str:
    text = "Check the database's name at the end of the address."
    return f"{text} It must be a database of {program}." if program else text


def _after(key: Sequence[str], last: Sequence[object] | None) -> tuple[str, list[object]]:
    """The condition for rows after the last one, in a form for which MySQL uses the index."""
    if last is None:
        return "true", []
    condition, values = f"t.{_quoted(key[-1])} > %s", [last[-1]]
    for column, value in zip(reversed(key[:-1]), reversed(last[:-1]), strict=True):
        name = f"t.{_quoted(column)}"
        condition = f"({name} >= %s and ({name} > %s or {condition}))"
        values = [value, value, *values]
    return condition, values


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``').replace('%', '%%')}`"


@dataclass
class Mark:
    """How far a table with an `id` was read, as the value of a position.

    A transaction may commit a lower id than one that was read already, so the mark also keeps the ids that were missing
    among the last thousand, and they are asked for again. `at`: when the last row was added. If the database was
    restored, the row with its id may be another one, and this tells them apart.
    """

    value: str | None
    last: int = 0
    at: str | None = None
    _holes: deque[int] = field(default_factory=lambda: deque(maxlen=MAX_HOLES))

    def __post_init__(self) -> None:
        if self.value:
            stored = json.loads(self.value)
            self.last, self.at = stored["id"], stored.get("at")
            self._holes.extend(stored["holes"])
        self._start, self._known_holes = self.last, frozenset(self._holes)

    @classmethod
    def of(cls, value: str) -> "Mark | None":
        """The mark that a position holds; None if it holds a checksum."""
        return cls(value) if value.startswith("{") else None

    @property
    def is_first(self) -> bool:
        return self.value is None

    @property
    def condition(self) -> str:
        holes = f" or t.id in ({', '.join(map(str, sorted(self._known_holes)))})" if self._known_holes else ""
        return f"(t.id > {self._start:d}{holes})"

    def is_new(self, number: int) -> bool:
        """Whether a row has not been read by an earlier import."""
        return number > self._start or number in self._known_holes

    def saw(self, number: int, at: object = None) -> None:
        """Notes a row that was read, and when it was added."""
        if number > self.last:
            self._holes.extend(range(max(self.last + 1, number - MAX_HOLES), number))
            self.last, self.at = number, None if at is None else str(at)
        elif number in self._known_holes and number in self._holes:
            self._holes.remove(number)

    @property
    def position(self) -> str:
        return json.dumps(
            {
                "id": self.last,
                "at": self.at,
                "holes": [hole for hole in self._holes if hole > self.last - MAX_HOLES],
            }
        )


def in_steps(request: Request, steps: Sequence[tuple[str, Callable[[], Iterator[Item]]]]) -> Iterator[Item]:
    """What each step yields, in order, after its name has been reported."""
    for number, (step, items) in enumerate(steps):
        request.report(number / len(steps), step)
        yield from items()


def new_events(
    database: Database,
    request: Request,
    table: str,
    columns: Iterable[str],
    as_event: Callable[[Record], Row | None],
    *,
    joins: str = "",
    joined: Mapping[str, str] | None = None,
    where: str = "true",
    size: int,
) -> Iterator[Item]:
    """The rows of a table with an `id` that no earlier import has read, as events, and how far the table was read.

    A row for which `as_event` returns None is left out. The other parameters are those of `Database.pages`.
    """
    mark = Mark(request.positions.get(table))
    for page in database.pages(
        table, columns, joins=joins, joined=joined, where=f"{mark.condition} and {where}", size=size
    ):
        for row in page:
            mark.saw(row["id"], row.get(database.times.get(table, "")))
        yield Rows("events", table, [event for event in map(as_event, page) if event])
    yield Position(table, mark.position)
