"""django-anymail: its readers of webhooks, which check who sent a request and normalise what it says.

The only module that knows Django. It is imported when the first request or payload comes, and needs no project: the
views of anymail are made and called directly, without Django's URLs, apps or database.
"""

import threading
import warnings
from collections.abc import Mapping
from copy import copy
from functools import cache
from importlib import import_module
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import django.conf

# Where anymail keeps the reader of each provider's events.
READERS = {
    "amazon_ses": "AmazonSESTrackingWebhookView",
    "brevo": "BrevoTrackingWebhookView",
    "mailersend": "MailerSendTrackingWebhookView",
    "mailgun": "MailgunTrackingWebhookView",
    "mailjet": "MailjetTrackingWebhookView",
    "mailtrap": "MailtrapTrackingWebhookView",
    "mandrill": "MandrillCombinedWebhookView",
    "postal": "PostalTrackingWebhookView",
    "postmark": "PostmarkTrackingWebhookView",
    "resend": "ResendTrackingWebhookView",
    "sendgrid": "SendGridTrackingWebhookView",
    "sparkpost": "SparkPostTrackingWebhookView",
    "unisender_go": "UnisenderGoTrackingWebhookView",
}
# Some readers can't be made without a key, which reading alone never uses.
_NEEDED_TO_READ = {
    "mailersend": {"signing_secret": "unused"},
    "mailgun": {"webhook_signing_key": "unused"},
    "postal": {"webhook_key": "unused"},
    "unisender_go": {"api_key": "unused"},
}
_configuring = threading.Lock()


def configure() -> None:
    """Makes Django usable in this process, once; one that is configured already stays as it is."""
    with _configuring:
        if not django.conf.settings.configured:
            django.conf.settings.configure(
                ALLOWED_HOSTS=["*"],
                DATA_UPLOAD_MAX_MEMORY_SIZE=None,  # the webhook route has a limit of its own
                DATA_UPLOAD_MAX_NUMBER_FIELDS=None,
                USE_TZ=True,
            )
            from anymail import exceptions

            # That no secret is set is our decision; that SendGrid is no longer tested by anymail is ours to bear.
            warnings.simplefilter("ignore", exceptions.AnymailInsecureWebhookWarning)
            warnings.simplefilter("ignore", exceptions.AnymailNotSupportedWarning)


def request(
    content_type: str, headers: Mapping[str, str], body: bytes, url: str = "http://localhost/"
) -> Any:
    """Django's view of a request that came by POST to `url`."""
    configure()
    from django.core.handlers.wsgi import WSGIRequest

    place = urlsplit(url)
    environment: dict[str, object] = {
        f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()
    }
    environment |= {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": place.path,
        "QUERY_STRING": place.query,
        "HTTP_HOST": place.netloc.rpartition("@")[2],
        "wsgi.url_scheme": place.scheme,
        "wsgi.input": BytesIO(body),
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": str(len(body)),
    }
    return WSGIRequest(environment)


def is_form(request: Any) -> bool:
    """Whether a request carries the fields of a form, as Mandrill and the older Mailgun send them."""
    return request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}


def form(request: Any) -> dict[str, object]:
    """The fields of a form as JSON has them: a field that came several times is a list."""
    return _plain(request.POST)


def _plain(fields: Any) -> dict[str, object]:
    return {name: values[0] if len(values) == 1 else values for name, values in fields.lists()}


def read(provider: str, request: Any) -> list[Any]:
    """The events that anymail makes of a request, not asking who sent it. Raises whatever anymail raises."""
    events: list[Any] = _for(_reader(provider), request).parse_events(request)
    for event in events:
        if hasattr(event.esp_event, "lists"):  # the fields of a form
            event.esp_event = _plain(event.esp_event)
    return events


def prepare(provider: str, secrets: Mapping[str, str]) -> None:
    """Raises whatever anymail raises when a secret, named by its keyword, is not of the kind it should be."""
    _view(provider, frozenset(secrets.items()))


def check(provider: str, secrets: Mapping[str, str], request: Any) -> None:
    """Lets anymail check a request against secrets, named by its keywords. Raises whatever anymail raises."""
    _for(_view(provider, frozenset(secrets.items())), request).run_validators(request)


def is_inbound(error: Exception) -> bool:
    """Whether a reader refused because the request is inbound mail: for that anymail has views of their own."""
    from anymail.exceptions import AnymailConfigurationError

    return isinstance(error, AnymailConfigurationError)


def _reader(provider: str) -> Any:
    return _view(provider, frozenset(_NEEDED_TO_READ.get(provider, {}).items()))


def _for(view: Any, request: Any) -> Any:
    # A copy, because a view is made for one request: Mandrill's keeps what it has seen in it.
    view = copy(view)
    view.setup(request)
    return view


@cache
def _view(provider: str, secrets: frozenset[tuple[str, str]]) -> Any:
    configure()
    view: Any = getattr(import_module(f"anymail.webhooks.{provider}"), READERS[provider])
    if provider == "amazon_ses":
        view = _without_boto3(view)
    return view(**dict(secrets))


def _without_boto3(view: Any) -> Any:
    """The reader for Amazon SES as it would be without inbound mail and without answering confirmations."""
    from anymail.webhooks.amazon_ses import AmazonSESBaseWebhookView

    class Reader(view):  # type: ignore[misc]
        def __init__(self, **keywords: str) -> None:
            super(AmazonSESBaseWebhookView, self).__init__(**keywords)
            self.auto_confirm_enabled = False

    return Reader
