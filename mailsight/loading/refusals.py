"""The rejected rows of a load, which wait on disk until they are stored: a file of garbage has millions of them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import pyarrow as pa

from mailsight.warehouse.draft import Draft

from . import arrivals
from .json_files import as_text

# A summary lists this many, with the start of each row; the database has all of them.
MAX_LISTED, MAX_LISTED_LENGTH = 1_000, 5_000
# What is stored of a file that is rejected as a whole.
MAX_FILE_BYTES = 2**20
_BATCH_ROWS = 10_000
_BATCH_CHARACTERS = 2**23
# DuckDB holds several copies of the rows that it merges.
_PART_BYTES = 2**26
# The file is read once for so many of its rejected rows.
_PARQUET_ROWS = 1_000_000
_REFUSED = pa.schema(
    [
        ("place", pa.int64()),
        ("kind", pa.string()),
        ("file", pa.string()),
        ("line", pa.int64()),
        ("reason", pa.string()),
        ("row", pa.string()),
    ]
)
_REASONS = pa.schema([("ordinal", pa.int64()), ("reason", pa.string())])
_STAGED = pa.schema([("file", pa.string()), ("name", pa.string()), ("place", pa.int64())])
_LINES = pa.schema([("ordinal", pa.int64()), ("line", pa.int64())])


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rejected row: its file and line, the reason, and the row itself.

    Without a line, it is something derived that could not be processed; the rows it comes from were loaded.
    """

    kind: str
    file: str
    line: int | None
    reason: str
    row: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A file that looks like data and was not read, with the reason and what to do, as a sentence."""

    name: str
    reason: str

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}"


Refuse = Callable[[Refusal], None]


def of_file(kind: str, name: str, path: Path, reason: str) -> Refusal:
    """The refusal of a whole file, with the beginning of its content."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError:
        content = b""
    if len(content) > MAX_FILE_BYTES:
        reason = f"{reason} Only its first {MAX_FILE_BYTES // 2**20} MB are stored here."
    text = content[:MAX_FILE_BYTES].decode("utf-8", "surrogateescape")
    return Refusal(kind, name, 1, reason, as_text(text))


class Refusals:
    """Collects the rejected rows of a load in a temporary table."""

    def __init__(self, work: Draft, files: Sequence[str] = ()) -> None:
        """`files` are the names of the load's files in the order in which their rows are listed."""
        work.run("create_refusals")
        self._work = work
        self._places = {name: place for place, name in enumerate(files)}
        self._waiting: list[Refusal] = []
        self._characters = 0
        self.total = 0
        self._arrivals = arrivals.of(work)

    def add(self, refusal: Refusal) -> None:
        self.total += 1
        self._waiting.append(refusal)
        self._characters += len(refusal.row)
        if len(self._waiting) >= _BATCH_ROWS or self._characters >= _BATCH_CHARACTERS:
            self.flush()

    def pass_over(self, files: Iterable[PassedOver]) -> None:
        """Stores files that were not read beside the rejected rows. They don't count as such."""
        self._waiting += [Refusal("files", file.name, None, file.reason, "") for file in files]

    def flush(self) -> None:
        """Moves what was added last from memory to the table."""
        if not self._waiting:
            return
        rows = [
            (self.place(each.file), each.kind, each.file, each.line, each.reason, each.row)
            for each in self._waiting
        ]
        with self._work.table("more_refusals", rows, _REFUSED):
            self._work.run("add_refusals")
        self._waiting, self._characters = [], 0

    def add_staged(self, files: Iterable[tuple[Path, str]], lines: Mapping[int, int] | None = None) -> None:
        """Adds the rejected events that were staged from files, given by path and name.

        `lines` maps the positions of those of a single file to lines.
        """
        placed = [(str(path), name, self.place(name)) for path, name in files]
        with (
            self._work.table("staged_files", placed, _STAGED),
            self._work.table("line_numbers", list((lines or {}).items()), _LINES),
        ):
            [(rows,)] = self._work.run("refuse_staged")
        self.total += int(rows)

    def add_parquet(self, path: str, kind: str, name: str, reasons: Iterable[tuple[int, str]]) -> int:
        """Adds rows of a Parquet file, given by ordinal and reason; returns their number.

        DuckDB reads the rows: they may be too long to be in memory together.
        """
        added, left = 0, iter(reasons)
        while page := list(islice(left, _PARQUET_ROWS)):
            with self._work.table("wanted", page, _REASONS):
                [(rows,)] = self._work.run(
                    "refuse_parquet_rows", path=path, kind=kind, file=name, place=self.place(name)
                )
            added += int(rows)
        self.total += added
        return added

    def place(self, file: str) -> int:
        """The position of a file in the list of rejected rows."""
        return self._places.setdefault(file, len(self._places))

    def first(self, most: int = MAX_LISTED) -> list[Refusal]:
        """The first rows by file and line, each shortened to `MAX_LISTED_LENGTH`."""
        self.flush()
        rows = self._work.rows("first_refusals", most=most, length=MAX_LISTED_LENGTH)
        return [Refusal(**row) for row in rows]

    def store(self) -> int:
        """Stores the rows in the database, each once; returns how many are new."""
        self.flush()
        parts = self._work.run("refused_parts", most=_PART_BYTES)
        if parts:
            self._arrivals.clean_refusals()
        return sum(
            int(self._work.run("merge_refused", first=first, last=last)[0][0]) for first, last in parts
        )
