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
from functools import partial
from pathlib import Path

from . import packages
from .servers import PROJECT

UNPACKED = PROJECT / ".venv" / "debian"


def find(name: str) -> str | None:
    """The path of a program: an installed one, else the one in its unpacked package. None if there is neither."""
    folders = [UNPACKED / name / "usr" / folder for folder in ("sbin", "bin")]
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", *map(str, folders)])
    return shutil.which(name, path=path)


def unpack(name: str) -> None:
    """Unpack the package of this name, or print why that failed."""
    try:
        _unpack(name)
    except (OSError, subprocess.CalledProcessError) as error:
        print(error, file=sys.stderr)


def _unpack(name: str) -> None:
    apt_get, dpkg_deb = (shutil.which(command) or command for command in ("apt-get", "dpkg-deb"))
    if packages.may_install():
        packages.update_lists()
    UNPACKED.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}-", dir=UNPACKED) as folder:
        subprocess.run([apt_get, "-qq", "download", name], check=True, cwd=folder, stderr=subprocess.PIPE)
        [file] = Path(folder).glob("*.deb")
        subprocess.run([dpkg_deb, "--extract", file, f"{folder}/files"], check=True)
        Path(folder, "files").rename(UNPACKED / name)


if __name__ == "__main__":
    for program in sys.argv[1:]:
        missing = f"No {program} found, so tests that need it are skipped."
        packages.provide(partial(find, program), partial(unpack, program), missing)
