"""Database files on disk: private to their owner, copied, synced and removed."""

import os
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import NamedTuple

PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
# Not even the owner's: a published database never changes, so `cp` onto it is refused.
READ_ONLY = 0o400
_OTHERS = 0o077


class Identity(NamedTuple):
    """What changes when a file is replaced or written to."""

    inode: int
    size_bytes: int
    modified_ns: int


def identity(file: Path) -> Identity:
    """A file's identity. Raises OSError."""
    status = file.stat()
    return Identity(status.st_ino, status.st_size, status.st_mtime_ns)


def make_private(path: Path) -> None:
    """Denies access to an existing file or folder to everyone but its owner, who may be someone else.

    Anything else that a path leads to, such as a device that everyone needs, is left alone.
    """
    with suppress(OSError):
        mode = path.stat().st_mode
        if mode & _OTHERS and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            path.chmod(stat.S_IMODE(mode) & ~_OTHERS)


def make_read_only(file: Path) -> None:
    """Makes a file readable by its owner only, and writable by nobody."""
    if sys.platform != "win32":  # Windows can't remove read-only files.
        file.chmod(READ_ONLY)


def copy_file(source: Path, target: Path) -> None:
    """Copies a file, instantly if the file system supports cloning. Creates nothing if the source is missing."""
    with source.open("rb") as reader:
        target.touch(PRIVATE_FILE)
        with target.open("wb") as writer:
            try:
                while os.copy_file_range(reader.fileno(), writer.fileno(), 2**30):
                    pass
            except (AttributeError, OSError):  # Linux only, and not on every file system.
                reader.seek(0)
                writer.seek(0)
                writer.truncate()
                shutil.copyfileobj(reader, writer, 2**24)


@contextmanager
def unfinished(*parts: Path) -> Iterator[None]:
    """Removes the files that the block writes if it fails: half a file would only take up space on a full disk."""
    try:
        yield
    except BaseException:
        for part in parts:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise


@contextmanager
def unfinished_folder(folder: Path) -> Iterator[None]:
    """Removes the folder that the block writes, with its content, if the block fails, unless it had content before."""
    try:
        is_ours = not any(folder.iterdir())
    except OSError:
        is_ours = not folder.exists()
    try:
        yield
    except BaseException:
        if is_ours:
            shutil.rmtree(folder, ignore_errors=True)
        raise


def replace_with_copy(target: Path, source: Path) -> None:
    """Puts a durable copy of a file in the place of `target`, in one atomic step. Raises OSError."""
    incoming = target.with_name(f"{target.name}.incoming")
    with unfinished(incoming):
        copy_file(source, incoming)
        sync_file(incoming)
        incoming.replace(target)
    sync_folder(target.parent)


def alternatives(path: Path) -> Iterator[Path]:
    """A path, and further ones to choose from if that is taken: `a.duckdb`, `a-2.duckdb`, `a-3.duckdb`, ..."""
    yield path
    for number in count(2):
        yield path.with_name(f"{path.stem}-{number}{path.suffix}")


def write_file(file: Path, text: str) -> None:
    """Writes a small file in one atomic step. Raises OSError; nothing has changed then."""
    draft = file.with_name(f"{file.name}.new")
    with unfinished(draft):
        draft.touch(PRIVATE_FILE)
        with draft.open("w", encoding="utf-8") as writer:
            writer.write(text)
            writer.flush()
            os.fsync(writer.fileno())
        draft.replace(file)


def sync_file(file: Path) -> None:
    """Makes a file's content durable."""
    with file.open("rb+") as synced:  # Windows can't sync a file opened for reading.
        os.fsync(synced.fileno())


def sync_folder(folder: Path) -> None:
    """Makes what was created, renamed or removed in a folder durable. Windows can't sync a folder; NTFS journals it."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
