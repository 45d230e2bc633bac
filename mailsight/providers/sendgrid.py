"""SendGrid: https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""

from .record import BASIC_AUTH, YES_OR_NO, Provider, Secret

PROVIDER = Provider(
    name="sendgrid",
    label="SendGrid",
    secrets=(Secret("verification_key", "tracking_webhook_verification_key"), BASIC_AUTH),
    view="SendGridTrackingWebhookView",
    marks=({"event", "sg_event_id"}, {"event", "sg_message_id"}, {"event", "email", "timestamp"}),
    sends_batches=True,
    spare=("timestamp", "type", "reason"),
    time=("timestamp",),
    bounce=("type",),
    hard=("bounce",),
    soft=("blocked", "expired"),
    smtp_status=("status",),
    ip=("ip",),
    link_position=("url_offset.index",),
    link_part=("url_offset.type",),
    machine=("sg_machine_open",),
    machine_words=YES_OR_NO,
    campaign_id=("marketing_campaign_id", "singlesend_id"),
    message_id=("sg_message_id",),
    message_id_end=".",  # <message id>.<filter>...
    mapped=True,
    miscounts_links=True,  # https://github.com/sendgrid/docs/issues/6054
)
