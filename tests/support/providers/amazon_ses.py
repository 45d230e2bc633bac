"""What Amazon SES sends."""

import json
from base64 import b64encode

from hypothesis import strategies as st

from .payloads import (
    ADDRESSES,
    ADDRESSES_OF_PEOPLE,
    DIAGNOSTICS,
    POSITIONS,
    PROGRAMS,
    STATUSES,
    TIMES,
    URLS,
    WORDS,
    Strategy,
    lists,
    some,
)
from .record import BY_CUSTOMER, HARD, PHONE, REFUSED, Payload, Samples
from .signing import WebhookRequest, basic_auth


def _event(word: str, **parts: object) -> Payload:
    mail = {
        "messageId": "EXAMPLE7c19-000000",
        "timestamp": "2026-04-14T09:00:00.000Z",
        "destination": ["ann@example.com"],
        "headers": [{"name": "Subject", "value": "Spring"}],
        "tags": {"campaign_id": ["spring"], "customer_id": ["1"], "ses:configuration-set": ["News"]},
    }
    return {"eventType": word, "mail": mail, **parts}


def _sns(event: Payload) -> Payload:
    return {
        "Type": "Notification",
        "MessageId": "19ba9823-d7f2-53c1",
        "TopicArn": "arn:aws:sns:eu-west-1:1:News",
        "Message": json.dumps(event),
        "Timestamp": "2026-04-14T09:00:09.000Z",
    }


def _bridge(event: Payload) -> Payload:
    """An event as EventBridge delivers it."""
    return {
        "version": "0",
        "id": "12a18625-3328-fafd-2809-4312b02a4a82",
        "detail-type": "Email Clicked",
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2026-04-14T10:00:09Z",
        "region": "eu-west-1",
        "resources": ["arn:aws:ses:eu-west-1:123456789012:configuration-set/News"],
        "detail": event,
    }


def _sqs(message: Payload) -> Payload:
    """A message of a queue as Lambda gets it."""
    return {"messageId": "5fea7756", "body": json.dumps(message), "eventSource": "aws:sqs"}


def _in_base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _kinesis(message: Payload) -> Payload:
    """A record of Kinesis as Lambda gets it."""
    data = {
        "partitionKey": "1",
        "data": _in_base64(json.dumps(message)),
        "approximateArrivalTimestamp": 1776160870.1,
    }
    return {"kinesis": data, "eventID": "shardId-000000000006:4959", "eventSource": "aws:kinesis"}


def _firehose(*messages: Payload) -> Payload:
    """What Firehose delivers to an HTTP endpoint."""
    records = [{"data": _in_base64(json.dumps(message) + "\n")} for message in messages]
    return {"requestId": "ed4acda5-034f-9f42", "timestamp": 1776160870111, "records": records}


_SES_CLICK: Payload = {
    "ipAddress": "198.51.100.7",
    "link": "https://example.com/tulips",
    "linkTags": {"link_position": ["3"]},
    "timestamp": "2026-04-14T10:00:00.000Z",
    "userAgent": PHONE,
}
_SES_OPEN: Payload = {key: value for key, value in _SES_CLICK.items() if not key.startswith("link")}
_SES_BOUNCE: Payload = {
    "bounceType": "Permanent",
    "bounceSubType": "General",
    "bouncedRecipients": [{"emailAddress": "ann@example.com", "status": "5.1.1", "diagnosticCode": REFUSED}],
    "timestamp": "2026-04-14T09:00:04.000Z",
}


def _sign(request: WebhookRequest) -> WebhookRequest:
    message = json.loads(request.body)
    return basic_auth(
        request.with_headers(
            X_Amz_Sns_Message_Type=message["Type"], X_Amz_Sns_Message_Id=message["MessageId"]
        )
    )


_PARTS = st.lists(
    some({"emailAddress": ADDRESSES}, {"status": STATUSES, "diagnosticCode": DIAGNOSTICS}),
    max_size=2,
    unique_by=lambda part: part["emailAddress"],
)
_SES_HEADERS = st.lists(
    st.sampled_from(
        [
            {"name": "X-Tag", "value": "spring"},
            {"name": "x-tag", "value": "sale"},
            {"name": "X-Metadata", "value": '{"customer_id": 7, "campaign": "c7", "colour": null}'},
            {"name": "X-Metadata", "value": "no JSON"},
            {"name": "X-Metadata", "value": "[1]"},
            {"name": "Subject", "value": "Hello"},
        ]
    ),
    max_size=4,
)


