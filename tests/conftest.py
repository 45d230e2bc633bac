"""Shared fixtures: a browser, sample data on disk and in a database, and dashboards that serve it."""

import gc
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import Browser, sync_playwright

from mailsight import settings
from mailsight.warehouse.reader import Warehouse
from tests.support.dashboard import start_dashboard
from tests.support.small_disk import run_where_it_may_mount
from tests.support.waiting import PATIENCE_SECONDS
from tooling import chromium, servers
from tooling.servers import PROJECT

# Whatever the locale of the machine, also in the processes that tests start.
os.environ["MAILSIGHT_LOCALE"] = "en-GB"
# Containers often turn bytecode off. Tests start hundreds of processes, and each would compile all modules again.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# Examples that load a database are slow on a busy machine, so there is no deadline.
_AT_ANY_SPEED: dict[str, Any] = {"deadline": None, "suppress_health_check": [hypothesis.HealthCheck.too_slow]}
hypothesis.settings.register_profile("mailsight", **_AT_ANY_SPEED, max_examples=40)
hypothesis.settings.register_profile("thorough", **_AT_ANY_SPEED, max_examples=1_000)  # make thorough
hypothesis.settings.load_profile("mailsight")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--keep",
        action="store_true",
        help="save the docs' pictures and results, from the configured database",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what only `make thorough` runs.

    Run files with browser tests or slow tests first, so that none is left when the other core is done.
    """
    if "thorough" not in config.option.markexpr:
        config.hook.pytest_deselected(items=[item for item in items if item.get_closest_marker("thorough")])
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]
    slow = [item for item in items if item.get_closest_marker("browser") or item.get_closest_marker("slow")]
    slow_files = Counter(item.path for item in slow)
    items.sort(key=lambda item: -slow_files[item.path])


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Run a test that mounts a small disk where it may do so."""
    if item.get_closest_marker("small_disk"):
        run_where_it_may_mount(item)


def pytest_unconfigure() -> None:
    """Make pytest's summary the last output.

    Hypothesis times the garbage collector through a callback. If it is still registered at exit, DuckDB's binding
    prints forty lines about leaks.
    """
    gc.callbacks.clear()


@pytest.fixture(scope="session")
def samples() -> Path:
    """E-mails and provider payloads written by others, in a folder beside the project."""
    folder = PROJECT.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not on this machine")
    return folder


@pytest.fixture(scope="session")
def sample_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 6 campaigns and 300 customers of the sample data, ready to be loaded."""
    from mailsight.sample import bundle as sample  # here, so that tests of pure functions start quickly

    folder = tmp_path_factory.mktemp("bundle")
    sample.write_bundle(folder, campaigns=6, customers=300)
    return folder


@pytest.fixture(scope="session")
def sample_database(sample_bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a database with the sample bundle."""
    from mailsight.loading import bundles as load

    path = tmp_path_factory.mktemp("database") / "mailsight.duckdb"
    load.load(path, [sample_bundle])
    return path


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path], Warehouse]]:
    """A function that makes the pages read a database."""
    from mailsight.warehouse import served  # here, so that tests of pure functions start quickly

    def use_database(database: Path) -> Warehouse:
        monkeypatch.setenv("MAILSIGHT_DATABASE", str(database))
        served.warehouse.cache_clear()
        return served.warehouse()

    yield use_database
    served.warehouse.cache_clear()


@pytest.fixture(scope="session")
def keeps(request: pytest.FixtureRequest) -> bool:
    """Whether to save the docs' pictures and results (`make docs`)."""
    return bool(request.config.getoption("--keep"))


@pytest.fixture(scope="session")
def shown_database(request: pytest.FixtureRequest, keeps: bool) -> Path:
    """The database that the docs show: the full sample data if it is saved, else the small sample."""
    if keeps:
        return settings.from_environment().database
    small: Path = request.getfixturevalue("sample_database")
    return small


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The path of the Chromium that `make test` found or installed."""
    path = chromium.find()
    if path is None:
        pytest.fail("No Chromium: run `python -m tooling.chromium`, or set PLAYWRIGHT_CHROMIUM to one.")
    return path


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    # A page is left before its scripts have repaid what TurboFan, V8's last compiler, takes to optimise them.
    arguments = [*chromium.ARGUMENTS, "--js-flags=--no-turbofan"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_path, args=arguments, timeout=1000 * PATIENCE_SECONDS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., str]]:
    """A function that serves the dashboard on a database and returns its address. Tests share one server per database.

    With Streamlit options, a port, or `fresh` (a server without earlier requests), it starts a separate server. All
    servers stop after the last test.
    """
    logs = tmp_path_factory.mktemp("servers")
    shared: dict[Path, str] = {}
    with ExitStack() as started:

        def serve(database: Path, *options: str, port: int | None = None, fresh: bool = False) -> str:
            alone = fresh or options or port
            if alone or database not in shared:
                address = started.enter_context(_serving(database, logs, options, port))
                if alone:
                    return address
                shared[database] = address
            return shared[database]

        yield serve


@pytest.fixture(scope="session")
def server(serve: Callable[..., str], sample_database: Path) -> str:
    """The address of a dashboard on the sample database."""
    return serve(sample_database)


@contextmanager
def _serving(database: Path, logs: Path, options: Sequence[str], port: int | None) -> Iterator[str]:
    chosen = port or servers.free_port()
    log = logs / f"{chosen}.log"
    process = start_dashboard(database, log, chosen, *options)
    try:
        yield servers.await_answer(process, chosen, log)
    finally:
        servers.stop(process)
