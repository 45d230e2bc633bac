"""SparkPost: https://developers.sparkpost.com/api/webhooks/"""

from .record import BASIC_AUTH, YES_OR_NO, Provider

PROVIDER = Provider(
    name="sparkpost",
    label="SparkPost",
    secrets=(BASIC_AUTH,),
    view="SparkPostTrackingWebhookView",
    marks=({"msys"},),
    sends_batches=True,
    time=("msys.*.timestamp",),
    # https://support.sparkpost.com/docs/deliverability/bounce-classification-codes
    bounce=("msys.*.bounce_class",),
    hard=("10", "30", "90"),
    soft=("20", "21", "22", "23", "24", "40", "60", "70", "100"),
    ip=("msys.*.ip_address",),
    machine=("msys.*.is_prefetched",),
    machine_words=YES_OR_NO,
)
