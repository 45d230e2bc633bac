"""A real file system of a few megabytes, which fills up.

Linux mounts a tmpfs: as root, or else in a namespace of its own, in which the test runs again as a separate pytest.
macOS attaches a disk image. Elsewhere, tests with the mark `small_disk` are skipped.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tooling.servers import PROJECT

_NAMESPACE = ("unshare", "--map-root-user", "--mount")


@dataclass(frozen=True, slots=True)
class SmallDisk:
    """A file system with `folder` at its root, part of which a file may occupy."""

    folder: Path

    @property
    def free_bytes(self) -> int:
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize

    @property
    def _filler(self) -> Path:
        return self.folder / "filler"

    def leave(self, free_bytes: int) -> None:
        """Fills the disk up to `free_bytes`."""
        self.free()
        with self._filler.open("wb") as file:
            block = b"x" * 2**12
            for _ in range((self.free_bytes - free_bytes) // len(block)):
                file.write(block)

    def free(self) -> None:
        """Frees what `leave` has filled."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[SmallDisk]:
    """A file system of this size, mounted on `folder` within the block."""
    folder.mkdir()
    if sys.platform == "darwin":
        image = folder.with_suffix(".dmg")
        _run("hdiutil", "create", "-size", f"{megabytes}m", "-fs", "HFS+", "-volname", "small", str(image))
        _run("hdiutil", "attach", "-mountpoint", str(folder), str(image))
        unmount = ("hdiutil", "detach", "-force", str(folder))
    else:
        _run("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
        unmount = ("umount", "--lazy", str(folder))
    try:
        yield SmallDisk(folder)
    finally:
        _run(*unmount)


def run_where_it_may_mount(item: pytest.Item) -> None:
    """Runs a test in a namespace in which it may mount, and skips it here, unless it may mount here."""
    if sys.platform == "darwin" or (sys.platform == "linux" and _can_mount()):
        return
    if not shutil.which("unshare") or not _can_mount(*_NAMESPACE):
        pytest.skip("this system lets nobody but root mount a file system")
    command = [
        *_NAMESPACE,
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--no-cov",
        item.nodeid,
    ]
    ended = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True)
    if ended.returncode:
        pytest.fail(ended.stdout[-20_000:], pytrace=False)
    pytest.skip("passed in a namespace in which it may mount")


def _can_mount(*prefix: str) -> bool:
    with TemporaryDirectory() as folder:
        script = f'mount -t tmpfs tmpfs "{folder}" && umount "{folder}"'
        return subprocess.run([*prefix, "sh", "-c", script], check=False, capture_output=True).returncode == 0


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
