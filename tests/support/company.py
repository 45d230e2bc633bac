"""A company's dashboard: several processes on one database, behind nginx with TLS at a base path, with sign-in.

The identity provider is a process of its own, and nginx's configuration is that of deploy/.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support import proxies, signed_in
from tests.support.proxies import Proxy
from tests.support.waiting import until
from tooling import servers
from tooling.servers import PROJECT, free_port

NAME = "mailsight.example"
BASE = "/mailsight"
ORIGIN = f"https://{NAME}"
DOMAIN = "company.example"


@dataclass(slots=True)
class Server:
    """One process of the dashboard, which can be killed and started again."""

    port: int
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}{BASE}"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.log.parent,
                env=os.environ | dict(self.environment),
                stdout=output,
                stderr=output,
            )

    def await_ready(self) -> None:
        until(self.is_ready, f"the process at port {self.port}")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def is_ready(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.address}/readyz").is_success
        except httpx.TransportError:
            return False


@dataclass(frozen=True, slots=True)
class Company:
    """What is running, and where it writes. The first of the servers loads webhooks."""

    proxy: Proxy
    servers: Sequence[Server]
    database: Path
    secrets: Path
    folder: Path
    provider: str
    _secrets: str = field(repr=False)

    def give(self, roles: str) -> None:
        """Write other roles into secrets.toml."""
        written = self.secrets.with_suffix(".new")
        written.write_text(self._secrets + roles)
        written.replace(self.secrets)

    def served(self) -> dict[str, int]:
        """The port of the process that answered each request, by the request's id, from nginx's log."""
        lines = (line.split() for line in self.proxy.log.read_text().splitlines())
        return {line[-1]: int(line[-2].rpartition(":")[2]) for line in lines}

    def port_of(self, request_id: str) -> int:
        """The port of the process that answered a request. nginx logs it once it is answered."""
        until(lambda: request_id in self.served(), "nginx to log a request")
        return self.served()[request_id]

    def logs(self) -> str:
        """Everything that the dashboard and nginx have written."""
        files = [*self.folder.glob("*.log"), self.folder / "stderr"]
        return "\n".join(path.read_text(errors="replace") for path in files if path.exists())


@contextmanager
def company(
    database: Path, folder: Path, people: Sequence[str], roles: str, environment: Mapping[str, str]
) -> Iterator[Company]:
    """A dashboard for these people, who have an address at `DOMAIN`. `roles`: entries of secrets.toml."""
    ports = [free_port() for _ in range(3)]
    with ExitStack() as running:
        proxy = running.enter_context(proxies.nginx(folder, ports, BASE.strip("/")))
        provider = running.enter_context(_provider(folder, people))
        secrets = signed_in.SECRETS.format(dashboard=f"{ORIGIN}{BASE}", provider=provider)
        command = [sys.executable, "-m", "mailsight", "run", "--server.headless=true"]
        started = [
            Server(
                port,
                [*command, f"--secrets.files={folder / 'secrets.toml'}"],
                {
                    "PYTHONPATH": str(PROJECT),
                    "MAILSIGHT_DATABASE": str(database),
                    "MAILSIGHT_PUBLIC_URL": ORIGIN,
                    "MAILSIGHT_LOADER": "off" if number else "on",
                    "STREAMLIT_SERVER_PORT": str(port),
                    "STREAMLIT_SERVER_BASE_URL_PATH": BASE.strip("/"),
                    **environment,
                },
                folder / f"server-{number}.log",
            )
            for number, port in enumerate(ports)
        ]
        hosted = Company(proxy, started, database, folder / "secrets.toml", folder, provider, secrets)
        hosted.give(roles)
        for server in started:
            server.start()
            running.callback(server.kill)
        for server in started:
            server.await_ready()
        yield hosted


@contextmanager
def _provider(folder: Path, people: Sequence[str]) -> Iterator[str]:
    """The address of an identity provider at which these people sign in with a click."""
    port = free_port()
    claims = [
        json.dumps({"sub": name, "email": f"{name}@{DOMAIN}", "email_verified": True}) for name in people
    ]
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port)]
    with (folder / "provider.txt").open("wb") as output:
        process = subprocess.Popen(
            [*command, *(part for claim in claims for part in ("--user-claims", claim))],
            stdout=output,
            stderr=output,
        )
    address = f"http://localhost:{port}"

    def answers() -> bool:
        assert process.poll() is None, (folder / "provider.txt").read_text()
        try:
            return httpx.get(f"{address}/.well-known/openid-configuration").is_success
        except httpx.TransportError:
            return False

    try:
        until(answers, "the identity provider")
        yield address
    finally:
        servers.stop(process)
