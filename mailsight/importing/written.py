"""What a source yields, written as the files of a bundle, with the place of each row in the source."""

import json
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Self

from mailsight.errors import ImportFailed, NotStored
from mailsight.loading.bundle_files import COLUMNS, BundleFile
from mailsight.loading.bundles import Imported
from mailsight.loading.refusals import Refusal
from mailsight.warehouse.files import PRIVATE_FOLDER

from .sources import Item, Mail, Note, Position, Row, Rows, Unusable

# DuckDB holds the rows of one file at a time.
FILE_ROWS = 1_000_000
FILE_BYTES = 2**28
# The kinds of rows that name the source.
_OF_SOURCE = ("campaigns", "totals")
_LINE_BYTES = array("q").itemsize


class Origins:
    """Where each line of a file comes from. The line numbers are on disk, since they grow with the rows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._firsts: list[int] = []
        self._origins: list[str] = []

    def add(self, first: int, origin: str) -> None:
        """Notes that the rows from line `first` on have this origin."""
        if not self._origins or self._origins[-1] != origin:
            self._firsts.append(first)
            self._origins.append(origin)

    def __call__(self, line: int) -> tuple[str, int | None]:
        with self._path.open("rb") as file:
            file.seek((line - 1) * _LINE_BYTES)
            place = int.from_bytes(file.read(_LINE_BYTES), sys.byteorder, signed=True)
        return self._origins[bisect_right(self._firsts, line) - 1], place or None


class _Table:
    """A file of rows of one kind that is being written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = path.open("wb")
        lines = path.with_suffix(".lines")
        self.lines: BinaryIO = lines.open("wb")
        self.origins = Origins(lines)
        self.rows = 0

    @property
    def is_full(self) -> bool:
        return self.rows >= FILE_ROWS or self.file.tell() >= FILE_BYTES


class Written:
    """The rows, e-mails and positions of an import, in a folder of its own."""

    def __init__(self, folder: Path, source: str) -> None:
        self.positions: dict[str, str] = {}
        self.notes: dict[str, None] = {}
        self._folder, self._rows = folder, folder / "rows"
        self._rows.mkdir(PRIVATE_FOLDER)
        self._source = source
        self._open: dict[str, _Table] = {}
        self._files: list[BundleFile] = []
        self._unusable: BinaryIO | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with _storing():  # Closing a file writes the last of it.
            for table in self._open.values():
                self._finish(table)
            self._open.clear()
            if self._unusable:
                self._unusable.close()

    @property
    def is_empty(self) -> bool:
        """Whether no row was read, not even one that can't be used."""
        return not self._files and not self._unusable

    def add(self, item: Item) -> None:
        """Writes an item. Raises `NotStored` if the disk is full, `ImportFailed` for an e-mail with a hostile name."""
        with _storing():
            match item:
                case Rows():
                    self._add_rows(item)
                case Mail(name, text):
                    self._add_mail(name, text)
                case Position(name, value):
                    self.positions[name] = value
                case Unusable():
                    self._refuse(item)
                case Note(text):
                    self.notes[text] = None

    @property
    def files(self) -> list[BundleFile]:
        """What was written, in the order in which it is loaded."""
        return sorted(self._files, key=lambda file: list(COLUMNS).index(file.kind))

    def imported(self, place: str, readings: Mapping[str, str], earlier: Sequence[BundleFile]) -> Imported:
        """What was written, ready to be loaded."""
        return Imported(self._source, place, self.files, self._refused, self.positions, readings, earlier)

    def _add_rows(self, rows: Rows) -> None:
        if not rows.rows:
            return
        table = self._table(rows.kind)
        constant = {"source": self._source} if rows.kind in _OF_SOURCE else {}
        texts: list[str] = []
        lines = array("q")
        for place, row in enumerate(rows.rows):
            line = rows.lines[place] if rows.lines else 0
            try:
                texts.append(_json(constant | dict(row) if constant else row))
                lines.append(line)
            except (TypeError, ValueError, RecursionError):
                self._refuse(
                    Unusable(
                        rows.kind, rows.origin, line, "has a value that JSON can't hold", repr(dict(row))
                    )
                )
        if texts:
            table.origins.add(table.rows + 1, rows.origin)
            table.lines.write(lines)
            table.file.write(("\n".join(texts) + "\n").encode("utf-8", "replace"))
            table.rows += len(texts)
        if table.is_full:
            self._finish(self._open.pop(rows.kind))

    def _table(self, kind: str) -> _Table:
        if kind not in self._open:
            self._open[kind] = _Table(self._rows / f"{kind}-{len(self._files) + len(self._open)}.ndjson")
        return self._open[kind]

    def _finish(self, table: _Table) -> None:
        table.file.close()
        table.lines.close()
        if table.rows:
            kind = table.path.name.partition("-")[0]
            path = table.path
            self._files.append(BundleFile(kind, path, self._folder, path, "ndjson", origin=table.origins))

    def _add_mail(self, name: str, text: str | bytes) -> None:
        parts = PurePosixPath(name).parts
        if not parts or parts[0] in ("/", self._rows.name) or ".." in parts:
            raise ImportFailed(f"{name!r} is not the name of an e-mail's file.")
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "replace"))

    def _refuse(self, row: Unusable) -> None:
        if self._unusable is None:
            self._unusable = (self._rows / "unusable").open("wb")
        fields = [row.kind, row.origin, row.line, row.reason, row.text]
        self._unusable.write(json.dumps(fields).encode() + b"\n")

    def _refused(self) -> Iterator[Refusal]:
        if self._unusable:
            with (self._rows / "unusable").open("rb") as file:
                for line in file:
                    kind, origin, place, reason, text = json.loads(line)
                    yield Refusal(kind, origin, place or None, reason, text)


@contextmanager
def _storing() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotStored(
            f"What was read can't be stored: {error.strerror or error}.",
            next_step="Make sure that the disk has enough free space, then import again. Nothing was changed.",
        ) from error


def _json(row: Row) -> str:
    return _ENCODER.encode(row)


def _text(value: object) -> str:
    """A value that JSON doesn't have, as text."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, default=_text)
