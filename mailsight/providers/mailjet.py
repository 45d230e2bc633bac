"""Mailjet: https://dev.mailjet.com/email/guides/webhooks/"""

from .record import BASIC_AUTH, Provider

PROVIDER = Provider(
    name="mailjet",
    label="Mailjet",
    secrets=(BASIC_AUTH,),
    view="MailjetTrackingWebhookView",
    marks=({"event", "MessageID"}, {"event", "Message_GUID"}, {"event", "mj_campaign_id"}, {"event", "time"}),
    sends_batches=True,
    spare=("time", "Payload"),
    time=("time",),
    bounce=("hard_bounce",),
    hard=("true",),
    soft=("false",),
    ip=("ip",),
    campaign_id=("customcampaign", "mj_campaign_id"),
)
