"""The spool: stores webhooks on disk before they are acknowledged, until they are loaded.

It is the folder `mailsight.spool` beside `mailsight.duckdb`:

    current.ndjson                       one request per line, each synced before it is acknowledged
    2026-11-23T16-34-23.123456Z.ndjson   a sealed segment, named by the time of sealing; never written to again
    lock                                 held while a line is written or a segment is sealed
    error.json                           why the last attempt to load the spool failed
    attempts.json                        how often each segment failed to load
    set-aside/                           segments that could not be loaded, and why; nothing reads them until they
                                         are put back
    loaded/                              segments that were loaded since the last backup, if there was any: restoring
                                         it loads them again

A line holds the raw request: `{"provider", "received_at", "content_type", "headers", "body"}`. A process killed while
writing leaves at most half a line, of a request that it never acknowledged. The next request starts on a new line, and
the provider resends the lost one.
"""

import json
import os
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from filelock import lock_descriptor

from mailsight.errors import NotKept, SpoolUnreadable
from mailsight.warehouse.files import (
    PRIVATE_FILE,
    PRIVATE_FOLDER,
    make_private,
    replace_with_copy,
    sync_file,
    sync_folder,
    write_file,
)

from .loaded_segments import LoadedSegments

# The headers that payload readers use. Credentials (Authorization, Cookie) are never stored.
STORED_HEADERS = frozenset({"svix-id", "x-amz-sns-message-id", "x-amz-sns-message-type"})

_CURRENT, _SET_ASIDE = "current.ndjson", "set-aside"
# filelock polls, which is slow for threads that compete; they queue here instead.
_ONE_THREAD = threading.Lock()
_POLL_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class SpoolState:
    """What is waiting to be loaded: requests, bytes, and the arrival of the oldest request.

    `error` is why the last load failed, None if it succeeded; `set_aside` are segments that could not be loaded, and
    `set_aside_problem` is why these can't be listed, None if they can.
    """

    requests: int = 0
    size_bytes: int = 0
    oldest_at: datetime | None = None
    error: "LoadError | None" = None
    set_aside: "Sequence[SetAside]" = ()
    set_aside_problem: str | None = None


@dataclass(frozen=True, slots=True)
class LoadError:
    """When and why the last attempt to load the spool failed, and since when every attempt has failed."""

    at: datetime
    text: str
    since: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """A segment in `set-aside/`: requests that could not be loaded, since when, and why."""

    path: Path
    requests: int
    size_bytes: int
    at: datetime
    reason: str


def beside(database: Path) -> "Spool":
    """The spool of a database."""
    return Spool(database.with_name(f"{database.stem}.spool"))


