"""Generations: copies, publishes and removes the database files behind the link."""

import os
import re
import shutil
import sys
from pathlib import Path

MAX_GENERATIONS = 2


def copy_file(source: Path, target: Path) -> None:
    """Copies a file, instantly if the file system supports cloning."""
    with source.open("rb") as reader, target.open("wb") as writer:
        try:
            while os.copy_file_range(reader.fileno(), writer.fileno(), 2**30):
                pass
        except (AttributeError, OSError):  # Linux only, and not on every file system.
            reader.seek(0)
            writer.seek(0)
            writer.truncate()
            shutil.copyfileobj(reader, writer, 2**24)


def publish(copy: Path, path: Path) -> None:
    """Atomically makes the copy the served generation."""
    with copy.open("rb+") as file:  # Windows can't sync a file opened for reading.
        os.fsync(file.fileno())
    numbers = [number for number, _ in _generations(path)]
    if path.exists() and not path.is_symlink():
        # A regular file, such as a database copied here by hand, becomes a generation like the others.
        os.link(path, path.with_name(_generation_name(path, max(numbers, default=0) + 1)))
        numbers.append(max(numbers, default=0) + 1)
    generation = path.with_name(_generation_name(path, max(numbers, default=0) + 1))
    copy.replace(generation)
    link = path.with_name(f"{path.stem}.link")
    link.unlink(missing_ok=True)
    link.symlink_to(generation.name)
    link.replace(path)
    sync_folder(path.parent)
    for _, old in _generations(path)[:-MAX_GENERATIONS]:
        remove(old)


def _generation_name(path: Path, number: int) -> str:
    return f"{path.stem}.{number:06d}{path.suffix}"


def _generations(path: Path) -> list[tuple[int, Path]]:
    """The generations beside `path`, oldest first."""
    pattern = re.compile(rf"{re.escape(path.stem)}\.(\d{{6,}}){re.escape(path.suffix)}")
    return sorted(
        (int(match[1]), file) for file in path.parent.iterdir() if (match := pattern.fullmatch(file.name))
    )


def sync_folder(folder: Path) -> None:
    """Makes what was created, renamed or removed in a folder durable. Windows can't sync a folder; NTFS journals it."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def spill_folder(copy: Path) -> Path:
    """The folder beside a draft for its temporary files."""
    return copy.with_name(copy.name + ".files")


def remove(file: Path) -> None:
    """Removes a database file with DuckDB's log and spilled rows and a draft's temporary files."""
    shutil.rmtree(spill_folder(file), ignore_errors=True)
    file.unlink(missing_ok=True)
    file.with_name(file.name + ".wal").unlink(missing_ok=True)
    shutil.rmtree(file.with_name(file.name + ".tmp"), ignore_errors=True)
