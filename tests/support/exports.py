"""Exports of other senders, made for tests, and what their importers read from them."""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mailsight.importing.sources import Mail, Note, Request, Row, Rows, Source, Unusable


@dataclass(frozen=True)
class Read:
    """What an importer yields: rows by kind, e-mails by name, and the reasons and places of unusable rows."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    mails: dict[str, str | bytes] = field(default_factory=dict)
    unusable: list[tuple[str, int, str]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def of(self, kind: str, *columns: str) -> list[tuple[object, ...]]:
        """The columns of the rows of a kind."""
        return [tuple(row.get(column) for column in columns) for row in self.rows.get(kind, [])]


def read(source: Source, where: Path, batch_rows: int = 50_000, **options: str) -> Read:
    """Everything that the source reads there."""
    everything = Read()
    for item in source.read(Request(str(where), batch_rows=batch_rows, options=options)):
        match item:
            case Rows():
                assert len(item.lines) in (0, len(item.rows))
                everything.rows.setdefault(item.kind, []).extend(item.rows)
                everything.batches.append(len(item.rows))
            case Mail():
                everything.mails[item.name] = item.text
            case Note(text):
                everything.notes.append(text)
            case Unusable():
                everything.unusable.append((item.origin, item.line, item.reason))
    return everything


def written(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    """The folder, with these files in it."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def zipped(path: Path, files: Mapping[str, str | bytes], top: str = "") -> Path:
    """A zip with these files, in a folder if `top` names one."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"{top}{name}", content)
    return path
