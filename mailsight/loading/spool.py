"""The spool: webhooks on disk before their provider hears that they came, kept until they are loaded.

It is the folder `mailsight.spool` beside `mailsight.duckdb`:

    current.ndjson                       one request a line, each synced before it is answered
    2026-11-23T16-34-23.123456Z.ndjson   a sealed segment, named by when; no line is added to it any more
    lock                                 held while a line is written and while a segment is sealed
    error.json                           why the last try to load it failed

A line is what came, not what it means: `{"provider", "received_at", "content_type", "headers", "body"}`. A process that
is killed while it writes leaves half a line at most, of a request that it never answered: the next line begins on a
line of its own, and the provider sends the unanswered one again.
"""

import json
import os
import re
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from filelock import lock_descriptor

from mailsight.errors import NotKept
from mailsight.warehouse.generations import sync_folder

# What the readers of payloads look at. Never who asked and how they proved it: Authorization, Cookie.
HEADERS_KEPT = frozenset({"svix-id", "x-amz-sns-message-id", "x-amz-sns-message-type"})

_CURRENT = "current.ndjson"
# filelock polls, which is slow for threads that compete; they queue here instead.
_ONE_THREAD = threading.Lock()
_POLL_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class SpoolState:
    """What waits to be loaded: how many requests, how many bytes, and since when the oldest of them."""

    requests: int = 0
    size_bytes: int = 0
    oldest_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class LoadError:
    """When and why the spool could not be loaded the last time it was tried."""

    at: datetime
    text: str


def beside(database: Path) -> "Spool":
    """The spool of a database."""
    return Spool(database.with_name(f"{database.stem}.spool"))


@dataclass(frozen=True, slots=True)
class Spool:
    """A folder of webhooks that came and are not loaded yet. Threads and processes may share it."""

    folder: Path

    @property
    def exists(self) -> bool:
        """Whether anything ever came."""
        return self.folder.is_dir()

    def append(
        self,
        provider: str,
        body: str,
        *,
        content_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
        received_at: datetime | None = None,
    ) -> None:
        """Keeps a request: when this returns, it is on disk.

        Raises `NotKept` when the disk does not take it; nothing of it is left then, unless syncing failed.
        """
        kept = {
            "provider": provider,
            "received_at": (received_at or datetime.now(UTC)).isoformat(),
            "content_type": content_type,
            "headers": {
                name: value for name, value in (headers or {}).items() if name.lower() in HEADERS_KEPT
            },
            "body": body,
        }
        try:
            self._append_line(json.dumps(kept).encode() + b"\n")
        except OSError as error:
            raise NotKept(f"{self.folder} can't be written to: {error.strerror}.") from error

    def _append_line(self, line: bytes) -> None:
        with ExitStack() as opened:
            with self._locked():
                file = opened.enter_context(self._current.open("ab+", buffering=0))
                if not file.tell():
                    sync_folder(self.folder.parent)
                    sync_folder(self.folder)
                _write_line(file.fileno(), line)
            # Outside of the lock: those who wait for the disk at the same moment share one sync.
            os.fsync(file.fileno())

    def seal(self) -> list[Path]:
        """Closes the segment that is being written, and returns all that are closed, oldest first.

        A segment stays until it is removed: whoever is killed before that finds it again.
        """
        if not self.exists:
            return []
        with self._locked():
            if self._current.exists() and self._current.stat().st_size:
                self._close_current()
            return self._segments()

    def _close_current(self) -> None:
        try:
            self._current.rename(self._unused_name())
        except PermissionError:
            if sys.platform != "win32":
                raise
            # Windows can't rename a file that is open, as it is while a request waits for its sync. Try the next time.
        sync_folder(self.folder)

    def remove(self, segments: Iterable[Path]) -> None:
        """Forgets segments: what stood in them is in the database."""
        for segment in segments:
            segment.unlink(missing_ok=True)

    def state(self) -> SpoolState:
        """What waits to be loaded."""
        requests, size_bytes, oldest_at = 0, 0, None
        for file in [*self._segments(), self._current]:
            try:
                found = file.stat()
                requests += _lines(file, found.st_ino, found.st_size)
                oldest_at = oldest_at or _received_at(file)
            except FileNotFoundError:
                continue  # Loaded and removed, or sealed, just now.
            size_bytes += found.st_size
        return SpoolState(requests, size_bytes, oldest_at)

    def note_error(self, text: str | None) -> None:
        """Notes why loading failed, for people to see; None when it went well."""
        note = self.folder / "error.json"
        if text is None:
            note.unlink(missing_ok=True)
            return
        draft = note.with_suffix(".draft")
        draft.write_text(json.dumps({"at": datetime.now(UTC).isoformat(), "text": text}), encoding="utf-8")
        draft.replace(note)

    def last_error(self) -> LoadError | None:
        """Why loading failed the last time; None when it went well."""
        try:
            noted = json.loads((self.folder / "error.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return LoadError(datetime.fromisoformat(noted["at"]), noted["text"])

    @property
    def _current(self) -> Path:
        return self.folder / _CURRENT

    def _segments(self) -> list[Path]:
        return sorted(file for file in self.folder.glob("*.ndjson") if file.name != _CURRENT)

    def _unused_name(self) -> Path:
        """A name that no segment ever had, so that a refused line can be told by file and line for good."""
        while (segment := self.folder / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}.ndjson").exists():
            pass
        return segment

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        # The lock is released when the file is closed, and so when a process is killed.
        with _ONE_THREAD, (self.folder / "lock").open("ab") as lock:
            lock_descriptor(lock.fileno(), poll_interval=_POLL_SECONDS)
            yield


def _write_line(file: int, line: bytes) -> None:
    """Writes a line at the end of the file, all of it or nothing."""
    end = os.lseek(file, 0, os.SEEK_END)
    if end:
        os.lseek(file, -1, os.SEEK_END)
        if os.read(file, 1) != b"\n":
            line = b"\n" + line  # Somebody was killed in the middle of a line.
    try:
        while line:
            line = line[os.write(file, line) :]
    except OSError:
        os.ftruncate(file, end)
        raise


# A sealed segment never changes, so it is counted once, however long it has to wait.
@lru_cache(maxsize=1_000)
def _lines(file: Path, inode: int, size: int) -> int:
    del inode, size  # They only make another key of the cache.
    with file.open("rb") as lines:
        return sum(part.count(b"\n") for part in iter(lambda: lines.read(2**20), b""))


def _received_at(file: Path) -> datetime | None:
    """When the first request of a segment came: from its line, whose beginning is enough."""
    with file.open("rb") as lines:
        found = re.search(rb'"received_at": "([^"]{20,40})"', lines.readline(300))
    return datetime.fromisoformat(found[1].decode()) if found else None
