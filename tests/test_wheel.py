"""The wheel contains all files and requirements, and an installed copy works in an empty folder."""

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

# Folders of the repository, and their place in the wheel.
PACKAGED = {
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
    """The `mailsight` command in a virtual environment with the wheel, which borrows this environment's packages."""
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
    """The environment variables, without any that refer to this repository."""
    return {
        name: value
        for name, value in os.environ.items()
        if name != "PYTHONPATH" and not name.startswith(("MAILSIGHT_", "STREAMLIT_"))
    }


def test_the_wheel_contains_every_file(wheel: Path) -> None:
    expected = {
        "mailsight/project/app.py",
        "mailsight/project/docs/metrics.md",
        "mailsight/project/.streamlit/config.toml",
    }
    for folder, place in PACKAGED.items():
        files = [path for path in (PROJECT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"]
        expected |= {f"{place}/{path.relative_to(PROJECT / folder).as_posix()}" for path in files}
    with ZipFile(wheel) as archive:
        packaged = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packaged == expected


def test_the_wheel_requires_every_package_that_the_code_imports(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if name.endswith(".py")]
        imported = {package for name in names for package in _imported(archive.read(name))}
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        required = set(
            re.findall(r"^Requires-Dist: ([\w.-]+)", archive.read(metadata).decode(), re.MULTILINE)
        )
    providers = packages_distributions()
    third_party = imported - sys.stdlib_module_names - {"mailsight"}
    assert {package for package in third_party if not required & _normalized(providers[package])} == set()


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
    # Excel files are written by a separate process.
    run("export", "customers", campaign_id, "-o", "customers.xlsx")
    assert (tmp_path / "customers.xlsx").stat().st_size > 0


@pytest.fixture
def dashboard(installed: Path, environment: dict[str, str], tmp_path: Path) -> Iterator[str]:
    """The URL of an installed dashboard, started in an empty folder."""
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
def test_an_installed_dashboard_has_its_font_and_logo(dashboard: str, browser: Browser) -> None:
    with open_page(browser) as page:
        page.goto(f"{dashboard}/data")
        expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
        page.goto(dashboard)
        heading = page.get_by_role("heading", name="Campaigns")
        expect(heading).to_be_visible()
        assert heading.evaluate("element => getComputedStyle(element).fontFamily").startswith("Inter")
        logo = page.get_by_test_id("stHeaderLogo").or_(page.get_by_test_id("stLogo")).first
        assert logo.evaluate("image => image.naturalWidth") > 0


def _imported(source: bytes) -> Iterator[str]:
    """Yield the top-level packages that a module imports, except by relative imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


def _normalized(names: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}
