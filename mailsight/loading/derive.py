"""From facts to what the screens read: each event's message, each click's link, each campaign's counts.

Only for the campaigns that a load touches (`queries/derive.sql`), so that its cost follows what is new.
"""

from collections.abc import Callable
from itertools import groupby

import pyarrow as pa

from mailsight.audience import machines
from mailsight.errors import LoadRefused
from mailsight.mail.links import Matcher, links
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import NOT_SENT_BECAUSE, EventType
from mailsight.warehouse.draft import Draft

from . import verdicts

# Each of these shows that a message was sent, whatever else is known of it (design, section 2).
PROOFS_OF_SENDING = (
    EventType.DELIVERED,
    EventType.BOUNCED,
    EventType.DEFERRED,
    EventType.AUTORESPONDED,
    EventType.OPENED,
    EventType.CLICKED,
    EventType.COMPLAINED,
    EventType.UNSUBSCRIBED,
)
# Each event looks for its message among those that are listed; what is left tells of messages of its own, first by the
# customer, then by the address, then by the message_id that it names, and what those explain is found again.
ATTRIBUTION = (
    "start_attribution",
    "find_messages",
    "imply_messages",
    "find_messages",
    "name_by_address",
    "imply_messages",
    "find_messages",
    "name_by_message_id",
    "imply_messages",
    "find_messages",
)
_PLACES = pa.schema([("campaign_id", pa.string()), ("url", pa.string()), ("link_position", pa.int32())])

Progress = Callable[[float, str], None]


def derive(work: Draft, progress: Progress) -> None:
    """Derives for the touched campaigns, from all their facts, what the screens read, and proves that it adds up.

    Raises `LoadRefused` when it does not.
    """
    progress(0.0, "Finding each event's message")
    work.run("touch_campaigns")
    for (part,) in work.run("split_renamed"):
        work.run("rename_part", part=part)
        work.run("write_to_disk")
    _attribute(work)
    progress(0.3, "Finding each click's link")
    miscounting = [name for name, provider in PROVIDERS.items() if provider.miscounts_links]
    work.run("set_miscounted_links", providers=miscounting)
    with work.table("places", _places(work), _PLACES):
        work.run("replace_message_events")
    work.run("replace_unattributed")
    work.run("forget_verdicts")
    progress(0.5, "Telling people from machines")
    verdicts.judge(work, machines.rules())
    progress(0.6, "Counting")
    count(work)


def count(work: Draft) -> None:
    """Counts the events of the touched campaigns, and proves that it adds up. Raises `LoadRefused` when not."""
    for (part,) in work.run("split_touched"):
        work.run("touch_part", part=part)
        _count(work)


def _count(work: Draft) -> None:
    work.run("forget_derived")
    work.run(
        "replace_recipients",
        proofs=list(PROOFS_OF_SENDING),
        reject_reasons=list(NOT_SENT_BECAUSE),
        not_sent_reasons=list(NOT_SENT_BECAUSE.values()),
    )
    work.run("replace_link_clicks")
    work.run("replace_campaign_totals")
    work.run("replace_campaign_hours")
    work.run("replace_apple_opens")
    if problems := work.rows("failed_checks"):
        raise LoadRefused(
            f"A check failed: {problems[0]['problem']}.",
            next_step="This is a fault of Mailsight's, not of your data; please report it. Nothing has changed.",
        )


def _attribute(work: Draft) -> None:
    """Finds each event's message, until no event moves between a campaign that is counted anew and one that is not."""
    while True:
        for step in ATTRIBUTION:
            work.run(step)
        if work.run("touch_moved") == [(0,)]:
            return


def _places(work: Draft) -> list[tuple[str, str, int]]:
    """For each clicked URL of a campaign, the link of its mail that it is: campaign_id, url, link_position."""
    places: list[tuple[str, str, int]] = []
    for content_id, rows in groupby(work.rows("clicked_urls"), key=lambda row: str(row["content_id"])):
        html = next((row["html"] for row in work.rows("content", content_id=content_id)), None)
        matcher = Matcher(links(html or ""))
        for row in rows:
            position = matcher.position(row["url"])
            if position is not None:
                places.append((row["campaign_id"], row["url"], position))
    return places
