"""The view model of the Heatmap tab: the e-mail with its badges, and the list of links with their figures."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from heapq import nlargest
from itertools import islice
from typing import Any

from mailsight.figures import explanations, formats, locales
from mailsight.figures.metrics import Portion
from mailsight.heatmap import drawing
from mailsight.heatmap.badges import (
    MAX_BADGES,
    MEASURES,
    SCALE,
    SHOWS,
    ClickTotals,
    LinkTotals,
    Measure,
    Show,
    beyond,
    figure,
    more,
    portion,
)
from mailsight.mail.links import Link, LinkClicks, Matcher, outlook_links
from mailsight.mail.personal_links import Recipient, effect
from mailsight.mail.safety import SCHEMES
from mailsight.mail.values import clean_address
from mailsight.mail.visibility import Visibility
from mailsight.merging.sample_values import NO_VALUES, SAMPLE, sampled, sampled_mail
from mailsight.merging.values import Json

_MAX_OUTLOOK_LINKS = 200  # e-mails have a few; each takes a row
# A longer list is slow and of no use.
MAX_ROWS = 1_000
Mark = tuple[str, str]  # a label next to a link, and its explanation


_VISIBILITY_MARKS: dict[Visibility, Mark] = {
    Visibility.PHONE: ("Only on phones", "Wide screens hide this part of the e-mail."),
    Visibility.WIDE: ("Not on phones", "Phones hide this part of the e-mail."),
    Visibility.NOWHERE: ("Not visible", "Readers can't see this link: it is hidden or empty."),
}
_IN_OUTLOOK: Mark = ("Outlook button", "Outlook on Windows shows this link as a separate button (VML).")
_ONLY_IN_OUTLOOK: Mark = ("Only in Outlook", "Only Outlook on Windows shows this button (VML).")

_HEADINGS = {
    "clicks-share": "Share of clicks",
    "clickers-share": "Share of clickers",
    "clicks-rate": "Clicks per delivered",
    "clickers-rate": "Click-through rate",
}
_DIVIDED: tuple[Show, ...] = ("share", "rate")
_SHOWS_HELP = {
    "count": "The number of clicks or customers",
    "share": "The share of all clicks, or of all customers who clicked any link",
    "rate": "Relative to the number of delivered e-mails",
}


def view(
    links: Sequence[LinkClicks],
    other_links: Sequence[LinkClicks],
    totals: ClickTotals,
    link_totals: LinkTotals,
    html: str | None,
    *,
    values: Mapping[str, Json] = NO_VALUES,
    recipient: Recipient = SAMPLE,
    pictures: bool = False,
) -> dict[str, Any]:
    """Return the data that heatmap.js draws. Without an e-mail, "html" is None and only the list of links is drawn.

    Merge fields have sample values, from `values` where they name nobody (see `merging.sample_values`). Personal links
    don't open; `recipient` is the customer whose copy it is, if any. `pictures`: whether to load the e-mail's images.
    The e-mail is untrusted, so run this in a worker process.
    """
    html = None if html is None else sampled_mail(html, values)
    links = [_with_samples(link, values) for link in links]
    clicks = [*links, *other_links]
    drawn = None if html is None else drawing.layers(html, clicks, totals, recipient, pictures=pictures)
    canvas = None if html is None else drawing.canvas(html, recipient, pictures=pictures)
    links_in_mail = {link.link_position: link for link in canvas.links} if canvas else {}
    carriers = canvas.carriers if canvas else {}
    outlook = [] if html is None else outlook_links(html)[:_MAX_OUTLOOK_LINKS]
    matcher = Matcher(list(links_in_mail.values()))
    in_outlook = {
        position: button.link_position
        for button in outlook
        if (position := matcher.position(button.url)) is not None
    }
    clicked = {link.link_position for link in links if link.clicks}
    group_sizes = Counter(carriers.values())
    labels = {link.link_position: link_label(link) for link in links}
    shared_totals = {link.link_position: link for link in links if link.shared_with > 1 and link.clicks}
    listed = _most_clicked(links)
    rows = [
        _row(
            link,
            totals,
            [
                *_seen(links_in_mail.get(link.link_position or 0)),
                *([_IN_OUTLOOK] if link.link_position in in_outlook else []),
                *_sharing(link, shared_totals, carriers, group_sizes, labels),
            ],
            recipient,
        )
        for link in listed
    ]
    listed_others = _most_clicked(other_links)
    others = _others(listed_others, totals, outlook, in_outlook, recipient)
    return {
        "html": drawn.html if drawn else None,
        "origins": canvas.origins if canvas else (),
        "badges": drawn.badges if drawn else "",
        "looks": drawn.looks if drawn else {},
        "title": "The e-mail with the clicks on its links; the list of links has the same figures",
        "styles": drawing.LOOKS,
        "pointer_width": drawing.POINTER_WIDTH,
        "titles": drawn.titles if drawn else [],
        "urls": drawn.urls if drawn else [],
        "near": drawn.near if drawn else [],
        "moved": drawn.moved if drawn else [],
        "notices": [notice for notice in (canvas.notice, beyond(link_totals)) if notice] if canvas else [],
        "links": rows,
        "more_links": more(listed, link_totals.links, link_totals.clicks),
        "links_count": formats.count(len(rows)),
        "others": others,
        "others_count": formats.count(len(others)),
        "more_others": more(listed_others, link_totals.other_links, link_totals.other_clicks),
        # A click on a hollow badge shows the customers of the link that carries its clicks.
        "carriers": {
            str(position): str(first)
            for position, first in islice(carriers.items(), MAX_BADGES)
            if first in shared_totals and first != position and position not in clicked
        },
        "measures": [(key, label) for key, label in MEASURES.items()],
        "shows": [(key, label, _SHOWS_HELP[key]) for key, label in SHOWS.items()],
        "headings": _HEADINGS,
        "scale": [
            (shade.above_percent, shade.background, shade.text, formats.whole_percent(shade.above_percent))
            for shade in SCALE
        ],
        "group": locales.current().group,
        "pictures": pictures,
    }


def _with_samples(link: LinkClicks, values: Mapping[str, Json]) -> LinkClicks:
    label, url = (sampled(text, values, escape=False) for text in (link.label, link.url))
    return replace(link, label=label, url=url)


def _most_clicked(links: Sequence[LinkClicks]) -> Sequence[LinkClicks]:
    """The most clicked links, in the order given."""
    if len(links) <= MAX_ROWS:
        return links
    most = nlargest(MAX_ROWS, range(len(links)), key=lambda index: (links[index].clicks, -index))
    return [links[index] for index in sorted(most)]


def _others(
    listed: Sequence[LinkClicks],
    totals: ClickTotals,
    outlook: Sequence[Link],
    in_outlook: Mapping[int, int],
    recipient: Recipient,
) -> list[dict[str, Any]]:
    """Return the rows of clicked links that are not in the e-mail, and of buttons that only Outlook shows."""
    shown_elsewhere = set(in_outlook.values())
    only = [link for link in outlook if link.link_position not in shown_elsewhere]
    matcher = Matcher(only)
    buttons = {link.url: matcher.position(link.url) for link in listed}
    clicked = set(buttons.values())
    unclicked = [
        LinkClicks(None, button.url, button.label, 0, 0, 1)
        for button in only
        if button.link_position not in clicked
    ]
    rows = [
        _row(link, totals, [_ONLY_IN_OUTLOOK] if buttons[link.url] is not None else [], recipient)
        for link in listed
    ]
    return rows + [_row(link, totals, [_ONLY_IN_OUTLOOK], recipient) for link in unclicked]


def _seen(link: Link | None) -> list[Mark]:
    return [_VISIBILITY_MARKS[link.visibility]] if link and link.visibility in _VISIBILITY_MARKS else []


def _sharing(
    link: LinkClicks,
    shared_totals: Mapping[int | None, LinkClicks],
    carriers: Mapping[int, int],
    group_sizes: Mapping[int, int],
    labels: Mapping[int | None, str],
) -> list[Mark]:
    first = carriers.get(link.link_position, -1) if link.link_position is not None else -1
    if link.link_position in shared_totals:
        return [
            (
                f"Shared by {group_sizes.get(first, 0)} links",
                "These links have the same address, so their clicks are counted together.",
            )
        ]
    if first in shared_totals and not link.clicks:
        return [(f"Counted at “{labels.get(first, '')[:40]}”", "That link has the same address.")]
    return []


def _row(
    link: LinkClicks, totals: ClickTotals, marks: Sequence[Mark], recipient: Recipient
) -> dict[str, Any]:
    label = link_label(link)
    address = re.sub("^https?://", "", link.url)
    shown: list[tuple[Measure, Show]] = [(measure, show) for measure in MEASURES for show in _DIVIDED]
    parts = {f"{measure}-{show}": portion(link, measure, show, totals) for measure, show in shown}
    tips = {f"{measure}-{show}": _tip(measure, show, parts[f"{measure}-{show}"]) for measure, show in shown}
    return {
        "id": link_id(link.link_position, link.url),
        "label": label,
        "note": address if address != label else "",
        "url": link.url,
        "href": _href(link, recipient),
        "clicks": link.clicks,
        "clickers": link.clickers,
        "figures": {
            f"{measure}-{show}": figure(link, measure, show, totals) for measure in MEASURES for show in SHOWS
        },
        "tips": tips,
        "small": {name: _interval(name, part) for name, part in parts.items() if part.is_small},
        "marks": marks,
    }


def _tip(measure: Measure, show: Show, counts: Portion) -> list[str]:
    """Explain in a few lines how a link's share or rate is counted."""
    part = {"clicks": "clicks on this link", "clickers": "customers who clicked it"}[measure]
    whole = {
        "clicks-share": "all clicks",
        "clickers-share": "customers who clicked any link",
        "clicks-rate": "delivered e-mails",
        "clickers-rate": "delivered e-mails",
    }[f"{measure}-{show}"]
    # One customer's clicks depend on each other, so an interval over clicks would be too narrow.
    likely = explanations.likely(counts) if measure == "clickers" else ()
    return [f"{part} ÷ {whole}", formats.of(counts.part, counts.whole), *likely]


def _interval(name: str, counts: Portion) -> str:
    """Return the interval to show under a share of few customers; empty for shares of clicks."""
    return formats.interval(counts.interval) if name.startswith("clickers") and counts.interval else ""


def link_id(position: int | None, url: str) -> str:
    return f"url:{url}" if position is None else str(position)


def link_label(link: LinkClicks) -> str:
    return link.label or link.url or "Unknown link"


def _href(link: LinkClicks, recipient: Recipient) -> str | None:
    """Return the address if it is safe to open, and the same for everybody."""
    address = clean_address(link.url)
    is_safe = address.partition(":")[0].lower() in SCHEMES
    return address if is_safe and effect(address, link.label, recipient) is None else None
