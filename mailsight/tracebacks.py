"""Errors in logs: where they happened, without their messages.

A message may quote what the program was working on, such as a customer's name in a cell that is no number. So a log
has an error's type and the lines of code that led to it, and a message only where it can't quote data: that of the
operating system, or the title of our own.
"""

import json
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import TracebackType

from mailsight.errors import MailsightError

MAX_CHAIN = 20
_log = logging.getLogger(__name__)


def described(error: BaseException) -> str:
    """An error and those that led to it, oldest first, as Python writes them but without messages."""
    return "".join(_chain(error)).rstrip("\n")


def _chain(error: BaseException) -> Iterator[str]:
    errors = [error]
    while len(errors) < MAX_CHAIN:
        last = errors[-1]
        cause = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if cause is None or cause in errors:
            break
        errors.append(cause)
    for place, each in enumerate(reversed(errors)):
        yield "\nThen:\n\n" if place else ""
        yield "Traceback (most recent call last):\n"
        yield from _frames(each)
        yield f"{in_short(each)}\n"
        if isinstance(each, BaseExceptionGroup):
            for inner in each.exceptions[:MAX_CHAIN]:
                yield f"\nIn it:\n\n{described(inner)}\n"


def _frames(error: BaseException) -> Iterator[str]:
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith("<"):  # code that was made from data, such as an e-mail's template
            yield f'  File "{frame.filename}", line {frame.lineno}\n'
        else:
            yield from traceback.format_list([frame])


def in_short(error: BaseException) -> str:
    """An error's type, and whatever text about it can't quote data."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    text = error.title if isinstance(error, MailsightError) else getattr(error, "strerror", None)
    return f"{name}: {text}" if text else name


class Formatter(logging.Formatter):
    """Writes records, with errors as `described`. Of a message, only what can be seen: it may quote a stranger's text.

    So nobody can write a line that looks like another record, or steer the terminal that shows the log.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # the name in logging
        return _visible(super().formatMessage(record), ascii)

    def formatException(self, ei: object) -> str:  # noqa: N802  # the name in logging
        error = ei[1] if isinstance(ei, tuple) else None
        return described(error) if isinstance(error, BaseException) else ""

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # what another formatter has written
        return super().format(record)


def _visible(text: str, quoted: Callable[[str], str]) -> str:
    """A text with what can't be seen escaped as in a quoted string."""
    return "".join(letter if letter.isprintable() else quoted(letter)[1:-1] for letter in text)


class JsonFormatter(Formatter):
    """Writes each record as a JSON object on one line: time, level, logger, message, and in `error` a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        return _visible(json.dumps(self.parts(record), ensure_ascii=False), json.dumps)

    def parts(self, record: logging.LogRecord) -> dict[str, object]:
        moment = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "time": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return line


def log_with(formatter: logging.Formatter, level: str) -> None:
    """Logs to standard error in this format, uncaught errors and warnings included.

    They come without their messages too, and of what can't be logged, nothing is said.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(capture=True)
    sys.excepthook = _uncaught
    threading.excepthook = lambda failed: _in_thread(failed.exc_type, failed.exc_value)
    sys.unraisablehook = lambda failed: _in_thread(failed.exc_type, failed.exc_value)
    # Otherwise, logging prints the values that it can't write.
    logging.raiseExceptions = False
    warnings.formatwarning = lambda message, category, filename, lineno, line=None: (
        f"{filename}:{lineno}: {category.__name__}"
    )


def to_standard_error(form: str = "text") -> None:
    """Logs this process's warnings and errors to standard error without their messages, as `form`: text or json."""
    as_text = Formatter("%(levelname)s %(name)s: %(message)s")
    log_with(JsonFormatter() if form == "json" else as_text, "WARNING")


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        _log.critical("The program failed unexpectedly", exc_info=error)


def _in_thread(kind: type[BaseException], error: BaseException | None) -> None:
    if not issubclass(kind, SystemExit):
        _log.error("A thread failed unexpectedly", exc_info=error or True)
