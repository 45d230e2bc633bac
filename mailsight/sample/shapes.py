"""SVG building blocks for the sample's pictures: sky, sun, hills, peaks, water, trees. Pictures are 600 wide."""

import re
from collections.abc import Callable, Iterable, Sequence
from random import Random
from urllib.parse import quote

from markupsafe import Markup

from .plans import shapes

WIDTH = 600


def data_uri(body: str, width: int = WIDTH, height: int = 320) -> Markup:
    """The drawing as a `data:` URI for a double-quoted attribute; as text it is a quarter shorter than in Base64."""
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">{body}</svg>'
    address = quote(svg.replace('"', "'"), safe=" '=/:;,.()-+!*?@")
    return Markup(f"data:image/svg+xml,{address}")  # noqa: S704 (nothing in it ends an attribute)


def shape(name: str, x: float = 0, y: float = 0, size: float = 1, **colours: str) -> str:
    """A drawing from shapes.toml with its position, size and colours."""
    drawing = re.sub(r"\[\[(\w+)\]\]", lambda word: colours[word[1]], shapes()[name].replace("\n", ""))
    scale = "" if size == 1 else f" scale({size:.2f})"
    return f'<g transform="translate({x:.0f} {y:.0f}){scale}">{drawing}</g>'


def area(path: str, colour: str, opacity: str = "") -> str:
    return f'<path fill="#{colour}"' + (f' opacity="{opacity}"' if opacity else "") + f' d="{path}"/>'


def dots(places: Iterable[tuple[int, int]], width: float, opacity: float) -> str:
    path = "".join(f"M{x} {y}h0" for x, y in places)
    look = f'stroke="#fff" stroke-opacity="{opacity}" stroke-width="{width}" stroke-linecap="round"'
    return f'<path {look} d="{path}"/>'


def gradient(name: str, colours: Sequence[str]) -> str:
    step = 100 // (len(colours) - 1)
    stops = "".join(f'<stop offset="{index * step}%" stop-color="#{c}"/>' for index, c in enumerate(colours))
    return f'<linearGradient id="{name}" x2="0" y2="1">{stops}</linearGradient>'


def sky(colours: Sequence[str], horizon: int) -> str:
    return f'{gradient("s", colours)}<path fill="url(#s)" d="M0 0H600V{horizon}H0z"/>'


def water(colours: Sequence[str], horizon: int, height: int) -> str:
    return f'{gradient("w", colours)}<path fill="url(#w)" d="M0 {horizon}H600V{height}H0z"/>'


def sun(x: int, y: int, radius: int, colours: Sequence[str]) -> str:
    disc, glow = colours
    return (
        f'<radialGradient id="g"><stop stop-color="#{glow}" stop-opacity=".85"/>'
        f'<stop offset="1" stop-color="#{glow}" stop-opacity="0"/></radialGradient>'
        f'<circle cx="{x}" cy="{y}" r="{radius * 5}" fill="url(#g)"/>'
        f'<circle cx="{x}" cy="{y}" r="{radius}" fill="#{disc}"/>'
    )


def stars(random: Random, bottom: int, count: int = 34) -> str:
    places = [(random.randrange(WIDTH), random.randrange(bottom)) for _ in range(count)]
    return dots(places, 2, 0.6) + dots(places[::4], 3.4, 1)


def clouds(random: Random, top: int, bottom: int, opacity: str, count: int = 3) -> str:
    path = ""
    for _ in range(count):
        x, y, wide = random.randrange(-30, 520), random.randrange(top, bottom), random.randrange(80, 190)
        path += (
            f"M{x} {y}h{wide}M{x + wide // 4} {y - 11}h{wide // 2}M{x + wide // 3} {y + 10}h{wide * 3 // 4}"
        )
    return f'<path stroke="#fff" stroke-opacity="{opacity}" stroke-width="12" stroke-linecap="round" d="{path}"/>'


def curve(points: Sequence[tuple[float, float]], floor: int, colour: str, opacity: str = "") -> str:
    """A smooth line through the points, filled down to `floor`."""
    (start, top), *rest = points
    path = f"M{start:.0f} {top:.0f}"
    for (x, y), (next_x, next_y) in zip(rest, [*rest[1:], rest[-1]], strict=True):
        path += f"Q{x:.0f} {y:.0f} {(x + next_x) * 0.5:.0f} {(y + next_y) * 0.5:.0f}"
    return area(f"{path}V{floor}H{start:.0f}z", colour, opacity)


def hills(
    random: Random, base: int, rise: int, floor: int, colour: str, step: int = 110, opacity: str = ""
) -> str:
    points = [(x, base - random.random() * rise) for x in range(-step, WIDTH + 2 * step, step)]
    return curve(points, floor, colour, opacity)


def peaks(random: Random, base: int, rise: int, floor: int, colours: Sequence[str], step: int = 150) -> str:
    """A mountain range lit from the left, with snow on the higher peaks; colours are light, shade and snow."""
    light, shade, snow = colours
    ground, shades, caps = f"M-60 {floor}", "", ""
    x = -90 + random.randrange(50)
    while x < WIDTH + 90:
        half = int(step * (0.55 + random.random() * 0.5))
        tall = int(rise * (0.45 + 0.55 * random.random()))
        top, right = base - tall, x + 2 * half
        peak = x + half + random.randrange(-18, 18)
        ground += f"L{x} {base}L{peak} {top}L{right} {base}"
        fold = f"L{peak + tall // 8} {top + tall * 6 // 10}L{peak - 4} {top + tall * 3 // 10}z"
        shades += f"M{peak} {top}L{right} {base}H{peak - 12}{fold}"
        if tall > rise * 0.55:
            deep = tall * 34 // 100
            west, east, line = (peak - x) * 34 // 100, (right - peak) * 34 // 100, top + deep * 7 // 10
            caps += f"M{peak} {top}l{east} {deep}L{peak + east // 2} {line}L{peak + 2} {top + deep + 9}"
            caps += f"L{peak - west // 2} {line}L{peak - west} {top + deep}z"
        x += int(half * 1.35)
    return area(f"{ground}L660 {floor}z", light) + area(shades, shade) + area(caps, snow)


def pines(random: Random, base: Callable[[int], int], colour: str, places: Iterable[int], size: int) -> str:
    path = ""
    for x in places:
        tall, y = int(size * (0.65 + 0.6 * random.random())), base(x)
        for level in range(3):
            wide = tall * 3 * (level + 2) // 40
            path += f"M{x} {y - tall + level * tall // 4}l{wide} {tall // 2}h{-2 * wide}z"
        path += f"M{x - 2} {y - tall // 4}h4v{tall // 3}h-4z"
    return area(path, colour)


def glitter(random: Random, x: int, horizon: int, height: int, colour: str) -> str:
    """Reflections of the sun on the water."""
    path, y = "", horizon + 5
    while y < height:
        spread = 14 + (y - horizon) // 2
        for _ in range(2):
            path += f"M{x + random.randrange(-spread, spread)} {y}h{random.randrange(10, 24 + spread // 2)}"
        y += 6 + (y - horizon) // 12
    look = f'stroke="#{colour}" stroke-opacity=".55" stroke-width="2.4" stroke-linecap="round"'
    return f'<path {look} d="{path}"/>'
