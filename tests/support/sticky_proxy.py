"""A reverse proxy like the one in docs/operating.md: each visitor stays with one of several servers while it runs.

Visitors are told apart by the cookie `mailsight_browser`, which tests set themselves.
"""

import asyncio
import hashlib
import random
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

_COOKIE = re.compile(rb"^cookie:.*\bmailsight_browser=(\w+)", re.IGNORECASE | re.MULTILINE)


def order(ports: Sequence[int], visitor: str) -> list[int]:
    """The servers in the order in which they are tried for a visitor."""
    return sorted(ports, key=lambda port: hashlib.sha256(f"{visitor} {port}".encode()).digest())


@contextmanager
def proxy(ports: Sequence[int]) -> Iterator[int]:
    """A proxy in front of servers on these ports; yields its own port."""
    loop = asyncio.new_event_loop()
    # In a thread: once a browser runs, Playwright keeps a loop running in the main thread.
    thread = threading.Thread(target=loop.run_forever, name="proxy", daemon=True)
    thread.start()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(lambda *streams: _serve(ports, *streams), "127.0.0.1", 0)

    async def stop() -> None:
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    server = asyncio.run_coroutine_threadsafe(start(), loop).result()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _serve(ports: Sequence[int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
        head = await reader.readuntil(b"\r\n\r\n")
        cookie = _COOKIE.search(head)
        visitor = cookie[1].decode() if cookie else str(random.random())
        for port in order(ports, visitor):
            try:
                answers, requests = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue  # It has ended.
            requests.write(head)
            await asyncio.gather(_pipe(reader, requests), _pipe(answers, writer))
            break
    writer.close()


async def _pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(2**16):
            writer.write(data)
            await writer.drain()
    writer.close()
