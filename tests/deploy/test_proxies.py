"""nginx and Caddy for real, with the examples in deploy/."""

import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.support import proxies
from tests.support.proxies import Proxy
from tooling.servers import free_port

pytestmark = pytest.mark.slow

SERVERS = 3


@pytest.fixture(scope="module")
def servers() -> Iterator[list[int]]:
    with ExitStack() as started:
        yield [started.enter_context(proxies.echo()) for _ in range(SERVERS)]


@pytest.fixture(scope="module", params=[proxies.nginx, proxies.caddy], ids=lambda proxy: proxy.__name__)
def proxy(
    request: pytest.FixtureRequest, servers: list[int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    run: Callable[..., AbstractContextManager[Proxy]] = request.param
    with run(tmp_path_factory.mktemp("proxy"), servers) as running:
        yield running


@pytest.fixture
def client(proxy: Proxy) -> Iterator[httpx.Client]:
    """A browser that has not been here before."""
    with browser(proxy) as client:
        yield client


def browser(proxy: Proxy) -> httpx.Client:
    headers = {"Host": f"{proxy.name}:{proxy.port}"}
    return httpx.Client(base_url=f"https://127.0.0.1:{proxy.port}", verify=False, headers=headers)  # noqa: S501


def ask(
    client: httpx.Client, proxy: Proxy, method: str = "GET", path: str = "/", **more: Any
) -> httpx.Response:
    request = client.build_request(method, path, **more)
    request.extensions["sni_hostname"] = proxy.name
    return client.send(request)


def test_the_server_learns_the_name_the_client_and_the_scheme(client: httpx.Client, proxy: Proxy) -> None:
    lies = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": "http",
        "X-Real-IP": "192.0.2.7",
        "Forwarded": "for=192.0.2.7",
    }
    answer = ask(client, proxy, path="/mailsight/campaign?id=spring%2F1", headers=lies)
    assert answer.status_code == 200
    seen = answer.json()["headers"]
    assert seen["host"] == f"{proxy.name}:{proxy.port}"
    assert seen["x-forwarded-for"] == "127.0.0.1"
    assert seen["x-forwarded-proto"] == "https"
    assert "192.0.2.7" not in str(seen)


def test_somebody_in_many_groups_may_enter(client: httpx.Client, proxy: Proxy) -> None:
    """What the identity provider says of them is in their cookies."""
    given = ask(client, proxy, path="/cookies")
    cookies = "; ".join(f"{name}={value}" for name, value in given.cookies.items() if "groups" in name)
    assert (given.status_code, len(cookies) > 30_000) == (200, True)
    answer = ask(client, proxy, headers={"Cookie": cookies})
    assert answer.status_code == 200
    assert answer.json()["headers"]["cookie"].count("groups_") == 10


def test_metrics_are_not_passed_on(client: httpx.Client, proxy: Proxy) -> None:
    for path in ("/metrics", "/mailsight/metrics", "/_stcore/metrics", "/mailsight/_stcore/metrics"):
        assert ask(client, proxy, path=path).status_code == 404
    for path in ("/readyz", "/healthz", "/mailsight/metrics.html"):
        assert ask(client, proxy, path=path).status_code == 200


def test_websockets_pass_both_ways(client: httpx.Client, proxy: Proxy) -> None:
    server = ask(client, proxy).json()["server"]
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    with connect(
        f"wss://{proxy.name}:{proxy.port}/_stcore/stream",
        address=("127.0.0.1", proxy.port),
        ssl=proxies.trusting(),
        additional_headers={"Cookie": cookies},
        proxy=None,
    ) as socket:
        socket.send("hello")
        assert socket.recv() == f"{server}: hello"


def test_a_browser_stays_with_its_process_and_browsers_are_shared_out(proxy: Proxy) -> None:
    chosen = set()
    for _ in range(24):
        with browser(proxy) as client:
            first, *others = [ask(client, proxy).json()["server"] for _ in range(4)]
        assert others == [first] * 3
        chosen.add(first)
    assert len(chosen) > 1


def test_another_process_answers_while_one_is_away(tmp_path: Path, servers: list[int], proxy: Proxy) -> None:
    gone = free_port()
    run = proxies.nginx if proxy.name == "mailsight.example" else proxies.caddy
    with run(tmp_path, [gone, servers[0]]) as limping:
        for _ in range(12):
            with browser(limping) as client:
                assert ask(client, limping).json()["server"] == servers[0]


def test_the_cookie_is_for_this_proxy_only(client: httpx.Client, proxy: Proxy) -> None:
    [cookie] = ask(client, proxy).headers.get_list("set-cookie")
    assert "set-cookie" not in ask(client, proxy).headers
    assert cookie.startswith("mailsight_browser=")
    if proxy.name == "mailsight.example":  # Caddy's carries nothing but a hash of the process
        assert {"Secure", "HttpOnly", "SameSite=Lax"} <= set(cookie.split("; "))


def test_nginx_leads_to_https_and_logs_no_addresses(tmp_path: Path, servers: list[int]) -> None:
    with proxies.nginx(tmp_path, servers) as proxy:
        plain = httpx.get(
            f"http://127.0.0.1:{proxy.http_port}/data?tab=unmatched", headers={"Host": "mailsight.example"}
        )
        assert plain.status_code == 301
        assert plain.headers["location"] == "https://mailsight.example/data?tab=unmatched"
        with browser(proxy) as client:
            ask(client, proxy, path="/oauth2callback?code=ann@mail.example")
    log = proxy.log.read_text()
    assert " GET 200 " in log
    assert not {"ann", "127.0.0.1 -", "oauth2callback", "data"} & set(log.replace("@", " ").split())
    assert "mail.example" not in log


@pytest.mark.parametrize(("size", "status_code"), [(200 * 2**20 + 1_000, 200), (2 * 200 * 2**20, 413)])
def test_nginx_passes_uploads_that_are_as_large_as_the_page_allows(
    tmp_path: Path, servers: list[int], size: int, status_code: int
) -> None:
    """The server answers without having read the body, so that no test has to send it all."""
    with proxies.nginx(tmp_path, servers) as proxy:
        connection = HTTPConnection(proxy.name, proxy.port)
        with proxies.encrypted(proxy) as connection.sock:
            connection.putrequest("PUT", "/unread")
            connection.putheader("Content-Length", str(size))
            connection.endheaders(b"x" * 1_000)
            assert connection.getresponse().status == status_code


def test_caddy_passes_uploads_that_are_as_large_as_the_page_allows() -> None:
    """It counts what it has read, so that trying would mean to send it all."""
    command = [proxies.program("caddy"), "adapt", "--config", str(proxies.DEPLOY / "Caddyfile")]
    adapted = subprocess.run(command, capture_output=True, check=True).stdout
    [limit] = re.findall(rb'"max_size":(\d+)', adapted)
    assert 200 * 2**20 + 1_000 < int(limit) < 220 * 2**20


def test_the_caddyfile_is_formatted() -> None:
    command = [proxies.program("caddy"), "fmt", str(proxies.DEPLOY / "Caddyfile")]
    formatted = subprocess.run(command, capture_output=True, check=False, text=True).stdout
    assert formatted == (proxies.DEPLOY / "Caddyfile").read_text()
