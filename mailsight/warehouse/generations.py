"""Generations: the numbered files behind the name of a database, and how a new one takes over.

    mailsight.duckdb          a link to the served generation
    mailsight.000006.duckdb   its predecessor
    mailsight.000007.duckdb   the served generation
    mailsight.superseded      the files that later loads may remove, and how the served one was published

Two names are kept until somebody deletes them:

    mailsight.version-6.duckdb                the database before its tables were updated
    mailsight.replaced-2026-11-23T16-34-23Z/  what was there before a backup was restored

On a file system without links, `mailsight.duckdb` is a small text file that names the generation. It may also be a
database that was copied there, which the next load turns into a generation. A link that leads anywhere else belongs to
whoever made it: it is followed, and the generations are beside its target.
"""

import errno
import json
import logging
import re
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from mailsight.errors import DatabaseUnreadable

from .files import (
    PRIVATE_FOLDER,
    Identity,
    alternatives,
    copy_file,
    identity,
    make_private,
    make_read_only,
    sync_file,
    sync_folder,
    write_file,
)

MAX_LINKS = 40
_POINTER = "The data is in "
# The served generation's entry in the list of superseded files.
_SERVED = "served"
_MAX_POINTER_BYTES = 512
_NO_SYMLINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS})

_log = logging.getLogger(__name__)


def home(path: Path) -> Path:
    """The path with the generations beside it: `path`, or what an operator's own link there leads to.

    Raises `DatabaseUnreadable` if the link leads nowhere.
    """
    if not path.name:
        raise DatabaseUnreadable(f"{path} is not a file.", next_step=_CHOOSE)
    with sentences(path):
        place = path
        for _ in range(MAX_LINKS):
            if not place.is_symlink():
                break
            target = place.parent / place.readlink()
            if _is_generation(target, place):
                return place
            place = target
        else:
            raise DatabaseUnreadable(f"{path} is a link that leads in a circle.", next_step=_REMOVE_LINK)
        if place != path and not _exists(place) and not beside(place):
            raise DatabaseUnreadable(
                f"{path} is a link to {place}, which doesn't exist.", next_step=_REMOVE_LINK
            )
        return place


def served(path: Path) -> Path | None:
    """The file behind a `home`: its generation, or a database copied there. None if it's missing.

    Raises `DatabaseUnreadable` if it isn't a file.
    """
    with sentences(path):
        name = _linked(path)
        file = path.with_name(name) if name else path
        try:
            mode = file.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
    if not stat.S_ISREG(mode):
        raise DatabaseUnreadable(f"{file} is not a file.", next_step=_CHOOSE)
    return file


def beside(path: Path) -> list[Path]:
    """The generations beside a `home`, by number. Raises `DatabaseUnreadable`."""
    with sentences(path):
        return [file for _, file in _numbered(path)]


def exists(path: Path) -> bool:
    """Whether there is a database at `path`, readable or not."""
    try:
        place = home(path)
        return served(place) is not None or bool(beside(place))
    except DatabaseUnreadable:
        return True


def identifier(file: Path, known: Identity) -> str:
    """A name for the content of a generation, also when another file gets its number."""
    return ":".join(map(str, (file.name, *known)))


def publish(draft: Path, path: Path, base: Path | None, aside: Path | None = None) -> None:
    """Makes a verified draft the served generation in place of `base`, the file that was served until now.

    Raises OSError. The link then leads to the same data as before, and the draft is gone. Afterwards, removes what
    earlier loads have superseded. With `aside`, nothing is removed: all other generations are moved to that new folder.
    """
    folder = path.parent
    if base == path:
        base = _adopt(path, draft.with_name("adopted"))
    generation = _next(path)
    removable = {} if aside else _superseded(path)
    sync_file(draft)
    make_read_only(draft)
    # Until the link has moved, nobody has read the new generation: if this process is killed, it may be removed.
    published = {generation.name: identity(draft)}
    superseded = {base.name: identity(base)} if base and not aside else {}
    _write_superseded(path, removable | published | superseded)
    with ExitStack() as undo:
        undo.callback(generation.unlink, missing_ok=True)
        draft.rename(generation)
        sync_folder(folder)
        undo.callback(_point, path, base)
        _point(path, generation)
        sync_folder(folder)
        undo.pop_all()
    # From here on the load has succeeded: removing old files can wait for the next one.
    try:
        for name, known in removable.items():
            if base is None or name != base.name:
                _remove_unchanged(path.with_name(name), known)
        _write_superseded(path, superseded | {_SERVED: published[generation.name]})
        if aside:
            _move_others(path, generation, aside)
    except OSError:
        _log.exception("Old generations of %s could not be removed", path)


