"""A dashboard with sign-in, and an identity provider to sign in at."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from typing import Any

import oidc_provider_mock
from playwright.sync_api import Page
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value, generate_xsrf_token_string
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME, XSRF_COOKIE_NAME

from tests.support.dashboard import start_dashboard
from tooling import servers

COOKIE_SECRET = "not-a-secret-but-long-enough-for-a-test"
SECRETS = f"""
[auth]
redirect_uri = "{{dashboard}}/oauth2callback"
cookie_secret = "{COOKIE_SECRET}"
client_id = "mailsight"
client_secret = "of the tests"
server_metadata_url = "{{provider}}/.well-known/openid-configuration"
"""

# What the provider says about people, by the name on their button.
PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ann": {"email": "Ann@company.example", "email_verified": True, "groups": ["marketing", "staff"]},
    "bob": {"email": "bob@company.example", "email_verified": True},
    "cleo": {"email": "cleo@company.example"},
    "dan": {"email": "dan@evil-company.example", "email_verified": True},
    "eva": {"groups": "marketing"},
}


@dataclass(frozen=True, slots=True)
class Guarded:
    """A running dashboard that requires sign-in."""

    address: str
    secrets: Path
    log: Path


@contextmanager
def provider(port: int = 0) -> Iterator[str]:
    """The address of an identity provider where `PEOPLE` sign in with a click."""
    people = [oidc_provider_mock.User(sub=name, claims=dict(claims)) for name, claims in PEOPLE.items()]
    with oidc_provider_mock.run_server_in_thread(port, user_claims=people) as server:
        yield f"http://localhost:{server.server_port}"


@contextmanager
def dashboard(
    database: Path,
    folder: Path,
    provider_address: str,
    *options: str,
    environment: Mapping[str, str] | None = None,
    secrets: str = SECRETS,
    port: int | None = None,
) -> Iterator[Guarded]:
    """A dashboard that signs people in at the provider."""
    chosen = port or servers.free_port()
    path, log = folder / "secrets.toml", folder / f"{chosen}.log"
    path.write_text(secrets.format(dashboard=f"http://127.0.0.1:{chosen}", provider=provider_address))
    process = start_dashboard(
        database, log, chosen, f"--secrets.files={path}", *options, environment=environment
    )
    try:
        yield Guarded(servers.await_answer(process, chosen, log), path, log)
    finally:
        servers.stop(process)


@dataclass(frozen=True, slots=True)
class SignIn:
    """What a browser has after somebody signed in."""

    cookies: str
    protocols: tuple[str, ...]


def signed_in(guarded: Guarded, name: str, *, age_seconds: float = 0.0) -> SignIn:
    """Somebody who signed in as NAME@company.example, without a provider and a browser."""
    claims = {
        "iss": "https://login.example",
        "sub": name,
        "email": f"{name}@company.example",
        "email_verified": True,
        "iat": int(time.time() - age_seconds),
        "nonce": token_urlsafe(8),
        "origin": guarded.address,
        "is_logged_in": True,
    }
    cookie = create_signed_value(COOKIE_SECRET, USER_COOKIE_NAME, json.dumps(claims)).decode()
    xsrf = generate_xsrf_token_string()
    return SignIn(f"{USER_COOKIE_NAME}={cookie}; {XSRF_COOKIE_NAME}={xsrf}", ("streamlit", xsrf))


def sign_in(page: Page, name: str) -> None:
    """Signs in as one of `PEOPLE`."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name, exact=True).click()


def variables(values: Sequence[str]) -> dict[str, str]:
    """The environment variables in a list of `NAME=value`."""
    return dict(value.split("=", 1) for value in values)
