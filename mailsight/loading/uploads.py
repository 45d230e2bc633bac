"""Uploaded files: how to save them safely whatever their names and contents, and which browsers are local."""

import os
import re
import shutil
import stat
import struct
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, BinaryIO, Generic, TypeVar

from filelock import FileLock, Timeout

from mailsight.errors import BadUpload
from mailsight.mime.files import SUFFIXES

from . import finding
from .derive import Progress

R = TypeVar("R")

_PREFIX = "mailsight-upload-"
MAX_FILES = 50_000
# Where a bundle keeps its e-mails.
CONTENTS = "contents"
MAX_UNPACKED_BYTES = 2 * 2**30
# Text compresses 5- to 50-fold. A much higher ratio is treated as a decompression bomb.
MAX_RATIO = 200
_RATIO_EXEMPT_BYTES = 10 * 2**20
_CHUNK_BYTES = 2**20
_ENTRY = b"PK\x01\x02"  # the signature of a file in a zip's directory
# Files that operating systems add to folders and zips.
_CLUTTER = re.compile(r"__MACOSX/|(.*/)?(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$", re.IGNORECASE)
# What browsers send in the handshake of a WebSocket. Proxies add headers of many names (X-Forwarded-For, Via ...).
_BROWSER_HEADER = re.compile(
    r"host|origin|connection|upgrade|user-agent|accept(-encoding|-language)?|cache-control|pragma|priority|cookie|dnt"
    r"|sec-[a-z-]+"
)


def is_local(ip: str | None, headers: Mapping[str, str], hosted: bool) -> bool:
    """Whether the headers of a WebSocket's handshake come from a browser on the server's own machine.

    `ip` is the client's address, None for 127.0.0.1 and ::1 (as Streamlit says it). A reverse proxy on this machine
    comes from there too, so nobody is local if the server is `hosted` (it has a public name), if the handshake has a
    header that browsers don't send, or if it has another origin than its host. Other spellings of loopback don't count.
    """
    given = {name.lower(): value for name, value in headers.items()}
    host = given.get("host", "")
    return (
        not hosted
        and ip in (None, "127.0.0.1", "::1")
        and re.fullmatch(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", host) is not None
        and given.get("origin") in (f"http://{host}", f"https://{host}")
        and all(_BROWSER_HEADER.fullmatch(name) for name in given)
    )


# A file as the browser sent it. In a folder upload, `name` includes the path within the folder.
UploadedFile = BinaryIO


def save(files: Sequence[UploadedFile], folder: Path) -> Path:
    """Saves the files in the folder, or a single zip beside it, still packed. Returns what was saved.

    Raises `BadUpload` for names that look malicious.
    """
    zips = [file for file in files if file.name.lower().endswith(".zip")]
    if zips and len(files) > 1:
        raise BadUpload(
            "A zip can't be combined with other files.", next_step="Upload either one zip or single files."
        )
    if zips:
        [packed] = save_files(zips, folder.with_name("packed"))
        return packed
    saver = _Saver(folder)
    for file in files:
        saver.save(file.name, file)
        is_mail = file.name.lower().endswith(SUFFIXES) and not finding.kind_of_name(file.name)
        if "/" not in file.name and is_mail:
            # Bundles keep their e-mails in a folder, but a single uploaded file has no path.
            file.seek(0)
            saver.save(f"{CONTENTS}/{file.name}", file)
    return folder


def unpacked(saved: Path) -> Path:
    """The folder with the files that `save` saved. It unpacks a zip, so it is for a process with limits.

    Raises `BadUpload` for a zip that looks malicious.
    """
    if saved.is_dir():
        return saved
    folder = saved.with_name("unpacked")
    shutil.rmtree(folder, ignore_errors=True)  # an earlier attempt's
    with saved.open("rb") as packed:
        unzip(packed, folder)
    return folder


def save_files(files: Sequence[UploadedFile], folder: Path) -> list[Path]:
    """Saves single files in the folder under their base names."""
    saver = _Saver(folder)
    return [saver.save(PurePosixPath(file.name.replace("\\", "/")).name, file) for file in files]


@dataclass(slots=True)
class _Saver:
    """Saves files in a folder: never outside it, never over one another, never more than `room_bytes`."""

    folder: Path
    room_bytes: int = MAX_UNPACKED_BYTES

    def save(self, name: str, content: IO[bytes]) -> Path:
        path = self.folder.joinpath(*_parts(name))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                while chunk := content.read(_CHUNK_BYTES):
                    self.room_bytes -= len(chunk)
                    if self.room_bytes < 0:
                        raise BadUpload(
                            "These files are too large to upload once unpacked.", next_step=_TOO_LARGE
                        )
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError) as error:
            raise BadUpload(f"There are two files named {quoted(name)}.") from error
        except OSError as error:
            raise BadUpload(f"{quoted(name)} can't be saved: {error.strerror or error}.") from error
        return path


_TOO_LARGE = "Nothing was saved. Load them with `python -m mailsight load`, which has no size limit."


