"""How many webhooks a second are taken, each on disk before it is answered: `make bench`.

Beside a bare Starlette route that syncs the same bytes and does nothing else, on the same server, over one connection,
taking turns: what is left between the two is what it costs to check a signature and to look at what was sent.
"""

import json
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from http.client import HTTPConnection
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailsight.loading.spool import Spool
from mailsight.web import webhooks
from tests.support.providers.registry import SAMPLES, SECRETS
from tests.support.providers.signing import Sent, post

EVENTS = (1, 100)  # of one request; SendGrid sends up to a few hundred at once
REQUESTS = 100
ROUNDS = 9


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="mailsight-bench-") as folder, socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()  # so that requests wait while the server starts
        address = listener.getsockname()
        # A fork, so that the server knows the public half of the key that signs here.
        server = multiprocessing.get_context("fork").Process(target=serve, args=(listener, Path(folder)))
        server.start()
        try:
            found = measure(address)
        finally:
            server.terminate()
            server.join()
    for name, value in found.items():
        print(f"{value:>14,.2f}  {name}")
    print(json.dumps(found))


def measure(address: tuple[str, int]) -> dict[str, float]:
    """The rates of both routes, and how much longer the webhook takes."""
    found: dict[str, float] = {}
    connection = HTTPConnection(*address, timeout=60)
    for events in EVENTS:
        sent = signed_batch(events)
        rates: dict[str, list[float]] = {"/webhooks/sendgrid/": [], "/bare": []}
        for round_ in range(ROUNDS + 1):
            for path, of_path in rates.items():
                rate = requests_per_second(connection, path, sent)
                if round_:  # the first one only warms up
                    of_path.append(rate)
        webhook, bare = (statistics.median(of_path) for of_path in rates.values())
        found |= {
            f"webhooks of {events} events: bare requests per second": bare,
            f"webhooks of {events} events: requests per second": webhook,
            f"webhooks of {events} events: times as long as a bare request": bare / webhook,
        }
    return found


def requests_per_second(connection: HTTPConnection, path: str, sent: Sent) -> float:
    """How many are answered one after the other."""
    start = time.perf_counter()
    for _ in range(REQUESTS):
        connection.request("POST", path, sent.body, dict(sent.headers))
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
    return REQUESTS / (time.perf_counter() - start)


def signed_batch(events: int) -> Sent:
    """A request as SendGrid sends it, with its signature."""
    batch = [
        {
            "email": f"customer{number}@example.com",
            "timestamp": 1776157205 + number,
            "smtp-id": f"<{number}.abcdef@geopod-ismtpd-1>",
            "event": ("delivered", "open", "click")[number % 3],
            "category": ["spring"],
            "sg_event_id": f"ZGVsaXZlcmVkLTAtMTIzNDU2Nzg5LTk4NzY1{number:08}",
            "sg_message_id": f"wVbFn8bvQ1Wq{number:08}.recvd-5f54b5d587-4fdqx-1-6087C4B0-1.0",
            "useragent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)",
            "url": "https://green.example/tulips",
            "campaign_id": "spring",
            "customer_id": str(number),
        }
        for number in range(events)
    ]
    return SAMPLES["sendgrid"].sign(post("http://localhost/webhooks/sendgrid/", batch))


def serve(listener: socket.socket, folder: Path) -> None:
    """Both routes, served as Streamlit serves: by uvicorn."""
    taker = webhooks.Webhooks(Spool(folder / "mailsight.spool"), SECRETS)
    bare_file = os.open(folder / "bare.ndjson", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def keep(body: bytes) -> None:
        os.write(bare_file, body + b"\n")
        os.fsync(bare_file)

    async def bare(request: Request) -> Response:
        await run_in_threadpool(keep, await request.body())
        return Response()

    app = Starlette(
        routes=[
            *webhooks.routes(lambda rest: f"/{rest}", taker),
            Route("/bare", bare, methods=["POST"]),
        ]
    )
    uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
