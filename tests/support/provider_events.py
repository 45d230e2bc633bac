"""Events of two providers and of none, with and without a campaign, and an unreadable row."""

from datetime import UTC, datetime, timedelta

from mailsight.vocabulary import EventType

NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)
CLICKED, OPENED, BOUNCED = EventType.CLICKED, EventType.OPENED, EventType.BOUNCED
HUGE = "=cmd()" + "[" * 3_000_000


def event(number: int, kind: EventType, provider: str | None, **more: object) -> dict[str, object]:
    """The event of the minute `number` after noon."""
    return {
        "event_id": f"e{number}",
        "provider": provider,
        "type": kind.value,
        "occurred_at": (NOON + timedelta(minutes=number)).isoformat(),
        "recipient": f"Person{number}@mail.example",
    } | more


EVENTS = [
    event(1, OPENED, "sendgrid", campaign_id="spring"),
    event(2, CLICKED, "sendgrid", campaign_id="spring", url="https://green.example"),
    event(3, OPENED, "sendgrid", message_id="<Abc@mail.example>"),
    event(4, BOUNCED, "postmark", message_id="m-4", bounce_type="hard", diagnostic="550 no such user"),
    event(5, CLICKED, None, recipient="=cmd()|calc"),
]