def _parts(name: str) -> list[str]:
    """Splits a relative path. Raises `BadUpload` if it leads outside the folder or is not a valid file name."""
    slashed = name.replace("\\", "/")
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    if slashed.startswith("/") or re.match(r"[A-Za-z]:", slashed) or ".." in parts:
        raise BadUpload(f"The name {quoted(name)} points outside the bundle.")
    if (
        not parts
        or not slashed.isprintable()
        or max(len(part.encode()) for part in parts) > 255
        or len(parts) > 20
    ):
        raise BadUpload(f"{quoted(name)} is not a valid file name.")
    return parts


def quoted(name: str) -> str:
    """A file name quoted for a message, shortened if it is long."""
    return repr(name if len(name) <= 80 else f"{name[:80]}…")


def unzip(packed: UploadedFile, folder: Path, max_bytes: int | None = None) -> None:
    """Unpacks a zip into the folder. Raises `BadUpload` if it looks malicious, or is larger than an upload may be.

    `max_bytes` is another limit, for files that are not uploaded.
    """
    name = PurePosixPath(packed.name).name
    size, entries = size_and_entries(packed)
    if entries > MAX_FILES:
        raise BadUpload(f"{quoted(name)} contains more than {MAX_FILES:,} files.", next_step=_TOO_LARGE)
    allowed = MAX_UNPACKED_BYTES if max_bytes is None else max_bytes
    room = min(allowed, max(size * MAX_RATIO, _RATIO_EXEMPT_BYTES))
    saver = _Saver(folder, room)
    try:
        with zipfile.ZipFile(packed) as archive:
            for member in _members(archive):
                with archive.open(member) as file:
                    saver.save(member.filename, file)
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,  # such as a directory with an offset before the file's start
        ValueError,
        NotImplementedError,
        struct.error,
    ) as error:
        raise BadUpload(
            f"{quoted(name)} is not a readable zip: {str(getattr(error, 'strerror', None) or error).rstrip('.')}.",
            next_step="Nothing was stored. Download or pack it again, then try again.",
        ) from error


def size_and_entries(packed: IO[bytes]) -> tuple[int, int]:
    """A zip's size and number of entries, by their signature, before `zipfile` creates an object for each."""
    size, entries, end = 0, 0, b""
    packed.seek(0)
    while chunk := packed.read(_CHUNK_BYTES):
        size += len(chunk)
        entries += (end + chunk).count(_ENTRY)
        end = (end + chunk)[1 - len(_ENTRY) :]
    packed.seek(0)
    return size, entries


def _members(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files in a zip. Raises `BadUpload` for links, which can point anywhere, and for encrypted files."""
    for member in archive.infolist():
        if member.is_dir() or _CLUTTER.match(member.filename):
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BadUpload(f"{quoted(member.filename)} is a link, not a file.")
        if member.flag_bits & 1:
            raise BadUpload(
                f"{quoted(member.filename)} needs a password.",
                next_step="Upload a zip without a password.",
            )
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # Others, such as LZMA, can take gigabytes of memory to unpack.
            raise BadUpload(
                f"{quoted(member.filename)} is packed in an unusual way.",
                next_step="Create the zip with your operating system's own program.",
            )
        yield member


@dataclass(slots=True)
class Loading(Generic[R]):
    """A load that continues even if the page is closed: the share done, the current step, and the future result."""

    done: float = 0.0
    doing: str = "Saving the files"
    ended: Future[R] = field(default_factory=Future)


def start(load: Callable[[Path, Progress], R]) -> Loading[R]:
    """Runs `load` in the background with a folder of its own, within a temporary one that only its owner can read."""
    loading = Loading[R]()

    def progress(done: float, doing: str) -> None:
        loading.done, loading.doing = done, doing

    def run() -> None:
        try:
            with temporary_folder() as folder:
                result = load(folder, progress)
        except BaseException as error:  # noqa: BLE001  # raised again where the result is awaited
            loading.ended.set_exception(error)
        else:
            loading.ended.set_result(result)

    # A daemon: shutdown need not wait, since an interrupted load changes nothing.
    threading.Thread(target=run, name="upload", daemon=True).start()
    return loading


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A folder for uploaded files, within a temporary one that only its owner can read."""
    with ExitStack() as stack:
        while True:
            temporary = stack.enter_context(TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True))
            folder = Path(temporary) / "files"
            # Another server that is just starting may take a folder without a lock for one that was left.
            with suppress(Timeout, FileNotFoundError):
                stack.enter_context(_in_use(Path(temporary)))
                folder.mkdir()
                break
        yield folder


def remove_leftovers() -> None:
    """Removes the temporary folders of uploads whose server was killed."""
    for folder in Path(gettempdir()).glob(f"{_PREFIX}*"):
        try:
            status = folder.lstat()
        except FileNotFoundError:
            continue  # another server has just removed it
        if not stat.S_ISDIR(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
            continue  # it is somebody else's
        with suppress(Timeout, OSError), _in_use(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _in_use(temporary: Path) -> FileLock:
    """Marks a temporary folder as in use for as long as this process lives. Raises `Timeout` if it is in use."""
    return FileLock(temporary / "lock", timeout=0)