def _ses(word: str, name: str, part: Strategy) -> Strategy:
    mail = some(
        {"destination": st.lists(ADDRESSES, max_size=2, unique=True)},
        {
            "messageId": WORDS,
            "timestamp": TIMES,
            "headers": _SES_HEADERS,
            "tags": st.dictionaries(
                st.sampled_from(["campaign_id", "campaign", "customer_id", "customer", "ses:source-ip"]),
                st.lists(WORDS, min_size=1, max_size=2),
            ),
        },
    )
    return st.sampled_from(["eventType", "notificationType"]).flatmap(
        lambda kind: some({kind: st.just(word), "mail": mail, name: part}, {})
    )


_BY_CUSTOMER = {"timestamp": TIMES, "ipAddress": ADDRESSES_OF_PEOPLE, "userAgent": PROGRAMS}
_PREFERENCES = some(
    {},
    {
        "unsubscribeAll": st.booleans(),
        "topicSubscriptionStatus": st.lists(
            some(
                {},
                {
                    "topicName": st.sampled_from(["News", "Offers"]),
                    "subscriptionStatus": st.sampled_from(["OptIn", "OptOut", ""]),
                },
            ),
            max_size=2,
        ),
    },
)
_SES_EVENT = st.one_of(
    _ses("Send", "send", some({}, {})),
    _ses("Reject", "reject", some({"reason": WORDS}, {})),
    _ses("Rendering Failure", "failure", some({"errorMessage": WORDS}, {})),
    _ses(
        "Delivery",
        "delivery",
        some({"recipients": st.lists(ADDRESSES, max_size=2)}, {"smtpResponse": DIAGNOSTICS}),
    ),
    _ses(
        "Bounce",
        "bounce",
        some(
            {
                "bounceType": st.sampled_from(["Permanent", "Transient", "Undetermined"]),
                "bounceSubType": st.sampled_from(["General", "MailboxFull"]),
                "bouncedRecipients": _PARTS,
            },
            {"timestamp": TIMES},
        ),
    ),
    _ses(
        "Complaint",
        "complaint",
        some(
            {"complainedRecipients": _PARTS},
            {"timestamp": TIMES, "complaintFeedbackType": WORDS, "userAgent": PROGRAMS},
        ),
    ),
    _ses("Open", "open", some({}, _BY_CUSTOMER)),
    _ses(
        "Click",
        "click",
        some(
            {},
            {
                **_BY_CUSTOMER,
                "link": URLS,
                "linkTags": some({}, {"link_position": POSITIONS.map(lambda position: [position])}),
            },
        ),
    ),
    _ses(
        "DeliveryDelay",
        "deliveryDelay",
        some({"delayedRecipients": _PARTS}, {"timestamp": TIMES, "delayType": WORDS}),
    ),
    _ses(
        "Subscription",
        "subscription",
        some(
            {"newTopicPreferences": _PREFERENCES}, {"timestamp": TIMES, "oldTopicPreferences": _PREFERENCES}
        ),
    ),
    _ses("Something", "something", some({}, {})),
    _ses("Received", "receipt", some({}, {})),
)
_BRIDGED = _SES_EVENT | some(
    {
        "detail-type": st.sampled_from(["Email Opened", "Sending Status Enabled", ""]),
        "source": st.just("aws.ses"),
        "detail": _SES_EVENT,
    },
    {"id": WORDS, "time": TIMES},
)
_NOTIFICATIONS = some(
    {"Type": st.just("Notification"), "Message": _BRIDGED.map(json.dumps) | _BRIDGED},
    {"MessageId": WORDS, "Timestamp": TIMES},
)
_BODIES = (_BRIDGED | _NOTIFICATIONS).map(json.dumps) | st.sampled_from(["no JSON", "", "[]", "null"])
_RECORDS = st.one_of(
    some({"EventSource": st.just("aws:sns"), "Sns": _NOTIFICATIONS}, {}),
    some({"eventSource": st.just("aws:sqs"), "body": _BODIES}, {"messageId": WORDS}),
)
_DATA = _BODIES.map(_in_base64) | st.sampled_from(["", "%%", "eyJ", "/w==", "e30=\n", "NQ==", "bnVsbA=="])
_STREAMED = st.one_of(
    some({"kinesis": some({"data": _DATA | st.none()}, {})}, {"eventID": WORDS, "data": _DATA}),
    some({"data": _DATA}, {"recordId": WORDS, "mail": st.none()}),
    some({"Data": _DATA}, {"PartitionKey": WORDS}),
)
_PAYLOADS = (
    _BRIDGED
    | _NOTIFICATIONS
    | _RECORDS
    | _STREAMED
    | st.lists(_RECORDS | _STREAMED, max_size=2).map(lambda records: {"Records": records})
    | st.lists(_STREAMED, max_size=2).map(lambda records: {"records": records})
    | st.lists(_BODIES.map(lambda body: {"Body": body}), max_size=2).map(
        lambda messages: {"Messages": messages}
    )
    | st.sampled_from(
        [
            {
                "Type": "SubscriptionConfirmation",
                "SubscribeURL": "https://sns.example.com/?Action=ConfirmSubscription",
            },
            {"Type": "UnsubscribeConfirmation", "Message": "You have chosen to deactivate"},
            {
                "Type": "Notification",
                "Message": "Successfully validated SNS topic for Amazon SES event publishing.",
            },
        ]
    )
)

