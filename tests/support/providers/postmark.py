"""What Postmark sends."""

from hypothesis import strategies as st

from .payloads import (
    ADDRESSES,
    ADDRESSES_OF_PEOPLE,
    CUSTOM,
    DIAGNOSTICS,
    PROGRAMS,
    TIMES,
    URLS,
    WORDS,
    lists,
    some,
    words_of,
)
from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Samples

_POSTMARK = {
    "MessageID": WORDS,
    "Metadata": CUSTOM,
    "Tag": WORDS,
    "Recipient": ADDRESSES,
    "DeliveredAt": TIMES,
    "BouncedAt": TIMES,
    "ReceivedAt": TIMES,
    "ChangedAt": TIMES,
    "Details": DIAGNOSTICS,
    "Description": DIAGNOSTICS,
    "UserAgent": PROGRAMS,
    "OriginalLink": URLS,
    "Geo": some({}, {"IP": ADDRESSES_OF_PEOPLE, "City": WORDS}),
}
_POSTMARK_TYPES = words_of("postmark", "event_types")
_PAYLOADS = st.one_of(
    some(
        {"RecordType": st.sampled_from(["Click", "Delivery", "Open", "Inbound", "something new"])}, _POSTMARK
    ),
    some(
        {"RecordType": st.sampled_from(["Bounce", "SpamComplaint"])},
        {
            **_POSTMARK,
            "Type": _POSTMARK_TYPES,
            "ID": st.integers(1, 10**18),
            "Email": ADDRESSES,
        },
    ),
    some(
        {"RecordType": st.just("SubscriptionChange")},
        {
            **_POSTMARK,
            "SuppressSending": st.booleans(),
            "SuppressionReason": _POSTMARK_TYPES,
        },
    ),
)

SAMPLES = Samples(
    typical=[
        (
            {
                "RecordType": "Open",
                "MessageID": "883953f4",
                "ReceivedAt": "2026-04-14T10:00:00.1234567Z",
                "Recipient": "ann@example.com",
                "Tag": "news",
                "Metadata": {"campaign_id": "spring", "customer_id": "1"},
                "Geo": {"IP": "198.51.100.7"},
                "UserAgent": PHONE,
            },
            {
                "type": "opened",
                "campaign_id": "spring",
                "customer_id": "1",
                "provider_machine": None,
                **BY_CUSTOMER,
            },
        ),
        (
            {
                "RecordType": "Bounce",
                "ID": 692560173,
                "Type": "HardBounce",
                "Email": "a@example.com",
                "Details": REFUSED,
            },
            {**HARD, "event_id": "692560173"},
        ),
        ({"RecordType": "Bounce", "Type": "SoftBounce", "Email": "a@example.com"}, {"bounce_type": "soft"}),
    ],
    delivery={
        "RecordType": "Delivery",
        "MessageID": "m1",
        "Recipient": "ann@example.com",
        "DeliveredAt": "2026-04-14T09:00:05Z",
    },
    generated=lists(_PAYLOADS),
    documented=(
        *("Delivery", "Bounce", "SpamComplaint", "Open", "Click", "SubscriptionChange", "Inbound"),
        *(
            "HardBounce",
            "Transient",
            "Unsubscribe",
            "Subscribe",
            "AutoResponder",
            "AddressChange",
            "DnsError",
        ),
        *("SpamNotification", "OpenRelayTest", "Unknown", "SoftBounce", "VirusNotification"),
        *("ChallengeVerification", "BadEmailAddress", "SpamComplaint", "ManuallyDeactivated", "Unconfirmed"),
        *("Blocked", "SMTPApiError", "InboundError", "DMARCPolicy", "TemplateRenderingFailed"),
        "ManualSuppression",
    ),
)
