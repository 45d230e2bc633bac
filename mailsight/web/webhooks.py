"""Webhooks: providers report events as they happen.

`POST /webhooks/<provider>/` checks the password before it reads the body, then the signature and the format, stores the
request in the spool, and only then answers 200. All other requests are refused and not stored; after a temporary error
(5xx) the provider sends the request again. A provider without a secret in the settings is off (404).
"""

import base64
import difflib
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mailsight.errors import (
    BadSetting,
    BodyTooLarge,
    BodyTooSlow,
    MailsightError,
    NoPassword,
    NotGenuine,
    NotKept,
    NotThisProvider,
    TooManyFailures,
    TooManyRequests,
)
from mailsight.loading.spool import Spool
from mailsight.providers import checking
from mailsight.providers.events import Request as ProviderRequest
from mailsight.providers.registry import PROVIDERS
from mailsight.settings import Settings

from . import answers
from .slots import FAILURE_SECONDS, Failures, Slot, Slots, client_key

RETRY_AFTER_SECONDS = 5
# Threads for checks and disk writes, separate from those that serve the dashboard. Requests without a password get few,
# because anyone can make these work.
THREADS = 8
UNPROVEN_THREADS = 2

_log = logging.getLogger(__name__)

Secrets = Mapping[str, Mapping[str, str]]

# Extra headers of error responses.
_HEADERS: dict[type[MailsightError], Mapping[str, str]] = {
    NoPassword: {"WWW-Authenticate": 'Basic realm="Mailsight"'},
    TooManyFailures: {"Retry-After": str(int(FAILURE_SECONDS)), "Connection": "close"},
    TooManyRequests: {"Retry-After": str(RETRY_AFTER_SECONDS), "Connection": "close"},
    BodyTooSlow: {"Connection": "close"},
}


def configured(variables: Mapping[str, str], section: Mapping[str, object]) -> Secrets:
    """The secrets of every provider that is set up, from the environment or from `[webhooks]` in secrets.toml.

    Raises `BadSetting` for unknown names and invalid secrets, because neither would protect anything.
    """
    given = dict(variables)
    for name, keys in section.items():
        pairs = keys.items() if isinstance(keys, Mapping) else [("", keys)]
        given = {f"{name}_{key}": str(value) for key, value in pairs} | given
    known = {
        f"{name}_{secret.name}": (name, secret)
        for name, provider in PROVIDERS.items()
        for secret in provider.secrets
    }
    if unknown := sorted(given.keys() - known.keys()):
        near = difflib.get_close_matches(unknown[0], known, n=1)
        raise BadSetting(
            f"Unknown webhook secret {unknown[0]}.",
            next_step=f"Did you mean {near[0]}?" if near else f"Use one of: {', '.join(sorted(known))}.",
        )
    by_provider: dict[str, dict[str, str]] = {}
    for key, value in sorted(given.items()):
        if value:
            name, secret = known[key]
            by_provider.setdefault(name, {})[secret.name] = value
    for name, secrets in by_provider.items():
        needed = [secret.name for secret in PROVIDERS[name].secrets if secret.suffices]
        if not secrets.keys() & set(needed):
            raise BadSetting(f"The webhook of {name} also needs {name}_{f' or {name}_'.join(needed)}.")
        checking.check_secrets(PROVIDERS[name], secrets)
    return by_provider


def routes(path: Callable[[str], str], webhooks: "Webhooks") -> list[BaseRoute]:
    """The webhook routes, with and without a trailing slash, because providers don't follow redirects."""
    methods = ["GET", "HEAD", "POST"]
    return [Route(path(f"webhooks/{{provider}}{end}"), webhooks.answer, methods=methods) for end in ("/", "")]


_FORM = "application/x-www-form-urlencoded"


