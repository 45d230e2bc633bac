"""The configuration of the server: who signs in and how, the webhook secrets, and imports on a schedule.

It is read and checked once, when the server starts, and a mistake stops the server. Streamlit gets its secrets from
here and never reads a file itself, so nothing that happens to the files turns sign-in off while the server runs. Its
options, from config.toml, stay as they are too. `problem` says if any of these files changed.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from streamlit import config as streamlit_config
from streamlit.web import bootstrap

from mailsight import settings
from mailsight.errors import BadSetting
from mailsight.importing.schedule import Job

from . import option_files, secrets_files
from .access import Access, People, people
from .webhooks import Secrets, configured

WATCH_SECONDS = 2.0

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
        return {"auth": dict(self.auth)}


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

    def option_texts(self) -> dict[Path, str]:
        return option_files.contents(self.options)


@dataclass(slots=True)
class Started:
    """The configuration that the server started with, and the files as they were then."""

    configuration: Configuration
    files: Files
    texts: Mapping[Path, str]
    option_texts: Mapping[Path, str] = field(default_factory=dict)
    _last_problem: str | None = None

    def problem(self) -> str | None:
        """What is wrong with the files now, or that they changed; None if they are as they were."""
        try:
            problem = None
            if self.files.option_texts() != self.option_texts:
                problem = "Streamlit's config.toml has changed. Restart the server to use it."
            if (texts := self.files.texts()) != self.texts:
                read(texts)
                problem = "The secrets files have changed. Restart the server to use them."
        except BadSetting as error:
            problem = (
                f"{error.message} The server keeps the configuration that it started with, but can't restart."
            )
        if problem and problem != self._last_problem:
            _log.warning("Configuration: %s", problem)
        self._last_problem = problem
        return problem


def read(texts: Mapping[Path, str]) -> Configuration:
    """The configuration from these files and the environment. Raises `BadSetting`."""
    auth, section, imports = secrets_files.sections(texts)
    chosen = settings.from_environment()
    if chosen.session_hours <= 0:
        raise BadSetting(f"MAILSIGHT_SESSION_HOURS is {chosen.session_hours:g}; it must be more than 0.")
    if chosen.viewers and not auth:
        raise BadSetting(
            "MAILSIGHT_VIEWERS lists who may enter, but nobody can sign in, so everybody could enter.",
            next_step="Add the section [auth] to secrets.toml, or unset the variable.",
        )
    return Configuration(
        Access(
            sign_in=bool(auth),
            viewers=people("MAILSIGHT_VIEWERS", chosen.viewers),
            uploaders=people("MAILSIGHT_UPLOADERS", chosen.uploaders),
            session_seconds=chosen.session_hours * 3600,
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
    if configuration.access.sign_in:
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
    """The configuration of this process."""
    return started().configuration


def problem() -> str | None:
    """A sentence if the secrets files changed since the server started, or can't be read any more."""
    return started().problem()


def start() -> Configuration:
    """Read the configuration when the server starts, keep Streamlit from reading it again, and watch the files."""
    configuration = current()
    streamlit_config.set_option("secrets.files", [])
    bootstrap.load_config_options = _keep_options
    threading.Thread(
        target=_watch, args=[problem, threading.Event()], name="configuration", daemon=True
    ).start()
    return configuration


def _keep_options(flag_options: dict[str, Any]) -> None:
    """What Streamlit does when config.toml changes: nothing, whatever the `flag_options` of its command line."""


def _watch(problem: Callable[[], str | None], stopped: threading.Event) -> None:
    """Log what happens to the files even if nobody asks for the health of the server."""
    while not stopped.wait(WATCH_SECONDS):
        problem()


def _check_server(configuration: Configuration) -> None:
    """Refuse what would let people past sign-in, and say if nobody can enter."""
    if streamlit_config.get_option("server.trustedUserHeaders"):
        raise BadSetting(
            "Streamlit's option server.trustedUserHeaders lets anyone who can set a header sign in as anybody.",
            next_step="Remove it, or remove [auth] from secrets.toml.",
        )
    allowed = configuration.access
    if allowed.viewers == People() and allowed.uploaders in (People(), People(everyone=True)):
        _log.warning("People can sign in, but nobody may enter: list them in MAILSIGHT_VIEWERS.")
