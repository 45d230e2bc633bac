"""Every provider has a room of its own: complete, and the only place that knows its name."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from mailsight import errors
from mailsight.providers.anymail import view_class
from mailsight.providers.record import Provider
from mailsight.providers.registry import PROVIDERS, provider_named
from mailsight.warehouse.queries import statement_names
from tooling.servers import PROJECT

ROOMS = PROJECT / "mailsight" / "providers"
# The sample's events name a provider, as data does.
DATA = {PROJECT / "mailsight" / "sample" / "tables.py"}

by_name = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)


def test_every_module_of_a_provider_is_registered() -> None:
    rooms = [path.stem for path in ROOMS.glob("*.py") if "\nPROVIDER = " in path.read_text(encoding="utf-8")]
    assert set(rooms) == set(PROVIDERS)


@by_name
def test_a_module_has_the_name_of_its_provider(provider: Provider) -> None:
    assert import_module(f"mailsight.providers.{provider.name}").PROVIDER is provider


@by_name
def test_a_provider_can_be_read_checked_and_recognised(provider: Provider) -> None:
    assert view_class(provider).__name__
    assert any(secret.suffices for secret in provider.secrets)
    assert provider.marks
    assert provider.time
    assert not set(provider.hard) & set(provider.soft)


@by_name
def test_a_mapping_is_there_when_the_record_says_so(provider: Provider) -> None:
    assert (f"map_{provider.name}" in statement_names()) == provider.mapped
    assert (PROJECT / "queries" / "providers" / f"{provider.name}.sql").exists() == provider.mapped


def test_django_is_not_loaded_before_a_payload_comes() -> None:
    code = "import sys; from mailsight.providers import checking; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


def test_an_unknown_provider_is_refused_with_the_names_of_those_there_are() -> None:
    with pytest.raises(errors.UnknownProvider, match="sendgrid"):
        provider_named("scaleway")


def test_nothing_outside_the_rooms_treats_a_provider_by_its_name() -> None:
    mentions = [
        f"{path.relative_to(PROJECT)}: {word}"
        for path, words in (*_python(), *_sql())
        for word in words
        if word in PROVIDERS
    ]
    assert mentions == []


def _python() -> Iterator[tuple[Path, list[str]]]:
    """The text constants of every module outside the rooms."""
    for folder in ("mailsight", "pages"):
        for path in (PROJECT / folder).rglob("*.py"):
            if ROOMS not in path.parents and path not in DATA:
                nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                yield path, [str(node.value) for node in nodes if isinstance(node, ast.Constant)]


def _sql() -> Iterator[tuple[Path, list[str]]]:
    """The text constants of every query outside the mappings, and of each mapping those that are not its own name."""
    for path in (PROJECT / "queries").rglob("*.sql"):
        words = re.findall(r"'([^']*)'", re.sub("--.*", "", path.read_text(encoding="utf-8")))
        yield path, [word for word in words if path.stem != word]