def _is_in_url(provider: str, request: Request) -> bool:
    """Whether the event is in the request's URL, as some providers send it, rather than in its body."""
    sender = PROVIDERS[provider]
    return (
        sender.sends_urls
        and request.method != "HEAD"
        and sender in checking.candidates(dict(request.query_params))
    )


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Checks the requests of the providers that are set up, and stores them in the spool."""

    spool: Spool
    secrets: Secrets
    settings: Settings = field(default_factory=Settings)
    _slots: Slots = field(default_factory=Slots)
    _failures: Failures = field(default_factory=Failures)
    _threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(THREADS))
    _unproven_threads: anyio.CapacityLimiter = field(
        default_factory=lambda: anyio.CapacityLimiter(UNPROVEN_THREADS)
    )

    async def answer(self, request: Request) -> Response:
        """Answer 200 once the request is on disk, else with the reason, which never mentions secrets."""
        provider = request.path_params["provider"]
        if provider not in self.secrets:
            return PlainTextResponse("This webhook is not set up here.\n", 404)
        if request.method != "POST" and not _is_in_url(provider, request):
            # Providers check the URL before they send events: with a HEAD request, or in the case of Unisender Go, GET.
            return PlainTextResponse(f"Send webhooks of {PROVIDERS[provider].label} here by POST.\n")
        client = client_key(request.client and request.client.host)
        try:
            await self._receive(provider, request, client)
        except ClientDisconnect:
            return Response(status_code=400)
        except MailsightError as error:
            return self._refusal(provider, client, error)
        except Exception:  # noqa: BLE001
            # Unexpected errors: the details go to the log only. The provider sends the request again.
            _log.exception("A webhook of %s could not be stored", provider)
            return PlainTextResponse("The webhook can't be stored right now.\n", 500)
        return _receipt(provider, request)

    def _refusal(self, provider: str, client: str, error: MailsightError) -> Response:
        """The answer to a refused request, and a line in the log."""
        if isinstance(error, NotGenuine) and self._failures.add(client):
            # Not logged, because such a client would fill the log.
            return _answer(TooManyFailures("Too many wrong passwords or signatures."))
        # A missing password is normal: Amazon SNS waits for the challenge.
        if not isinstance(error, NoPassword):
            status_code = answers.status_code(error)
            _log.warning("A webhook of %s was refused with %s: %s", provider, status_code, error)
        return _answer(error)

    async def _receive(self, provider: str, request: Request, client: str) -> None:
        secrets = self.secrets[provider]
        headers = dict(request.headers)
        if key := headers.get(PROVIDERS[provider].key_header or ""):
            headers["authorization"] = f"Basic {base64.b64encode(key.encode('latin-1')).decode()}"
        is_proven = "basic_auth" in secrets
        if is_proven:
            if "authorization" not in headers:
                # Amazon SNS sends the user name and password only when challenged.
                raise NoPassword("The user name and password are missing.")
            checking.check_password(PROVIDERS[provider], secrets, headers["authorization"])
        content_type = request.headers.get("content-type", "")
        with self._slots.taken(client, is_proven=is_proven) as slot:
            body = await self._body(request, slot)
            slot.is_received = True
            if not body and _is_in_url(provider, request):
                content_type, body = _FORM, request.url.query.encode()
            webhook = ProviderRequest(content_type, headers, body)
            threads = self._threads if is_proven else self._unproven_threads
            await anyio.to_thread.run_sync(
                self._store, provider, webhook, self._url(request), limiter=threads
            )

    async def _body(self, request: Request, slot: Slot) -> bytes:
        max_bytes = int(self.settings.webhook_max_megabytes * 1_000_000)
        declared = request.headers.get("content-length", "")
        body = bytearray()
        too_large = BodyTooLarge(f"The body is larger than {max_bytes:,} bytes.")
        if declared.isdecimal() and int(declared) > max_bytes:
            raise too_large
        try:
            with anyio.fail_after(self.settings.webhook_body_seconds), slot.scope:
                async for part in request.stream():
                    self._slots.grow(slot, len(part))
                    body += part
                    if len(body) > max_bytes:
                        raise too_large
        except TimeoutError as error:
            raise BodyTooSlow("The body did not arrive in time.") from error
        if slot.is_evicted:
            raise TooManyRequests("Too many requests at once, and this was the slowest.")
        return bytes(body)

    def _url(self, request: Request) -> str:
        """The URL that the provider called, because Mandrill signs it too."""
        if not self.settings.public_url:
            return str(request.url)
        return f"{self.settings.public_url}{request.url.path}"

    def _store(self, provider: str, request: ProviderRequest, url: str) -> None:
        sender = PROVIDERS[provider]
        checking.check_shape(sender, request)
        checking.check_sender(sender, self.secrets[provider], request, url)
        checking.check_payload(sender, request)
        try:
            body = request.body.decode()
        except UnicodeDecodeError as error:
            raise NotThisProvider("The body is not UTF-8.") from error
        self.spool.append(provider, body, content_type=request.content_type, headers=request.headers)


def _receipt(provider: str, request: Request) -> Response:
    """The answer to a request that is on disk."""
    if number := request.headers.get(PROVIDERS[provider].receipt_header or ""):
        return JSONResponse({"requestId": number, "timestamp": int(time.time() * 1000)})
    # No body: Streamlit's server sends the body separately from the headers (without TCP_NODELAY), and many clients
    # acknowledge the headers only after 40 ms, which delays the provider's next request.
    return Response()


def _answer(error: MailsightError) -> Response:
    """The plain-text answer to a provider, without the next step, which is for whoever runs the dashboard."""
    # Disk errors are for the log only.
    text = error.title if isinstance(error, NotKept) else error.message
    return PlainTextResponse(f"{text}\n", answers.status_code(error), _HEADERS.get(type(error)))
