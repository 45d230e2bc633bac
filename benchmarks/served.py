"""Servers to measure, each in a process of its own: the dashboard on a database, and the empty page."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from mailsight.settings import PROJECT

START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers: its address and its process."""

    address: str
    process: subprocess.Popen[bytes]
    is_timed: bool

    @property
    def memory_megabytes(self) -> float:
        """What it holds in memory now (RSS)."""
        return self._status("VmRSS")

    @property
    def peak_megabytes(self) -> float:
        """The most it ever held in memory."""
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

    def queries(self) -> list[tuple[str, float]]:
        """The queries since the last time this was asked, with the milliseconds of each."""
        if not self.is_timed:
            return []
        return [(name, took) for name, took in httpx.get(f"{self.address}/bench/queries").json()]

    def forget(self) -> None:
        """Lets the server ask its queries again."""
        if self.is_timed:
            httpx.post(f"{self.address}/bench/forget").raise_for_status()


@contextmanager
def dashboard(database: Path, port: int) -> Iterator[Served]:
    """The dashboard on a database."""
    with _serving("timed_app.py", port, {"MAILSIGHT_DATABASE": str(database)}) as served:
        yield served


@contextmanager
def empty_page(port: int) -> Iterator[Served]:
    """A Streamlit page with one button."""
    with _serving("empty_app.py", port, {}) as served:
        yield served


@contextmanager
def _serving(script: str, port: int, environment: dict[str, str]) -> Iterator[Served]:
    command = [sys.executable, "-m", "streamlit", "run", f"benchmarks/{script}"]
    options = [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"]
    process = subprocess.Popen(
        [*command, *options], cwd=PROJECT, env=os.environ | environment, stdout=subprocess.DEVNULL
    )
    try:
        address = f"http://127.0.0.1:{port}"
        _wait(process, address)
        yield Served(address, process, script == "timed_app.py")
    finally:
        process.terminate()
        process.wait()


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{address}/_stcore/health").is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise RuntimeError(f"The server at {address} did not start.")
