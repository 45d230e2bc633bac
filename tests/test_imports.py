"""Shared test code is in tests/support, and nothing outside the tests imports it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tooling.servers import PROJECT


def modules(folder: str) -> list[Path]:
    return sorted(path.relative_to(PROJECT) for path in (PROJECT / folder).rglob("*.py"))


def imported(module: Path) -> Iterator[str]:
    """The full names of everything that a module imports, at the top or in a function."""
    for node in ast.walk(ast.parse((PROJECT / module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module.parent.parts[: len(module.parent.parts) - node.level + 1] if node.level else ()
            source = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{source}.{name.name}" for name in node.names)


@pytest.mark.parametrize("module", modules("tests"), ids=str)
def test_no_test_module_is_imported(module: Path) -> None:
    parts = {part for name in imported(module) if name.startswith("tests.") for part in name.split(".")}
    assert {part for part in parts if part == "conftest" or part.startswith("test_")} == set()


@pytest.mark.parametrize("module", modules("benchmarks") + modules("tooling"), ids=str)
def test_benchmarks_and_tooling_import_no_tests(module: Path) -> None:
    assert [name for name in imported(module) if name.split(".")[0] == "tests"] == []
