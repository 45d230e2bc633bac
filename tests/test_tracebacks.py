"""Errors in logs say where they happened, and quote nothing."""

import asyncio
import io
import json
import logging
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterator

import duckdb
import pyarrow as pa
import pyarrow.csv
import pytest

from mailsight import tracebacks
from mailsight.errors import UnknownCustomer
from mailsight.web import logs

NAME = "Quirina Zwartkruis"


def _read_csv() -> None:
    pyarrow.csv.read_csv(io.BytesIO(f"a,b\n1,2\n{NAME},3,4\n".encode()))


def _chained() -> None:
    try:
        int(NAME)
    except ValueError as error:
        raise KeyError(NAME) from error


def _noted() -> None:
    error = RuntimeError(NAME)
    error.add_note(NAME)
    raise ExceptionGroup(NAME, [error, ValueError(NAME)])


def _unknown() -> None:
    raise UnknownCustomer(f"There is no customer {NAME!r}.")


FAILURES: dict[str, Callable[[], object]] = {
    "int": lambda: int(NAME),
    "key": lambda: dict[str, str]()[NAME],
    "unicode": lambda: f"{NAME} Ã".encode("ascii"),
    "json": lambda: json.loads(f'{{"a": {NAME}}}'),
    "file": lambda: open(f"/nowhere/{NAME}"),  # noqa: PTH123, SIM115
    "duckdb": lambda: duckdb.connect().execute("select cast($1 as integer)", [NAME]).fetchall(),
    "arrow": lambda: pa.array([NAME]).cast(pa.int64()),
    "csv": _read_csv,
    "chain": _chained,
    "group": _noted,
    "ours": _unknown,
}


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """What is logged to standard error at the level debug, in both formats."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    for place, name in ((sys, "excepthook"), (threading, "excepthook"), (sys, "unraisablehook")):
        monkeypatch.setattr(place, name, getattr(place, name))
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    monkeypatch.setattr(logging, "raiseExceptions", True)
    root = logging.getLogger()
    saved, level = root.handlers[:], root.level
    root.handlers[:] = []
    logs.configure("debug", request.param)
    yield stream
    root.handlers[:] = saved
    root.setLevel(level)
    logging.getLogger("mailsight").setLevel(logging.NOTSET)
    logging.captureWarnings(capture=False)


@pytest.mark.parametrize("kind", FAILURES)
def test_an_error_is_logged_without_its_message(written: io.StringIO, kind: str) -> None:
    try:
        FAILURES[kind]()
    except Exception:
        logging.getLogger("mailsight.test").exception("Something failed")
    text = written.getvalue()
    assert "Something failed" in text
    assert "test_tracebacks.py" in text
    assert "Zwartkruis" not in text


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (OSError(28, "No space left on device", NAME), "OSError: No space left on device"),
        (UnknownCustomer(NAME), "mailsight.errors.UnknownCustomer: Customer not found"),
        (duckdb.ConversionException(NAME), "_duckdb.ConversionException"),
        (ValueError(NAME), "ValueError"),
    ],
)
def test_what_cannot_quote_data_is_kept(error: Exception, shown: str) -> None:
    assert tracebacks.in_short(error) == shown


def test_both_errors_of_a_chain_are_shown_once(written: io.StringIO) -> None:
    try:
        _chained()
    except KeyError:
        logging.getLogger("mailsight.test").exception("Something failed")
    text = written.getvalue().replace("\\n", "\n")
    assert text.index("\nValueError\n") < text.index("\nThen:\n") < text.index("\nKeyError")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_nothing_else_writes_messages_either(written: io.StringIO) -> None:
    thread = threading.Thread(target=int, args=[NAME])
    thread.start()
    thread.join()
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.getLogger("py.warnings").warning(
            "%s", warnings.formatwarning(UserWarning(NAME), UserWarning, "a.py", 7)
        )

    async def fail() -> None:
        raise ValueError(NAME)

    async def forget() -> None:
        task = asyncio.ensure_future(fail())
        await asyncio.sleep(0)
        del task

    # In a thread: once a browser runs, Playwright keeps a loop running in this one.
    running = threading.Thread(target=lambda: asyncio.run(forget()))
    running.start()
    running.join()
    logging.getLogger("mailsight.test").warning("%d customers", NAME)
    text = written.getvalue()
    assert "A thread failed unexpectedly" in text
    assert "a.py:7: UserWarning" in text
    assert "Zwartkruis" not in text


def test_others_write_no_details_at_the_level_debug(written: io.StringIO) -> None:
    for name in ("streamlit.runtime.app_session", "websockets.server", "uvicorn.access", "httpx", "asyncio"):
        logging.getLogger(name).debug(NAME)
        logging.getLogger(name).info(NAME)
    logging.getLogger("some.library").debug(NAME)
    logging.getLogger("mailsight.test").debug("ours")
    assert written.getvalue().count("\n") == 1
    assert "ours" in written.getvalue()


def test_a_worker_process_logs_in_the_same_way() -> None:
    code = (
        "from mailsight import tracebacks; tracebacks.to_standard_error();"
        "import logging, threading\n"
        f"try: int({NAME!r}.strip())\n"
        "except ValueError: logging.getLogger('x').exception('It failed')\n"
        f"t = threading.Thread(target=int, args=[{NAME!r}]); t.start(); t.join()\n"
        f"raise KeyError({NAME!r}[:])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 3
    assert "Zwartkruis" not in done.stderr
