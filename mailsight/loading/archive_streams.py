"""Archives read as streams, within limits: packed files, and the files in zip and tar archives."""

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, BinaryIO, cast

from mailsight.errors import UnreadableFile

from . import unpacking, uploads

# Each takes about a kilobyte of memory.
MAX_ENTRIES = 500_000
START_BYTES = 2**16
# tarfile reads what describes a member at once, however long it says that is.
_MAX_TAR_READ = 2**22
_ZIP = b"PK\3\4"
_TAR = slice(257, 262)

Read = Callable[[int], bytes]
PassOver = Callable[[str, str], None]

BROKEN = (
    *unpacking.DAMAGED,
    EOFError,
    NotImplementedError,
    tarfile.TarError,
    zipfile.BadZipFile,
)


class Budget:
    """How many more bytes may be unpacked, from a file and all archives in it together."""

    def __init__(self, path: Path, max_bytes: int | None = None) -> None:
        allowed = max(path.stat().st_size * unpacking.MAX_RATIO, unpacking.ALWAYS_ALLOWED_BYTES)
        self._allowed = self._left = allowed if max_bytes is None else min(allowed, max_bytes)

    def take(self, size: int) -> None:
        """Raises `UnreadableFile` if there is too little left."""
        self._left -= size
        if self._left < 0:
            raise UnreadableFile(
                f"it unpacks to more than {self._allowed // 2**20:,} MB; files may unpack to {unpacking.MAX_RATIO} "
                f"times their size, or to {unpacking.ALWAYS_ALLOWED_BYTES // 2**20} MB.",
                next_step="If you trust the file, unpack it yourself and load the result.",
            )


class Source:
    """Something that is read once from start to end, after a look at its start.

    `file` is the open file if it is one on disk. `problem` says why reading ended early.
    """

    def __init__(self, read: Read, budget: Budget | None = None, file: BinaryIO | None = None) -> None:
        self._read = read
        self._budget = budget
        self._start = b""
        self.file = file
        self.problem: str | None = None

    def start(self) -> bytes:
        if not self._start:
            self._start = self.read(START_BYTES)
        return self._start

    def read(self, size: int = unpacking.CHUNK) -> bytes:
        """That many bytes, or fewer at the end. Of a damaged file, what can be unpacked. Raises `UnreadableFile`."""
        parts, self._start = [self._start[:size]], self._start[size:]
        left = size - len(parts[0])
        while left > 0 and (part := self._next(min(left, unpacking.CHUNK))):
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def _next(self, size: int) -> bytes:
        try:
            part = self._read(size)
        except BROKEN as error:
            self.problem = f"it is damaged, and was read up to there: {str(error) or 'it breaks off'}."
            return b""
        if self._budget:
            self._budget.take(len(part))
        return part


def is_archive(start: bytes) -> bool:
    """Whether a file with this beginning is a zip or tar archive."""
    return start.startswith(_ZIP) or start[_TAR] == b"ustar"


def unpacked(source: Source, budget: Budget) -> Source:
    """What a packed file holds."""
    how = unpacking.parts_of(source.start())
    parts = how(cast(BinaryIO, source)) if how else iter(())
    held = b""

    def read(size: int) -> bytes:
        nonlocal held
        if not held:
            held = next((part for part in parts if part), b"")
        part, held = held[:size], held[size:]
        return part

    return Source(read, budget)


@contextmanager
def members(
    source: Source, budget: Budget, folder: Path, pass_over: PassOver
) -> Iterator[Iterator[tuple[str, Source]]]:
    """The files in a zip or tar archive with their names, each to be read before the next.

    What can't be read is passed over by its name; an empty name stands for the archive. `folder` is for a copy of an
    archive that is in another one. Raises one of `BROKEN`.
    """
    read = _zipped if source.start().startswith(_ZIP) else _tarred
    with _seekable(source, folder) as file:
        yield ((name, Source(member, budget)) for name, member in read(file, pass_over))


@contextmanager
def _seekable(source: Source, folder: Path) -> Iterator[IO[bytes]]:
    """The archive as a file whose parts can be read in any order."""
    if source.file is not None:
        source.file.seek(0)
        yield source.file
        return
    with TemporaryFile(dir=folder) as copy:
        while part := source.read():
            copy.write(part)
        copy.seek(0)
        yield copy


def _zipped(file: IO[bytes], pass_over: PassOver) -> Iterator[tuple[str, Read]]:
    if uploads.size_and_entries(file)[1] > MAX_ENTRIES:
        pass_over("", f"it holds more than {MAX_ENTRIES:,} files. Unpack it, and load the folder.")
        return
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist():
            name = member.filename
            if member.is_dir():
                continue
            if stat.S_ISLNK(member.external_attr >> 16):
                pass_over(name, "it is a link.")
            elif member.flag_bits & 1:
                pass_over(name, "it needs a password.")
            elif member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                # Others, such as LZMA, can take gigabytes of memory to unpack.
                pass_over(name, "it is packed in an unusual way.")
            else:
                try:
                    opened = archive.open(member)
                except BROKEN as error:
                    pass_over(name, f"it is damaged: {error}.")
                    continue
                with opened:
                    yield name, opened.read


def _tarred(file: IO[bytes], pass_over: PassOver) -> Iterator[tuple[str, Read]]:
    with tarfile.open(fileobj=cast(IO[bytes], _Tar(file)), mode="r:") as archive:
        while member := archive.next():
            archive.members = []  # type: ignore[attr-defined]  # it would remember them all
            if member.isreg():
                opened = archive.extractfile(member)
                if opened is not None:
                    with opened:
                        yield member.name, opened.read
            elif not member.isdir():
                pass_over(member.name, "it is a link, or no regular file.")


class _Tar:
    """A tar archive of which tarfile can't read too much at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell

    def read(self, size: int) -> bytes:
        if size > _MAX_TAR_READ:
            raise tarfile.ReadError("the name of a file in it is too long")
        return self._file.read(size)
