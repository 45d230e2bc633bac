"""What Postal sends."""

import base64

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from .record import BY_CUSTOMER, PHONE, Samples
from .signing import WebhookRequest, public_key

_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _sign(request: WebhookRequest) -> WebhookRequest:
    signature = _KEY.sign(request.body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return request.with_headers(X_Postal_Signature=base64.b64encode(signature).decode())


SAMPLES = Samples(
    typical=[
        (
            {
                "event": "MessageLinkClicked",
                "timestamp": 1776160800.1,
                "uuid": "0fcc831f",
                "payload": {
                    "url": "https://example.com/tulips",
                    "ip_address": "198.51.100.7",
                    "user_agent": PHONE,
                    "message": {
                        "id": 12345,
                        "to": "ann@example.com",
                        "tag": "spring",
                        "direction": "outgoing",
                    },
                },
            },
            {
                "type": "clicked",
                "message_id": 12345,
                "campaign_id": "spring",
                "metadata": None,
                **BY_CUSTOMER,
            },
        ),
    ],
    delivery={
        "event": "MessageSent",
        "timestamp": 1776157205.5,
        "uuid": "e1",
        "payload": {
            "status": "Sent",
            "timestamp": 1776157205.5,
            "message": {"id": 1, "token": "t", "message_id": "m1", "to": "ann@example.com", "tag": None},
        },
    },
    secrets={"public_key": public_key(_KEY)},
    wrong_secrets={"public_key": public_key(rsa.generate_private_key(65537, 2048))},
    sign=_sign,
    documented=(
        *("MessageSent", "MessageDelayed", "MessageDeliveryFailed", "MessageHeld", "MessageBounced"),
        *(
            "MessageLinkClicked",
            "MessageLoaded",
            "DomainDNSError",
            "SendLimitApproaching",
            "SendLimitExceeded",
        ),
        *("Sent", "SoftFail", "HardFail", "Held"),
    ),
)
