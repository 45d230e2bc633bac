"""The servers to measure, each in a separate process: the dashboard on a database, and the empty page."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tooling import servers
from tooling.servers import PROJECT


@dataclass(frozen=True, slots=True)
class Served:
    """A running server."""

    address: str
    process: subprocess.Popen[bytes]
    is_timed: bool

    @property
    def memory_megabytes(self) -> float:
        """Its current memory (RSS)."""
        return self._status("VmRSS")

    @property
    def peak_megabytes(self) -> float:
        """Its peak memory (RSS)."""
        return self._status("VmHWM")

    def _status(self, name: str) -> float:
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024

    def queries(self) -> list[tuple[str, float]]:
        """Return the queries since the last call, with the milliseconds of each."""
        if not self.is_timed:
            return []
        return [
            (name, milliseconds) for name, milliseconds in httpx.get(f"{self.address}/bench/queries").json()
        ]

    def forget(self) -> None:
        """Empty the server's caches."""
        if self.is_timed:
            httpx.post(f"{self.address}/bench/forget").raise_for_status()


@contextmanager
def dashboard(database: Path, port: int) -> Iterator[Served]:
    """Serve the dashboard on a database."""
    with _serving("timed_app.py", port, {"MAILSIGHT_DATABASE": str(database)}) as served:
        yield served


@contextmanager
def empty_page(port: int) -> Iterator[Served]:
    """Serve a Streamlit page with one button."""
    with _serving("empty_app.py", port, {}) as served:
        yield served


@contextmanager
def _serving(script: str, port: int, environment: dict[str, str]) -> Iterator[Served]:
    with tempfile.TemporaryDirectory(prefix="mailsight-bench-") as folder:
        log = Path(folder) / "server.log"
        process = servers.start(PROJECT / "benchmarks" / script, port, log=log, environment=environment)
        try:
            yield Served(servers.await_answer(process, port, log), process, script == "timed_app.py")
        finally:
            servers.stop(process)
