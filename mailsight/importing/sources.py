"""What a source yields, and what it says about itself.

Each source is a module with a `SOURCE`. It reads a database or files, and yields rows as `docs/data.md` describes them,
e-mails and positions. These are written as a bundle and loaded, so every import ends as a load does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from .headers import Kind

# Batches of long rows end before they have as many rows as are allowed.
BATCH_CHARACTERS = 2**24
# How many rows are read before the progress is reported again.
REPORT_ROWS = 5_000

# Times are aware, or in UTC. Mappings and lists are written as JSON.
Value = str | int | float | bool | datetime | Mapping[str, object] | Sequence[str] | None
Row = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of one kind ("campaigns", "customers", "messages", "events", "totals"), at most a batch at a time.

    `origin`: the table or file that they are from, by which a rejected row is found there. `lines`: the place of each
    row in it, if it is a file.
    """

    kind: str
    origin: str
    rows: Sequence[Row]
    lines: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail, before the rows that name it in their `template` or `content`. `name` ends in .html, .txt or .eml."""

    name: str
    text: str | bytes


@dataclass(frozen=True, slots=True)
class Position:
    """How far a table was read. Once everything yielded before it is loaded, the next import starts after it."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Unusable:
    """A row that can't be read as a row of any kind: where it is, why, and its text."""

    kind: str
    origin: str
    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that people have to know about what was read, as a sentence."""

    text: str


Item = Rows | Mail | Position | Unusable | Note


@dataclass(frozen=True, slots=True)
class Request:
    """What to read: the address of a database or the path of a file or folder, and the positions of the last import.

    `batch_rows`: how many rows are in memory at most. `options` are the source's own. `report` is called with the share
    done (0 to 1) and the current step. `max_bytes`: what an uploaded file may unpack to. `earlier`: the positions of
    the last import even if everything is read again, by which a source knows the rows that are loaded. `replaced_by`:
    set when rows are read again only to be replaced, the options of the import that replaces them. Tables that it
    doesn't read are left out.
    """

    where: str
    positions: Mapping[str, str] = field(default_factory=dict)
    batch_rows: int = 50_000
    options: Mapping[str, str] = field(default_factory=dict)
    report: Callable[[float, str], None] = lambda share, step: None
    max_bytes: int | None = None
    earlier: Mapping[str, str] = field(default_factory=dict)
    replaced_by: Mapping[str, str] = field(default_factory=dict)

    def reports(self, files: Sequence[tuple[str, Path]]) -> Iterator[Callable[[float], None]]:
        """For each of these files, given by name and path, what to call with the share of it that has been read."""
        sizes = [path.stat().st_size for _, path in files]
        done, total = 0, sum(sizes) or 1
        for (name, _), size in zip(files, sizes, strict=True):
            self.report(done / total, f"Reading {name}")
            yield partial(self._report, f"Reading {name}", done / total, size / total)
            done += size

    def _report(self, step: str, start: float, size: float, share: float) -> None:
        self.report(start + size * min(share, 1.0), step)


class _HasText(Protocol):
    @property
    def text(self) -> str: ...


TextRow = TypeVar("TextRow", bound=_HasText)


def watched(rows: Iterable[TextRow], characters: float, report: Callable[[float], None]) -> Iterator[TextRow]:
    """The rows of a table of about this many characters. Meanwhile, the share that has been read is reported."""
    done = 0
    for number, row in enumerate(rows, start=1):
        done += len(row.text) + 1
        yield row
        if not number % REPORT_ROWS:
            report(done / max(characters, 1))


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that a source can't tell: the figures concerned, by their keys in `figures.metrics`, and why."""

    figures: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Source:
    """A source: its name on the command line, its name in texts, what `where` is, what it can't tell, and its reader.

    `read` raises `ImportFailed` for a source that can't be read at all. `kinds` are the tables in its exports, by which
    uploaded files are recognised. `recipients`: which export names them, if the one that was loaded has only totals.
    `resolve` replaces options that name a file with what is in the file, so that changes to it are noticed.
    """

    name: str
    label: str
    where: str
    gaps: tuple[Gap, ...]
    read: Callable[[Request], Iterator[Item]]
    kinds: tuple[Kind, ...] = ()
    recipients: str = ""
    resolve: Callable[[Mapping[str, str]], Mapping[str, str]] = dict
