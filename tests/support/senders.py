"""The providers, played: what each sends to its webhook, signed as it signs."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from svix.webhooks import Webhook

USER = "ann:pa:ss"
KEY = "the key of a provider"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request to the webhook at `url`."""

    url: str
    body: bytes
    headers: Mapping[str, str]

    def with_headers(self, **headers: str) -> "Sent":
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(self, headers={**self.headers, **more})

    def without_proof(self) -> "Sent":
        """The same without what tells who sent it."""
        plain = {
            name: value
            for name, value in self.headers.items()
            if name.lower() in {"content-type", "svix-id"} or name.lower().startswith("x-amz")
        }
        return replace(self, headers=plain)


def post(url: str, payload: object, content_type: str = "application/json") -> Sent:
    return Sent(url, json.dumps(payload).encode(), {"Content-Type": content_type})


def basic_auth(sent: Sent, user: str = USER) -> Sent:
    return sent.with_headers(Authorization=f"Basic {base64.b64encode(user.encode()).decode()}")


def _hmac_of_body(header: str) -> Callable[[Sent], Sent]:
    def sign(sent: Sent) -> Sent:
        signature = hmac.new(KEY.encode(), sent.body, hashlib.sha256).hexdigest()
        return replace(sent, headers={**sent.headers, header: signature})

    return sign


def _mailgun(sent: Sent) -> Sent:
    timestamp, token = "1461261330", "06c96bafc3f42a66b9edd546"
    signature = hmac.new(KEY.encode(), f"{timestamp}{token}".encode(), hashlib.sha256).hexdigest()
    block = {"timestamp": timestamp, "token": token, "signature": signature}
    return replace(sent, body=json.dumps({"signature": block, **json.loads(sent.body)}).encode())


def _mandrill(sent: Sent) -> Sent:
    fields = {"mandrill_events": sent.body.decode()}
    signed = sent.url + "".join(name + value for name, value in sorted(fields.items()))
    signature = base64.b64encode(hmac.new(KEY.encode(), signed.encode(), hashlib.sha1).digest())
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Mandrill-Signature": signature.decode(),
    }
    return Sent(sent.url, urlencode(fields).encode(), headers)


_SENDGRID_KEY = ec.generate_private_key(ec.SECP256R1())
_POSTAL_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_SVIX_SECRET = f"whsec_{base64.b64encode(KEY.encode()).decode()}"


def _sendgrid(sent: Sent) -> Sent:
    timestamp = "1461095246"
    signature = _SENDGRID_KEY.sign(timestamp.encode() + sent.body, ec.ECDSA(hashes.SHA256()))
    return sent.with_headers(
        X_Twilio_Email_Event_Webhook_Signature=base64.b64encode(signature).decode(),
        X_Twilio_Email_Event_Webhook_Timestamp=timestamp,
    )


def _postal(sent: Sent) -> Sent:
    signature = _POSTAL_KEY.sign(sent.body, padding.PKCS1v15(), hashes.SHA1())  # noqa: S303
    return sent.with_headers(X_Postal_Signature=base64.b64encode(signature).decode())


def _resend(sent: Sent) -> Sent:
    now = datetime.now(UTC)
    signature = Webhook(_SVIX_SECRET).sign("msg_1", now, sent.body.decode())
    return sent.with_headers(
        svix_id="msg_1", svix_timestamp=str(int(now.timestamp())), svix_signature=signature
    )


def _unisender_go(sent: Sent) -> Sent:
    unsigned = json.dumps({**json.loads(sent.body), "auth": KEY}).encode()
    signature = hashlib.md5(unsigned).hexdigest().encode()  # noqa: S324
    return replace(sent, body=unsigned.replace(KEY.encode(), signature))


def _amazon_ses(sent: Sent) -> Sent:
    message = json.loads(sent.body)
    return basic_auth(
        sent.with_headers(X_Amz_Sns_Message_Type=message["Type"], X_Amz_Sns_Message_Id=message["MessageId"])
    )


def public_key(key: Any) -> str:
    """A public key as the providers show it, on one line."""
    der = key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


# What Mailsight is told, and how the provider proves with it that it is itself.
SECRETS: Mapping[str, Mapping[str, str]] = {
    "amazon_ses": {"basic_auth": USER},
    "brevo": {"basic_auth": USER},
    "mailersend": {"signing_secret": KEY},
    "mailgun": {"signing_key": KEY},
    "mailjet": {"basic_auth": USER},
    "mailtrap": {"signing_secret": KEY},
    "mandrill": {"webhook_key": KEY},
    "postal": {"public_key": public_key(_POSTAL_KEY)},
    "postmark": {"basic_auth": USER},
    "resend": {"signing_secret": _SVIX_SECRET},
    "sendgrid": {"verification_key": public_key(_SENDGRID_KEY)},
    "sparkpost": {"basic_auth": USER},
    "unisender_go": {"api_key": KEY},
}
_SIGNATURES: Mapping[str, Callable[[Sent], Sent]] = {
    "amazon_ses": _amazon_ses,
    "mailersend": _hmac_of_body("Signature"),
    "mailgun": _mailgun,
    "mailtrap": _hmac_of_body("Mailtrap-Signature"),
    "mandrill": _mandrill,
    "postal": _postal,
    "resend": _resend,
    "sendgrid": _sendgrid,
    "unisender_go": _unisender_go,
}


