"""Runs Streamlit servers in separate processes."""

import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import httpx

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 300  # even a busy machine needs less; a server that takes longer hangs

_PORTS = random.SystemRandom()


class NotStarted(Exception):
    """The server ended or hung before it answered a request."""


def free_port() -> int:
    """A free port below the range that the system assigns to outgoing connections.

    No outgoing connection can take it before the server does.
    """
    while True:
        port = _PORTS.randrange(10_000, 32_000)
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def start(
    script: Path,
    port: int,
    *options: str,
    log: Path,
    folder: Path = PROJECT,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Starts a server for a Streamlit script, with its output in the log. Wait for it with `await_answer`."""
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    usual = [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"]
    with log.open("ab") as output:
        return subprocess.Popen(
            [*command, *usual, "--browser.gatherUsageStats=false", *options],
            cwd=folder,
            env=os.environ | dict(environment or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def await_answer(process: subprocess.Popen[bytes], port: int, log: Path) -> str:
    """Waits until the server answers, and returns its address. Raises `NotStarted`."""
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/_stcore/health").is_success:
                return address
        except httpx.TransportError:
            time.sleep(0.1)
    raise NotStarted(_did_not_start(log))


class Connection(Protocol):
    """A connection to a database."""

    def close(self) -> None: ...


def await_connection(
    process: subprocess.Popen[bytes], log: Path, connect: Callable[[], Connection], refused: type[Exception]
) -> None:
    """Waits until a database accepts a connection; `refused` is raised until then. Raises `NotStarted`."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(refused):
            connect().close()
            return
        time.sleep(0.05)
    raise NotStarted(_did_not_start(log))


def _did_not_start(log: Path) -> str:
    output = log.read_text(errors="replace")[-4000:] if log.exists() else ""
    return f"The server did not start:\n{output}"


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stops the server. Kills it if it keeps running for open pages."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
