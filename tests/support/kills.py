"""Programs that are killed at a step of their work, not after a time: however busy the machine, it is the same step."""

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
    """Runs a program and kills it where it calls `step`, a function's dotted name, for the nth time.

    Fails when the program ends in any other way: it could not start, or never came to the step.
    """
    command = [sys.executable, "-m", "tests.support.kills", step, str(calls), program, *map(str, arguments)]
    ended = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    assert ended.returncode == -signal.SIGKILL, f"It was not killed at {step}:\n{ended.stdout}{ended.stderr}"


def main() -> None:
    """What runs in the program's process."""
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
