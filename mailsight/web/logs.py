"""One format for all logs of the server, and a line for each request.

Logs contain no query strings, and secrets and addresses that slip into a message are masked.
"""

import logging
import re
import secrets
import time
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import answers

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_request: ContextVar[str] = ContextVar("request", default="")
_SECRETS = (
    (re.compile(r"://[^/\s@]*@"), "://…@"),
    (
        re.compile(
            r"(?i)\b(\w{0,30}(?:token|secret|password|key)|code|state|signature|cookie)(=|['\"]: ?['\"])[^&\s'\"]+"
        ),
        r"\1\2…",
    ),
    (re.compile(r"(?i)\b(basic|bearer) [\w.+/=~-]{6,}"), r"\1 …"),
    (re.compile(r"[\w.+'%-]{1,64}(?:@|%40)[\w-]{1,63}(\.[\w-]{1,63})+"), "…@…"),
)
# Requests that succeed so often that they are only logged at the level debug.
_QUIET = ("/static/", "/component/", "/app/static/", "/_stcore/")
_log = logging.getLogger(__name__)


class Formatter(logging.Formatter):
    """Masks secrets, and appends the id of the request that a record belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        text = super().format(record)
        for pattern, mask in _SECRETS:
            text = pattern.sub(mask, text)
        request = _request.get()
        first, newline, rest = text.partition("\n")
        return f"{first} [request {request}]{newline}{rest}" if request else text


def configure(level: str) -> None:
    """Sends the logs of Mailsight, Streamlit and uvicorn to standard error, in one format."""
    handler = logging.StreamHandler()
    handler.setFormatter(Formatter(_FORMAT))
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    logging.captureWarnings(capture=True)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("uvicorn", "streamlit"):
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.NOTSET)
    if level != "debug":
        # These say more than is needed about each connection.
        for name in ("uvicorn", "httpx", "websockets", "watchdog"):
            logging.getLogger(name).setLevel(logging.WARNING)


class RequestLog:
    """Gives each request an id, which its answer and its log lines carry, and logs it once it is answered.

    An unexpected error is logged and answered with 500 and the id.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        request_id = secrets.token_hex(4)
        _request.set(request_id)
        start, status = time.monotonic(), 0

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] in answers.STARTS:
                status = message.get("status", 101)
                message = {**message, "headers": list(message.get("headers", ()))}
                MutableHeaders(raw=message["headers"])["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, note)
        except Exception:
            _log.exception("A request failed unexpectedly")
            if status or scope["type"] == "websocket":
                raise
            text = f"Something went wrong. The server log has the details of request {request_id}.\n"
            await PlainTextResponse(text, 500, answers.HEADERS)(scope, receive, note)
        finally:
            _log.log(_level(scope, status), "%s", describe(scope, status, time.monotonic() - start))


def describe(scope: Scope, status: int, seconds: float) -> str:
    """A request in a line: the method, the first two parts of the path (others may be secret), status and duration."""
    path = scope.get("raw_path", scope["path"].encode()).decode("ascii", "backslashreplace")
    parts = path.split("/", 3)
    shown = "/".join([*parts[:3], "…"] if len(parts) > 3 and parts[3] else parts)[:200]
    return f"{scope.get('method', 'WEBSOCKET')} {shown} {status} {1000 * seconds:.0f} ms"


def _level(scope: Scope, status: int) -> int:
    path = scope["path"]
    if path.endswith("/healthz"):
        return logging.DEBUG  # monitoring asks often, and the health check itself logs what it finds
    if status >= 500 or not status:
        return logging.WARNING
    return logging.DEBUG if status < 400 and path.startswith(_QUIET) else logging.INFO
