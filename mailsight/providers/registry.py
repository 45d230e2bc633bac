"""The supported providers by name."""

from collections.abc import Mapping

from mailsight.errors import UnknownProvider

from . import (
    amazon_ses,
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    sparkpost,
    unisender_go,
)
from .record import Provider

_MODULES = (
    amazon_ses,
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    sparkpost,
    unisender_go,
)

PROVIDERS: Mapping[str, Provider] = {module.PROVIDER.name: module.PROVIDER for module in _MODULES}


def bounce_words() -> dict[str, dict[str, str]]:
    """Each provider's words for bounces, mapped to `hard` or `soft`."""
    return {
        name: dict.fromkeys(provider.soft, "soft") | dict.fromkeys(provider.hard, "hard")
        for name, provider in PROVIDERS.items()
    }


def provider_named(name: str) -> Provider:
    """The provider with this name. Raises `UnknownProvider`, which lists all names."""
    try:
        return PROVIDERS[name]
    except KeyError:
        raise UnknownProvider(
            f"There is no provider {name!r}.", next_step=f"There are {', '.join(PROVIDERS)}."
        ) from None
