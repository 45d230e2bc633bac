"""Webhooks: providers report what happens to mails as it happens.

`POST /webhooks/<provider>/` checks who sent the request and that it is this provider's, writes it to the spool, and
only then answers 200. Anything else is refused and leaves nothing behind; providers retry after a temporary refusal
(5xx). A provider without a secret in the settings is off: 404.
"""

import logging
from asyncio import Semaphore
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from mailsight.errors import (
    BadSetting,
    BodyTooLarge,
    BodyTooSlow,
    MailsightError,
    NoPassword,
    NotKept,
    NotThisProvider,
    TooManyRequests,
)
from mailsight.loading.spool import Spool
from mailsight.providers import checking
from mailsight.providers.events import Request as ProviderRequest
from mailsight.providers.registry import PROVIDERS
from mailsight.settings import Settings

from . import answers

# Requests handled at once: their bodies are in memory.
MOST_AT_ONCE = 32
RETRY_AFTER_SECONDS = 5
# Threads for checks and disk writes, separate from those that serve the dashboard.
THREADS = 8

_log = logging.getLogger(__name__)

Secrets = Mapping[str, Mapping[str, str]]


# What an answer has besides its status code and words.
_HEADERS: dict[type[MailsightError], Mapping[str, str]] = {
    NoPassword: {"WWW-Authenticate": 'Basic realm="Mailsight"'},
    TooManyRequests: {"Retry-After": str(RETRY_AFTER_SECONDS)},
    BodyTooSlow: {"Connection": "close"},
}


def configured(variables: Mapping[str, str], section: Mapping[str, object]) -> Secrets:
    """The secrets of every configured provider: from the environment, else from `[webhooks]` in secrets.toml.

    Raises `BadSetting` for an unknown name or a malformed secret, because neither would protect anything.
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
        raise BadSetting(
            f"No webhook has the secret {unknown[0]}.",
            next_step=f"There are: {', '.join(sorted(known))}.",
        )
    secrets_by_provider: dict[str, dict[str, str]] = {}
    for key, value in sorted(given.items()):
        if value:
            name, secret = known[key]
            secrets_by_provider.setdefault(name, {})[secret.name] = value
    for name, secrets in secrets_by_provider.items():
        needed = [secret.name for secret in PROVIDERS[name].secrets if secret.suffices]
        if not secrets.keys() & set(needed):
            raise BadSetting(f"The webhook of {name} also needs {name}_{f' or {name}_'.join(needed)}.")
        checking.check_secrets(PROVIDERS[name], secrets)
    return secrets_by_provider


def routes(path: Callable[[str], str], webhooks: "Webhooks") -> list[BaseRoute]:
    """The webhook routes, with and without a trailing slash, because providers don't follow redirects."""
    methods = ["GET", "HEAD", "POST"]
    return [Route(path(f"webhooks/{{provider}}{end}"), webhooks.answer, methods=methods) for end in ("/", "")]


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Receives the requests of the configured providers and writes them to the spool."""

    spool: Spool
    secrets: Secrets
    settings: Settings = field(default_factory=Settings)
    _places: Semaphore = field(default_factory=lambda: Semaphore(MOST_AT_ONCE))
    _threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(THREADS))

    async def answer(self, request: Request) -> Response:
        """Answers 200 once the request is on disk, else says why not, without a word about secrets."""
        provider = request.path_params["provider"]
        if provider not in self.secrets:
            return PlainTextResponse("No such webhook is set up here.\n", 404)
        if request.method != "POST":
            # Before they send anything, providers check the address: by HEAD, Unisender Go by GET.
            return PlainTextResponse(f"Webhooks of {PROVIDERS[provider].label} come here, by POST.\n")
        try:
            await self._take(provider, request)
        except ClientDisconnect:
            return Response(status_code=400)
        except MailsightError as error:
            return _refusal(provider, error)
        except Exception:  # noqa: BLE001
            # The provider learns nothing of the cause, the log everything. It will send the request again.
            _log.exception("A webhook of %s could not be taken", provider)
            return PlainTextResponse("The webhook can't be taken now.\n", 500)
        # Without a body: Streamlit's server sends it apart from the headers (its socket lacks TCP_NODELAY), and many
        # clients acknowledge headers only after 40 ms. A provider would not send its next request before that.
        return Response()

    async def _take(self, provider: str, request: Request) -> None:
        secrets = self.secrets[provider]
        if "basic_auth" in secrets and "authorization" not in request.headers:
            # Amazon SNS sends user and password only when asked for them.
            raise NoPassword("User and password are missing.")
        if self._places.locked():
            raise TooManyRequests("Too many requests at once.")
        async with self._places:
            body = await self._body(request)
            content_type = request.headers.get("content-type", "")
            webhook = ProviderRequest(content_type, dict(request.headers), body)
            await anyio.to_thread.run_sync(
                self._keep, provider, webhook, self._url(request), limiter=self._threads
            )

    async def _body(self, request: Request) -> bytes:
        most = int(self.settings.webhook_max_megabytes * 1_000_000)
        declared = request.headers.get("content-length", "")
        body = bytearray()
        too_large = BodyTooLarge(f"The body is larger than {most:,} bytes.")
        if declared.isdecimal() and int(declared) > most:
            raise too_large
        try:
            with anyio.fail_after(self.settings.webhook_body_seconds):
                async for part in request.stream():
                    body += part
                    if len(body) > most:
                        raise too_large
        except TimeoutError as error:
            raise BodyTooSlow("The body did not come in time.") from error
        return bytes(body)

    def _url(self, request: Request) -> str:
        """The address that the provider called. Mandrill signs it, too."""
        if not self.settings.public_url:
            return str(request.url)
        return f"{self.settings.public_url}{request.url.path}"

    def _keep(self, provider: str, request: ProviderRequest, url: str) -> None:
        sender = PROVIDERS[provider]
        checking.check_sender(sender, self.secrets[provider], request, url)
        checking.check_payload(sender, request)
        try:
            body = request.body.decode()
        except UnicodeDecodeError as error:
            raise NotThisProvider("The body is not UTF-8.") from error
        self.spool.append(provider, body, content_type=request.content_type, headers=request.headers)


def _refusal(provider: str, error: MailsightError) -> Response:
    """The answer to a provider: in plain words, without a next step, which is for those who run the dashboard."""
    status_code = answers.status_code(error)
    # Without a password, Amazon SNS is still to be asked for it.
    if not isinstance(error, NoPassword):
        _log.warning("A webhook of %s was refused with %s: %s", provider, status_code, error)
    # Disk errors are for the log, not for the world.
    text = error.title if isinstance(error, NotKept) else error.message
    return PlainTextResponse(f"{text}\n", status_code, _HEADERS.get(type(error)))
