"""Postmark: https://postmarkapp.com/developer/webhooks/webhooks-overview"""

from .record import BASIC_AUTH, Provider

_TIMES = ("DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt")

PROVIDER = Provider(
    name="postmark",
    label="Postmark",
    secrets=(BASIC_AUTH,),
    view="PostmarkTrackingWebhookView",
    marks=({"RecordType"}, {"FromFull"}),
    spare=(*_TIMES, "Metadata"),
    time=_TIMES,
    bounce=("Type", "SuppressionReason"),
    hard=("HardBounce",),
    soft=("SoftBounce",),
    ip=("Geo.IP",),
    mapped=True,
)
