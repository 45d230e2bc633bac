"""Mailsight runs on systems without POSIX modules, such as Windows."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailsight.loading import spool
from mailsight.settings import PROJECT
from mailsight.warehouse.files import sync_folder

WITHOUT_POSIX = """
import builtins, importlib, pkgutil
import mailsight

POSIX = {"fcntl", "grp", "pwd", "pty", "resource", "syslog", "termios", "tty"}
real_import = builtins.__import__

def elsewhere(name, globals=None, *rest, **more):
    if name in POSIX and (globals or {}).get("__name__", "").startswith("mailsight"):
        raise ModuleNotFoundError(f"No module named {name!r}")
    return real_import(name, globals, *rest, **more)

builtins.__import__ = elsewhere
for module in pkgutil.walk_packages(mailsight.__path__, "mailsight."):
    if module.name.rpartition(".")[2] not in ("__main__", "shell"):
        importlib.import_module(module.name)
"""


def test_every_module_can_be_imported_without_posix() -> None:
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr


def test_a_segment_that_windows_cannot_rename_is_sealed_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spooled = spool.beside(tmp_path / "mailsight.duckdb")
    spooled.append("sendgrid", "1")
    with monkeypatch.context() as windows:
        windows.setattr(sys, "platform", "win32")
        windows.setattr(Path, "rename", refuse)
        assert spooled.seal() == []
        spooled.append("sendgrid", "2")
    [segment] = spooled.seal()
    assert segment.read_bytes().count(b"\n") == 2


def test_a_segment_that_cannot_be_renamed_is_an_error_on_other_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spooled = spool.beside(tmp_path / "mailsight.duckdb")
    spooled.append("sendgrid", "1")
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        spooled.seal()


def test_folders_are_not_synced_on_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "open", refuse)
    sync_folder(tmp_path)


def refuse(*_: object) -> None:
    raise PermissionError(
        13, "The process cannot access the file because it is being used by another process"
    )
