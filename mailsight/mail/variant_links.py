"""The links of a variant of an e-mail, with the clicks that are counted on those of its template."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from .links import Link, LinkClicks, Matcher, links, shared


def placed_clicks(
    html: str, template: Sequence[LinkClicks], clicked: Sequence[LinkClicks]
) -> tuple[list[LinkClicks], list[LinkClicks], dict[int, int]]:
    """The links of a variant with their clicks, the clicks on others, and where its links are in the template.

    A link is that of the template with the same URL and label, else the one that its URL belongs to. A click on a link
    that the variant doesn't show belongs to another link with its URL. Meant for a worker process.
    """
    own = links(html)
    by_position = {link.link_position: link for link in template}
    positions = _positions(own, by_position)
    matcher, carriers = Matcher(own), shared(own)
    sizes = Counter(carriers.values())
    first_at: dict[int | None, int] = {at: position for position, at in reversed(positions.items())}
    placed = {
        link.link_position: LinkClicks(link.link_position, link.url, link.label, 0, 0, 1) for link in own
    }
    others: dict[tuple[str, str], LinkClicks] = {}
    for click in clicked:
        link = by_position.get(click.link_position, click) if click.link_position is not None else click
        place = first_at.get(link.link_position) if link.link_position is not None else None
        place = matcher.position(link.url) if place is None else place
        if place is None:
            before = others.get((link.url, link.label), LinkClicks(None, link.url, link.label, 0, 0, 1))
            others[link.url, link.label] = _more(before, click, 1)
        else:
            placed[place] = _more(placed[place], click, sizes[carriers[place]] if link.shared_with > 1 else 1)
    return list(placed.values()), sorted(others.values(), key=lambda link: -link.clicks), positions


def _more(link: LinkClicks, click: LinkClicks, shared_with: int) -> LinkClicks:
    return replace(
        link,
        clicks=link.clicks + click.clicks,
        clickers=link.clickers + click.clickers,
        shared_with=max(link.shared_with, shared_with),
    )


def _positions(own: Sequence[Link], template: Mapping[int | None, LinkClicks]) -> dict[int, int]:
    """Where each link is in the template."""
    same: dict[tuple[str, str], list[int]] = defaultdict(list)
    originals = [Link(at, link.url, link.label) for at, link in template.items() if at is not None]
    for original in originals:
        same[original.url, original.label].append(original.link_position)
    matcher = Matcher(originals)
    positions: dict[int, int] = {}
    for link in own:
        # What a loop repeats counts as the last of its links.
        candidates = same.get((link.url, link.label), [])
        at = candidates.pop(0) if len(candidates) > 1 else next(iter(candidates), None)
        at = matcher.position(link.url) if at is None else at
        if at is not None:
            positions[link.link_position] = at
    return positions
