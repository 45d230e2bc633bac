"""Real proxies with the examples in deploy/, in front of servers of the tests."""

import contextlib
import os
import re
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from tests.support.waiting import PATIENCE_SECONDS, until
from tooling import chromium, debian
from tooling.certificates import self_signed
from tooling.servers import PROJECT, free_port

DEPLOY = PROJECT / "deploy"
TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Proxy:
    """A running proxy: its port for HTTPS, the port that leads there, the name it answers to, and its log."""

    port: int
    http_port: int
    name: str
    log: Path

    @property
    def address(self) -> str:
        return f"https://{self.name}:{self.port}"


@contextlib.contextmanager
def nginx(folder: Path, servers: Sequence[int], base: str = "") -> Iterator[Proxy]:
    """deploy/nginx.conf in front of the servers on these ports. `base` is the base path."""
    proxy = Proxy(free_port(), free_port(), "mailsight.example", folder / "mailsight.log")
    certificate, key = self_signed(folder, [proxy.name])
    text = (DEPLOY / "nginx.conf").read_text()
    for old, new in {
        "server 127.0.0.1:8501 max_fails=3 fail_timeout=5s;": "".join(
            f"server 127.0.0.1:{port} max_fails=3 fail_timeout=5s;" for port in servers
        ),
        "listen 80;": f"listen 127.0.0.1:{proxy.http_port};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{proxy.port} ssl http2;",
        "/etc/letsencrypt/live/mailsight.example/fullchain.pem": str(certificate),
        "/etc/letsencrypt/live/mailsight.example/privkey.pem": str(key),
        "/var/log/nginx/mailsight.log": str(proxy.log),
        "/var/log/nginx/mailsight.error.log": str(folder / "mailsight.error.log"),
        "location / {": f"location /{base and f'{base}/'} {{",
    }.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    # The machine may have no IPv6.
    (folder / "mailsight.conf").write_text(re.sub(r"\n *listen \[::\].*", "", text))
    kinds = ("client_body", "proxy", "fastcgi", "scgi", "uwsgi")
    folders = "".join(f"{kind}_temp_path {folder}/{kind}; " for kind in kinds)
    user = "user root;" if os.geteuid() == 0 else ""
    main = f"""
        {user} daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 1;
        events {{}}
        http {{ {folders} access_log off; include {folder}/mailsight.conf; }}
    """
    (folder / "nginx.conf").write_text(main)
    with _running([program("nginx"), "-c", str(folder / "nginx.conf"), "-e", "stderr"], folder, proxy):
        yield proxy


@contextlib.contextmanager
def caddy(folder: Path, servers: Sequence[int]) -> Iterator[Proxy]:
    """deploy/Caddyfile in front of the servers on these ports."""
    proxy = Proxy(free_port(), free_port(), "localhost", folder / "stderr")
    # For the name localhost, Caddy signs its certificate itself, and would have this machine trust it.
    options = f"{{\n\tadmin off\n\tskip_install_trust\n\thttp_port {proxy.http_port}\n}}\n"
    (folder / "Caddyfile").write_text(options + (DEPLOY / "Caddyfile").read_text())
    environment = {
        "MAILSIGHT_SITE": proxy.address,
        "MAILSIGHT_SERVERS": " ".join(f"127.0.0.1:{port}" for port in servers),
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
    }
    command = [program("caddy"), "run", "--adapter", "caddyfile", "--config", str(folder / "Caddyfile")]
    with _running(command, folder, proxy, environment):
        yield proxy


@contextlib.contextmanager
def browser_outside(browser: Browser, chromium_path: str, proxy: Proxy) -> Iterator[Browser]:
    """Another browser, for which the name of the proxy leads to it."""
    mapped = f"--host-resolver-rules=MAP {proxy.name}:443 127.0.0.1:{proxy.port}"
    launched = browser.browser_type.launch(
        executable_path=chromium_path, args=[*chromium.ARGUMENTS, mapped], timeout=1000 * PATIENCE_SECONDS
    )
    yield launched
    launched.close()


def trusting() -> ssl.SSLContext:
    """For connections to a proxy, whoever signed its certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def encrypted(proxy: Proxy) -> ssl.SSLSocket:
    """A connection to the proxy. Raises OSError."""
    plain = socket.create_connection(("127.0.0.1", proxy.port), TIMEOUT_SECONDS)
    return trusting().wrap_socket(plain, server_hostname=proxy.name)


def program(name: str) -> str:
    """The path of a program. Skips the test if there is none."""
    path = debian.find(name)
    if path is None:
        pytest.skip(f"{name} is not installed: `python -m tooling.debian {name}` unpacks Debian's")
    return path


@contextlib.contextmanager
def _running(
    command: Sequence[str], folder: Path, proxy: Proxy, environment: dict[str, str] | None = None
) -> Iterator[None]:
    with (folder / "stderr").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | (environment or {}))

    def is_ready() -> bool:
        assert process.poll() is None, (folder / "stderr").read_text()
        with contextlib.suppress(OSError), encrypted(proxy):
            return True
        return False

    try:
        until(is_ready, command[0])
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE_SECONDS)


@contextlib.contextmanager
def echo() -> Iterator[int]:
    """The port of a server that answers with what it received."""
    port = free_port()

    async def answer(request: Request) -> JSONResponse:
        size = len(await request.body())
        content = {"server": port, "path": request.url.path, "bytes": size, "headers": dict(request.headers)}
        return JSONResponse(content)

    async def give_cookies(_: Request) -> JSONResponse:
        given = JSONResponse({})
        for number in range(10):
            given.set_cookie(f"groups_{number}", "x" * 3_000)
        return given

    async def miss(_: Request) -> JSONResponse:
        return JSONResponse({}, 404)

    async def answer_at_once(_: Request) -> JSONResponse:
        return JSONResponse({})

    async def converse(socket: WebSocket) -> None:
        await socket.accept()
        async for text in socket.iter_text():
            await socket.send_text(f"{port}: {text}")

    app = Starlette(
        routes=[
            WebSocketRoute("/{path:path}", converse),
            Route("/unread", answer_at_once, methods=["PUT"]),
            Route("/media/missing", miss),
            Route("/cookies", give_cookies),
            Route("/{path:path}", answer, methods=["GET", "POST", "PUT"]),
        ]
    )
    config = uvicorn.Config(app, port=port, log_level="critical", proxy_headers=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until(lambda: server.started, "the server")
    try:
        yield port
    finally:
        server.should_exit = True
        thread.join(PATIENCE_SECONDS)
