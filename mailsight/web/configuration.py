"""The configuration of the server: who signs in and how, their roles, the webhook secrets, and imports on a schedule.

It is read and checked once, when the server starts, and a mistake stops the server. Streamlit gets its secrets from
here and never reads a file itself, so nothing that happens to the files turns sign-in off while the server runs. Its
options, from config.toml, stay as they are too. `problem` says if any of these files changed. Only `[[roles]]` is read
again whenever it changes, so that a role that is taken away ends at once. What it adds takes effect a little later,
because a half-written file may be valid but lack the limits of a role.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from streamlit import config as streamlit_config
from streamlit.web import bootstrap

from mailsight import settings
from mailsight.errors import BadSetting
from mailsight.importing.schedule import Job
from mailsight.warehouse.files import Identity, identity

from . import hosts, option_files, roles, secrets_files
from .access import Access
from .webhooks import Secrets, configured

WATCH_SECONDS = 2.0
# A file that has not changed for this long counts as complete.
SETTLED_SECONDS = 2.0

# How long the identity provider may take, over all requests of one step. This process may be what is slow: a hundred
# people who sign in at nine o'clock have to wait for each other, but not to be refused.
PROVIDER_SECONDS = 30.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The checked configuration. `auth` is the section `[auth]`, empty without sign-in."""

    access: Access = field(default_factory=Access)
    auth: Mapping[str, Any] = field(default_factory=dict)
    webhooks: Secrets = field(default_factory=dict)
    imports: tuple[Job, ...] = ()

    @property
    def providers(self) -> tuple[str, ...]:
        """The names of the identity providers."""
        return secrets_files.providers(self.auth)

    @property
    def for_streamlit(self) -> dict[str, Any]:
        """The secrets for `st.App`. Never empty, because Streamlit would then read the files."""
        auth = {
            name: _patient(value) if name in self.providers else value for name, value in self.auth.items()
        }
        return {"auth": _patient(auth) if "default" in self.providers else auth}


def _patient(provider: Mapping[str, Any]) -> dict[str, Any]:
    """The section of a provider, with all of the time that it has: Authlib gives up sooner, if many sign in at once."""
    return {**provider, "client_kwargs": {"timeout": PROVIDER_SECONDS, **provider.get("client_kwargs", {})}}


@dataclass(frozen=True, slots=True)
class Files:
    """The files that hold secrets, and Streamlit's options.

    `required`: whether the operator named the secrets, so that they must exist.
    """

    paths: tuple[Path, ...] = ()
    required: bool = False
    options: tuple[Path, ...] = ()

    def texts(self) -> dict[Path, str]:
        return secrets_files.contents(self.paths, required=self.required)

    def stamps(self) -> list[Identity | None]:
        """What changes with the files that hold secrets, read without opening them."""
        return [_stamp(file) for path in self.paths for file in (path, *path.glob("[!.]*/[!.]*"))]

    def option_texts(self) -> dict[Path, str]:
        return option_files.contents(self.options)


@dataclass(slots=True)
class Started:
    """The configuration that the server started with, with the newest roles, and the files as they were read."""

    configuration: Configuration
    files: Files
    texts: Mapping[Path, str]
    option_texts: Mapping[Path, str] = field(default_factory=dict)
    _stamps: list[Identity | None] = field(default_factory=list)
    _newest: Mapping[Path, str] = field(default_factory=dict)
    _changed_at: float = 0.0
    _last_problem: str | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _first: Configuration = field(init=False)

    def __post_init__(self) -> None:
        self._first, self._newest = self.configuration, self.texts

    def current(self) -> Configuration:
        """The configuration with the roles as they are in the files now, or were when they could last be read."""
        stamps = self.files.stamps()
        if stamps != self._stamps or self.configuration.access.earlier is not None:
            self._stamps = stamps
            self.problem()
        return self.configuration

    def problem(self) -> str | None:
        """What is wrong with the files now, or that they changed; None if what they say is in use."""
        with self._lock:
            try:
                texts = self.files.texts()
                if texts != self._newest:
                    self._newest, self._changed_at = texts, time.monotonic()
                problem = self._adopt(self._first if texts == self.texts else read(texts))
                if self.files.option_texts() != self.option_texts:
                    problem = problem or "Streamlit's config.toml has changed. Restart the server to use it."
            except BadSetting as error:
                problem = (
                    f"{error.message} The server keeps the configuration that it started with, and the last roles "
                    "that could be read, but can't restart."
                )
            if problem and problem != self._last_problem:
                _log.warning("Configuration: %s", problem)
            self._last_problem = problem
            return problem

    def _adopt(self, changed: Configuration) -> str | None:
        """Uses the roles of a changed configuration. Returns what else would take a restart.

        A file without `[auth]` doesn't say who has which role here: an editor may just be writing it.
        """
        access = self.configuration.access
        if changed.access.sign_in == access.sign_in:
            earlier = access.earlier
            if changed.access.grants != access.grants:
                _log.info("Configuration: The roles have changed.")
                earlier = access.grants if earlier is None else earlier
            if time.monotonic() - self._changed_at >= SETTLED_SECONDS:
                earlier = None
            access = replace(access, grants=changed.access.grants, earlier=earlier)
            self.configuration = replace(self.configuration, access=access)
        if replace(self.configuration, access=replace(access, earlier=None)) == changed:
            return None
        return "The secrets files have changed. Restart the server to use them."


