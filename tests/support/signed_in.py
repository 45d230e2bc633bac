"""A dashboard with sign-in, and an identity provider to sign in at."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oidc_provider_mock
from playwright.sync_api import Page

from tests.support.dashboard import start_dashboard
from tooling import servers

SECRETS = """
[auth]
redirect_uri = "{dashboard}/oauth2callback"
cookie_secret = "not-a-secret-but-long-enough-for-a-test"
client_id = "mailsight"
client_secret = "of the tests"
server_metadata_url = "{provider}/.well-known/openid-configuration"
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


def sign_in(page: Page, name: str) -> None:
    """Signs in as one of `PEOPLE`."""
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name=name, exact=True).click()


def variables(values: Sequence[str]) -> dict[str, str]:
    """The environment variables in a list of `NAME=value`."""
    return dict(value.split("=", 1) for value in values)
