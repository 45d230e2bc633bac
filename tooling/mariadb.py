"""A real MariaDB for tests: Debian's package, started in a folder of its own on a free port.

    python -m tooling.mariadb

prints the path of the server, after installing it if necessary.
"""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymysql

from . import packages, servers
from .certificates import self_signed
from .servers import NotStarted, free_port


@dataclass(frozen=True, slots=True)
class Server:
    """A running server. `root` and the password "secret" may do anything, from this machine."""

    port: int
    folder: Path
    process: "subprocess.Popen[bytes]"

    def address(self, database: str = "", **parameters: str) -> str:
        query = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"mysql://root:secret@127.0.0.1:{self.port}/{database}" + (f"?{query}" if query else "")

    def connect(self, database: str | None = None) -> "pymysql.connections.Connection[Any]":
        return pymysql.connect(
            host="127.0.0.1",
            port=self.port,
            user="root",
            password="secret",  # noqa: S106
            database=database,
            charset="utf8mb4",
            autocommit=True,
            client_flag=pymysql.constants.CLIENT.MULTI_STATEMENTS,
            init_command="set session time_zone = '+00:00', sql_mode = ''",
        )


def find() -> str | None:
    """The path of an installed server, or None. Debian keeps it outside the path of users."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/libexec"])
    return shutil.which("mariadbd", path=path) if shutil.which("mariadb-install-db", path=path) else None


def install() -> None:
    """Install Debian's package, which also starts a service where there is an init system: stop it."""
    if not packages.may_install():
        return
    packages.install_server("mariadb-server")
    if systemctl := shutil.which("systemctl"):
        subprocess.run([systemctl, "disable", "--now", "mariadb"], check=False, capture_output=True)


@contextlib.contextmanager
def running(*options: str) -> Iterator[Server]:
    """A server with a temporary folder, until the block ends. Raises `NotStarted`."""
    program = find()
    if program is None:
        raise NotStarted("MariaDB is not installed")
    with tempfile.TemporaryDirectory(prefix="mariadb-", ignore_cleanup_errors=True) as name:
        yield from _running(program, Path(name), options)


def _running(program: str, folder: Path, options: Sequence[str]) -> Iterator[Server]:
    name = packages.user_for(folder, "mysql")
    user = [f"--user={name}"] if name else []
    installer = shutil.which("mariadb-install-db") or "mariadb-install-db"
    prepared = subprocess.run(
        [installer, "--no-defaults", *user, f"--datadir={folder / 'data'}", "--skip-test-db",
         "--auth-root-authentication-method=normal"],
        check=False, capture_output=True, text=True)  # fmt: skip
    if prepared.returncode:
        raise NotStarted(prepared.stderr or prepared.stdout)
    certificate, key = self_signed(folder)
    first = folder / "first.sql"
    first.write_text("alter user root@localhost identified by 'secret';")
    first.chmod(0o644)
    port = free_port()
    process = subprocess.Popen(
        [program, "--no-defaults", *user, f"--datadir={folder / 'data'}", f"--socket={folder / 'socket'}",
         f"--port={port}", "--bind-address=127.0.0.1", f"--init-file={first}", f"--log-error={folder / 'log'}",
         "--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=0", "--sync-frm=0",
         "--innodb-buffer-pool-size=64M", f"--ssl-cert={certificate}", f"--ssl-key={key}", *options],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
    server = Server(port, folder, process)
    try:
        servers.await_connection(process, folder / "log", server.connect, pymysql.MySQLError)
        yield server
    finally:
        process.kill()
        process.wait()


def main() -> int:
    return packages.provide(find, install, "No MariaDB found. Install the package mariadb-server.")


if __name__ == "__main__":
    sys.exit(main())
