"""Resend: https://resend.com/docs/dashboard/webhooks/event-types"""

from .record import BASIC_AUTH, Provider, Secret

PROVIDER = Provider(
    name="resend",
    label="Resend",
    secrets=(Secret("signing_secret", "signing_secret"), BASIC_AUTH),
    view="ResendTrackingWebhookView",
    marks=({"type", "data", "created_at"},),
    spare=("created_at", "data.headers", "data.bounce"),
    time=("created_at",),
    bounce=("data.bounce.type",),
    hard=("Permanent",),
    soft=("Transient",),
    ip=("data.click.ipAddress", "data.open.ipAddress"),
    user_agent=("data.open.userAgent",),
    campaign_id=("data.tags.campaign_id", "data.tags.campaign", "data.broadcast_id"),
    customer_id=("data.tags.customer_id", "data.tags.customer"),
)