def preserve(path: Path, base: Path, version: int) -> None:
    """Keeps the served generation as it is, under a name that no load removes. Raises OSError.

    It takes no further space as long as the generation is there too, where the file system has hard links.
    """
    names = alternatives(path.with_name(f"{path.stem}.version-{version}{path.suffix}"))
    kept = next(file for file in names if not file.exists() or file.samefile(base))
    if kept.exists():
        return  # an earlier update was killed after this step
    for file, name in ((_log_file(base), _log_file(kept)), (base, kept)):
        if file.exists():
            try:
                name.hardlink_to(file)
            except OSError:  # not on every file system
                copy_file(file, name)
                sync_file(name)
                make_read_only(name)
    sync_folder(path.parent)


def copy(base: Path, draft: Path) -> None:
    """Copies a database for a load, with what another program may have left in DuckDB's log."""
    copy_file(base, draft)
    with suppress(FileNotFoundError):
        copy_file(_log_file(base), _log_file(draft))


def remove_others(path: Path) -> None:
    """Removes all files of the database but the served one, which must be readable, also those of older versions.

    Raises OSError.
    """
    served_file = served(path)
    listed = _listed(path)
    _write_superseded(path, {_SERVED: listed[_SERVED]} if _SERVED in listed else {})
    for file in [*beside(path), *path.parent.glob(f"{path.stem}.version-*{path.suffix}")]:
        if file != served_file:
            remove(file)
    sync_folder(path.parent)


def keep(path: Path, base: Path) -> None:
    """Keeps the served generation from being removed, if a publication was killed just after moving the link."""
    listed = _listed(path)
    if listed.pop(base.name, None):
        _write_superseded(path, listed)


def is_as_published(path: Path, base: Path) -> bool:
    """Whether the served generation was neither replaced nor written to since it was verified and published."""
    known = _listed(path).get(_SERVED)
    return known is not None and _is_same(known, identity(base))


def protect(path: Path) -> None:
    """Denies access to the files of a database, even those of older versions, to everyone but their owner."""
    for file in (path, *beside(path)):
        if not file.is_symlink():
            make_private(file)


