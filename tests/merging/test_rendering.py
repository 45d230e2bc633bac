"""Libraries of single languages are imported when the language is used."""

import subprocess
import sys

import pytest

from tooling.servers import PROJECT


@pytest.mark.parametrize(
    ("language", "imported"),
    [("plain", []), ("liquid", ["liquid"]), ("django", ["django"]), ("hubl", ["jinja2"])],
)
def test_a_language_imports_its_library_only(language: str, imported: list[str]) -> None:
    code = f"""
import sys
from mailsight.merging.languages import Language
from mailsight.merging.rendering import render
render("{{{{ name }}}}", {{"name": "Ada"}}, Language("{language}"))
print(*[name for name in ("liquid", "django", "jinja2") if name in sys.modules])
"""
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    )
    assert result.stdout.split() == imported