@dataclass(frozen=True, slots=True)
class Spool:
    """A folder of received webhooks that are not loaded yet. Safe to share between threads and processes."""

    folder: Path

    @property
    def exists(self) -> bool:
        """Whether any webhook was ever received."""
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
        """Stores a request, which is on disk when this returns.

        Raises `NotKept` if it can't be written; nothing of it remains then, unless only syncing failed.
        """
        request = {
            "provider": provider,
            "received_at": (received_at or datetime.now(UTC)).isoformat(),
            "content_type": content_type,
            "headers": {
                name: value for name, value in (headers or {}).items() if name.lower() in STORED_HEADERS
            },
            "body": body,
        }
        try:
            self._append_line(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise NotKept(f"{self.folder} can't be written to: {error.strerror}.") from error

    def _append_line(self, line: bytes) -> None:
        with ExitStack() as stack:
            with self._locked():
                self._current.touch(PRIVATE_FILE)
                make_private(self._current)
                file = stack.enter_context(self._current.open("ab+", buffering=0))
                if not file.tell():
                    sync_folder(self.folder.parent)
                    sync_folder(self.folder)
                _write_line(file.fileno(), line)
            # Outside the lock, so that concurrent requests share one sync.
            os.fsync(file.fileno())

    def seal(self) -> list[Path]:
        """Seals the current segment and returns all sealed segments, oldest first.

        Segments stay until they are removed, so none is lost if the loader is killed.
        """
        if not self.exists:
            return []
        with self._locked():
            if self._current.exists() and self._current.stat().st_size:
                self._close_current()
            segments = self._segments()
        for segment in segments:
            make_private(segment)
        return segments

    def _close_current(self) -> None:
        try:
            self._current.rename(self._unused_name())
        except PermissionError:
            if sys.platform != "win32":
                raise
            # Windows can't rename a file that is open, as it is while a request waits for its sync. Try the next time.
        sync_folder(self.folder)

    def remove(self, segments: Iterable[Path]) -> None:
        """Removes segments that have been loaded."""
        self.loaded.add(segments)
        self._write_attempts(self.attempts())

    def unloaded(self) -> list[Path]:
        """Seals the current segment; returns all files with requests that are in no generation yet.

        They are where each request is at one moment. A file may be gone when it is read: then its requests were loaded
        meanwhile, or are in files that the next call returns.
        """
        if not self.exists:
            return []
        self.seal()
        with self._locked():
            return [*self._segments(), *self.files_set_aside()]

    def take_in(self, files: Iterable[Path]) -> None:
        """Copies the segments of a backup into the spool, or into `set-aside/` if that is where they were.

        Files that are there already are skipped: a segment never changes.
        """
        for file in files:
            folder = self._set_aside_folder if file.parent.name == _SET_ASIDE else self.folder
            if (self.folder / file.name).exists() or (folder / file.name).exists():
                continue
            folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
            if (note := file.with_suffix(".json")).exists():
                write_file(folder / note.name, note.read_text(encoding="utf-8"))
            replace_with_copy(folder / file.name, file)

    def attempts(self) -> dict[str, int]:
        """How often the load of each segment failed, or did not return, by the segment's name."""
        counts = _read_json(self._attempts) or {}
        return {name: int(count) for name, count in counts.items() if (self.folder / name).exists()}

    def note_attempts(self, segments: Iterable[Path], count: int = 1) -> None:
        """Counts an attempt before it is made, because a load may take its process with it."""
        counts = Counter(self.attempts())
        counts.update({segment.name: count for segment in segments})
        self._write_attempts(counts)

    def take_back_attempts(self, segments: Iterable[Path]) -> None:
        """Takes the last attempt back: the segments are not to blame for its failure."""
        counts = Counter(self.attempts())
        counts.subtract(segment.name for segment in segments)
        self._write_attempts(+counts)

    def _write_attempts(self, counts: Mapping[str, int]) -> None:
        if counts:
            write_file(self._attempts, json.dumps(counts))
        else:
            self._attempts.unlink(missing_ok=True)

    def replace(self, segment: Path, parts: Sequence[Path], attempts: int) -> list[Path]:
        """Puts the parts of a segment in its place and returns them; `attempts` is what counts for each.

        The parts are files in the spool that don't end in `.ndjson` yet. If the process is killed meanwhile, some
        requests are there twice, and count once.
        """
        for part in parts:
            sync_file(part)
        with self._locked():
            sealed = [part.rename(part.with_suffix(".ndjson")) for part in parts]
            self.note_attempts(sealed, attempts)
            sync_folder(self.folder)
            segment.unlink(missing_ok=True)
        self._write_attempts(self.attempts())
        return sealed

    def set_aside(self, segment: Path, reason: str) -> None:
        """Moves a segment that can't be loaded to `set-aside/`, with the reason."""
        self._set_aside_folder.mkdir(PRIVATE_FOLDER, exist_ok=True)
        note = {"at": datetime.now(UTC).isoformat(), "reason": reason}
        write_file(self._set_aside_folder / f"{segment.stem}.json", json.dumps(note))
        with self._locked():
            segment.rename(self._set_aside_folder / segment.name)
        sync_folder(self._set_aside_folder)
        sync_folder(self.folder)
        self._write_attempts(self.attempts())

    def put_back(self, attempts: int = 0) -> list[Path]:
        """Puts everything that was set aside back into the spool. It counts as tried `attempts` times.

        Raises `SpoolUnreadable`.
        """
        if not self.files_set_aside():
            return []
        with self._locked():
            segments = [segment.rename(self.folder / segment.name) for segment in self.files_set_aside()]
        for note in self._set_aside_folder.glob("*.json"):
            note.unlink()
        if segments:
            sync_folder(self.folder)
            self.note_attempts(segments, attempts)
        return segments

    def sealed(self) -> list[Path]:
        """All sealed segments, also those that are set aside, and those that were loaded and are kept."""
        return [*self._segments(), *self.files_set_aside(), *self.loaded.files()]

    def files(self) -> list[Path]:
        """All files with requests, loaded or not."""
        return [*self.sealed(), *([self._current] if self._current.exists() else [])]

    def _all_set_aside(self) -> Iterator[SetAside]:
        for segment in self.files_set_aside():
            note = _read_json(segment.with_suffix(".json")) or {}
            stat = segment.stat()
            at = datetime.fromtimestamp(stat.st_mtime, UTC)
            yield SetAside(
                segment,
                _lines(segment, stat.st_ino, stat.st_size),
                stat.st_size,
                datetime.fromisoformat(note["at"]) if "at" in note else at,
                str(note.get("reason", "")),
            )

    def state(self) -> SpoolState:
        """What is waiting to be loaded."""
        requests, size_bytes, oldest_at = 0, 0, None
        for file in [*self._segments(), self._current]:
            try:
                stat = file.stat()
                requests += _lines(file, stat.st_ino, stat.st_size)
                oldest_at = oldest_at or _received_at(file)
            except FileNotFoundError:
                continue  # Just loaded and removed, or sealed.
            size_bytes += stat.st_size
        set_aside: Sequence[SetAside] = ()
        problem = None
        try:
            set_aside = tuple(self._all_set_aside())
        except SpoolUnreadable as error:
            problem = str(error)
        return SpoolState(requests, size_bytes, oldest_at, self.last_error(), set_aside, problem)

    def note_error(self, text: str | None) -> None:
        """Records why loading failed, for the Data page; None clears the error after a successful load."""
        if text is None:
            self._error.unlink(missing_ok=True)
            return
        now, last = datetime.now(UTC), self.last_error()
        since = last.since if last else now
        write_file(self._error, json.dumps({"at": now.isoformat(), "text": text, "since": since.isoformat()}))

    def last_error(self) -> LoadError | None:
        """Why the last attempt to load the spool failed; None if it succeeded."""
        error = _read_json(self._error)
        if error is None:
            return None
        at = datetime.fromisoformat(error["at"])
        return LoadError(at, error["text"], datetime.fromisoformat(error.get("since", error["at"])))

    @property
    def _error(self) -> Path:
        return self.folder / "error.json"

    @property
    def _attempts(self) -> Path:
        return self.folder / "attempts.json"

    @property
    def _set_aside_folder(self) -> Path:
        return self.folder / _SET_ASIDE

    @property
    def loaded(self) -> LoadedSegments:
        """The segments that were loaded since the last backup."""
        return LoadedSegments(self.folder / "loaded")

    def files_set_aside(self) -> list[Path]:
        """The segments that are set aside, oldest first. Raises `SpoolUnreadable`."""
        try:
            return sorted(file for file in self._set_aside_folder.iterdir() if file.suffix == ".ndjson")
        except FileNotFoundError:
            return []
        except OSError as error:
            raise SpoolUnreadable(f"{self._set_aside_folder} can't be read: {error.strerror}.") from error

    @property
    def _current(self) -> Path:
        return self.folder / _CURRENT

    def _segments(self) -> list[Path]:
        return sorted(file for file in self.folder.glob("*.ndjson") if file.name != _CURRENT)

    def _unused_name(self) -> Path:
        """A name that no segment ever had, so that file and line identify a rejected row forever."""
        while (segment := self.folder / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S.%fZ}.ndjson").exists():
            pass
        return segment

    def is_stuck(self, seconds: float) -> bool:
        """Whether somebody holds the lock for that long without writing. Raises OSError if it can't be opened."""
        if not (self.folder / "lock").exists():
            return False
        end, size = time.monotonic() + seconds, self._current_size()
        with (self.folder / "lock").open("ab") as lock:
            while not lock_descriptor(lock.fileno(), blocking=False):
                if time.monotonic() > end:
                    return self._current_size() == size
                time.sleep(_POLL_SECONDS)
        return False

    def _current_size(self) -> int:
        try:
            return self._current.stat().st_size
        except FileNotFoundError:
            return 0

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(PRIVATE_FOLDER, parents=True, exist_ok=True)
        file = self.folder / "lock"
        file.touch(PRIVATE_FILE)
        for path in (self.folder, file):
            make_private(path)  # an older version created it readable by everyone
        # The lock is released when the file is closed, and so when a process is killed.
        with _ONE_THREAD, file.open("ab") as lock:
            lock_descriptor(lock.fileno(), poll_interval=_POLL_SECONDS)
            yield


def _write_line(file: int, line: bytes) -> None:
    """Appends a line to the file, completely or not at all."""
    end = os.lseek(file, 0, os.SEEK_END)
    if end:
        os.lseek(file, -1, os.SEEK_END)
        if os.read(file, 1) != b"\n":
            line = b"\n" + line  # A process was killed while writing a line.
    try:
        while line:
            line = line[os.write(file, line) :]
    except OSError:
        os.ftruncate(file, end)
        raise


def _read_json(file: Path) -> dict[str, Any] | None:
    """The object in a file of the spool; None if there is none, or only a part of it after a crash."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return value if isinstance(value, dict) else None


# A sealed segment never changes, so its lines are counted only once.
@lru_cache(maxsize=1_000)
def _lines(file: Path, inode: int, size: int) -> int:
    del inode, size  # Only part of the cache key.
    with file.open("rb") as lines:
        return sum(part.count(b"\n") for part in iter(lambda: lines.read(2**20), b""))


def _received_at(file: Path) -> datetime | None:
    """When the first request of a segment arrived, read from the start of its line."""
    with file.open("rb") as lines:
        match = re.search(rb'"received_at": "([^"]{20,40})"', lines.readline(300))
    return datetime.fromisoformat(match[1].decode()) if match else None
