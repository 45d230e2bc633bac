"""The samples of every registered provider, and requests built from them."""

from collections.abc import Mapping
from importlib import import_module

from mailsight.providers.registry import PROVIDERS

from .record import Samples
from .signing import WebhookRequest, post

SAMPLES: Mapping[str, Samples] = {
    name: import_module(f"tests.support.providers.{name}").SAMPLES for name in PROVIDERS
}
SECRETS = {name: samples.secrets for name, samples in SAMPLES.items()}


def proven(provider: str, request: WebhookRequest) -> WebhookRequest:
    """The request with the provider's signature or credentials, whatever its body."""
    samples = SAMPLES[provider]
    return (samples.prove or samples.sign)(request)


def delivery(provider: str, url: str) -> WebhookRequest:
    """The provider's request about a mail to ann@example.com."""
    samples = SAMPLES[provider]
    return samples.sign(post(url, samples.delivery, samples.content_type))