def signed(provider: str, sent: Sent) -> Sent:
    """The request with the provider's proof that it sent it."""
    return _SIGNATURES.get(provider, basic_auth)(sent)


def proven(provider: str, sent: Sent) -> Sent:
    """The same body, whatever it is, with the provider's proof."""
    return basic_auth(sent) if provider == "amazon_ses" else signed(provider, sent)


def delivery(provider: str, url: str) -> Sent:
    """The provider tells that a mail to ann@example.com was delivered; Mandrill, that it was sent."""
    content_type = "text/plain; charset=UTF-8" if provider == "amazon_ses" else "application/json"
    return signed(provider, post(url, DELIVERIES[provider], content_type))


DELIVERIES: Mapping[str, object] = {
    "amazon_ses": {
        "Type": "Notification",
        "MessageId": "19ba9823-d7f2-53c1-860e-cb10e0d13dfc",
        "Timestamp": "2026-04-14T09:00:05.000Z",
        "Message": json.dumps(
            {
                "eventType": "Delivery",
                "mail": {
                    "messageId": "m1",
                    "timestamp": "2026-04-14T09:00:00Z",
                    "destination": ["ann@example.com"],
                },
                "delivery": {"timestamp": "2026-04-14T09:00:05Z", "recipients": ["ann@example.com"]},
            }
        ),
    },
    "brevo": {
        "event": "delivered",
        "email": "ann@example.com",
        "ts_epoch": 1776157205000,
        "message-id": "<m1>",
    },
    "mailersend": {
        "type": "activity.delivered",
        "domain_id": "d1",
        "webhook_id": "w1",
        "created_at": "2026-04-14T09:00:05.000000Z",
        "data": {
            "type": "delivered",
            "created_at": "2026-04-14T09:00:05.000000Z",
            "email": {"message": {"id": "m1"}, "recipient": {"email": "ann@example.com"}},
        },
    },
    "mailgun": {
        "event-data": {
            "event": "delivered",
            "id": "e1",
            "timestamp": 1776157205,
            "recipient": "ann@example.com",
            "message": {"headers": {"message-id": "m1"}},
        }
    },
    "mailjet": [{"event": "sent", "time": 1776157205, "MessageID": 1, "email": "ann@example.com"}],
    "mailtrap": {
        "events": [
            {
                "event": "delivery",
                "timestamp": 1776157205,
                "message_id": "m1",
                "email": "ann@example.com",
                "event_id": "e1",
            }
        ]
    },
    "mandrill": [
        {
            "event": "send",
            "ts": 1776157205,
            "_id": "m1",
            "msg": {"_id": "m1", "email": "ann@example.com"},
        }
    ],
    "postal": {
        "event": "MessageSent",
        "timestamp": 1776157205.5,
        "uuid": "e1",
        "payload": {
            "status": "Sent",
            "timestamp": 1776157205.5,
            "message": {"id": 1, "token": "t", "message_id": "m1", "to": "ann@example.com", "tag": None},
        },
    },
    "postmark": {
        "RecordType": "Delivery",
        "MessageID": "m1",
        "Recipient": "ann@example.com",
        "DeliveredAt": "2026-04-14T09:00:05Z",
    },
    "resend": {
        "type": "email.delivered",
        "created_at": "2026-04-14T09:00:05.000Z",
        "data": {"email_id": "m1", "to": ["ann@example.com"], "created_at": "2026-04-14T09:00:00.000Z"},
    },
    "sendgrid": [
        {"event": "delivered", "email": "ann@example.com", "timestamp": 1776157205, "sg_event_id": "e1"}
    ],
    "sparkpost": [
        {
            "msys": {
                "message_event": {
                    "type": "delivery",
                    "event_id": "e1",
                    "raw_rcpt_to": "ann@example.com",
                    "timestamp": "1776157205",
                    "message_id": "m1",
                }
            }
        }
    ],
    "unisender_go": {
        "events_by_user": [
            {
                "user_id": 1,
                "project_id": "p",
                "events": [
                    {
                        "event_name": "transactional_email_status",
                        "event_data": {
                            "job_id": "m1",
                            "status": "delivered",
                            "email": "ann@example.com",
                            "event_time": "2026-04-14 09:00:05",
                        },
                    }
                ],
            }
        ]
    },
}
