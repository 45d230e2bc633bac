"""Measure how many webhook requests per second are saved and answered: `make bench`.

The reference is a bare Starlette route that only syncs the same bytes to disk, on the same server, alternating over one
connection. The difference is the cost of verifying the signature and checking the payload.
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

EVENTS = (1, 100)  # per request; SendGrid sends up to a few hundred
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
        # Forked, so that the server has the public half of the signing key.
        server = multiprocessing.get_context("fork").Process(target=serve, args=(listener, Path(folder)))
        server.start()
        try:
            results = measure(address)
        finally:
            server.terminate()
            server.join()
    for name, value in results.items():
        print(f"{value:>14,.2f}  {name}")
    print(json.dumps(results))


def measure(address: tuple[str, int]) -> dict[str, float]:
    """Return the rates of both routes, and their ratio."""
    results: dict[str, float] = {}
    connection = HTTPConnection(*address, timeout=60)
    for events in EVENTS:
        sent = signed_batch(events)
        rates: dict[str, list[float]] = {"/webhooks/sendgrid/": [], "/bare": []}
        for round_ in range(ROUNDS + 1):
            for path, path_rates in rates.items():
                rate = requests_per_second(connection, path, sent)
                if round_:  # the first round only warms up
                    path_rates.append(rate)
        webhook, bare = (statistics.median(path_rates) for path_rates in rates.values())
        results |= {
            f"webhooks of {events} events: bare requests per second": bare,
            f"webhooks of {events} events: requests per second": webhook,
            f"webhooks of {events} events: times as long as a bare request": bare / webhook,
        }
    return results


def requests_per_second(connection: HTTPConnection, path: str, sent: Signed) -> float:
    """Send requests one after the other, and return how many are answered per second."""
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
    """Serve both routes with uvicorn, as Streamlit does."""
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
