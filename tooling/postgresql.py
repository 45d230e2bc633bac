"""A real PostgreSQL for tests: Debian's package, started in a folder of its own on a free port.

    python -m tooling.postgresql

prints the folder of its programs, after installing it if necessary.
"""

import contextlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from . import packages, servers
from .servers import NotStarted, free_port

_PACKAGES = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `mailsight` with the password "secret" may do anything, from this machine."""

    port: int

    def address(self, database: str = "postgres", password: str = "secret") -> str:  # noqa: S107
        return f"postgresql://mailsight:{password}@127.0.0.1:{self.port}/{database}"


def find() -> Path | None:
    """The folder with the programs of the newest installed version, or None. Debian keeps it outside the path."""
    folders = _PACKAGES.glob("*/bin/initdb")
    newest = max(folders, key=lambda program: int(program.parts[-3]), default=shutil.which("initdb"))
    return Path(newest).parent if newest else None


def install() -> None:
    """Install Debian's package, without the server that it would start."""
    if not packages.may_install():
        return
    common = Path("/etc/postgresql-common/createcluster.conf")
    if not common.exists():
        common.parent.mkdir(parents=True, exist_ok=True)
        common.write_text("create_main_cluster = false\n")
    packages.install_server("postgresql")


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server with a temporary folder, until the block ends. Raises `NotStarted`."""
    programs = find()
    if programs is None:
        raise NotStarted("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="postgresql-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        user = packages.user_for(folder, "postgres")
        password = folder / "password"
        password.write_text("secret")
        password.chmod(0o644)
        data = folder / "data"
        options = ["--username=mailsight", f"--pwfile={password}", "--auth=scram-sha-256", "--encoding=UTF8"]
        prepared = subprocess.run(
            [programs / "initdb", "-D", data, "--no-sync", "--locale=C.UTF-8", *options],
            check=False, capture_output=True, text=True, user=user, cwd=folder)  # fmt: skip
        if prepared.returncode:
            raise NotStarted(prepared.stderr or prepared.stdout)
        port = free_port()
        settings = {
            "fsync": "off",
            "full_page_writes": "off",
            "synchronous_commit": "off",
            "shared_buffers": "32MB",
        }
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", data, "-p", str(port), "-c", "listen_addresses=127.0.0.1",
                 "-c", f"unix_socket_directories={folder}", *(f"--{name}={value}" for name, value in settings.items())],
                stdout=log, stderr=log, user=user, cwd=folder)  # fmt: skip
        server = Server(port)
        try:
            servers.await_connection(
                process, folder / "log", lambda: psycopg.connect(server.address()), psycopg.OperationalError
            )
            yield server
        finally:
            process.terminate()  # SIGTERM waits for clients, SIGINT doesn't
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(2)
            process.kill()
            process.wait()


def main() -> int:
    return packages.provide(find, install, "No PostgreSQL found. Install the package postgresql.")


if __name__ == "__main__":
    sys.exit(main())
