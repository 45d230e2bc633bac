"""Brevo.

https://developers.brevo.com/docs/transactional-webhooks and https://developers.brevo.com/docs/marketing-webhooks
"""

from .record import BASIC_AUTH, Provider

PROVIDER = Provider(
    name="brevo",
    label="Brevo",
    secrets=(BASIC_AUTH,),
    view="BrevoTrackingWebhookView",
    marks=(
        {"event", "message-id"},
        {"event", "ts_epoch"},
        {"event", "ts_event"},
        {"event", "camp_id"},
        {"event", "list_id"},
        {"items"},
    ),
    spare=("ts_epoch", "X-Mailin-custom"),
    time=("ts_epoch", "ts_event", "ts"),
    bounce=("event",),
    hard=("hard_bounce", "invalid_email"),
    soft=("soft_bounce",),
    ip=("ip",),
    user_agent=("user_agent",),
    machine=("event",),
    machine_words={"proxy_open": True, "unique_proxy_open": True},
    campaign_id=("camp_id",),
)
