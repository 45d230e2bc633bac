"""The files in a folder and the folders below it. Folders that aren't read are named, with the reason."""

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .refusals import PassedOver

MAX_DEPTH = 8
# Files that systems and programs add to folders and zips: hidden ones, lock files of Office and LibreOffice.
_CLUTTER = re.compile(
    r"\..*|~\$.*|__MACOSX|Thumbs\.db|desktop\.ini|Icon\r|lost\+found|System Volume Information|\$RECYCLE\.BIN",
    re.IGNORECASE,
)
_LINKED = "this folder is a link. Load the folder that it leads to as well."
_TOO_DEEP = f"this folder is more than {MAX_DEPTH} folders deep."

Named = Callable[[str], bool]


def is_clutter(name: str) -> bool:
    """Whether a file or folder is one that systems and programs add, such as `.DS_Store` or `~$events.xlsx`."""
    return _CLUTTER.fullmatch(name) is not None


def files_below(folder: Path, is_table: Named, is_data: Named, unread: list[PassedOver]) -> Iterator[Path]:
    """The files in a folder and the folders below it, in order, without clutter; links, pipes and devices too.

    A link to a folder is followed if it is named for a table (`is_table`) and leads to a place within this folder; if
    it leads out of it, it is a file that can't be read. `unread` gets other folders that aren't read: those that can't
    be, those nested too deeply, and links to folders with files that look like data (`is_data`).
    """
    for place in _walked(folder, folder, unread):
        yield from place.files
        for link in place.links:
            if not is_table(link.name):
                if _holds(link, is_data):
                    unread.append(_passed_over(link, folder, _LINKED))
            elif link.resolve().is_relative_to(folder.resolve()):
                for inner in _walked(link, folder, unread):
                    yield from inner.files
            else:
                yield link


@dataclass(frozen=True, slots=True)
class _Place:
    """A folder: its files, and the links in it that lead to folders."""

    files: list[Path]
    links: list[Path]


def _walked(start: Path, chosen: Path, unread: list[PassedOver]) -> Iterator[_Place]:
    def check(error: OSError) -> None:
        if error.filename == str(chosen):
            raise error
        unread.append(
            _passed_over(Path(error.filename), chosen, f"this folder can't be read: {error.strerror}.")
        )

    for place, folders, names in os.walk(start, onerror=check):
        inner = [Path(place, name) for name in sorted(folders) if not is_clutter(name)]
        if len(Path(place).relative_to(chosen).parts) >= MAX_DEPTH:
            unread += [_passed_over(path, chosen, _TOO_DEEP) for path in inner]
            inner = []
        folders[:] = [path.name for path in inner]
        yield _Place(
            [Path(place, name) for name in sorted(names) if not is_clutter(name)],
            [path for path in inner if path.is_symlink()],
        )


def _passed_over(path: Path, chosen: Path, reason: str) -> PassedOver:
    return PassedOver(f"{path.relative_to(chosen).as_posix()}/", reason)


def _holds(folder: Path, is_data: Named) -> bool:
    """Whether a file in a folder looks like data."""
    try:
        return any(map(is_data, os.listdir(folder)))  # noqa: PTH208  # names are enough
    except OSError:
        return False
