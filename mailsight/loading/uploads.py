"""Files from a browser: who may send them, and how they come to lie in a folder, whatever they are called and hold."""

import lzma
import re
import stat
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO, BinaryIO

from mailsight.errors import BadUpload, NotABundle

from . import bundle_files
from .derive import Progress
from .merge import LoadSummary

EVERYONE = "*"
MOST_FILES = 50_000
LARGEST_UNPACKED_BYTES = 2 * 2**30
# Text packs 5 to 50 times; what packs a thousand times is made to fill the disk.
LARGEST_RATIO = 200
_FREE_OF_RATIO_BYTES = 10 * 2**20
_CHUNK_BYTES = 2**20
_MAILS = (".html", ".htm", ".eml")
# What the programs of some systems add to every folder and every zip.
_CLUTTER = re.compile(r"__MACOSX/|(.*/)?(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)$", re.IGNORECASE)
# A proxy beside the server hands on what others ask for, and says so in one of these.
_PROXY_HEADERS = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at the page: the address with which they signed in, if they did, and whether on this very machine."""

    signed_in: bool
    email: str | None
    local: bool


def may_upload(visitor: Visitor, uploaders: Sequence[str], *, sign_in: bool) -> bool:
    """Whether the visitor may load files. Where nobody signs in, only this very machine may, and nobody by name."""
    if not sign_in:
        return visitor.local and set(uploaders) <= {EVERYONE}
    named = visitor.email is not None and visitor.email.lower() in uploaders
    return visitor.signed_in and (EVERYONE in uploaders or named)


def is_local(ip: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a browser with this address (None: not told) runs on the server's machine, and is no proxy for others.

    The name by which it asks for the page counts too: a name of somebody else's may lead to this machine (DNS
    rebinding).
    """
    if any(headers.get(name) for name in _PROXY_HEADERS):
        return False
    host = re.sub(r":\d+$", "", headers.get("host") or "").strip("[]").lower()
    # A server that listens to both kinds of addresses writes the one kind as the other.
    own = ip is None or ip == "::1" or ip.removeprefix("::ffff:").startswith("127.")
    return own and host in ("localhost", "127.0.0.1", "::1")


# A file as a browser sent it; of a folder, its name holds the path in it.
Sent = BinaryIO


def keep_bundle(files: Sequence[Sent], folder: Path) -> Path:
    """Puts a bundle's files, or those in one zip, into the folder; returns the folder in which its tables lie.

    Raises `BadUpload` for what nobody sends who means well, `NotABundle` when there is nothing to load.
    """
    zips = [file for file in files if file.name.lower().endswith(".zip")]
    if not zips:
        kept = _Keeping(folder)
        for file in files:
            kept.keep(file.name, file)
            if "/" not in file.name and file.name.lower().endswith(_MAILS):
                # Bundles have their e-mails in a folder, of which a single file knows nothing.
                file.seek(0)
                kept.keep(f"contents/{file.name}", file)
    elif len(files) == 1:
        _unpack(zips[0], folder)
    else:
        raise BadUpload("A zip came together with other files.", next_step="Upload one zip, or single files.")
    return _tables_folder(folder)


def keep_files(files: Sequence[Sent], folder: Path) -> list[Path]:
    """Puts single files into the folder, by their own names without any path."""
    kept = _Keeping(folder)
    return [kept.keep(PurePosixPath(file.name.replace("\\", "/")).name, file) for file in files]


@dataclass(slots=True)
class _Keeping:
    """Files on their way into a folder: never beside it, never two at one place, never more than there is room for."""

    folder: Path
    room_bytes: int = LARGEST_UNPACKED_BYTES

    def keep(self, name: str, content: IO[bytes]) -> Path:
        path = self.folder.joinpath(*_parts(name))
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                while chunk := content.read(_CHUNK_BYTES):
                    self.room_bytes -= len(chunk)
                    if self.room_bytes < 0:
                        raise BadUpload(
                            "Unpacked, these files are too large for an upload.", next_step=_TOO_LARGE
                        )
                    file.write(chunk)
        except (FileExistsError, NotADirectoryError) as error:
            raise BadUpload(f"There are two files {formatted(name)}.") from error
        except OSError as error:
            raise BadUpload(f"{formatted(name)} can't be kept: {error.strerror or error}.") from error
        return path


