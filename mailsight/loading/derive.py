"""Derives what the screens read from the facts: each event's message, each click's link, each campaign's counts.

Only campaigns affected by a load are derived again (`queries/derive.sql`), so the cost grows with the new data.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

import pyarrow as pa

from mailsight.audience import machines
from mailsight.errors import LoadBroken
from mailsight.mail.field_links import FIELD_ADDRESS, FieldLinks
from mailsight.mail.links import Matcher, links
from mailsight.mail.wrappers import WRAPPED, unwrapped
from mailsight.merging.recognition import TEMPLATE_MARKS
from mailsight.providers.registry import PROVIDERS
from mailsight.vocabulary import NOT_SENT_BECAUSE, EventType
from mailsight.warehouse.draft import Draft

from . import campaign_headers, verdicts
from .parts import in_parts
from .refusals import Refusal, Refuse
from .refusing import Failure, tried, tried_bounded

# Any of these events proves that the message was sent.
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
# What implies a message for events that no listed message matches: their customer, their address, their message id.
IMPLIED_BY = (
    ("imply_messages",),
    ("name_by_address", "imply_messages"),
    ("name_by_message_id", "imply_messages"),
)
_UNWRAPS = pa.schema([("url", pa.string()), ("target", pa.string())])
_UNPLACED = pa.schema([("content_id", pa.string()), ("campaign_id", pa.string()), ("url", pa.string())])
_PLACES = pa.schema([("campaign_id", pa.string()), ("url", pa.string()), ("link_position", pa.int32())])

Progress = Callable[[float, str], None]


def derive(work: Draft, refuse: Refuse, progress: Progress) -> None:
    """Derives the tables behind the screens for the touched campaigns, and checks that their counts add up.

    Refuses what could not be derived; the events it comes from count all the same. Raises `LoadBroken` if the counts
    don't add up.
    """
    progress(0.0, "Matching events to messages")
    work.run("touch_campaigns")
    for (part,) in work.run("split_renamed"):
        work.run("rename_part", part=part)
        work.write_to_disk()
    _attribute(work)
    progress(0.3, "Matching clicks to links")
    miscounting = [name for name, provider in PROVIDERS.items() if provider.miscounts_links]
    work.run("set_miscounted_links", providers=miscounting)
    _unwrap_links(work)
    unwraps = _unwraps(work, "clicked_wraps")
    with (
        work.table("places", _places(work, unwraps, refuse), _PLACES),
        work.table("unwraps", list(unwraps.items()), _UNWRAPS),
    ):
        work.run("replace_message_events")
    work.run("replace_unattributed")
    work.run("forget_verdicts")
    progress(0.5, "Detecting machines")
    verdicts.judge(work, machines.rules(), refuse)
    progress(0.6, "Counting")
    count(work)


def count(work: Draft) -> None:
    """Counts the events of the touched campaigns. Raises `LoadBroken` if the counts don't add up."""
    for _ in in_parts(work):
        _count(work)


def _count(work: Draft) -> None:
    work.run("forget_derived")
    work.run(
        "replace_recipients",
        proofs=list(PROOFS_OF_SENDING),
        reject_reasons=list(NOT_SENT_BECAUSE),
        not_sent_reasons=list(NOT_SENT_BECAUSE.values()),
        template_marks=TEMPLATE_MARKS,
    )
    campaign_headers.replace(work)
    work.run("replace_link_clicks")
    work.run("replace_campaign_totals")
    work.run("replace_campaign_hours")
    work.run("replace_apple_opens")
    if problems := work.rows("failed_checks"):
        raise LoadBroken(f"A check failed: {problems[0]['problem']}.")


def _attribute(work: Draft) -> None:
    """Matches events to messages until no more campaigns are affected: a moved event touches both its campaigns."""
    while True:
        work.run("start_attribution")
        [(unmatched,)] = work.run("find_messages")
        for steps in IMPLIED_BY:
            if unmatched:
                for step in steps:
                    work.run(step)
                [(unmatched,)] = work.run("find_messages")
        if work.run("touch_moved") == [(0,)]:
            return


