"""Programs for tests and benchmarks that are Debian packages."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def apt_install(*arguments: str, as_root: Sequence[str] = ()) -> None:
    """Install Debian packages. `as_root`: the command prefix for running as root. Raises `CalledProcessError`."""
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    apt_get = [*as_root, "apt-get", "-qq"]
    # Even if a part of the lists can't be updated, the packages may be in the others.
    subprocess.run([*apt_get, "update"], check=False, env=environment)
    subprocess.run([*apt_get, "install", "-y", *arguments], check=True, env=environment)


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
