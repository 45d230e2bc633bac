"""The sample's campaigns: plans put on a calendar, with their finished e-mails and how attractive each link is."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from selectolax.lexbor import LexborHTMLParser, LexborNode

from .designs import draw
from .plans import Plan, plans

_LAST_SENT = np.datetime64("2026-11-05")
# The weekday (Monday = 0) and the minute of the day, UTC, at which each design is sent.
_SLOTS = {
    "newsletter": (3, 7 * 60 + 30),
    "offer": (1, 9 * 60),
    "map": (5, 8 * 60 + 15),
    "letter": (2, 14 * 60 + 45),
}


@dataclass(frozen=True, slots=True)
class Links:
    """An e-mail's links by position: their URLs, and their shares of clicks (weights that add up to 1)."""

    urls: tuple[str, ...]
    weights: NDArray[np.float64]
    unsubscribe: int
    web: NDArray[np.int64]  # positions of links to web pages


@dataclass(frozen=True, slots=True)
class Campaign:
    campaign_id: str
    plan: Plan
    at: np.datetime64  # minutes, UTC
    planned: bool
    html: str
    links: Links

    @property
    def template(self) -> str:
        return f"contents/{self.campaign_id}.html"

    @property
    def row(self) -> dict[str, Any]:
        """The campaign's row in the bundle."""
        plan = self.plan
        mailbox = plan.who.split()[0].lower() if plan.who else "hello"
        return {
            "campaign_id": self.campaign_id,
            "name": plan.name,
            "subject": plan.subject,
            "preheader": plan.preheader,
            "from_name": plan.who or "Sunwise Travel",
            "from_email": f"{mailbox}@mail.sunwise.example",
            "sent_at": None if self.planned else f"{self.at}:00Z",
            "tags": list(plan.tags),
            "selection": plan.selection,
            "template": self.template,
        }


def calendar(count: int) -> Iterator[Campaign]:
    """The campaigns, oldest first, evenly spread over at most two years; of three or more, the last is only planned."""
    last_sent = count - 2 if count >= 3 else count - 1
    days_between = min(15.6, 750 * float(np.reciprocal(float(count))))
    known: set[str] = set()
    for number, plan in enumerate(plans(count)):
        weekday, minute = _SLOTS[plan.design]
        day = _LAST_SENT + np.timedelta64(round((number - last_sent) * days_between), "D")
        if number != last_sent and days_between > 7:
            day = day - np.timedelta64((day.astype(object).weekday() - weekday) % 7, "D")
        campaign_id = f"{str(day)[:7]}-{plan.slug}"
        if campaign_id in known:
            campaign_id += f"-{number + 1}"
        known.add(campaign_id)
        html = draw(plan, campaign_id=campaign_id, date=day.astype(object))
        at = day.astype("datetime64[m]") + np.timedelta64(minute, "m")
        yield Campaign(campaign_id, plan, at, number > last_sent, html, links_of(html))


def links_of(text: str) -> Links:
    nodes = LexborHTMLParser(text).css("a[href], area[href]")
    urls = tuple(node.attributes["href"] or "" for node in nodes)
    appeal = np.array(
        [
            _appeal(node, url) * 0.94**position
            for position, (node, url) in enumerate(zip(nodes, urls, strict=True))
        ]
    )
    unsubscribe = next(position for position, url in enumerate(urls) if "/unsubscribe" in url)
    web = np.flatnonzero([url.startswith("http") for url in urls])
    return Links(urls, appeal * np.reciprocal(appeal.sum()), unsubscribe, web)


def _appeal(node: LexborNode, url: str) -> float:
    """How attractive a link is: map areas and buttons most, then images, headlines, text links and the small print."""
    if "/unsubscribe" in url or not url.startswith("http"):
        return 0.0  # unsubscribes are simulated separately, and providers don't track mailto: and tel:
    if any(part in url for part in ("/preferences", "/view/", "social.", "pictures.", "/contact")):
        return 0.06
    if node.tag == "area":
        return 2.5
    if node.css_first("img[alt]:not([alt=''])") is not None:
        return 1.0
    if "button" in (node.attributes.get("class") or ""):
        return 1.5
    return 0.8 if "/trips/" in url else 0.35
