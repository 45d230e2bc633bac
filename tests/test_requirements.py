"""All requirements are pinned, with the same versions in the lock files."""

import re

import pytest

from tooling.servers import PROJECT

_PIN = re.compile(r"^([\w.-]+)==([^\s#\\]+)", re.MULTILINE)


def _pins(*files: str) -> dict[str, str]:
    """Return the version of each package, by normalized name."""
    pins = [pin for file in files for pin in _PIN.findall((PROJECT / file).read_text(encoding="utf-8"))]
    versions = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in pins}
    assert len(versions) == len(pins), "a package is pinned twice"
    return versions


@pytest.mark.parametrize(
    ("lock", "files"),
    [
        ("requirements.lock", ["requirements.txt"]),
        ("requirements-dev.lock", ["requirements.txt", "requirements-dev.txt"]),
    ],
)
def test_a_lock_file_pins_the_same_versions(lock: str, files: list[str]) -> None:
    assert _pins(lock) == _pins(*files), "run `make lock`"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_a_lock_file_contains_only_versions_and_hashes(lock: str) -> None:
    lines = (PROJECT / lock).read_text(encoding="utf-8").splitlines()
    known = re.compile(r"#.*|[\w.-]+==\S+ \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lines if not known.fullmatch(line)] == []
    assert not any("://" in line for line in lines)
