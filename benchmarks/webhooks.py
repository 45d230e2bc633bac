"""How many webhooks a second are taken, each on disk before it is answered: `make bench`.

Beside a bare Starlette route that syncs the same bytes and does nothing else, on the same server, over one connection,
taking turns: what is left between the two is what it costs to check a signature and to look at what was sent.
"""

import base64
import json
import multiprocessing
import os
import socket
import statistics
import tempfile
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import uvicorn
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mailsight.loading.spool import Spool
from mailsight.web import webhooks

EVENTS = (1, 100)  # of one request; SendGrid sends up to a few hundred at once
REQUESTS = 100
ROUNDS = 9
KEY = ec.generate_private_key(ec.SECP256R1())


@dataclass(frozen=True, slots=True)
class Signed:
    """A request's body, and its headers with SendGrid's signature."""

    body: bytes
    headers: dict[str, str]


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


def requests_per_second(connection: HTTPConnection, path: str, sent: Signed) -> float:
    """How many are answered one after the other."""
    start = time.perf_counter()
    for _ in range(REQUESTS):
        connection.request("POST", path, sent.body, sent.headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path} answered {answer.status}")
    return REQUESTS / (time.perf_counter() - start)


def signed_batch(events: int) -> Signed:
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
    body, timestamp = json.dumps(batch).encode(), "1776157205"
    signature = KEY.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    headers = {
        "Content-Type": "application/json",
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
    }
    return Signed(body, headers)


def verification_key() -> str:
    """The public half of the key, as SendGrid shows it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return base64.b64encode(KEY.public_key().public_bytes(serialization.Encoding.DER, form)).decode()


def serve(listener: socket.socket, folder: Path) -> None:
    """Both routes, served as Streamlit serves: by uvicorn."""
    taker = webhooks.Webhooks(
        Spool(folder / "mailsight.spool"), {"sendgrid": {"verification_key": verification_key()}}
    )
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
