"""Following docs/adding-a-provider.md to the letter, in a copy of the project, adds a provider."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tooling.servers import PROJECT

PAGE = (PROJECT / "docs" / "adding-a-provider.md").read_text(encoding="utf-8")
RECORD = Path("mailsight/providers/pigeonpost.py")
SAMPLES = Path("tests/support/providers/pigeonpost.py")
MAPPING = Path("queries/providers/pigeonpost.sql")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project."""
    target = tmp_path / "mailsight"
    for name in (
        "mailsight",
        "pages",
        "queries",
        "tests",
        "docs",
        "README.md",
        "CHANGELOG.md",
        "pyproject.toml",
        "tooling",
    ):
        source = PROJECT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target / name)
    return target


@pytest.mark.slow
def test_the_page_adds_a_provider(project: Path) -> None:
    (project / RECORD).write_text(_block(str(RECORD)), encoding="utf-8")
    registry = project / "mailsight/providers/registry.py"
    _replace(registry, "    postal,\n", "    pigeonpost,\n    postal,\n")
    _replace(registry, "    mandrill,\n    postal,\n", "    mandrill,\n    pigeonpost,\n    postal,\n")
    (project / SAMPLES).write_text(_block(str(SAMPLES)), encoding="utf-8")
    rows, section = re.findall(r"```markdown\n(.*?)```", PAGE, re.DOTALL)
    with (project / "docs/providers.md").open("a", encoding="utf-8") as page:
        page.write(f"\n{rows}\n{section}")
    _replace(project / "docs/architecture.md", "`postal`,", "`pigeonpost`, `postal`,")
    _assert_they_pass(project, "tests/providers", "tests/web/test_webhooks.py", "tests/test_docs.py")

    (project / MAPPING).write_text(_block(str(MAPPING)), encoding="utf-8")
    _replace(project / RECORD, "\n)\n", "\n    mapped=True,\n)\n")
    _replace(project / SAMPLES, "\n\nSAMPLES", f"\n\n{_block(f'{SAMPLES}`, above the samples')}\nSAMPLES")
    _replace(project / SAMPLES, "\n)\n", "\n    generated=_PAYLOADS,\n)\n")
    _replace(
        project / "docs/providers.md", "recipient | in Python |\n| `pigeon", "recipient | in SQL |\n| `pigeon"
    )
    _assert_they_pass(project, "tests/providers", "tests/test_docs.py")


def _block(heading: str) -> str:
    """The code block below this line of the page."""
    [code] = re.findall(rf"^`?{re.escape(heading)}`?\n\n```\w+\n(.*?)```", PAGE, re.MULTILINE | re.DOTALL)
    return str(code)


def _replace(path: Path, old: str, new: str) -> None:
    """Replaces the last occurrence."""
    before, match, after = path.read_text(encoding="utf-8").rpartition(old)
    assert match
    path.write_text(f"{before}{new}{after}", encoding="utf-8")


def _assert_they_pass(project: Path, *tests: str) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-k",
        "pigeonpost or registry",
        *tests,
    ]
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout[-4_000:]
