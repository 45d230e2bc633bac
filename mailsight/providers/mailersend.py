"""MailerSend: https://developers.mailersend.com/api/v1/webhooks.html"""

from .record import EXTRA_BASIC_AUTH, Provider, Secret

PROVIDER = Provider(
    name="mailersend",
    label="MailerSend",
    secrets=(Secret("signing_secret", "signing_secret", needed_to_read=True), EXTRA_BASIC_AUTH),
    view="MailerSendTrackingWebhookView",
    marks=({"type", "data", "created_at", "webhook_id"}, {"type", "data", "created_at", "domain_id"}),
    spare=("data.created_at", "data.morph"),
    time=("data.created_at", "created_at"),
    bounce=("data.type",),
    hard=("hard_bounced",),
    soft=("soft_bounced",),
    ip=("data.morph.ip",),
    user_agent=("data.morph.user_agent",),
)
