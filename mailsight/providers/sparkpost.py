"""SparkPost: https://developers.sparkpost.com/api/webhooks/"""

from datetime import date

from mailsight.vocabulary import EventType

from .meanings import NOT_AN_EVENT, Meaning, Words, types
from .payload import at
from .record import BASIC_AUTH, YES_OR_NO, Provider

_READ_ON = date(2026, 11, 26)

_WORDS = (
    Words(
        name="type",
        at=("msys.*.type",),
        means=types(
            {
                "injection": EventType.QUEUED,
                "delivery": EventType.DELIVERED,
                "delay": EventType.DEFERRED,
                "bounce": EventType.BOUNCED,
                "out_of_band": EventType.BOUNCED,
                "spam_complaint": EventType.COMPLAINED,
                "policy_rejection": EventType.REJECTED,
                "generation_failure": EventType.FAILED,
                "generation_rejection": EventType.REJECTED,
                "open": EventType.OPENED,
                "amp_open": EventType.OPENED,
                # The same open is reported as `open` or `amp_open`, too.
                "initial_open": EventType.UNKNOWN,
                "amp_initial_open": EventType.UNKNOWN,
                "click": EventType.CLICKED,
                "amp_click": EventType.CLICKED,
                "list_unsubscribe": EventType.UNSUBSCRIBED,
                "link_unsubscribe": EventType.UNSUBSCRIBED,
                "sms_status": NOT_AN_EVENT,
                "relay_injection": NOT_AN_EVENT,
                "relay_rejection": NOT_AN_EVENT,
                "relay_delivery": NOT_AN_EVENT,
                "relay_tempfail": NOT_AN_EVENT,
                "relay_permfail": NOT_AN_EVENT,
                "ab_test_completed": NOT_AN_EVENT,
                "ab_test_cancelled": NOT_AN_EVENT,
                "success": NOT_AN_EVENT,
                "error": NOT_AN_EVENT,
            }
        ),
        source="https://github.com/SparkPost/support-docs/blob/main/content/docs/tech-resources/"
        "sparkpost-event-definitions.md, and django-anymail for AMP",
        read_on=_READ_ON,
    ),
    Words(
        name="bounce_class",
        at=("msys.*.bounce_class",),
        means={
            "1": Meaning(reason="other"),  # undetermined
            "10": Meaning(reason="invalid"),  # invalid recipient
            "20": Meaning(reason="bounced"),  # soft bounce
            "21": Meaning(reason="bounced"),  # DNS failure
            "22": Meaning(reason="bounced"),  # mailbox full
            "23": Meaning(reason="bounced"),  # too large
            "24": Meaning(reason="timed_out"),  # timeout
            "25": Meaning(reason="blocked"),  # admin failure
            "30": Meaning(reason="bounced"),  # no RCPT
            "40": Meaning(reason="bounced"),  # generic bounce
            "50": Meaning(reason="blocked"),  # mail block
            "51": Meaning(reason="spam"),  # spam block
            "52": Meaning(reason="spam"),  # spam content
            "53": Meaning(reason="other"),  # prohibited attachment
            "54": Meaning(reason="blocked"),  # relaying denied
            "60": Meaning(EventType.AUTORESPONDED, "other"),  # auto-reply
            "70": Meaning(reason="bounced"),  # transient failure
            "80": Meaning(EventType.SUBSCRIBED, "other"),  # subscribe
            "90": Meaning(EventType.UNSUBSCRIBED, "unsubscribed"),  # unsubscribe
            "100": Meaning(EventType.AUTORESPONDED, "other"),  # challenge-response
        },
        otherwise=Meaning(reason="other"),
        source="https://github.com/SparkPost/support-docs/blob/main/content/docs/deliverability/"
        "bounce-classification-codes.md",
        read_on=_READ_ON,
    ),
)


def _explain(payload: object) -> str | None:
    return (
        None if at(payload, "msys") == {} else "there is no event in it"
    )  # SparkPost tests a webhook with {}


def _in_any(name: str) -> tuple[str, ...]:
    """The paths of a field in each kind of event. DuckDB follows these, but not a `*`."""
    kinds = ("message_event", "track_event", "gen_event", "unsubscribe_event")
    return tuple(f"msys.{kind}.{name}" for kind in kinds)


PROVIDER = Provider(
    name="sparkpost",
    label="SparkPost",
    secrets=(BASIC_AUTH,),
    view="SparkPostTrackingWebhookView",
    marks=({"msys"},),
    sends_batches=True,
    explain=_explain,
    words=_WORDS,
    time=("msys.*.timestamp",),
    bounce=("msys.*.bounce_class",),
    hard=("10", "30", "90"),
    soft=("20", "21", "22", "23", "24", "40", "60", "70", "100"),
    diagnostic=("msys.*.raw_reason", "msys.*.reason"),
    ip=("msys.*.ip_address",),
    machine=("msys.*.user_agent_parsed.is_prefetched", "msys.*.is_prefetched"),
    machine_words=YES_OR_NO,
    other_message_ids=_in_any("message_id"),
    subject=_in_any("subject"),
    sender=_in_any("friendly_from"),
)
