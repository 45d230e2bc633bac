"""Requests with any JSON, as a provider sends it."""

import json
from urllib.parse import urlencode

from mailsight.providers.events import Request
from mailsight.providers.record import Provider


def request_of(provider: Provider, value: object) -> Request:
    """A request of the provider with this JSON."""
    if provider.form_field:
        body = urlencode({provider.form_field: json.dumps(value)}).encode()
        return Request("application/x-www-form-urlencoded", {}, body)
    return Request("application/json", {}, json.dumps(value).encode())
