"""Streamlit servers in processes of their own."""

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import httpx

PROJECT = Path(__file__).resolve().parent.parent
START_SECONDS = 300  # only a server that hangs needs more, however busy the machine is

_PORTS = random.SystemRandom()


class NotStarted(Exception):
    """The server ended, or hangs, before it answered."""


def free_port() -> int:
    """A port that nothing listens on, below those that the system hands out to connections.

    Such a port is still free when the server asks for it, whatever else connects meanwhile.
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
    """Runs a Streamlit script; `await_answer` says when it answers. What the server prints goes to the log."""
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
    """The server's address, as soon as it answers there."""
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/_stcore/health").is_success:
                return address
        except httpx.TransportError:
            time.sleep(0.1)
    raise NotStarted(f"The server did not start:\n{log.read_text(errors='replace')[-4000:]}")


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends the server. One that lingers, as long as pages are open, is killed: nobody needs it any more."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
