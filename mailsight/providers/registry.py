"""The supported providers by name."""

from collections.abc import Mapping
from dataclasses import asdict

from mailsight.errors import UnknownProvider

from . import (
    activecampaign,
    amazon_ses,
    braze,
    brevo,
    customerio,
    elastic_email,
    hubspot,
    iterable,
    mailchimp,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    smtp2go,
    sparkpost,
    unisender_go,
    zeptomail,
)
from .fields import bounce_words
from .payload import json_path
from .record import Provider

_MODULES = (
    activecampaign,
    amazon_ses,
    braze,
    brevo,
    customerio,
    elastic_email,
    hubspot,
    iterable,
    mailchimp,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    smtp2go,
    sparkpost,
    unisender_go,
    zeptomail,
)

PROVIDERS: Mapping[str, Provider] = {module.PROVIDER.name: module.PROVIDER for module in _MODULES}


def provider_words() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    """What the providers' words mean, for the mappings in SQL: `meanings` by table, and `bounces` by provider."""
    return {
        "meanings": {
            f"{name}.{words.name}": {word: asdict(meaning) for word, meaning in words.means.items()}
            | ({"*": asdict(words.otherwise)} if words.otherwise else {})
            for name, provider in PROVIDERS.items()
            for words in provider.words
        },
        "bounces": {name: bounce_words(provider) for name, provider in PROVIDERS.items()},
    }


def provider_ids() -> dict[str, object]:
    """What loading needs to know about the providers' ids: see the query `set_provider_ids`."""
    return {
        "shared": [name for name, provider in PROVIDERS.items() if provider.shares_event_ids],
        "others": {
            name: [json_path(path) for path in provider.other_message_ids]
            for name, provider in PROVIDERS.items()
            if provider.other_message_ids
        },
        "headers": {
            name: json_path(provider.headers) for name, provider in PROVIDERS.items() if provider.headers
        },
        "hosts": [provider.message_id_host for provider in PROVIDERS.values() if provider.message_id_host],
    }


def provider_headers() -> dict[str, dict[str, list[str]]]:
    """Where payloads have the name, the subject and the sender of their campaign: see the query `set_header_paths`."""
    return {
        name: {
            field: [json_path(path) for path in paths]
            for field, paths in (
                ("name", provider.campaign_name),
                ("subject", provider.subject),
                ("sender", provider.sender),
            )
        }
        for name, provider in PROVIDERS.items()
        if provider.campaign_name or provider.subject or provider.sender
    }


def provider_named(name: str) -> Provider:
    """The provider with this name. Raises `UnknownProvider`, which lists all names."""
    try:
        return PROVIDERS[name]
    except KeyError:
        raise UnknownProvider(
            f"There is no provider {name!r}.", next_step=f"There are {', '.join(PROVIDERS)}."
        ) from None
