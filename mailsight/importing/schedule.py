"""Imports that the server runs on a schedule, one at a time, and what became of the last ones."""

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from mailsight import measures, tracebacks
from mailsight.errors import BadSetting, LoadRunning, MailsightError, StateUnreadable
from mailsight.loading import child
from mailsight.loading.background import PAUSE_AFTER_LOAD, Background
from mailsight.loading.derive import Progress
from mailsight.loading.merge import LoadSummary, silent
from mailsight.state import audit
from mailsight.state.audit import Action
from mailsight.warehouse.files import write_file

from . import engine, registry

KEYS = ("source", "url", "path", "every", "options")
DEFAULT_SECONDS = 3600.0
MIN_SECONDS = 60.0
# After a failure, the import is repeated after a minute, then after twice as long each time, up to its own interval.
RETRY_SECONDS = 60.0
MAX_RETRY_SECONDS = 3600.0
MIN_LATE_SECONDS = 3600.0
BUSY_SECONDS = 30.0
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}
_EVERY = re.compile(r"\s*(\d{1,6})\s*(second|minute|hour|day)s?\s*", re.IGNORECASE)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """An import on a schedule, as a section `[import.NAME]` of the secrets file describes it."""

    name: str
    source: str
    where: str = field(repr=False)  # it may hold a password
    every_seconds: float = DEFAULT_SECONDS
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        return engine.place_of(self.where, self.options)


@dataclass(frozen=True, slots=True)
class Outcome:
    """When an import ran last, why it failed, if it did, and how long until the next one is due."""

    at: datetime
    error: str | None = None
    failures: int = 0
    every_seconds: float = DEFAULT_SECONDS

    @property
    def is_late(self) -> bool:
        """Whether the next one should have ended long ago. One that reads years of history may take an hour."""
        age_seconds = (datetime.now(UTC) - self.at).total_seconds()
        return age_seconds > self.every_seconds + max(self.every_seconds, MIN_LATE_SECONDS)


def job(name: str, section: Mapping[str, Any]) -> Job:
    """The job that a section describes. Raises `BadSetting`, with what is wrong as the end of a sentence."""
    source = section.get("source", name)
    if source not in registry.NAMES:
        raise BadSetting(f"has the source {source!r}; known are {', '.join(registry.NAMES)}")
    where = [key for key in ("url", "path") if key in section]
    if len(where) != 1:
        raise BadSetting("needs either url or path")
    for key in (*where, "every"):
        if not (isinstance(section.get(key, "1 hour"), str) and section.get(key, "1 hour").strip()):
            raise BadSetting(f"needs text in quotes for {key}")
    if where == ["url"] and "://" not in section["url"]:
        raise BadSetting("has a url without ://; write path for files")
    every = _EVERY.fullmatch(section.get("every", "1 hour"))
    seconds = int(every[1]) * _UNITS[every[2].lower()] if every else 0
    if seconds < MIN_SECONDS:
        raise BadSetting('needs every as text such as "10 minutes", "2 hours" or "1 day", at least a minute')
    options = section.get("options", {})
    if not isinstance(options, Mapping) or not all(isinstance(value, str) for value in options.values()):
        raise BadSetting('needs options as texts in quotes, such as options = { timezone = "UTC" }')
    return Job(name, source, section[where[0]], float(seconds), dict(options))


