"""The sources, each a module of a wing below. They and the libraries they read with are imported when needed."""

from collections.abc import Collection
from functools import cache
from importlib import import_module
from types import ModuleType

from mailsight.errors import ImportFailed

from .sources import Source

_MODULES = {
    "brevo": "files.brevo",
    "csv": "columns.csv",
    "hubspot": "files.hubspot",
    "keila": "databases.keila",
    "klaviyo": "files.klaviyo",
    "listmonk": "databases.listmonk",
    "mailchimp": "files.mailchimp",
    "mailgun": "files.mailgun",
    "mailtrain": "databases.mailtrain",
    "mautic": "databases.mautic",
    "phplist": "databases.phplist",
    "sendgrid": "files.sendgrid",
}
NAMES = tuple(_MODULES)
# Those whose exports are recognised when they are uploaded.
WITH_FILES = ("mailchimp", "brevo", "sendgrid", "klaviyo", "hubspot", "mailgun", "listmonk")


@cache
def source(name: str) -> Source:
    """The source of this name. Raises `ImportFailed` if there is none."""
    if name not in NAMES:
        raise ImportFailed(
            f"There is no source {name!r}.", next_step=f"`mailsight import` lists them: {', '.join(NAMES)}."
        )
    chosen: Source = import_module(f".{_MODULES[name]}", __package__).SOURCE
    return chosen


def gaps(name: str | None, figures: Collection[str]) -> tuple[str, ...]:
    """What the source of a campaign can't tell about any of these figures, as sentences."""
    known = source(name).gaps if name in NAMES else ()
    return tuple(gap.why for gap in known if not set(gap.figures).isdisjoint(figures))


def library(name: str) -> ModuleType:
    """A library that only imports need. Raises `ImportFailed` if it is not installed."""
    try:
        return import_module(name)
    except ImportError as error:
        raise ImportFailed(
            f"To read this source, Mailsight needs the Python package {name}.",
            next_step='Install it with `pip install "mailsight[import]"`.',
        ) from error
