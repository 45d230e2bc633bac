"""What `python -m mailsight` and the command `mailsight` run."""

import errno
import io
import os
import sys

from mailsight import tracebacks
from mailsight.commands import (  # noqa: F401  # all but console register commands
    backups,
    console,
    dashboard,
    files,
    imports,
    loads,
    people,
    tokens,
)
from mailsight.errors import MailsightError, UnknownProvider, WrongUsage

app = console.app


def run() -> None:
    """Runs the command line; an error that people can fix is reported in a line, without a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # None if it is closed
            # A terminal that can't show a character shows its code.
            stream.reconfigure(errors="backslashreplace")
    tracebacks.to_standard_error()
    try:
        _run()
    except (WrongUsage, UnknownProvider) as error:
        _stop(f"{error.title}: {error}", 2)
    except MailsightError as error:
        _stop(f"{error.title}: {error}", 1)
    except OSError as error:
        if error.errno == errno.EPIPE:  # such as `| head`
            _discard_output()
            raise SystemExit(1) from None
        place = f"{error.filename}: " if error.filename else ""
        _stop(f"The command failed: {place}{error.strerror or error}.", 1)


def _run() -> None:
    try:
        app()
    finally:
        # Here, because at exit Python would report a full disk in its own way.
        if sys.stdout:
            sys.stdout.flush()


def _stop(message: str, status: int) -> None:
    _discard_output()
    console.messages.print(message, markup=False, style="red")
    raise SystemExit(status) from None


def _discard_output() -> None:
    """Discards what could not be written, so that Python doesn't try again at exit."""
    try:
        sys.stdout.flush()
    except (OSError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


if __name__ == "__main__":
    run()
