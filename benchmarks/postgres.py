"""A PostgreSQL of our own for as long as a benchmark runs: in a folder of its own, over a socket that lies there."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

# What someone sets who means well by a server on a laptop; the defaults are those of 2005.
SETTINGS = {
    "shared_buffers": "1GB",
    "work_mem": "128MB",
    "maintenance_work_mem": "512MB",
    "effective_cache_size": "4GB",
    "random_page_cost": "1.1",
    "max_wal_size": "4GB",
    "fsync": "off",
    "listen_addresses": "''",
}
_TIME = re.compile(r"^Time: ([\d.]+) ms", re.MULTILINE)


class NoPostgres(Exception):
    """No server is installed on this machine."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A server that runs."""

    programs: Path
    folder: Path
    version: str

    def run(self, text: str) -> list[list[str]]:
        """Runs SQL; the rows of what it says, as text."""
        lines = self._psql(text).splitlines()
        return [line.split("\t") for line in lines if line]

    def milliseconds(self, text: str, repeats: int) -> list[float]:
        """How long a statement takes, each time, in one connection, as psql measures it."""
        asked = "\\timing on\n\\o /dev/null\n" + f"{text}\n" * repeats
        return [float(found) for found in _TIME.findall(self._psql(asked))]

    def _psql(self, text: str) -> str:
        psql = [str(self.programs / "psql"), "-h", str(self.folder), "-X", "-q", "-A", "-t", "-F", "\t"]
        found = subprocess.run(
            [*_as_nobody(), *psql, "-v", "ON_ERROR_STOP=1", "postgres"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
        )
        if found.returncode:
            raise RuntimeError(found.stderr)
        return found.stdout


def programs() -> Path | None:
    """Where the server's programs lie; None when there are none."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)


@contextmanager
def serving() -> Iterator[Postgres]:
    """A server with nothing in it. Raises `NoPostgres`."""
    found = programs()
    if found is None:
        raise NoPostgres
    with TemporaryDirectory(prefix="mailsight-postgres-") as name:
        folder = Path(name)
        if _as_nobody():
            shutil.chown(folder, "postgres")
        data = folder / "data"
        settings = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        _run(found / "initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = " ".join([*settings, "-k", str(folder)])
        _run(found / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            version = subprocess.run(
                [found / "postgres", "--version"], capture_output=True, text=True, check=True
            ).stdout.strip()
            yield Postgres(found, folder, version)
        finally:
            _run(found / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(*command: str | Path) -> None:
    subprocess.run([*_as_nobody(), *command], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _as_nobody() -> list[str]:
    """PostgreSQL refuses to run as root; its package has made a user for it."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
