"""Unpacks files, within limits, and rewrites UTF-16 and UTF-32 as UTF-8 and Avro as JSON."""

import bz2
import codecs
import gzip
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO

import zstandard

from mailsight.errors import UnreadableFile

from . import avro_files

# Events compress ten- to fiftyfold. A higher ratio is treated as a decompression bomb.
MAX_RATIO = 100
MAX_RATIO_TOGETHER = 200  # of several files, workbooks included
ALWAYS_ALLOWED_BYTES = 2**28
# What unpacking may take in memory, which the packed file chooses. `xz -9` needs 65 MB.
MAX_MEMORY_BYTES = 2**27
CHUNK = 2**20
# A few bytes can expand enormously: small chunks limit how much is unpacked at once.
_SMALL_CHUNK = 2**10
# How much of a file is looked at to tell UTF-16 from UTF-8.
_SAMPLE_BYTES = 4_096
# Packed and in UTF-16: more layers than these are somebody's joke.
_MAX_LAYERS = 3
# The endings of packed files' names.
ENDINGS = (".gz", ".zst", ".bz2", ".xz")

Parts = Callable[[BinaryIO], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file that can be read as it is, and what went wrong while unpacking it."""

    path: Path
    problem: str | None = None


def unpack(path: Path, folder: Path, max_bytes: int | None = None) -> Unpacked:
    """Unpacks a gzip, zstd, bzip2, xz, Avro, UTF-16 or UTF-32 file into `folder`; any other file is used as it is.

    Keeps what could be unpacked of a damaged file. `max_bytes` is a limit in addition to the general one. Raises
    `UnreadableFile` if the file can't be opened or expands beyond the limit.
    """
    try:
        return _unpack(path, folder, max_bytes)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise UnreadableFile(f"{path} can't be read: {error.strerror}.") from error


@dataclass(slots=True)
class Room:
    """How many bytes the files of a load may still unpack to.

    They share them, since many small files could fill the disk just as one large one could.
    """

    left: int

    @classmethod
    def of(cls, paths: Iterable[Path], max_bytes: int | None = None) -> "Room":
        """The room for all these files."""
        size = 0
        for path in paths:
            with suppress(OSError):  # opening it will report why it can't be read
                size += path.stat().st_size
        allowed = max(size * MAX_RATIO_TOGETHER, ALWAYS_ALLOWED_BYTES)
        return cls(allowed if max_bytes is None else min(allowed, max_bytes))

    def take(self, file: Path, opened: Iterable[Path]) -> None:
        """Takes away what a file was unpacked to, if it is not read as it is."""
        self.left -= sum(path.stat().st_size for path in opened if path != file)


def _unpack(path: Path, folder: Path, max_bytes: int | None) -> Unpacked:
    allowed = max(path.stat().st_size * MAX_RATIO, ALWAYS_ALLOWED_BYTES)
    allowed = allowed if max_bytes is None else min(allowed, max(max_bytes, 0))
    unpacked = Unpacked(path)
    for _ in range(_MAX_LAYERS):
        with unpacked.path.open("rb") as file:
            parts = parts_of(file.read(_SAMPLE_BYTES))
            if parts is None:
                break
            file.seek(0)
            target = Path(mkdtemp(dir=folder)) / "unpacked"
            problem = _write(parts(file), target, path.name, allowed)
        if unpacked.path != path:
            unpacked.path.unlink()
        unpacked = Unpacked(target, unpacked.problem or problem)
    return unpacked


def beginning(path: Path, size: int) -> bytes:
    """The first bytes of a file once it is unpacked, as many as can be had."""
    with path.open("rb") as file:
        return beginning_of(file, size)


def beginning_of(file: BinaryIO, size: int) -> bytes:
    """As `beginning`, of an open file at its start."""
    parts = parts_of(file.read(_SAMPLE_BYTES))
    file.seek(0)
    if parts is None:
        return file.read(size)
    content = b""
    with suppress(EOFError, *DAMAGED):
        for part in parts(file):
            content += part
            if len(content) >= size:
                break
    return content[:size]


def is_packed(start: bytes) -> bool:
    """Whether a file with this beginning is packed."""
    return start.startswith(tuple(_COMPRESSED))


def parts_of(start: bytes) -> Parts | None:
    """How to unpack a file with this beginning; None if it isn't packed."""
    for magic, parts in _PACKED.items():
        if start.startswith(magic):
            return parts
    return _utf_16_without_mark(start)


def _write(parts: Iterator[bytes], target: Path, name: str, allowed: int) -> str | None:
    written = 0
    with target.open("wb") as file:
        try:
            for part in parts:
                written += len(part)
                if written > allowed:
                    target.unlink()
                    raise UnreadableFile(
                        f"{name} unpacks to more than {allowed // 2**20:,} MB; files may unpack to {MAX_RATIO} "
                        f"times their size, or to {ALWAYS_ALLOWED_BYTES // 2**20} MB.",
                        next_step="If you trust the file, unpack it yourself and load the result.",
                    )
                file.write(part)
        except EOFError:
            return "the file breaks off"
        except DAMAGED as error:
            return f"the file is damaged: {error}"
    return None


def _gzip(file: BinaryIO) -> Iterator[bytes]:
    with gzip.open(file) as packed:
        while part := packed.read1(CHUNK):
            yield part


def _zstd(file: BinaryIO) -> Iterator[bytes]:
    frame = zstandard.ZstdDecompressor(max_window_size=MAX_MEMORY_BYTES).decompressobj()
    rest, started = b"", False
    while part := rest or file.read(_SMALL_CHUNK):
        if frame.eof:
            frame = zstandard.ZstdDecompressor(max_window_size=MAX_MEMORY_BYTES).decompressobj()
        yield frame.decompress(part)
        started, rest = True, frame.unused_data if frame.eof else b""
    if started and not frame.eof:
        raise EOFError


class _Damaged(Exception):
    """Data that can't be unpacked, for the modules that raise `OSError`."""


def _bzip2(file: BinaryIO) -> Iterator[bytes]:
    return _streams(file, bz2.BZ2Decompressor)


def _xz(file: BinaryIO) -> Iterator[bytes]:
    return _streams(file, lambda: lzma.LZMADecompressor(memlimit=MAX_MEMORY_BYTES))


def _streams(
    file: BinaryIO, start: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor]
) -> Iterator[bytes]:
    """The contents of packed streams, one after the other."""
    stream, packed = start(), file.read(CHUNK)
    while packed or not stream.needs_input:
        try:
            part = stream.decompress(packed, CHUNK)
        except OSError as error:
            raise _Damaged(error) from error
        yield part
        packed = b""
        if stream.eof:
            packed = stream.unused_data or file.read(CHUNK)
            if not packed.strip(b"\0"):
                return
            stream = start()
        elif stream.needs_input:
            packed = file.read(CHUNK)
    raise EOFError


