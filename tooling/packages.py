"""Programs for tests and benchmarks that are Debian packages."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def apt_install(*arguments: str, as_root: Sequence[str] = ()) -> None:
    """Install Debian packages. `as_root`: the command prefix for running as root. Raises `CalledProcessError`."""
    update_lists(as_root)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([*as_root, "apt-get", "-qq", "install", "-y", *arguments], check=True, env=environment)


def update_lists(as_root: Sequence[str] = ()) -> None:
    """Update Debian's lists of packages. If a part of them can't be updated, packages may be in the others."""
    subprocess.run([*as_root, "apt-get", "-qq", "update"], check=False)


def may_install() -> bool:
    """Whether this process can install Debian packages without asking anybody."""
    return shutil.which("apt-get") is not None and os.geteuid() == 0


def install_server(package: str) -> None:
    """Install the Debian package of a server, if this process can."""
    if may_install():
        with contextlib.suppress(subprocess.CalledProcessError):
            apt_install("--no-install-recommends", package)


def provide(find: Callable[[], str | Path | None], install: Callable[[], None], missing: str) -> int:
    """Print where a program is, after installing it if necessary, or what is `missing`. Returns the exit status."""
    if find() is None:
        install()
    path = find()
    if path is None:
        print(missing, file=sys.stderr)
        return 1
    print(path)
    return 0


def user_for(folder: Path, *names: str) -> str | None:
    """The user for a server that refuses to run as root: the first that exists, or else nobody. Gets the folder.

    None if this process doesn't run as root.
    """
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    user = next((name for name in names if name in known), "nobody")
    shutil.chown(folder, user)
    return user
