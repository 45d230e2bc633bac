"""Kills programs: at a step of their work, so a busy machine gives the same result, or at random moments.

MAILSIGHT_KILLS sets how often imports are killed at random moments (default: 1).
"""

import itertools
import json
import os
import pkgutil
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from unittest.mock import patch

from mailsight.settings import PROJECT


def kill_at(step: str, program: str, *arguments: object, calls: int = 1) -> None:
    """Runs a program and kills it at its nth call (`calls`) of `step`, a function's dotted name.

    Fails if the program ends in any other way: it could not start, or never reached the step.
    """
    command = [sys.executable, "-m", "tests.support.kills", step, str(calls), program, *map(str, arguments)]
    ended = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, f"It was not killed at {step}:\n{ended.stdout}{ended.stderr}"


# Starts with everything imported, then forks a process for each program, so that each takes no time to start.
_FORKS = """
import importlib, os, sys, traceback
from tests.support import kills
for module in sys.argv[1:]:
    importlib.import_module(module)
for line in sys.stdin:
    process = os.fork()
    if not process:
        try:
            kills.run_killed(*eval(line))
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


class Killer:
    """As `kill_at`, for many programs: they run in processes that have imported everything already."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def kill_at(self, step: str, program: str, *arguments: object, calls: int = 1) -> None:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{(step, calls, program, *map(str, arguments))!r}\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        assert status == -signal.SIGKILL, f"It was not killed at {step}: see the captured standard error."


@contextmanager
def killer(*modules: str) -> Iterator[Killer]:
    """Kills programs that use these modules."""
    command = [sys.executable, "-c", _FORKS, *modules]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Killer(process)
        assert process.stdin
        process.stdin.close()


KILLS = int(os.environ.get("MAILSIGHT_KILLS", "1"))
# Starts with everything imported, and then forks a process for each import, which takes no time.
_IMPORTS = """
import json, os, sys, traceback
from pathlib import Path
import psycopg, pymysql
from mailsight.importing import engine, registry
name, database, where = sys.argv[1:]
source = registry.source(name)
for line in sys.stdin:
    process = os.fork()
    if not process:
        try:
            engine.run(Path(database), source, where, options=json.loads(line), batch_rows=50)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    print(process, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


class Importing:
    """Imports a source again and again, each time in a process of its own, which may be killed."""

    def __init__(self, started: IO[str], ended: IO[str], seed: int) -> None:
        self._start, self._end = started, ended
        self._random = random.Random(seed)
        self._seconds = 0.0

    def complete(self, **options: str) -> None:
        """Imports everything that is new. How long it takes is the time within which others are killed."""
        start = time.monotonic()
        self._begin(options)
        assert self._status() == 0, "see the captured standard error"
        self._seconds = max(self._seconds, time.monotonic() - start)

    def killed(self, **options: str) -> None:
        """Kills an import at a random moment, unless it has ended by then."""
        process = self._begin(options)
        time.sleep(self._random.uniform(0, self._seconds))  # the moment is what is tested
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        assert self._status() in (0, -signal.SIGKILL)

    def _begin(self, options: Mapping[str, str]) -> int:
        self._start.write(f"{json.dumps(options)}\n")
        self._start.flush()
        return int(self._end.readline())

    def _status(self) -> int:
        return int(self._end.readline())


@contextmanager
def importing(source: str, database: Path, where: str, *, seed: int) -> Iterator[Importing]:
    command = [sys.executable, "-c", _IMPORTS, source, str(database), where]
    with subprocess.Popen(
        command, cwd=PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        yield Importing(process.stdin, process.stdout, seed)
        process.stdin.close()


def run_killed(step: str, calls: int, program: str, *arguments: str) -> None:
    """Runs a program in this process, and kills it at its nth call of a step."""
    original, call = pkgutil.resolve_name(step), itertools.count(1)

    def killed(*args: Any, **kwargs: Any) -> Any:
        if next(call) == calls:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    sys.argv[1:] = arguments
    with patch(step, killed):
        exec(program, {})  # noqa: S102 (the program of a test)


def main() -> None:
    """Runs in the program's process."""
    step, calls, *program = sys.argv[1:]
    run_killed(step, int(calls), *program)


if __name__ == "__main__":
    main()
