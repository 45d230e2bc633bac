"""A temporary PostgreSQL server for benchmarks, with its data and its socket in a temporary folder."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

# Sensible settings for a laptop; PostgreSQL's defaults are very conservative.
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
    """PostgreSQL is not installed on this machine."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server."""

    programs: Path
    folder: Path
    version: str

    def run(self, text: str) -> list[list[str]]:
        """Run SQL and return the rows as text."""
        lines = self._psql(text).splitlines()
        return [line.split("\t") for line in lines if line]

    def milliseconds(self, text: str, repeats: int) -> list[float]:
        """Run a statement several times in one connection, and return psql's time for each."""
        script = "\\timing on\n\\o /dev/null\n" + f"{text}\n" * repeats
        return [float(time) for time in _TIME.findall(self._psql(script))]

    def _psql(self, text: str) -> str:
        psql = [str(self.programs / "psql"), "-h", str(self.folder), "-X", "-q", "-A", "-t", "-F", "\t"]
        result = subprocess.run(
            [*_as_postgres(), *psql, "-v", "ON_ERROR_STOP=1", "postgres"],
            input=text,
            capture_output=True,
            text=True,
            check=False,
            cwd=self.folder,
        )
        if result.returncode:
            raise RuntimeError(result.stderr)
        return result.stdout


def programs() -> Path | None:
    """Return the folder of the server's programs, or None if it is not installed."""
    initdb = shutil.which("initdb")
    folders = [Path(initdb).resolve().parent] if initdb else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "postgres").exists()), None)


@contextmanager
def serving() -> Iterator[Postgres]:
    """Run an empty server. Raises `NoPostgres`."""
    bin_folder = programs()
    if bin_folder is None:
        raise NoPostgres
    with TemporaryDirectory(prefix="mailsight-postgres-") as name:
        folder = Path(name)
        if _as_postgres():
            shutil.chown(folder, "postgres")
        data = folder / "data"
        settings = [word for key, value in SETTINGS.items() for word in ("-c", f"{key}={value}")]
        _run(bin_folder / "initdb", "-D", data, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        options = " ".join([*settings, "-k", str(folder)])
        _run(bin_folder / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            version = subprocess.run(
                [bin_folder / "postgres", "--version"], capture_output=True, text=True, check=True
            ).stdout.strip()
            yield Postgres(bin_folder, folder, version)
        finally:
            _run(bin_folder / "pg_ctl", "-D", data, "-m", "immediate", "stop")


def _run(*command: str | Path) -> None:
    subprocess.run([*_as_postgres(), *command], check=True, stdout=subprocess.DEVNULL, cwd="/")


def _as_postgres() -> list[str]:
    """PostgreSQL refuses to run as root, so switch to the user that its package creates."""
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