def _places(work: Draft, unwraps: Mapping[str, str], refuse: Refuse) -> list[tuple[str, str, int]]:
    """The link behind each clicked URL of a campaign: (campaign_id, url, link_position)."""
    places: list[tuple[str, str, int]] = []
    unplaced: list[tuple[str, str, str]] = []
    clicked = work.rows("clicked_urls", field_address=FIELD_ADDRESS)
    for content_id, grouped in groupby(clicked, key=lambda row: str(row["content_id"])):
        rows = list(grouped)
        # A gateway gives each customer's link a URL of its own, for few different URLs inside.
        targets = list(dict.fromkeys(unwraps.get(row["url"], row["url"]) for row in rows))
        matched = tried_bounded(match_links, _html(work, content_id), targets)
        results = [matched] * len(targets) if isinstance(matched, Failure) else matched
        positions = dict(zip(targets, results, strict=True))
        for row in rows:
            campaign_id, url = str(row["campaign_id"]), str(row["url"])
            position = positions[unwraps.get(url, url)]
            if isinstance(position, Failure):
                reason = f"the link behind this clicked URL {position.reason}; the click counts without it"
                refuse(Refusal("events", f"campaign {campaign_id}", None, reason, url))
            elif position is not None:
                places.append((campaign_id, url, position))
            elif row["has_field_links"]:
                unplaced.append((content_id, campaign_id, url))
    return [*places, *_places_by_values(work, unwraps, unplaced)]


def _places_by_values(
    work: Draft, unwraps: Mapping[str, str], unplaced: Sequence[tuple[str, str, str]]
) -> Iterator[tuple[str, str, int]]:
    """The links that are nothing but a field, where the values of the message that was clicked have the URL."""
    if not unplaced:
        return
    with work.table("unplaced", unplaced, _UNPLACED):
        clicks = work.rows("values_of_clicks")
    for content_id, grouped in groupby(clicks, key=lambda row: str(row["content_id"])):
        rows = list(grouped)
        wanted = [(unwraps.get(row["url"], row["url"]), str(row["merge_fields"])) for row in rows]
        matched = tried_bounded(match_fields, _html(work, content_id), wanted)
        if isinstance(matched, Failure):  # these clicks count without a link
            continue
        for row, position in zip(rows, matched, strict=True):
            if isinstance(position, int):
                yield str(row["campaign_id"]), str(row["url"]), position


def _html(work: Draft, content_id: str) -> str:
    return next((str(row["html"] or "") for row in work.rows("content", content_id=content_id)), "")


def _unwrap_links(work: Draft) -> None:
    if unwraps := _unwraps(work, "wrapped_links"):
        with work.table("unwraps", list(unwraps.items()), _UNWRAPS):
            work.run("unwrap_links")


def _unwraps(work: Draft, query: str) -> dict[str, str]:
    """The URL inside each URL of a query that is wrapped."""
    urls = [str(row["url"]) for row in work.rows(query, wrapped=WRAPPED)]
    targets = ((url, tried(unwrapped, url)) for url in urls)
    return {url: target for url, target in targets if isinstance(target, str) and target != url}


def match_links(html: str, urls: Sequence[str]) -> list[int | Failure | None]:
    """The position of the mail's link that each URL belongs to; None if the mail has no such link."""
    matcher = Matcher(links(html))
    return [tried(matcher.position, url) for url in urls]


def match_fields(html: str, clicks: Sequence[tuple[str, str]]) -> list[int | Failure | None]:
    """The position of the link that is nothing but a field, for each URL with the JSON of the values sent with it."""
    field_links = FieldLinks(links(html))
    return [tried(field_links.position, url, json.loads(values)) for url, values in clicks]