def remove(file: Path) -> None:
    """Removes a generation with DuckDB's log and the rows that readers spilled to disk."""
    file.unlink(missing_ok=True)
    _log_file(file).unlink(missing_ok=True)
    with suppress(OSError):
        for folder in spill_folder(file).iterdir():
            if folder.name.startswith(f"{file.name}."):
                shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turns an OSError into a `DatabaseUnreadable` with a sentence."""
    try:
        yield
    except OSError as error:
        raise DatabaseUnreadable(
            f"{path} can't be read: {error.strerror}.", next_step=_PERMISSIONS
        ) from error


def spill_folder(file: Path) -> Path:
    """The folder for rows that readers of a database spill to disk."""
    return file.with_name(f"{file.name.partition('.')[0]}.spill")


_REMOVE_LINK = "Mount the disk that it leads to, or correct the link. Nothing was changed."
_CHOOSE = "Move it away, or choose another database with `--database` or `MAILSIGHT_DATABASE`."
_PERMISSIONS = "Check the permissions of the file and its folder."


def _log_file(file: Path) -> Path:
    return file.with_name(f"{file.name}.wal")


def _exists(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


def _move_others(path: Path, generation: Path, aside: Path) -> None:
    """Moves all generations but one to a folder. Readers that have one open keep reading it."""
    others = [file for file in beside(path) if file != generation]
    if others:
        aside.mkdir(PRIVATE_FOLDER, exist_ok=True)
    for file in others:
        for each in (file, _log_file(file)):
            with suppress(FileNotFoundError):
                each.rename(aside / each.name)
    sync_folder(path.parent)


def _linked(path: Path) -> str | None:
    """The name of the generation that the link or text file at `path` names; None if there is neither."""
    if path.is_symlink():
        return path.readlink().name
    if not path.is_file() or path.stat().st_size > _MAX_POINTER_BYTES:
        return None
    text = path.read_bytes()
    name = text.removeprefix(_POINTER.encode()).decode(errors="replace").strip()
    return name if text.startswith(_POINTER.encode()) and _number(name, path) else None


def _point(path: Path, generation: Path | None) -> None:
    """Makes the name of the database lead to a generation, in one atomic step; None removes it."""
    if generation is None:
        path.unlink(missing_ok=True)
        return
    link = path.with_name(f"{path.stem}.link")
    link.unlink(missing_ok=True)
    try:
        link.symlink_to(generation.name)
    except OSError as error:
        if error.errno not in _NO_SYMLINKS and sys.platform != "win32":
            raise
        write_file(path, f"{_POINTER}{generation.name}\n")
    else:
        link.replace(path)


def _adopt(path: Path, copy: Path) -> Path:
    """Makes a database that was copied to `path` a generation like the others; returns its name there."""
    generation = _next(path)
    try:
        generation.hardlink_to(path)
    except OSError:  # not on every file system
        copy_file(path, copy)
        sync_file(copy)
        copy.rename(generation)
    with ExitStack() as undo:
        undo.callback(generation.unlink)
        make_read_only(generation)
        sync_folder(path.parent)
        _point(path, generation)
        undo.pop_all()
    return generation


def _next(path: Path) -> Path:
    number = max((number for number, _ in _numbered(path)), default=0) + 1
    return path.with_name(f"{path.stem}.{number:06d}{path.suffix}")


def _numbered(path: Path) -> list[tuple[int, Path]]:
    """The generations beside `path` with their numbers, in order."""
    try:
        files = list(path.parent.iterdir())
    except FileNotFoundError:
        return []
    return sorted((number, file) for file in files if (number := _number(file.name, path)) is not None)


def _number(name: str, path: Path) -> int | None:
    match = re.fullmatch(rf"{re.escape(path.stem)}\.(\d{{6,}}){re.escape(path.suffix)}", name, re.ASCII)
    return int(match[1]) if match else None


def _is_generation(target: Path, path: Path) -> bool:
    """Whether a link's target is a generation beside it."""
    return _number(target.name, path) is not None and target.parent.resolve() == path.parent.resolve()


def _list_file(path: Path) -> Path:
    return path.with_name(f"{path.stem}.superseded")


def _superseded(path: Path) -> dict[str, Identity]:
    """The files that loads may remove, as they were published: superseded ones, and one that was never served.

    Empty if the list can't be read: then nothing may be removed.
    """
    return {name: known for name, known in _listed(path).items() if name != _SERVED}


def _listed(path: Path) -> dict[str, Identity]:
    try:
        listed = json.loads(_list_file(path).read_text(encoding="utf-8"))
        return {
            name: Identity(*map(int, known))
            for name, known in listed.items()
            if name == _SERVED or _number(name, path) is not None
        }
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def _write_superseded(path: Path, removable: Mapping[str, Identity]) -> None:
    write_file(_list_file(path), json.dumps(removable, indent=1))


def _remove_unchanged(file: Path, known: Identity) -> None:
    """Removes a superseded file, unless it was replaced or written to since it was published."""
    with suppress(FileNotFoundError):
        if _is_same(known, identity(file)):
            remove(file)


def _is_same(known: Identity, now: Identity) -> bool:
    # A file keeps its size and time when it is moved to another disk, but not its inode.
    return (now.size_bytes, now.modified_ns) == (known.size_bytes, known.modified_ns)
