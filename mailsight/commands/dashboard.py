"""The command that serves the dashboard. Streamlit runs in its own process, so the other commands don't load it."""

import errno
import os
import socket
import subprocess
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from mailsight import settings
from mailsight.errors import BadAddress, PortTaken
from mailsight.warehouse.reader import Warehouse
from mailsight.web import option_files

from .console import Database, app, database_path
from .loads import sample_


# All other options are passed on to Streamlit.
@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def run(
    context: typer.Context,
    with_sample: Annotated[
        bool, typer.Option("--sample", help="Create sample data first if there is no database.")
    ] = False,
    database: Database = None,
) -> None:
    """Serve the dashboard. All other options are passed on to Streamlit, such as --server.port 8080."""
    check_address(*address_and_port(context.args))
    path = database_path(context, database)
    if with_sample and not Warehouse(path).exists:
        sample_(context, database=path)
    os.environ["MAILSIGHT_DATABASE"] = str(path)
    command = [sys.executable, "-m", "streamlit", "run", str(settings.PROJECT / "app.py"), *context.args]
    if os.name == "posix":  # replace this process, so that signals reach the server
        os.execv(sys.executable, command)  # noqa: S606
    raise typer.Exit(subprocess.call(command))


def address_and_port(arguments: Sequence[str]) -> tuple[str, str]:
    """Where Streamlit would listen: the address and port of its options, variables or configuration files.

    Raises `BadSetting` for a file that Streamlit can't read.
    """
    server: dict[str, object] = {}
    folders = (Path.home(), settings.PROJECT, Path.cwd())
    for text in option_files.contents(folder / ".streamlit" / "config.toml" for folder in folders).values():
        section = tomllib.loads(text).get("server")
        server |= section if isinstance(section, dict) else {}
    for name in ("address", "port"):
        if variable := os.environ.get(f"STREAMLIT_SERVER_{name.upper()}"):
            server[name] = variable
        for place, argument in enumerate(arguments):
            option, equals, value = argument.partition("=")
            if option == f"--server.{name}":
                server[name] = value if equals else "".join(arguments[place + 1 : place + 2])
    return str(server.get("address") or "localhost"), str(server.get("port", 8501))


def check_address(address: str, port: str) -> None:
    """Checks that the server can listen there. Raises `BadAddress`, or `PortTaken`."""
    if not (port.isascii() and port.isdecimal() and int(port) < 65_536):
        raise BadAddress(f"The port is {port!r}; it must be a number from 1 to 65535.")
    try:
        # The same choice as Streamlit's, which listens on IPv4 unless the address is one of IPv6.
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family) as listener:
            if os.name != "nt":
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((address, int(port)))
            listener.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortTaken(f"Another program listens on port {port} of {address}.") from error
        raise BadAddress(f"The server can't listen on port {port} of {address}: {error.strerror}.") from error
