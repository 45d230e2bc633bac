"""All errors of the package are one tree, which `mailsight.errors` draws."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest

import mailsight
from mailsight import errors
from mailsight.errors import MailsightError

# The name of each drawn error and how deep in the tree it stands.
DRAWN = [
    (line.lstrip("│├└─ ").split()[0], (len(line) - len(line.lstrip("│├└─ "))) // 4)
    for line in (errors.__doc__ or "").splitlines()
    if line.startswith((*"│├└", "    ", "MailsightError"))
]


def test_the_tree_in_the_docstring_shows_all_classes() -> None:
    assert list(tree(MailsightError)) == DRAWN


def test_every_exception_of_the_package_is_in_the_tree() -> None:
    """Except private ones, which their own modules catch, and those of merge languages, which no renderer raises."""
    defined = {
        value
        for module in modules()
        if not module.startswith("mailsight.merging.")
        for name, value in vars(importlib.import_module(module)).items()
        if isinstance(value, type) and issubclass(value, BaseException) and value.__module__ == module
        if not name.startswith("_")
    }
    assert {error.__name__ for error in defined} == {name for name, _ in DRAWN}
    assert {error.__module__ for error in defined} == {errors.__name__}


@pytest.mark.parametrize("name", [name for name, _ in DRAWN[1:]])
def test_every_error_has_a_title_and_a_next_step(name: str) -> None:
    error = getattr(errors, name)("It happened.")
    assert error.title != MailsightError.title
    assert str(error) == f"It happened. {error.next_step}"
    assert error.next_step.endswith(".")
    assert not error.title.endswith(".")


def test_a_next_step_of_its_own_replaces_the_usual_one() -> None:
    error = errors.LoadRefused("It happened.", next_step="Try the other one.")
    assert (str(error), error.message) == ("It happened. Try the other one.", "It happened.")


def modules() -> Iterator[str]:
    """Every module of the package except `shell`, which runs a page."""
    for module in pkgutil.walk_packages(mailsight.__path__, "mailsight."):
        if module.name != "mailsight.shell":
            yield module.name


def tree(error: type[MailsightError], depth: int = 0) -> Iterator[tuple[str, int]]:
    yield error.__name__, depth
    for below in error.__subclasses__():
        yield from tree(below, depth + 1)
