"""What tests share: a browser, a small mailing on disk and in a database, the dashboard that serves it."""

import gc
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from mailsight import settings
from mailsight.warehouse.reader import Warehouse
from tests.support import chromium

PROJECT = Path(__file__).resolve().parent.parent

# No sandbox: tests run as root in containers. The rest keeps the browser from talking to anything but pages.
CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]


# An example that loads a database takes as long as the machine is busy, so none has a deadline.
hypothesis.settings.register_profile("mailsight", deadline=None)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1_000)  # make thorough
hypothesis.settings.load_profile("mailsight")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep",
        action="store_true",
        help="keep the docs' pictures and results, from the database that is configured",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Coverage leaves out what it would slow down most: tracing doubles the time of a page or a long loop."""
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("slow"):
            item.add_marker("no_cover")


def pytest_unconfigure() -> None:
    """Lets pytest's summary be the last that is printed.

    Hypothesis times the garbage collector through a callback. Where that is still there at exit, DuckDB's binding
    prints forty lines about leaks.
    """
    gc.callbacks.clear()


@pytest.fixture(scope="session")
def samples() -> Path:
    """E-mails and provider payloads written by others; they lie beside the project, not in it."""
    folder = PROJECT.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not on this machine")
    return folder


@pytest.fixture(scope="session")
def sample_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 6 campaigns and 300 customers of the sample data, ready to be loaded."""
    from mailsight.sample import bundle as sample  # here, so that tests of pure functions start at once

    folder = tmp_path_factory.mktemp("bundle")
    sample.write_bundle(folder, campaigns=6, customers=300)
    return folder


@pytest.fixture(scope="session")
def sample_database(sample_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a database into which the sample bundle was loaded."""
    from mailsight.loading import bundles as load

    path = tmp_path_factory.mktemp("database") / "mailsight.duckdb"
    load.load(path, [sample_bundle])
    return path


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Warehouse]]:
    """Lets the pages read a database."""
    from mailsight.warehouse import served  # here, so that tests of pure functions start at once

    def of(database: Path) -> Warehouse:
        monkeypatch.setenv("MAILSIGHT_DATABASE", str(database))
        served.warehouse.cache_clear()
        return served.warehouse()

    yield of
    served.warehouse.cache_clear()


@pytest.fixture(scope="session")
def keeps(request: pytest.FixtureRequest) -> bool:
    """Whether what the docs show is to be kept (`make docs`)."""
    return bool(request.config.getoption("--keep"))


@pytest.fixture(scope="session")
def shown_database(request: pytest.FixtureRequest, keeps: bool) -> Path:
    """What the docs show: the whole sample data where it is kept, else the small one."""
    if keeps:
        return settings.from_environment().database
    small: Path = request.getfixturevalue("sample_database")
    return small


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of the Chromium that `make test` found or installed."""
    path = chromium.find()
    if path is None:
        pytest.fail("No Chromium: run `python -m tests.support.chromium`, or set PLAYWRIGHT_CHROMIUM to one.")
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """Starts the dashboard on a database, with more options of Streamlit, and returns its address.

    Every server ends with the tests.
    """
    logs = tmp_path_factory.mktemp("servers")
    with ExitStack() as servers:

        def start(database: Path, *options: str, port: int | None = None) -> str:
            log = logs / f"{time.monotonic_ns()}.log"
            return servers.enter_context(_serving(database, log, options, port or free_port()))

        yield start


@pytest.fixture(scope="session")
def server(serve: Callable[..., str], sample_database: Path) -> str:
    """The address of a dashboard on the sample database."""
    return serve(sample_database)


@contextmanager
def _serving(database: Path, log: Path, more: Sequence[str], port: int) -> Iterator[str]:
    process = start_dashboard(database, log, port, *more)
    try:
        yield wait_until_healthy(process, port, log)
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def start_dashboard(
    database: Path, log: Path, port: int, *more: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """The dashboard in a process of its own, which answers in a few seconds."""
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    options = [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none", *more]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*command, *options],
            cwd=PROJECT,
            env=os.environ | {"MAILSIGHT_DATABASE": str(database)} | dict(environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def wait_until_healthy(process: subprocess.Popen[bytes], port: int, log: Path) -> str:
    """The address of a dashboard, when it answers."""
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/_stcore/health").is_success:
                return address
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"The dashboard did not start:\n{log.read_text(errors='replace')[-4000:]}")


def free_port() -> int:
    """A port that nothing listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port