SAMPLES = Samples(
    typical=[
        (
            _sns(_event("Click", click=_SES_CLICK)),
            {
                "type": "clicked",
                "event_id": "19ba9823-d7f2-53c1",
                "link_position": 3,
                "campaign_id": "spring",
                "customer_id": "1",
                "payload": _event("Click", click=_SES_CLICK),
                **BY_CUSTOMER,
            },
        ),
        (
            _bridge(_event("Click", click=_SES_CLICK)),
            {
                "type": "clicked",
                "event_id": "12a18625-3328-fafd-2809-4312b02a4a82",
                "link_position": 3,
                "campaign_id": "spring",
                "customer_id": "1",
                "payload": _event("Click", click=_SES_CLICK),
                **BY_CUSTOMER,
            },
        ),
        (
            {"Records": [{"EventSource": "aws:sns", "Sns": _sns(_event("Click", click=_SES_CLICK))}]},
            {"type": "clicked", "event_id": "19ba9823-d7f2-53c1", **BY_CUSTOMER},
        ),
        (
            {"Records": [_sqs(_sns(_event("Click", click=_SES_CLICK)))]},
            {"type": "clicked", "event_id": "19ba9823-d7f2-53c1", **BY_CUSTOMER},
        ),
        (
            {"Records": [_sqs(_bridge(_event("Bounce", bounce=_SES_BOUNCE)))]},
            {**HARD, "event_id": "12a18625-3328-fafd-2809-4312b02a4a82", "diagnostic": REFUSED},
        ),
        (
            {"Messages": [{"MessageId": "5fea7756", "Body": json.dumps(_event("Open", open=_SES_OPEN))}]},
            {"type": "opened", "event_id": None, **BY_CUSTOMER},
        ),
        (
            _sns(_bridge(_event("Open", open=_SES_OPEN))),
            {"type": "opened", "event_id": "19ba9823-d7f2-53c1", **BY_CUSTOMER},
        ),
        (
            {"Records": [_kinesis(_event("Click", click=_SES_CLICK))]},
            {"type": "clicked", "event_id": None, "link_position": 3, **BY_CUSTOMER},
        ),
        (
            {"Records": [_kinesis(_bridge(_event("Open", open=_SES_OPEN)))]},
            {"type": "opened", "event_id": "12a18625-3328-fafd-2809-4312b02a4a82", **BY_CUSTOMER},
        ),
        (
            _firehose(_event("Bounce", bounce=_SES_BOUNCE)),
            {**HARD, "event_id": None, "diagnostic": REFUSED},
        ),
        (
            _firehose(_sns(_event("Click", click=_SES_CLICK))),
            {"type": "clicked", "event_id": "19ba9823-d7f2-53c1", **BY_CUSTOMER},
        ),
        (_event("Bounce", bounce=_SES_BOUNCE), {**HARD, "event_id": None, "diagnostic": REFUSED}),
        (
            _event("DeliveryDelay", deliveryDelay={"delayedRecipients": _SES_BOUNCE["bouncedRecipients"]}),
            {"type": "deferred", "bounce_type": None, "diagnostic": REFUSED, "smtp_status": "5.1.1"},
        ),
        (
            _event("Subscription", subscription={"newTopicPreferences": {"unsubscribeAll": True}}),
            {"type": "unsubscribed", "diagnostic": None},
        ),
    ],
    delivery={
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
    sign=_sign,
    generated=lists(_PAYLOADS),
    prove=basic_auth,
    content_type="text/plain; charset=UTF-8",
    documented=(
        *("Bounce", "Complaint", "Delivery", "Send", "Reject", "Open", "Click", "Rendering Failure"),
        *("DeliveryDelay", "Subscription", "Received", "AmazonSnsSubscriptionSucceeded"),
        *("Suppressed", "OnAccountSuppressionList", "UnsubscribedRecipient"),
        *("Advisor Recommendation Status Open", "Advisor Recommendation Status Resolved"),
        *("Sending Status Enabled", "Sending Status Disabled"),
    ),
)
