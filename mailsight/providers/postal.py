"""Postal: https://docs.postalserver.io/developer/webhooks"""

from .record import EXTRA_BASIC_AUTH, Provider, Secret

PROVIDER = Provider(
    name="postal",
    label="Postal",
    secrets=(Secret("public_key", "webhook_key", needed_to_read=True), EXTRA_BASIC_AUTH),
    view="PostalTrackingWebhookView",
    marks=({"event", "payload", "uuid"}, {"payload", "timestamp"}, {"rcpt_to", "mail_from"}),
    spare=("timestamp",),
    time=("timestamp",),
    ip=("payload.ip_address",),
    numbers_messages=True,
    has_metadata=False,
)
