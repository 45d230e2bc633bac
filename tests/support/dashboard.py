"""Runs the dashboard in a separate process."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tooling import servers
from tooling.servers import PROJECT


def start_dashboard(
    database: Path, log: Path, port: int, *options: str, environment: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Starts the dashboard on a database. Wait for it with `servers.await_answer`."""
    more = {"MAILSIGHT_DATABASE": str(database)} | dict(environment or {})
    return servers.start(PROJECT / "app.py", port, *options, log=log, environment=more)
