"""What the heatmap tab shows: the links with their clicks, and what there is to know of each."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from mailsight.figures import explanations, formats
from mailsight.figures.metrics import Portion
from mailsight.heatmap import drawing
from mailsight.heatmap.badges import MEASURES, SCALE, SHOWS, ClickTotals, Measure, Show, figure, portion
from mailsight.mail.links import Link, LinkClicks, Matcher, outlook_links
from mailsight.mail.safety import SCHEMES, clean_address
from mailsight.mail.visibility import Seen

from . import campaign
from .campaign import CampaignReport
from .mails import MailView

Mark = tuple[str, str]  # a word at a link, and what it means


_SEEN: dict[Seen, Mark] = {
    Seen.PHONE: ("Only on phones", "It stands in a part of the mail that wide screens don't show."),
    Seen.WIDE: ("Not on phones", "It stands in a part of the mail that phones don't show."),
    Seen.NOWHERE: ("Not visible", "No reader sees it: it is hidden, or there is nothing in it to see."),
}


_IN_OUTLOOK: Mark = ("Outlook button", "Outlook on Windows shows this link as a button of its own (VML).")


_ONLY_IN_OUTLOOK: Mark = ("Only in Outlook", "Only Outlook on Windows shows this button (VML).")


_HEADINGS = {
    "clicks-share": "Share of clicks",
    "clickers-share": "Of who clicked",
    "clicks-rate": "Clicks per delivered",
    "clickers-rate": "Click-through rate",
}


_DIVIDED: tuple[Show, ...] = ("share", "rate")


_SHOWS_HELP = {
    "count": "How many",
    "share": "Of all clicks; or, of all customers who clicked anything, how many clicked this link",
    "rate": "Of all delivered mails",
}


def view(
    report: CampaignReport, mail: MailView | None, *, pictures: bool, chosen: str | None
) -> dict[str, Any]:
    """What heatmap.js draws of a campaign: its e-mail with the badges, and the list of links; None for a missing mail.

    `pictures`: whether the e-mail's pictures are loaded; `chosen`: the id of the link whose customers the grid shows.
    """
    totals = campaign.click_totals(report)
    clicks = [*report.links, *report.other_links]
    drawn = drawing.layers(mail.html, clicks, totals, pictures=pictures) if mail else None
    canvas = drawing.canvas(mail.html, pictures=pictures) if mail else None
    found = {link.link_position: link for link in canvas.links} if canvas else {}
    carriers = canvas.carriers if canvas else {}
    outlook = outlook_links(mail.html) if mail else []
    matcher = Matcher(list(found.values()))
    in_outlook = {
        position: button.link_position
        for button in outlook
        if (position := matcher.position(button.url)) is not None
    }
    labels = {link.link_position: link_label(link) for link in report.links}
    total = {link.link_position: link for link in report.links if link.shared_with > 1 and link.clicks}
    rows = [
        _row(
            link,
            totals,
            [
                *_seen(found.get(link.link_position or 0)),
                *([_IN_OUTLOOK] if link.link_position in in_outlook else []),
                *_sharing(link, total, carriers, labels),
            ],
        )
        for link in report.links
    ]
    return {
        "key": report.campaign.campaign_id,
        "html": drawn.html if drawn else None,
        "badges": drawn.badges if drawn else "",
        "looks": drawn.looks if drawn else {},
        "title": "The e-mail with the clicks on its links",
        "links": rows,
        "others": _others(report, totals, outlook, in_outlook),
        # A hollow badge leads to the customers of the link that counts its clicks.
        "carriers": {
            str(position): str(first)
            for position, first in carriers.items()
            if first in total and first != position and position not in _clicked(report)
        },
        "measures": [(key, label) for key, label in MEASURES.items()],
        "shows": [(key, label, _SHOWS_HELP[key]) for key, label in SHOWS.items()],
        "headings": _HEADINGS,
        "scale": [(shade.above_percent, shade.background, shade.text) for shade in SCALE],
        "pictures": pictures,
        "chosen": chosen,
    }


def _clicked(report: CampaignReport) -> set[int | None]:
    return {link.link_position for link in report.links if link.clicks}


def _others(
    report: CampaignReport, totals: ClickTotals, outlook: Sequence[Link], in_outlook: Mapping[int, int]
) -> list[dict[str, Any]]:
    """Clicks on what the mail does not hold, and the buttons that only Outlook shows."""
    only = [link for link in outlook if link.link_position not in in_outlook.values()]
    matcher = Matcher(only)
    rows, clicked = [], set()
    for link in report.other_links:
        position = matcher.position(link.url)
        clicked.add(position)
        rows.append(_row(link, totals, [_ONLY_IN_OUTLOOK] if position is not None else []))
    unclicked = [
        LinkClicks(None, button.url, button.label, 0, 0, 1)
        for button in only
        if button.link_position not in clicked
    ]
    return rows + [_row(link, totals, [_ONLY_IN_OUTLOOK]) for link in unclicked]


def _seen(link: Link | None) -> list[Mark]:
    return [_SEEN[link.seen]] if link and link.seen in _SEEN else []


def _sharing(
    link: LinkClicks,
    total: Mapping[int | None, LinkClicks],
    carriers: Mapping[int, int],
    labels: Mapping[int | None, str],
) -> list[Mark]:
    first = carriers.get(link.link_position, -1) if link.link_position is not None else -1
    if link.link_position in total:
        number = sum(one == first for one in carriers.values())
        return [(f"Shared by {number} links", "They lead to the same place, and the clicks don't say which.")]
    if first in total and not link.clicks:
        return [(f"Counted at “{labels.get(first, '')[:40]}”", "That link leads to the same place.")]
    return []


def _row(link: LinkClicks, totals: ClickTotals, marks: Sequence[Mark]) -> dict[str, Any]:
    label = link_label(link)
    address = re.sub("^https?://", "", link.url)
    shown: list[tuple[Measure, Show]] = [(measure, show) for measure in MEASURES for show in _DIVIDED]
    parts = {f"{measure}-{show}": portion(link, measure, show, totals) for measure, show in shown}
    tips = {f"{measure}-{show}": _tip(measure, show, parts[f"{measure}-{show}"]) for measure, show in shown}
    return {
        "id": link_id(link.link_position, link.url),
        "label": label,
        "note": address if address != label else "",
        "href": _href(link.url),
        "clicks": link.clicks,
        "clickers": link.clickers,
        "figures": {
            f"{measure}-{show}": figure(link, measure, show, totals) for measure in MEASURES for show in SHOWS
        },
        "tips": tips,
        "small": {name: _around(name, made_of) for name, made_of in parts.items() if made_of.is_small},
        "marks": marks,
    }


def _tip(measure: Measure, show: Show, made_of: Portion) -> list[str]:
    """How a link's share or rate is counted, in lines."""
    part = {"clicks": "clicks on this link", "clickers": "customers who clicked it"}[measure]
    whole = {
        "clicks-share": "all clicks",
        "clickers-share": "customers who clicked any link",
        "clicks-rate": "delivered mails",
        "clickers-rate": "delivered mails",
    }[f"{measure}-{show}"]
    # Several clicks of one customer depend on each other: an interval of them would say too much.
    likely = explanations.likely(made_of) if measure == "clickers" else ()
    return [f"{part} ÷ {whole}", formats.of(made_of.part, made_of.whole), *likely]


def _around(name: str, made_of: Portion) -> str:
    """The interval of a share of customers, as it stands under one of few."""
    return formats.interval(made_of.interval) if name.startswith("clickers") and made_of.interval else ""


def link_id(position: int | None, url: str) -> str:
    return f"url:{url}" if position is None else str(position)


def link_label(link: LinkClicks) -> str:
    return link.label or link.url or "Unknown link"


def _href(url: str) -> str | None:
    """The address where it may be opened."""
    address = clean_address(url)
    return address if address.partition(":")[0].lower() in SCHEMES else None
