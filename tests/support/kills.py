"""Kills programs at a step of their work rather than after a time, so a busy machine gives the same result."""

import itertools
import os
import pkgutil
import signal
import subprocess
import sys
from typing import Any
from unittest.mock import patch

from mailsight.settings import PROJECT


def kill_at(step: str, program: str, *arguments: object, calls: int = 1) -> None:
    """Runs a program and kills it at its nth call (`calls`) of `step`, a function's dotted name.

    Fails if the program ends in any other way: it could not start, or never reached the step.
    """
    command = [sys.executable, "-m", "tests.support.kills", step, str(calls), program, *map(str, arguments)]
    ended = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, f"It was not killed at {step}:\n{ended.stdout}{ended.stderr}"


def main() -> None:
    """Runs in the program's process."""
    step, calls, program, *arguments = sys.argv[1:]
    original, call = pkgutil.resolve_name(step), itertools.count(1)

    def killed(*args: Any, **kwargs: Any) -> Any:
        if next(call) == int(calls):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **kwargs)

    sys.argv[1:] = arguments
    with patch(step, killed):
        exec(program, {})  # noqa: S102 (the program of a test)


if __name__ == "__main__":
    main()
