"""What only some systems have is asked for where it is needed, and done without elsewhere."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mailsight.loading import spool
from mailsight.settings import PROJECT
from mailsight.warehouse.generations import sync_folder

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


def test_every_module_can_be_imported_where_there_is_no_posix() -> None:
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_POSIX], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr


def test_a_segment_that_windows_does_not_rename_is_sealed_the_next_time(
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


def test_a_segment_that_may_not_be_renamed_is_an_error_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spooled = spool.beside(tmp_path / "mailsight.duckdb")
    spooled.append("sendgrid", "1")
    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(PermissionError):
        spooled.seal()


def test_windows_opens_no_folder_to_sync_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    monkeypatch.setattr(os, "open", refuse)
    sync_folder(tmp_path)


def refuse(*_: object) -> None:
    raise PermissionError(
        13, "The process cannot access the file because it is being used by another process"
    )