def _in_utf_8(file: BinaryIO, encoding: str) -> Iterator[bytes]:
    # Half a character spoils its own row only: it becomes bytes that are not UTF-8.
    decoder = codecs.getincrementaldecoder(encoding)("surrogatepass")
    while part := file.read(CHUNK):
        yield decoder.decode(part).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")


def _utf_16_without_mark(start: bytes) -> Parts | None:
    """How to read text in UTF-16: most of its characters have a zero byte. UTF-8 has none."""
    if b"\0" not in start:
        return None
    for encoding in ("utf-16-le", "utf-16-be"):
        text = start.decode(encoding, "replace")
        latin = sum(letter.isascii() and (letter.isprintable() or letter in "\t\r\n") for letter in text)
        if len(text) > 1 and latin > len(text) * 0.4 and "\0" not in text:
            return partial(_in_utf_8, encoding=encoding)
    return None


_COMPRESSED: dict[bytes, Parts] = {
    b"\x1f\x8b": _gzip,
    zstandard.FRAME_HEADER: _zstd,
    b"BZh": _bzip2,
    b"\xfd7zXZ\0": _xz,
}
_PACKED = _COMPRESSED | {
    codecs.BOM_UTF32_LE: partial(_in_utf_8, encoding="utf-32"),  # it starts with that of UTF-16
    codecs.BOM_UTF32_BE: partial(_in_utf_8, encoding="utf-32"),
    codecs.BOM_UTF16_LE: partial(_in_utf_8, encoding="utf-16"),
    codecs.BOM_UTF16_BE: partial(_in_utf_8, encoding="utf-16"),
    avro_files.MAGIC: avro_files.lines,
}
DAMAGED = (
    gzip.BadGzipFile,
    zlib.error,
    zstandard.ZstdError,
    lzma.LZMAError,
    ValueError,  # also for text that can't be decoded, and damaged Avro
    _Damaged,
)
