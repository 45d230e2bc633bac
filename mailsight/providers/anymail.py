"""Uses django-anymail's webhook views to verify who sent a request and to read the events in it.

Django is imported at the first call, because many commands never need it. The views are created and called directly, so
there is no Django project, URL, app or database.
"""

import warnings
from collections.abc import Mapping
from copy import copy
from datetime import datetime
from functools import cache
from importlib import import_module
from io import BytesIO
from typing import Any, Protocol, cast
from urllib.parse import unquote_to_bytes, urlsplit

from mailsight.errors import BadForm, InboundMail
from mailsight.merging.django.settings import MAX_FORM_FIELDS, configure

from .events import Request
from .payload import parsed
from .record import Provider

MAX_FIELDS = MAX_FORM_FIELDS  # of an event too
# Only Mailgun's older webhooks are multipart, each with one event.
MAX_MULTIPART_BYTES = 2**20
_ESCAPES_AT_ONCE = 2**16


class TrackingEvent(Protocol):
    """An event as read by anymail. Most fields are unchecked values from the provider."""

    event_type: str
    timestamp: datetime | None
    event_id: object
    recipient: object
    message_id: object
    click_url: object
    user_agent: object
    reject_reason: object
    mta_response: object
    description: object
    tags: object
    metadata: object
    esp_event: object


def read(provider: Provider, request: Request) -> list[TrackingEvent]:
    """The events in a request. Does not check who sent it.

    Raises `InboundMail`, and any exception that the view raises for a payload it can't read.
    """
    keys = {secret.keyword: "unused" for secret in provider.secrets if secret.needed_to_read}
    view = _view(provider, frozenset(keys.items()))
    from anymail.exceptions import AnymailConfigurationError

    posted = _posted(request)
    try:
        events = cast("list[TrackingEvent]", _for_request(view, posted).parse_events(posted))
    except AnymailConfigurationError as error:
        raise InboundMail(
            "Inbound mail is not an event of a sent message."
        ) from error  # anymail has other views for that
    for event in events:
        if hasattr(event.esp_event, "lists"):
            event.esp_event = _fields(event.esp_event)
    return events


def form_fields(request: Request) -> dict[str, object]:
    """The fields of a form as in JSON: a repeated field is a list.

    Raises `BadForm`.
    """
    posted = _posted(request)
    from django.core.exceptions import SuspiciousOperation
    from django.http.multipartparser import MultiPartParserError

    try:
        return _fields(posted.POST)
    except SuspiciousOperation as error:
        raise BadForm(_TOO_MANY_FIELDS) from error
    except MultiPartParserError as error:
        raise BadForm(str(error)) from error


def form_or_json(posted: Any) -> object:
    """What a Django request holds: the fields of its form, or else its JSON. Raises ValueError and RecursionError."""
    is_form = Request(posted.headers.get("Content-Type", ""), {}, b"").is_form
    return _fields(posted.POST) if is_form else parsed(posted.body)


def _form(body: bytes) -> Any:
    """The fields of a urlencoded form. Django would need seventy times the memory of a form full of escapes."""
    from django.http import QueryDict

    if body.count(b"&") >= MAX_FIELDS:
        raise BadForm(_TOO_MANY_FIELDS)
    form = QueryDict(mutable=True)
    for field in filter(None, body.split(b"&")):
        name, _, value = field.partition(b"=")
        form.appendlist(_unquoted(name), _unquoted(value))
    return form


_TOO_MANY_FIELDS = f"It has more than {MAX_FIELDS:,} fields, or too many files."


def _unquoted(quoted: bytes) -> str:
    """The text of a name or value of a form, read in small parts that don't cut an escape in two."""
    text, start = bytearray(), 0
    while start < len(quoted):
        end = start + _ESCAPES_AT_ONCE
        cut = quoted.rfind(b"%", end - 2, end) if end < len(quoted) else -1
        end = end if cut < 0 else cut
        text += unquote_to_bytes(quoted[start:end].replace(b"+", b" "))
        start = end
    return text.decode("utf-8", "replace")


def prepare(provider: Provider, secrets: Mapping[str, str]) -> None:
    """Checks the form of the secrets (by name). Raises any exception that anymail raises for an invalid one."""
    _view(provider, _keywords(provider, secrets))


def check(provider: Provider, secrets: Mapping[str, str], request: Request, url: str) -> None:
    """Checks a request to `url` against the secrets (by name). Raises any exception that anymail raises if it fails."""
    posted = _posted(request, url)
    _for_request(_view(provider, _keywords(provider, secrets)), posted).run_validators(posted)


def view_class(provider: Provider) -> type[Any]:
    """anymail's view for the provider's requests."""
    _configure()
    if callable(provider.view):
        return provider.view()
    view: type[Any] = getattr(import_module(f"anymail.webhooks.{provider.name}"), provider.view)
    return view


def _keywords(provider: Provider, secrets: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """The secrets by anymail's names for them."""
    return frozenset(
        (secret.keyword, secrets[secret.name]) for secret in provider.secrets if secrets.get(secret.name)
    )


@cache
def _view(provider: Provider, keywords: frozenset[tuple[str, str]]) -> Any:
    return view_class(provider)(**dict(keywords))


def _for_request(view: Any, posted: Any) -> Any:
    # A copy, because a view serves one request only: Mandrill's stores values from the request.
    view = copy(view)
    view.setup(posted)
    return view


def _posted(request: Request, url: str = "http://localhost/") -> Any:
    """The request as a Django request, sent to `url` by POST. Raises `BadForm`."""
    _configure()
    from django.core.handlers.wsgi import WSGIRequest
    from django.utils.datastructures import MultiValueDict

    place = urlsplit(url)
    environment: dict[str, object] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()
    }
    environment |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": place.path,
        "QUERY_STRING": place.query,
        "HTTP_HOST": place.netloc.rpartition("@")[2],
        "wsgi.url_scheme": place.scheme,
        "wsgi.input": BytesIO(request.body),
        "CONTENT_TYPE": request.content_type if request.is_form else "application/json",
        "CONTENT_LENGTH": str(len(request.body)),
    }
    posted = WSGIRequest(environment)
    if request.is_multipart and len(request.body) > MAX_MULTIPART_BYTES:
        raise BadForm(f"A multipart form is larger than {MAX_MULTIPART_BYTES:,} bytes.")
    if request.is_form and not request.is_multipart:
        posted._post, posted._files = _form(request.body), MultiValueDict()  # noqa: SLF001  # what POST sets
    return posted


def _fields(form: Any) -> dict[str, object]:
    return {name: values[0] if len(values) == 1 else values for name, values in form.lists()}


@cache
def _configure() -> None:
    """Configures Django and anymail, once per process."""
    configure()
    from anymail import exceptions

    # Mailsight decides which secrets are needed, and relies on the SendGrid view although anymail no longer tests it.
    warnings.simplefilter("ignore", exceptions.AnymailInsecureWebhookWarning)
    warnings.simplefilter("ignore", exceptions.AnymailNotSupportedWarning)
