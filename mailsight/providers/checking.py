"""Checks who sent a webhook request, and whether its payload is that provider's."""

import base64
import hmac
import re
from collections.abc import Mapping

from mailsight.errors import BadSetting, NotGenuine, NotThisProvider
from mailsight.vocabulary import EventType

from . import anymail
from .events import Event, Request, Unreadable
from .reading import MAX_PAYLOADS, events_of_request, events_of_value, payload_count, value_of_request
from .record import BASIC_AUTH, Provider
from .registry import PROVIDERS

# So many items of a list show whether they are a provider's events.
MAX_SAMPLE = 100
# Checked before the body is parsed.
MAX_VALUES = 1_000_000
# What stands for a secret in an example.
_PLACEHOLDER = re.compile(
    r"\W*|x{3,}|none|null|todo|tbd|secret|password|example|(change.?me)+|replace[-_ ].*|your[-_ ].*"
    r"|a.long.random.(text|password)|<.*>|\{.*\}|\[.*\]|https?:.*[<>{}].*",
    re.IGNORECASE | re.DOTALL,
)


def is_placeholder(secret: str) -> bool:
    """Whether somebody forgot to put their own secret in the place of an example."""
    return _PLACEHOLDER.fullmatch(secret) is not None


def check_secrets(provider: Provider, secrets: Mapping[str, str]) -> None:
    """Checks the form of a provider's secrets (by name). Raises `BadSetting`."""
    if empty := [name for name, secret in secrets.items() if not secret.strip()]:
        raise BadSetting(f"The {empty[0]} for {provider.label} is empty.")
    if BASIC_AUTH.name in secrets:
        _check_login(provider, secrets[BASIC_AUTH.name])
    try:
        anymail.prepare(provider, secrets)
    except Exception as error:  # anymail and its libraries raise many types
        raise BadSetting(f"A secret for {provider.label} is not in the provider's format.") from error
    for name, secret in secrets.items():
        if is_placeholder(secret.partition(":")[2] if name == BASIC_AUTH.name else secret):
            raise BadSetting(f"The {name} for {provider.label} is still a placeholder; put your own there.")


def _check_login(provider: Provider, login: str) -> None:
    if login != login.strip().strip("'\""):
        raise BadSetting(f"The basic_auth for {provider.label} has blanks or quotes around it.")
    user, colon, password = login.partition(":")
    if not colon:
        raise BadSetting(f"The basic_auth for {provider.label} has no colon between user and password.")
    if not (user and password):
        raise BadSetting(f"The basic_auth for {provider.label} has an empty user or password.")


def check_password(provider: Provider, secrets: Mapping[str, str], authorization: str) -> None:
    """Checks an Authorization header against the configured user and password. Needs no body. Raises `NotGenuine`."""
    scheme, _, encoded = authorization.strip().partition(" ")
    try:
        given = base64.b64decode(encoded.strip()) if scheme.lower() == "basic" else b""
    except ValueError:
        given = b""
    if not hmac.compare_digest(given, secrets[BASIC_AUTH.name].encode()):
        raise NotGenuine(f"The user name or password is not {provider.label}'s.")


def check_shape(provider: Provider, request: Request) -> None:
    """Checks a request's body before anything parses it, because the parts of a small body can fill the memory.

    Raises `NotThisProvider`.
    """
    if request.is_form:
        if not provider.takes_forms:
            raise NotThisProvider(f"A form; {provider.label} sends JSON.")
        parts = request.body.count(b"&") + request.body.lower().count(b"content-disposition")
        if parts > anymail.MAX_FIELDS:
            raise NotThisProvider(f"The form has more than {anymail.MAX_FIELDS:,} fields.")
    elif sum(map(request.body.count, (b",", b"[", b"{"))) > MAX_VALUES:
        raise NotThisProvider(f"The JSON has more than {MAX_VALUES:,} values.")


def check_sender(provider: Provider, secrets: Mapping[str, str], request: Request, url: str) -> None:
    """Verifies by signature or password that a request to `url` comes from the provider.

    `secrets` are the configured secrets by name. Raises `NotGenuine`, `BadSetting` for a malformed secret, or
    `NotThisProvider` for what is wrong with a request that has the right password.
    """
    if not any(secret.suffices and secrets.get(secret.name) for secret in provider.secrets):
        raise NotGenuine(f"No secret is configured that proves a request is {provider.label}'s.")
    check_secrets(provider, secrets)
    try:
        anymail.check(provider, secrets, request, url)
    except NotThisProvider:
        raise
    except Exception:  # noqa: BLE001  # a request that crashes the check is not genuine either
        # Without the cause, because anymail's messages may contain the URL with its password.
        raise NotGenuine(f"The signature or password is not {provider.label}'s.") from None


def check_payload(provider: Provider, request: Request) -> None:
    """Checks that a request's body looks like this provider's.

    Raises `NotThisProvider` if it is malformed or looks like another provider's.
    """
    value = value_of_request(provider, request)
    if (
        len(value if isinstance(value, list) else ()) > MAX_PAYLOADS
        or payload_count(provider, value) > MAX_PAYLOADS
    ):
        raise NotThisProvider(f"More than {MAX_PAYLOADS:,} events in one request.")
    if isinstance(value, dict) and len(value) > anymail.MAX_FIELDS:
        raise NotThisProvider(f"More than {anymail.MAX_FIELDS:,} fields in one event.")
    matches = candidates(value)
    if provider in matches:
        return
    if matches:
        raise NotThisProvider(f"This looks like a payload of {matches[0].label}, not of {provider.label}.")
    if isinstance(value, list):
        events = events_of_value(provider, value[:MAX_SAMPLE], request.headers)
    else:
        events = events_of_request(provider, request)
    if not events or (not value and not any(isinstance(event, Unreadable) for event in events)):
        return  # a ping, or something that is not about a message
    if not any(isinstance(event, Event) and event.type != EventType.UNKNOWN for event in events):
        raise NotThisProvider(f"This is not a payload of {provider.label}.")


def candidates(value: object) -> list[Provider]:
    """The providers that a request's JSON looks like, judging by the largest set of marks in it."""
    top = value[0] if isinstance(value, list) and value else value
    keys = _keys(top) if isinstance(top, dict) else set()
    matches = {
        provider: max((len(mark) for mark in provider.marks if mark <= keys), default=0)
        for provider in PROVIDERS.values()
    }
    best = max(matches.values())
    return [provider for provider, count in matches.items() if count and count == best]


def _keys(value: Mapping[str, object]) -> set[str]:
    """The keys of an object, and those of the first item of each of its lists: `events.0.event_type`."""
    lists = ((name, items[0]) for name, items in value.items() if isinstance(items, list) and items)
    inner = {f"{name}.0.{key}" for name, item in lists if isinstance(item, dict) for key in item}
    return set(value) | inner
