"""Programs from Debian packages for tests, unpacked but not installed, so that no service is started or changed.

    python -m tooling.debian nginx caddy

prints where they are, after unpacking them if necessary. Without Debian's package manager, tests that need one are
skipped.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .servers import PROJECT

UNPACKED = PROJECT / ".venv" / "debian"


def find(name: str) -> str | None:
    """The path of a program: an installed one, else the one in its unpacked package. None if there is neither."""
    folders = [UNPACKED / name / "usr" / folder for folder in ("sbin", "bin")]
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, folders)])
    return shutil.which(name, path=path)


def unpack(name: str) -> None:
    """Unpack the package of this name. Raises `CalledProcessError` or `OSError`."""
    apt_get, dpkg_deb = (shutil.which(command) or command for command in ("apt-get", "dpkg-deb"))
    if os.geteuid() == 0:
        subprocess.run([apt_get, "-qq", "update"], check=False)
    UNPACKED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=UNPACKED) as folder:
        subprocess.run([apt_get, "-qq", "download", name], check=True, cwd=folder, stderr=subprocess.PIPE)
        [file] = Path(folder).glob("*.deb")
        subprocess.run([dpkg_deb, "--extract", file, f"{folder}/files"], check=True)
        Path(folder, "files").rename(UNPACKED / name)


def provide(name: str) -> str | None:
    """The path of a program, after unpacking its package if necessary. None if it can't be had."""
    if path := find(name):
        return path
    try:
        unpack(name)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"{name} can't be had, so tests that need it are skipped: {error}", file=sys.stderr)
    return find(name)


if __name__ == "__main__":
    for program in sys.argv[1:]:
        print(provide(program) or f"no {program}")
