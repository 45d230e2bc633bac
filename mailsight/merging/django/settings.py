"""Django's settings, of which a process has one set: for its templates, and for the webhooks that its views read."""

import threading
from typing import Final

#: Of a form. Real ones have fewer than a hundred.
MAX_FORM_FIELDS: Final = 1_000

_configuring = threading.Lock()


def configure() -> None:
    """Configures Django, unless something else has. Imports it."""
    import django.conf  # imported when it is first needed

    with _configuring:
        if not django.conf.settings.configured:
            django.conf.settings.configure(
                ALLOWED_HOSTS=["*"],
                DATA_UPLOAD_MAX_MEMORY_SIZE=None,  # the webhook route has its own limit
                DATA_UPLOAD_MAX_NUMBER_FIELDS=MAX_FORM_FIELDS,
                USE_I18N=False,  # translations would need a list of installed applications
                USE_TZ=True,
            )