_TOO_LARGE = "Nothing of it was kept. Load them with `python -m mailsight load`, which has no limit."


def _parts(name: str) -> list[str]:
    """The parts of a path below a folder. Raises `BadUpload` for one that leads elsewhere, or that no file can have."""
    slashed = name.replace("\\", "/")
    parts = [part for part in slashed.split("/") if part not in ("", ".")]
    if slashed.startswith("/") or re.match(r"[A-Za-z]:", slashed) or ".." in parts:
        raise BadUpload(f"The name {formatted(name)} leads out of the bundle.")
    if (
        not parts
        or not slashed.isprintable()
        or max(len(part.encode()) for part in parts) > 255
        or len(parts) > 20
    ):
        raise BadUpload(f"The name {formatted(name)} can't be used for a file.")
    return parts


def formatted(name: str) -> str:
    """A file's name in a sentence."""
    return repr(name if len(name) <= 80 else f"{name[:80]}…")


def _unpack(packed: Sent, folder: Path) -> None:
    content = packed.read()
    # Before Python's reader makes an object for each: this stands before every file's name.
    if content.count(b"PK\x01\x02") > MOST_FILES:
        raise BadUpload(
            f"{formatted(packed.name)} holds more than {MOST_FILES:,} files.", next_step=_TOO_LARGE
        )
    packed.seek(0)
    room = max(min(LARGEST_UNPACKED_BYTES, len(content) * LARGEST_RATIO), _FREE_OF_RATIO_BYTES)
    kept = _Keeping(folder, room)
    try:
        with zipfile.ZipFile(packed) as opened:
            for member in _members(opened):
                with opened.open(member) as inside:
                    kept.keep(member.filename, inside)
    except (
        zipfile.BadZipFile,
        zlib.error,
        lzma.LZMAError,
        EOFError,
        ValueError,
        NotImplementedError,
    ) as error:
        raise BadUpload(f"{formatted(packed.name)} is not a zip that can be read: {error}.") from error


def _members(opened: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The files in a zip. Raises `BadUpload` for links, which may lead anywhere, and for what needs a password."""
    for member in opened.infolist():
        if member.is_dir() or _CLUTTER.match(member.filename):
            continue
        if stat.S_ISLNK(member.external_attr >> 16):
            raise BadUpload(f"{formatted(member.filename)} is a link, not a file.")
        if member.flag_bits & 1:
            raise BadUpload(
                f"{formatted(member.filename)} needs a password.",
                next_step="Upload a zip without a password.",
            )
        yield member


def _tables_folder(folder: Path) -> Path:
    """Where campaigns, customers, messages and events lie: in the folder, or in one below it."""
    found = sorted({file.parent for file in folder.rglob("*") if bundle_files.kind_of(file)})
    if not found:
        raise NotABundle("There is nothing in it that can be loaded.")
    if len(found) > 1:
        names = " and ".join(formatted(where.relative_to(folder).as_posix()) for where in found[:2])
        raise BadUpload(
            f"Its tables lie in several folders: {names}.",
            next_step="Put campaigns, customers, messages and events into one, or upload one folder after the other.",
        )
    return found[0]


@dataclass(slots=True)
class Loading:
    """A load that goes on whatever becomes of the page: the share that is done, what is being done, the end."""

    done: float = 0.0
    doing: str = "Taking the files in"
    ended: Future[LoadSummary] = field(default_factory=Future)


def start(load: Callable[[Path, Progress], LoadSummary]) -> Loading:
    """Runs `load` beside the page, with a folder of its own that is removed at the end."""
    loading = Loading()

    def progress(done: float, doing: str) -> None:
        loading.done, loading.doing = done, doing

    def run() -> None:
        try:
            with TemporaryDirectory(prefix="mailsight-upload-") as folder:
                summary = load(Path(folder), progress)
        except BaseException as error:  # noqa: BLE001  # it is raised where the end is waited for
            loading.ended.set_exception(error)
        else:
            loading.ended.set_result(summary)

    # A server that stops does not wait for it: a load that is cut off changes nothing.
    threading.Thread(target=run, name="upload", daemon=True).start()
    return loading
