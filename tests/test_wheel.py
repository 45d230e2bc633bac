"""The wheel: what it carries and needs, and that an installed copy works from an empty folder."""

import ast
import csv
import json
import os
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from playwright.sync_api import Browser, expect

import mailsight
from tests.support.browsing import open_page
from tooling.servers import PROJECT, await_answer, free_port, stop

# A folder of the repository, and where the wheel has it.
CARRIED = {
    "mailsight": "mailsight",
    "pages": "mailsight/project/pages",
    "queries": "mailsight/project/queries",
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    options = ["--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(PROJECT)], check=True)
    [file] = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The `mailsight` command of a virtual environment that has the wheel; its dependencies are borrowed from ours."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    own = sysconfig.get_path("purelib", "venv", vars={"base": str(folder)})
    Path(own, "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    python = str(folder / "bin" / "python")
    options = ["--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", *options], check=True)
    return folder / "bin" / "mailsight"


@pytest.fixture
def environment() -> dict[str, str]:
    """Nothing in it leads back to this repository."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONPATH" and not name.startswith(("MAILSIGHT_", "STREAMLIT_"))
    }


def test_the_wheel_carries_every_file(wheel: Path) -> None:
    expected = {
        "mailsight/project/app.py",
        "mailsight/project/docs/metrics.md",
        "mailsight/project/.streamlit/config.toml",
    }
    for folder, place in CARRIED.items():
        files = [path for path in (PROJECT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        expected |= {f"{place}/{path.relative_to(PROJECT / folder).as_posix()}" for path in files}
    with ZipFile(wheel) as archive:
        carried = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert carried == expected


def test_the_wheel_needs_every_package_that_the_code_imports(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
        imported = {package for name in names for package in _imported(archive.read(name))}
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        needed = set(re.findall(r"^Requires-Dist: ([\w.-]+)", archive.read(metadata).decode(), re.MULTILINE))
    providers = packages_distributions()
    third_party = imported - sys.stdlib_module_names - {"mailsight"}
    assert {package for package in third_party if not needed & _normal(providers[package])} == set()


@pytest.mark.slow
def test_an_installed_copy_works_in_an_empty_folder(
    installed: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    def run(*arguments: str) -> str:
        command = [str(installed), *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
        ).stdout

    assert run("--version") == f"mailsight {mailsight.__version__}\n"
    run("sample", "--campaigns", "3", "--customers", "50")
    assert (tmp_path / "data" / "mailsight.duckdb").exists()
    run("export", "campaigns", "-o", "campaigns.csv")
    with (tmp_path / "campaigns.csv").open(encoding="utf-8-sig", newline="") as file:
        campaign_id = next(csv.DictReader(file))["campaign_id"]
    assert json.loads(run("report", campaign_id))["campaign_id"] == campaign_id
    # A process of its own writes this one.
    run("export", "customers", campaign_id, "-o", "customers.xlsx")
    assert (tmp_path / "customers.xlsx").stat().st_size > 0


@pytest.fixture
def dashboard(installed: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The address of an installed dashboard, started in an empty folder."""
    port, log = free_port(), tmp_path / "server.log"
    folder = tmp_path / "empty"
    folder.mkdir()
    subprocess.run(
        [installed, "sample", "--campaigns", "3", "--customers", "50"],
        cwd=folder,
        env=environment,
        check=True,
    )
    options = [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [installed, "run", "--sample", *options],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield await_answer(process, port, log)
    finally:
        stop(process)


@pytest.mark.browser
def test_an_installed_dashboard_looks_like_ours(dashboard: str, browser: Browser) -> None:
    with open_page(browser) as page:
        page.goto(f"{dashboard}/data")
        expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
        page.goto(dashboard)
        heading = page.get_by_role("heading", name="Campaigns")
        expect(heading).to_be_visible()
        assert heading.evaluate("one => getComputedStyle(one).fontFamily").startswith("Inter")
        logo = page.get_by_test_id("stHeaderLogo").or_(page.get_by_test_id("stLogo")).first
        assert logo.evaluate("one => one.naturalWidth") > 0


def _imported(source: bytes) -> Iterator[str]:
    """The top-level packages that a module imports, its own left out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def _normal(names: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}
