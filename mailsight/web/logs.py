"""One format for all logs of the server, text or JSON, and a line for each request.

Logs contain no query strings and no messages of errors, which may quote data. Secrets and addresses that slip into a
message are masked.
"""

import logging
import re
import secrets
import time
from contextvars import ContextVar

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config as streamlit_config
from uvicorn.protocols.utils import ClientDisconnected

from mailsight import measures, tracebacks
from mailsight.providers.registry import PROVIDERS

from . import answers, parameters

_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_request: ContextVar[str] = ContextVar("request", default="")
# The attribute of a record with the method, path, status and duration of the request that was answered.
_ANSWERED = "answered"
_SECRETS = (
    (re.compile(r"://[^/\s@]*@"), "://…@"),
    (
        re.compile(
            r"(?i)\b(\w{0,30}(?:token|secret|password|key)|code|state|signature|cookie)(=|['\"]: ?['\"])[^&\s'\"]+"
        ),
        r"\1\2…",
    ),
    (re.compile(r"(?i)\b(basic|bearer) [\w.+/=~-]{6,}"), r"\1 …"),
    # An error that asyncio found in a task.
    (re.compile(r"(exception=[\w.]+)\(.*\)>", re.DOTALL), r"\1(…)>"),
    (re.compile(r"[\w.+'%-]{1,64}(?:@|%40)[\w-]{1,63}(\.[\w-]{1,63})+"), "…@…"),
)
# Requests that succeed so often that they are only logged at the level debug.
_QUIET = ("/static/", "/component/", "/app/static/", "/_stcore/")
# Paths that are Streamlit's own.
_OTHER_PATHS = (*_QUIET, "/media/", "/auth/", "/oauth2callback")
_OTHERS = (
    "uvicorn",
    "httpx",
    "httpcore",
    "websockets",
    "watchdog",
    "streamlit",
    "asyncio",
    "authlib",
    "multipart",
)
_log = logging.getLogger(__name__)


class Formatter(tracebacks.Formatter):
    """Masks secrets, and appends the id of the request that a record belongs to."""

    def format(self, record: logging.LogRecord) -> str:
        text = _masked(super().format(record))
        request = _request.get()
        first, newline, rest = text.partition("\n")
        return f"{first} [request {request}]{newline}{rest}" if request else text


class JsonFormatter(tracebacks.JsonFormatter):
    """Masks secrets in all texts, and adds the request's id and what `RequestLog` knows of it."""

    def parts(self, record: logging.LogRecord) -> dict[str, object]:
        line = super().parts(record)
        line |= {name: _masked(str(line[name])) for name in ("message", "error") if name in line}
        if request := _request.get():
            line["request"] = request
        return line | getattr(record, _ANSWERED, {})


def _masked(text: str) -> str:
    for pattern, mask in _SECRETS:
        text = pattern.sub(mask, text)
    return text


def configure(level: str, form: str = "text") -> None:
    """Sends the logs of Mailsight, Streamlit and uvicorn to standard error, as `form`: text or json."""
    tracebacks.log_with(JsonFormatter() if form == "json" else Formatter(_FORMAT), level.upper())
    # Otherwise, Streamlit prints the errors of pages itself, with their messages.
    streamlit_config.set_option("logger.enableRich", False)
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] in ("uvicorn", "streamlit"):
            logger = logging.getLogger(name)
            logger.handlers.clear()
            logger.propagate = True
            logger.setLevel(logging.NOTSET)
    # At lower levels, others write what is sent over connections, what people type, and addresses with their queries.
    for name in _OTHERS:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))
    if level == "debug":
        logging.root.setLevel(logging.INFO)
        logging.getLogger("mailsight").setLevel(logging.DEBUG)


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
        except ClientDisconnected:
            raise  # The browser has left, for which uvicorn closes the connection.
        except Exception:
            _log.exception("A request failed unexpectedly")
            if status or scope["type"] == "websocket":
                raise
            text = f"Something went wrong. The server log has the details of request {request_id}.\n"
            await PlainTextResponse(text, 500, answers.HEADERS)(scope, receive, note)
        finally:
            seconds = time.monotonic() - start
            _count(scope, status, seconds)
            answered = describe(scope, status, seconds)
            text = "{method} {path} {status} {milliseconds} ms".format_map(answered)
            _log.log(_level(scope, status), "%s", text, extra={_ANSWERED: answered})


def _count(scope: Scope, status: int, seconds: float) -> None:
    """Counts a request for `/metrics`, under the path of its route. All others, such as refused ones, are one."""
    path = str(scope["route"].path) if "route" in scope else scope["path"]
    route = _below_base(path) or "/" if "route" in scope or _is_page(scope) else "none"
    measures.REQUESTS.labels(route, status or "none").inc()
    if scope["type"] == "http":  # a WebSocket is open as long as its page
        measures.REQUEST_SECONDS.labels(route).observe(seconds)


def _below_base(path: str) -> str:
    return path.removeprefix(answers.path("").rstrip("/"))


def _is_page(scope: Scope) -> bool:
    return scope["path"] in map(answers.path, parameters.PAGES)


def describe(scope: Scope, status: int, seconds: float) -> dict[str, object]:
    """A request: the method, the first two parts of the path (others may be secret), status and duration.

    Of a path, only what the server itself has there is named: anybody may have put anything into the rest.
    """
    parts = _known_path(scope).split("/", 3)
    shown = "/".join([*parts[:3], "…"] if len(parts) > 3 and parts[3] else parts)[:200]
    method = scope.get("method", "WEBSOCKET")
    return {"method": method, "path": _masked(shown), "status": status, "milliseconds": round(1000 * seconds)}


def _known_path(scope: Scope) -> str:
    """The path of the route, with the provider that it names, or a path of Streamlit's."""
    route = scope.get("route")
    if isinstance(route, Route):
        provider = scope.get("path_params", {}).get("provider")
        return route.path.replace("{provider}", provider) if provider in PROVIDERS else route.path
    return (
        str(scope["path"]) if _is_page(scope) or _below_base(scope["path"]).startswith(_OTHER_PATHS) else "/…"
    )


def _level(scope: Scope, status: int) -> int:
    path = _below_base(scope["path"])
    if path.endswith(("/healthz", "/readyz", "/metrics")):
        return logging.DEBUG  # monitoring asks often, and the health check itself logs what it finds
    if status >= 500 or not status:
        return logging.WARNING
    return logging.DEBUG if status < 400 and path.startswith(_QUIET) else logging.INFO