def read(texts: Mapping[Path, str]) -> Configuration:
    """The configuration from these files and the environment. Raises `BadSetting`."""
    auth, section, imports, in_file = secrets_files.sections(texts)
    chosen = settings.from_environment()
    if chosen.session_hours <= 0:
        raise BadSetting(f"MAILSIGHT_SESSION_HOURS is {chosen.session_hours:g}; it must be more than 0.")
    grants = (*roles.listed(chosen), *in_file)
    if grants and not auth:
        raise BadSetting(
            "People have roles, but nobody can sign in, so nobody's role could be checked.",
            next_step="Add the section [auth] to secrets.toml, or remove [[roles]] and the variables with roles.",
        )
    if chosen.without_sign_in and auth:
        raise BadSetting(
            "MAILSIGHT_WITHOUT_SIGN_IN gives everybody a role, but people have to sign in here.",
            next_step="Unset the variable, or remove the section [auth] from secrets.toml.",
        )
    return Configuration(
        Access(
            sign_in=bool(auth),
            grants=grants,
            without_sign_in=roles.without_sign_in(chosen),
            session_seconds=chosen.session_hours * 3600,
            idle_seconds=chosen.idle_minutes * 60,
        ),
        auth,
        configured(settings.webhook_secrets(), section),
        imports,
    )


@cache
def started() -> Started:
    """The configuration of this process, read on the first call. Raises `BadSetting`."""
    options = tuple(map(Path, streamlit_config.get_config_files("config.toml")))
    required = streamlit_config.is_manually_set("secrets.files")
    files = Files(_paths(streamlit_config.get_option("secrets.files")), required=required, options=options)
    option_texts, texts = files.option_texts(), files.texts()
    configuration = read(texts)
    _check_server(configuration)
    return Started(configuration, files, texts, option_texts)


def _paths(given: object) -> tuple[Path, ...]:
    """The paths in Streamlit's option secrets.files. No path would mean no sign-in, and is probably a mistake."""
    if not (
        isinstance(given, list | tuple) and given and all(isinstance(path, str) and path for path in given)
    ):
        raise BadSetting(
            f"Streamlit's option secrets.files is {given!r}; it must list paths of files or folders.",
            next_step="Correct it, or remove it to use .streamlit/secrets.toml.",
        )
    return tuple(Path(path).expanduser() for path in given)


def current() -> Configuration:
    """The configuration of this process, with the newest roles."""
    return started().current()


def is_open() -> bool:
    """Whether people on other machines can reach the server without signing in."""
    chosen = settings.from_environment()
    is_hosted = bool(chosen.public_url or chosen.hosts)
    address = str(streamlit_config.get_option("server.address") or "localhost")
    return not current().access.sign_in and (is_hosted or address not in hosts.LOOPBACK)


def problem() -> str | None:
    """A sentence if the secrets files changed since the server started, or can't be read any more."""
    return started().problem()


def start() -> Configuration:
    """Read the configuration when the server starts, keep Streamlit from reading it again, and watch the files."""
    configuration = current()
    streamlit_config.set_option("secrets.files", [])
    if secret := configuration.auth.get("cookie_secret"):
        # Streamlit signs what it remembers of a sign-in that is under way with this one, which is random otherwise, and
        # another process may be the one to which people return.
        streamlit_config.set_option("server.cookieSecret", secret)
    bootstrap.load_config_options = _keep_options
    if is_open():
        _log.warning(
            "NO SIGN-IN: anybody who can reach this server sees what the role %s may see. Set up sign-in, or let the "
            "server listen on this machine only.",
            configuration.access.without_sign_in,
        )
    threading.Thread(
        target=_watch, args=[problem, threading.Event()], name="configuration", daemon=True
    ).start()
    return configuration


def _stamp(file: Path) -> Identity | None:
    try:
        return identity(file)
    except OSError:
        return None


def _keep_options(flag_options: dict[str, Any]) -> None:
    """What Streamlit does when config.toml changes: nothing, whatever the `flag_options` of its command line."""


def _watch(problem: Callable[[], str | None], stopped: threading.Event) -> None:
    """Log what happens to the files even if nobody asks for the health of the server."""
    while not stopped.wait(WATCH_SECONDS):
        problem()


def _check_server(configuration: Configuration) -> None:
    """Refuse what would let people past sign-in and roles, and say if nobody can enter."""
    if streamlit_config.get_option("server.enableAgentApi"):
        raise BadSetting(
            "Streamlit's option server.enableAgentApi lets programs run pages without the checks that Mailsight makes.",
            next_step="Remove it.",
        )
    if not configuration.access.sign_in:
        return
    if streamlit_config.get_option("server.trustedUserHeaders"):
        raise BadSetting(
            "Streamlit's option server.trustedUserHeaders lets anyone who can set a header sign in as anybody.",
            next_step="Remove it, or remove [auth] from secrets.toml.",
        )
    if not configuration.access.grants:
        _log.warning(
            "People can sign in, but nobody has a role: list them in MAILSIGHT_READERS, MAILSIGHT_MARKETERS, "
            "MAILSIGHT_ANALYSTS or MAILSIGHT_ADMINS, or in [[roles]] of secrets.toml."
        )
