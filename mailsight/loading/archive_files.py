"""The mails in an archive: mails and mailboxes, packed or not, in folders or not, read one by one.

Whatever the size of the archive, one mail is held at a time. Nothing is written under a name that comes from it.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from mailsight.errors import NotABundle, UnreadableFile
from mailsight.mime import files as mail_files

from . import archive_streams, file_checks, finding, folders, mailboxes, unpacking
from .archive_streams import BROKEN, Budget, Source
from .contents import MAX_MAIL_BYTES
from .refusals import PassedOver

# Mail programs nest their folders more deeply than anybody nests tables.
MAX_DEPTH = 30
# A mailbox in a zip in a zip.
MAX_NESTING = 4
_KEPT_BYTES = 2**16
_MAX_LABEL = 300
# Of an upload, so many files tell whether it is an archive of mails.
_LOOKED_AT = 1_000

# What mail servers and programs keep beside the mails.
_COMPANIONS = re.compile(
    r"dovecot.*|subscriptions|maildirfolder|maildirsize|courier.*|.*\.(?:msf|index|cache|lock|log|plist|dat|toc|idx)",
    re.IGNORECASE,
)
_SUFFIXES = (
    ".eml",
    ".emlx",
    ".msg",
    ".mht",
    ".mhtml",
    ".html",
    ".htm",
    ".mbox",
    ".mbx",
    ".mbs",
    ".pst",
    ".ost",
    ".olm",
    ".7z",
    ".rar",
    "",
)
# The folders of a Maildir with mails in them.
_MAILDIR = ("cur", "new")
_NOT_MAIL = "it is neither an e-mail nor a mailbox."
_OTHER_ARCHIVES = {
    b"!BDN": "it is a mailbox of Outlook. Save its mails as .eml or .msg files.",
    b"7z\xbc\xaf\x27\x1c": "it is a 7-Zip archive. Unpack it, and load the folder.",
    b"Rar!": "it is a RAR archive. Unpack it, and load the folder.",
}
_TOO_LARGE = f"is larger than {MAX_MAIL_BYTES // 2**20} MB"


@dataclass(frozen=True, slots=True)
class ArchivedMail:
    """A mail of an archive: its file as people know it, its number in it, and its source.

    `problem` says why it can't be read; `raw` may then be its beginning only.
    """

    file: str
    position: int
    raw: bytes
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _File:
    """A file on disk, or in an archive on disk, with its name as people know it. `is_named`: by who loads it."""

    path: Path
    name: str
    is_named: bool = False
    in_maildir: bool = False

    @property
    def last_name(self) -> str:
        return PurePosixPath(self.name).name

    @property
    def suffix(self) -> str:
        return PurePosixPath(self.last_name.lower()).suffix


class Archive:
    """The mails below some paths. `unread` gets what was passed over."""

    def __init__(self, paths: Sequence[Path], folder: Path, max_bytes: int | None = None) -> None:
        """`folder` is for temporary files. `max_bytes` limits what a packed file unpacks to, besides the general limit.

        Raises `NotABundle` for a path that can't be read.
        """
        self.unread: list[PassedOver] = []
        self._folder = folder
        self._max_bytes = max_bytes
        self._files = [file for path in paths for file in self._below(path)]
        self._total_bytes = sum(_size(file.path) for file in self._files)
        self._done_bytes = 0
        self._current: BinaryIO | None = None

    @property
    def done(self) -> float:
        """The share read so far."""
        current = self._current.tell() if self._current and not self._current.closed else 0
        return min((self._done_bytes + current) / (self._total_bytes or 1), 1.0)

    def mails(self) -> Iterator[ArchivedMail]:
        for file in self._files:
            try:
                with file.path.open("rb") as self._current:
                    yield from self._mails_of(Source(self._current.read, file=self._current), file, 0, None)
            except UnreadableFile as error:
                self._pass_over(file.name, str(error))
            except OSError as error:
                self._pass_over(file.name, f"it can't be read: {error.strerror or error}.")
            self._done_bytes += _size(file.path)

    def _below(self, path: Path) -> Iterator[_File]:
        if not path.is_dir():
            if problem := file_checks.problem(path):
                raise NotABundle(f"{path} {problem}.")
            yield _File(path, _label(path.name), is_named=True)
            return
        for file in self._walked(path):
            name = _label(file.relative_to(path).as_posix())
            if problem := file_checks.problem(file, path):
                self._pass_over(name, f"it {problem}.")
            else:
                yield _File(file, name, in_maildir=file.parent.name in _MAILDIR)

    def _walked(self, folder: Path) -> Iterator[Path]:
        def check(error: OSError) -> None:
            if error.filename == str(folder):
                raise NotABundle(f"{folder} can't be read: {error.strerror}.") from error
            self._pass_over(_label(error.filename), f"this folder can't be read: {error.strerror}.")

        for at, inner, names in os.walk(folder, onerror=check):
            place = Path(at)
            below = [place / name for name in sorted(inner) if _is_read(place, name, inner)]
            links = [path for path in below if path.is_symlink()]
            for path in links:
                self._pass_over(
                    _label(f"{path.relative_to(folder)}/"), "this folder is a link. Load where it leads."
                )
            if len(place.relative_to(folder).parts) >= MAX_DEPTH and below:
                self._pass_over(
                    _label(f"{place.relative_to(folder)}/"), f"it is more than {MAX_DEPTH} folders deep."
                )
                below = []
            inner[:] = [path.name for path in below if path not in links]
            yield from (place / name for name in sorted(names) if not folders.is_clutter(name))

    def _mails_of(
        self, source: Source, file: _File, depth: int, budget: Budget | None
    ) -> Iterator[ArchivedMail]:
        """The mails of a file, or of a file in an archive, whose `budget` is what may still be unpacked."""
        start = source.start()
        other = next((why for magic, why in _OTHER_ARCHIVES.items() if start.startswith(magic)), None)
        if other:
            self._pass_over(file.name, other)
        elif unpacking.is_packed(start) or archive_streams.is_archive(start):
            if depth >= MAX_NESTING:
                self._pass_over(file.name, f"it is packed more than {MAX_NESTING} times.")
                return
            yield from self._unpacked(source, file, depth + 1, budget or Budget(file.path, self._max_bytes))
        elif mailboxes.is_mailbox(start):
            for position, piece in enumerate(mailboxes.mails(source.read, MAX_MAIL_BYTES), start=1):
                yield ArchivedMail(file.name, position, piece.raw, None if piece.is_whole else _TOO_LARGE)
        elif file.in_maildir or mail_files.is_mail(start, file.last_name):
            raw = source.read(MAX_MAIL_BYTES + 1)
            if len(raw) <= MAX_MAIL_BYTES:
                yield ArchivedMail(file.name, 1, raw)
            else:
                yield ArchivedMail(file.name, 1, raw[:_KEPT_BYTES], _TOO_LARGE)
        elif file.is_named or (file.suffix in _SUFFIXES and not _COMPANIONS.fullmatch(file.last_name)):
            self._pass_over(file.name, _NOT_MAIL if start else "it is empty.")
        if source.problem:
            self._pass_over(file.name, source.problem)

    def _unpacked(self, source: Source, file: _File, depth: int, budget: Budget) -> Iterator[ArchivedMail]:
        if unpacking.is_packed(source.start()):
            yield from self._mails_of(archive_streams.unpacked(source, budget), file, depth, budget)
            return

        def pass_over(name: str, reason: str) -> None:
            self._pass_over(_label(f"{file.name}/{name}") if name else file.name, reason)

        try:
            with archive_streams.members(source, budget, self._folder, pass_over) as members:
                for name, member in members:
                    path = PurePosixPath(name)
                    if not any(part != ".." and folders.is_clutter(part) for part in path.parts):
                        label = _label(f"{file.name}/{name}")
                        in_maildir = path.parent.name in _MAILDIR
                        inner = _File(file.path, label, in_maildir=in_maildir)
                        yield from self._mails_of(member, inner, depth, budget)
        except BROKEN as error:
            self._pass_over(file.name, f"it is damaged, and was read up to there: {error}.")

    def _pass_over(self, name: str, reason: str) -> None:
        self.unread.append(PassedOver(name, reason))


def holds_mails(folder: Path) -> bool:
    """Whether a folder holds mails, and nothing that looks like a table."""
    has_mails = False
    for path in islice(finding.files_below(folder), _LOOKED_AT):
        start = unpacking.beginning(path, archive_streams.START_BYTES)
        if mailboxes.is_mailbox(start) or mail_files.is_mail(start, path.name):
            has_mails = True
        elif finding.looks_like_table(path.name):
            return False
    return has_mails


def _is_read(place: Path, name: str, siblings: Sequence[str]) -> bool:
    """Whether a folder may hold mails. The folders in a Maildir start with a dot; tmp has mails still being written."""
    if name == "tmp":
        return not set(_MAILDIR) & set(siblings)
    return not folders.is_clutter(name) or any((place / name / inner).is_dir() for inner in _MAILDIR)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _label(name: str) -> str:
    """A name from an archive or a folder, fit for the screen."""
    text = name.encode("utf-8", "replace").decode("utf-8")
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:_MAX_LABEL])