def outcomes(database: Path) -> dict[str, Outcome]:
    """The last outcome of each import that ran on a schedule, by its name."""
    try:
        stored = json.loads(_file(database).read_text(encoding="utf-8"))
        return {
            name: Outcome(
                datetime.fromisoformat(each["at"]),
                each["error"],
                each["failures"],
                each.get("every_seconds", DEFAULT_SECONDS),
            )
            for name, each in stored.items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def problems(database: Path, jobs: Sequence[Job] | None = None) -> Iterator[str]:
    """Which imports failed or are late, in sentences without addresses: those of `jobs`, or all that ran before."""
    names = None if jobs is None else {each.name for each in jobs}
    for name, outcome in outcomes(database).items():
        if names is not None and name not in names:
            continue
        if outcome.error:
            yield f"The last import of {name} failed. It is repeated; the Data page says why."
        elif outcome.is_late:
            yield f"The import of {name} is late. Check that the server runs, and what it is loading."


def forget(database: Path) -> None:
    """Forgets all imports, when there are none on a schedule any more."""
    with suppress(OSError):
        _file(database).unlink(missing_ok=True)


class Importer(Background):
    """Runs imports, one at a time, each when it is due."""

    def __init__(
        self, database: Path, jobs: Sequence[Job], *, run: Callable[[Job], object] | None = None
    ) -> None:
        super().__init__("mailsight-imports", database.with_name(f"{database.stem}.importer.lock"))
        self._database = database
        self._jobs = jobs
        self._run = run or self._import
        self._due = dict.fromkeys((each.name for each in jobs), 0.0)
        self._outcomes = outcomes(database)

    def step(self) -> float:
        """Runs the import that has been due for longest; returns the seconds until the next one is due."""
        now = time.monotonic()
        each = min(self._jobs, key=lambda job: self._due[job.name])
        if self._due[each.name] <= now:
            self._due[each.name] = now + self._attempt(each, now)
        return max(0.0, min(self._due.values()) - time.monotonic())

    def _attempt(self, each: Job, start: float) -> float:
        """Runs an import; returns the seconds until it is due again, counted from its start."""
        failures = self._outcomes[each.name].failures if each.name in self._outcomes else 0
        try:
            with measures.load("import"):
                self._run(each)
        except LoadRunning:
            return time.monotonic() - start + BUSY_SECONDS
        except Exception as error:  # noqa: BLE001  # whatever went wrong, it is repeated
            reason = str(error) if isinstance(error, MailsightError) else type(error).__name__
            # The reason may quote the address or data. The Data page has it.
            _log.error("The import %s failed: %s", each.name, tracebacks.in_short(error))
            self._note(each, Outcome(datetime.now(UTC), reason, failures + 1, each.every_seconds))
            return time.monotonic() - start + retry_seconds(each.every_seconds, failures)
        self._note(each, Outcome(datetime.now(UTC), every_seconds=each.every_seconds))
        return max(each.every_seconds, (1 + PAUSE_AFTER_LOAD) * (time.monotonic() - start))

    def _import(self, each: Job) -> None:
        try:
            audit.by_schedule(self._database, Action.IMPORTED, source=each.source)
        except StateUnreadable as error:  # the data is needed even if nothing says where it came from
            _log.warning("Not recorded in the audit: %s", error)
        child.run(partial(imported, self._database, each, self._jobs), process=self._child)

    def _note(self, each: Job, outcome: Outcome) -> None:
        names = {job.name for job in self._jobs}
        self._outcomes = {name: known for name, known in self._outcomes.items() if name in names}
        self._outcomes[each.name] = outcome
        stored = {
            name: {**asdict(known), "at": known.at.isoformat()} for name, known in self._outcomes.items()
        }
        try:
            write_file(_file(self._database), json.dumps(stored))
        except OSError:
            _log.exception("Can't note how the import went")


def retry_seconds(every_seconds: float, failures: int) -> float:
    """How long to wait after a failure that follows so many others."""
    return min(RETRY_SECONDS * 2.0 ** min(failures, 20), max(every_seconds, MAX_RETRY_SECONDS))


def imported(database: Path, each: Job, jobs: Sequence[Job], progress: Progress = silent) -> LoadSummary:
    """Runs an import. What `jobs`, all that are on the schedule, give from the same place is not replaced."""
    others = (job for job in jobs if job.name != each.name)
    return engine.run(
        database,
        registry.source(each.source),
        each.where,
        options=each.options,
        beside=[job.options for job in others if (job.source, job.where) == (each.source, each.where)],
        progress=progress,
    )


def _file(database: Path) -> Path:
    return database.with_name(f"{database.stem}.imports.json")
