"""Every provider has a complete module, and nothing else depends on the provider's name."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from importlib import import_module
from pathlib import Path

import pytest

from mailsight import errors
from mailsight.providers.anymail import view_class
from mailsight.providers.record import Provider
from mailsight.providers.registry import PROVIDERS, provider_named
from mailsight.warehouse.queries import statement_names
from tooling.servers import PROJECT

MODULES = PROJECT / "mailsight" / "providers"
# Sources of imports have the names of their senders.
IMPORTERS = PROJECT / "mailsight" / "importing"
# Merge languages have the names of their senders.
LANGUAGES = PROJECT / "mailsight" / "merging"
# The sample data contains the names of providers, totals name the program that reports them, and mails their sender.
DATA = {
    PROJECT / "mailsight" / "sample" / "tables.py",
    PROJECT / "mailsight" / "figures" / "reported.py",
    PROJECT / "mailsight" / "mime" / "sender_headers.py",
}

by_name = pytest.mark.parametrize("provider", PROVIDERS.values(), ids=PROVIDERS)


def test_every_module_of_a_provider_is_registered() -> None:
    modules = [
        path.stem for path in MODULES.glob("*.py") if "\nPROVIDER = " in path.read_text(encoding="utf-8")
    ]
    assert set(modules) == set(PROVIDERS)


@by_name
def test_a_module_has_the_name_of_its_provider(provider: Provider) -> None:
    assert import_module(f"mailsight.providers.{provider.name}").PROVIDER is provider


@by_name
def test_a_record_is_complete(provider: Provider) -> None:
    assert view_class(provider).__name__
    assert any(secret.suffices for secret in provider.secrets)
    assert provider.marks
    assert provider.time
    assert provider.words
    for words in provider.words:
        assert words.means
        assert words.source.startswith("https://")
        assert words.read_on <= date.today()  # noqa: DTZ011
    assert not set(provider.hard) & set(provider.soft)


@by_name
def test_a_mapping_exists_if_the_record_says_so(provider: Provider) -> None:
    assert (f"map_{provider.name}" in statement_names()) == provider.mapped
    assert (PROJECT / "queries" / "providers" / f"{provider.name}.sql").exists() == provider.mapped


def test_django_is_not_imported_before_the_first_payload() -> None:
    code = "import sys; from mailsight.providers import checking; sys.exit('django' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)


def test_an_unknown_provider_is_rejected_with_the_known_names() -> None:
    with pytest.raises(errors.UnknownProvider, match="sendgrid"):
        provider_named("scaleway")


def test_nothing_outside_its_module_depends_on_a_providers_name() -> None:
    mentions = [
        f"{path.relative_to(PROJECT)}: {word}"
        for path, words in (*_python(), *_sql())
        for word in words
        if word in PROVIDERS
    ]
    assert mentions == []


def _python() -> Iterator[tuple[Path, list[str]]]:
    """The string constants of every module outside the provider modules."""
    for folder in ("mailsight", "pages"):
        for path in (PROJECT / folder).rglob("*.py"):
            if not {MODULES, IMPORTERS, LANGUAGES} & set(path.parents) and path not in DATA:
                nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
                yield path, [str(node.value) for node in nodes if isinstance(node, ast.Constant)]


def _sql() -> Iterator[tuple[Path, list[str]]]:
    """The string constants of every query, without a mapping's own name."""
    for path in (PROJECT / "queries").rglob("*.sql"):
        words = re.findall(r"'([^']*)'", re.sub("--.*", "", path.read_text(encoding="utf-8")))
        yield path, [word for word in words if path.stem != word]
