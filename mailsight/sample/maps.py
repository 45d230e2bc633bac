"""Drawn maps for the sample's e-mails with image maps: a picture and the clickable area of each place."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, sin, tau
from random import Random
from typing import Any

from markupsafe import Markup

from .pictures import drawing
from .plans import map_styles
from .shapes import WIDTH, area, data_uri, gradient, shape, stars

HEIGHT = 460
Look = dict[str, Any]
# Centre and half size of the three lands; then the round picture, the postcard, and the ticket to all places.
_LANDS = ((150, 118, 112, 74), (452, 132, 112, 80), (306, 318, 130, 84))
_ROUND = (98, 330, 72)
_CARD = (437, 249, 150, 116)
_TICKET = (420, 396, 168, 48)
_ROUTE = "M98 330C60 220 100 190 150 130S360 40 452 136S540 230 512 300S400 380 306 322S170 380 98 330"
_GROWTH = ((-62, 4), (-44, -22), (-20, -40), (22, -42), (46, -20), (64, 6), (-58, 28), (60, 30))


@dataclass(frozen=True, slots=True)
class Area:
    """A region of an image map; `coords` are in pixels of the 600 by 460 picture."""

    shape: str  # poly, circle, rect
    coords: str


def drawn_map(style: str, places: Sequence[tuple[str, str]], seed: str) -> tuple[Markup, list[Area]]:
    """The map of five (name, scene) as a `data:` URI, and six areas: one per place, then the ticket to all of them."""
    look, random = map_styles()[style], Random(f"{style} {seed}")
    body, areas, pins = _ground(look, random), [], []
    for number, (left, top, wide, high) in enumerate(_LANDS):
        x, y = left + random.randrange(-10, 11), top + random.randrange(-8, 9)
        coast = _coast(random, x, y, wide, high)
        areas.append(Area("poly", ",".join(f"{px},{py}" for px, py in coast)))
        body += _land(look, coast, number) + _growth(look, random, x, y)
        pins.append((x, y + 4))

    x, y, radius = _ROUND
    areas.append(Area("circle", f"{x},{y},{radius}"))
    inner = radius - 6
    body += f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#fff"/>'
    body += f'<clipPath id="round"><circle cx="{x}" cy="{y}" r="{inner}"/></clipPath>'
    body += f'<g clip-path="url(#round)">{_inset(places[3][1], seed, x - 124, y - inner, 248, 2 * inner)}</g>'
    pins.append((x, y + 34))

    x, y, wide, high = _CARD
    areas.append(Area("rect", f"{x},{y},{x + wide},{y + high}"))
    card = f'<rect x="{x}" y="{y}" width="{wide}" height="{high}" rx="4" fill="#fff"/>'
    card += _inset(places[4][1], seed, x + 7, y + 7, wide - 14, high - 32)
    body += f'<g transform="rotate(2 {x + wide // 2} {y + high // 2})">{card}</g>'
    pins.append((x + wide // 2, y + 82))

    x, y, wide, high = _TICKET
    areas.append(Area("rect", f"{x},{y},{x + wide},{y + high}"))
    body += shape("ticket", x, y, colour=look["pin"])
    for number, ((name, _), (x, y)) in enumerate(zip(places, pins, strict=True), start=1):
        body += _pin(look, number, name, x, y)
    return data_uri(body, WIDTH, HEIGHT), areas


def _ground(look: Look, random: Random) -> str:
    waves = "".join(
        f"M{random.randrange(-10, 570)} {random.randrange(16, 446)}q7-7 14 0t14 0" for _ in range(34)
    )
    return (
        gradient("s", look["ground"])
        + gradient("l", look["land"])
        + f'<path fill="url(#s)" d="M0 0H{WIDTH}V{HEIGHT}H0z"/>'
        + (stars(random, 250) if look["ground"][0] == "0b1a3e" else "")
        + _line(waves, look["ring"], 2, ".5")
        + shape("compass", 306, 44, ink=look["ink"])
        + _line(_ROUTE, look["ink"], 2.5, '.55" stroke-dasharray="2 8')
    )


def _line(path: str, colour: str, width: float, opacity: str) -> str:
    look = f'fill="none" stroke="#{colour}" stroke-width="{width}" stroke-opacity="{opacity}" stroke-linecap="round"'
    return f'<path {look} d="{path}"/>'


def _coast(random: Random, x: int, y: int, wide: int, high: int) -> list[tuple[int, int]]:
    """Twelve points on the coast of a land."""
    angles = [tau * step * 0.08333 for step in range(12)]
    reach = [0.84 + random.random() * 0.22 for _ in angles]
    return [
        (round(x + wide * far * cos(angle)), round(y + high * far * sin(angle)))
        for angle, far in zip(angles, reach, strict=True)
    ]


def _land(look: Look, coast: Sequence[tuple[int, int]], number: int) -> str:
    neighbours = zip(coast, [*coast[1:], coast[0]], strict=True)
    middles = [((a[0] + b[0]) // 2, (a[1] + b[1]) // 2) for a, b in neighbours]
    path = f"M{middles[-1][0]} {middles[-1][1]}"
    for (x, y), (middle_x, middle_y) in zip(coast, middles, strict=True):
        path += f"Q{x} {y} {middle_x} {middle_y}"
    shore = f'<use href="#c{number}" stroke="#{look["ring"]}" '
    return (
        f'<path id="c{number}" fill="url(#l)" d="{path}z"/>{shore}stroke-width="20" stroke-opacity=".3"/>'
        f'{shore}stroke-width="5" stroke-opacity=".9"/><use href="#c{number}"/>'
    )


def _growth(look: Look, random: Random, x: int, y: int) -> str:
    """Trees, peaks or houses around the pin."""
    first = second = ""
    for dx, dy in _GROWTH:
        px, py, size = x + dx + random.randrange(-6, 7), y + dy, random.randrange(11, 18)
        if look["growth"] == "trees":
            first += f"M{px} {py - size}a{size * 6 // 10} {size * 6 // 10} 0 1 1-1 0z"
            second += f"M{px - 2} {py}h3v{size // 2 + 4}h-3z"
        elif look["growth"] == "peaks":
            first += f"M{px - size} {py + 6}L{px} {py - size - 6}L{px + size} {py + 6}z"
            second += (
                f"M{px - 5} {py - size + 3}L{px} {py - size - 6}L{px + 5} {py - size + 3}l-3 4l-2-3l-2 3z"
            )
        else:
            first += f"M{px - 8} {py}h16v{size}h-16z"
            second += f"M{px - 11} {py + 1}L{px} {py - 12}L{px + 11} {py + 1}z"
    return area(first, look["growth_colours"][0]) + area(second, look["growth_colours"][1])


def _inset(scene: str, seed: str, x: int, y: int, wide: int, high: int) -> str:
    """A small landscape within the map. Its SVG ids are prefixed with `x`, so that they don't clash with others."""
    body = drawing(scene, seed, 320)
    for mark in ('id="', "url(#", 'href="#'):
        body = body.replace(mark, f"{mark}x{x}")
    view = f'viewBox="0 0 {WIDTH} 320" preserveAspectRatio="xMidYMid slice"'
    return f'<svg x="{x}" y="{y}" width="{wide}" height="{high}" {view}>{body}</svg>'


def _pin(look: Look, number: int, name: str, x: int, y: int) -> str:
    half = 22 + len(name) * 4
    words = 'font-family="Helvetica,Arial,sans-serif" font-weight="700" text-anchor="middle"'
    return (
        f'<g transform="translate({min(x, WIDTH - half - 6)} {y})" {words}>'
        f'<rect x="{-half}" y="10" width="{2 * half}" height="24" rx="12" fill="#fff"/>'
        f'<text y="27" font-size="14" fill="#21313f">{name}</text>'
        f'<path fill="#{look["pin"]}" stroke="#fff" stroke-width="2" '
        'd="M0 7C-15-9-17-17-17-24a17 17 0 0 1 34 0C17-17 15-9 0 7z"/>'
        f'<text y="-18" font-size="16" fill="#fff">{number}</text></g>'
    )
