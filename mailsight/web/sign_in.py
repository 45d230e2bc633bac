"""What happens around Streamlit's sign-in: the way back to the page that was opened, and words for what went wrong.

Streamlit's routes send people to the identity provider and back, but always back to the first page, and if the provider
is down, to a line of text. This middleware remembers the page in a cookie, and returns to it with a reason in the URL,
which the sign-in page puts into words. Signing out also ends the sign-in here, for other tabs and copied cookies.
"""

import logging
from enum import StrEnum
from functools import cache, partial
from http.cookies import SimpleCookie
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_server_config import TOKENS_COOKIE_NAME, USER_COOKIE_NAME

from . import addresses, audit, sessions, shared
from .access import Standing
from .answers import path
from .api import tokens
from .configuration import PROVIDER_SECONDS

RETURN_COOKIE = "mailsight_return"
RETURN_SECONDS = 3600
PARAMETER = "sign_in"

_log = logging.getLogger(__name__)


class Failure(StrEnum):
    """Why somebody is not signed in, as a parameter of the sign-in page's URL."""

    UNAVAILABLE = "unavailable"  # the identity provider does not answer, or not as it should
    CANCELLED = "cancelled"  # the person or the provider said no
    FAILED = "failed"  # the answer does not fit a sign-in that was started here


class SignIn:
    """ASGI middleware around Streamlit's routes for signing in and out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._steps = {
            path("auth/login"): self._leave,
            path("oauth2callback"): self._come_back,
            path("auth/logout"): self._sign_out,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        step = self._steps.get(scope["path"]) if scope["type"] == "http" else None
        if step is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await step(request)
        await response(scope, receive, send)

    async def _leave(self, request: Request) -> Response:
        """To the provider, or back to the sign-in page if that is not possible."""
        target = _opened(request)
        answer = await self._answer(request)
        if answer is None:
            return _redirect(target, Failure.UNAVAILABLE)
        if answer.headers["location"] == path(""):
            return _redirect(target)  # the button was older than two minutes
        answer.set_cookie(
            RETURN_COOKIE, quote(target), max_age=RETURN_SECONDS, path=path(""), httponly=True, samesite="lax"
        )
        return answer

    async def _come_back(self, request: Request) -> Response:
        """From the provider to the page that was opened."""
        target = addresses.own_page(*_split(unquote(request.cookies.get(RETURN_COOKIE, ""))))
        answer = await self._answer(request)
        if answer is None:
            return _redirect(target, Failure.UNAVAILABLE)
        if claims := sessions.claims_from(_cookies(answer)):
            await run_in_threadpool(audit.signed_in, claims)
            await run_in_threadpool(shared.note_claims, claims)
            await run_in_threadpool(tokens.note_claims, claims)
        failure: Failure | None = None
        if not _sets_cookie(answer, USER_COOKIE_NAME):
            if await _is_signed_in(request):
                answer = _redirect(target)  # Streamlit would remove the cookie of the earlier sign-in
            else:
                failure = _failure(request)
        answer.headers["Location"] = _url(target, failure)
        if failure is None:
            answer.delete_cookie(RETURN_COOKIE, path=path(""))
        return answer

    async def _sign_out(self, request: Request) -> Response:
        """To the provider, to sign out there too, or to the sign-in page if that is not possible."""
        if claims := sessions.claims_from(request.cookies):
            await run_in_threadpool(sessions.end_sign_in, claims)
            await run_in_threadpool(audit.signed_out, claims)
        answer = await self._answer(request)
        if answer is None:
            answer = _redirect("")
            for name in request.cookies:
                if name.startswith((USER_COOKIE_NAME, TOKENS_COOKIE_NAME)):
                    answer.delete_cookie(name, path=path("").rstrip("/") or "/")
        return answer

    async def _answer(self, request: Request) -> Response | None:
        """Streamlit's redirect, or None if it fails, leads nowhere or the provider takes too long."""
        messages: list[Message] = []

        async def hold(message: Message) -> None:
            messages.append(message)

        try:
            await run_in_threadpool(_share_certificates)
            with anyio.fail_after(PROVIDER_SECONDS):
                await self.app(request.scope, request.receive, hold)
        except Exception:  # noqa: BLE001
            # Whatever the provider sent, the person gets a page that says what to do; the details go to the log.
            _log.exception("The identity provider could not be used")
            return None
        start, *parts = messages
        answer = Response(b"".join(part.get("body", b"") for part in parts), start["status"])
        answer.raw_headers = MutableHeaders(raw=list(start["headers"])).raw
        location = answer.headers.get("location", "")
        return answer if location == path("") or location.startswith(("https://", "http://")) else None


@cache
def _share_certificates() -> None:
    """Lets all requests to the provider share the certificates to trust.

    Authlib reads them for each, several times in each sign-in. That takes 25 ms, in which nobody else is answered.
    """
    # Here, so that a server starts sooner.
    import httpx
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from authlib.integrations.starlette_client import StarletteOAuth2App

    StarletteOAuth2App.client_cls = staticmethod(
        partial(AsyncOAuth2Client, verify=httpx.create_ssl_context())
    )


def _opened(request: Request) -> str:
    """The page on which the sign-in button was clicked."""
    try:
        referrer = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return ""
    if referrer.netloc != request.headers.get("host"):
        return ""
    return addresses.own_page(referrer.path, referrer.query)


def _split(address: str) -> tuple[str, str]:
    name, _, query = address.partition("?")
    return path(name), query


def _failure(request: Request) -> Failure | None:
    """Why an answer from the provider signed nobody in; None for one that was not meant to."""
    given = request.query_params
    if "error" in given:
        return Failure.CANCELLED if given["error"] == "access_denied" else Failure.UNAVAILABLE
    # Streamlit has changed the session if the answer fits a sign-in that was started here. So the provider was asked
    # about it, and did not answer as it should.
    if getattr(request.scope.get("session"), "modified", False):
        return Failure.UNAVAILABLE
    return Failure.FAILED if "state" in given or "code" in given else None


async def _is_signed_in(request: Request) -> bool:
    standing = await run_in_threadpool(sessions.standing, sessions.claims_from(request.cookies))
    return standing is Standing.MAY_ENTER


def _sets_cookie(answer: Response, name: str) -> bool:
    cookies = answer.headers.getlist("set-cookie")
    return any(cookie.startswith(f"{name}=") and "max-age=0" not in cookie.lower() for cookie in cookies)


def _cookies(answer: Response) -> dict[str, str]:
    """The cookies that an answer sets."""
    cookies: SimpleCookie = SimpleCookie()
    for text in answer.headers.getlist("set-cookie"):
        cookies.load(text)
    return {name: cookie.value for name, cookie in cookies.items()}


def _redirect(target: str, failure: Failure | None = None) -> Response:
    return RedirectResponse(_url(target, failure), 303)


def _url(target: str, failure: Failure | None) -> str:
    name, _, query = target.partition("?")
    parameters = [*parse_qsl(query), *([(PARAMETER, failure.value)] if failure else [])]
    return path(name) + (f"?{urlencode(parameters)}" if parameters else "")
