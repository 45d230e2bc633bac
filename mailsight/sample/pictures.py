"""Pictures for the sample's e-mails: seeded landscapes as small SVGs, no two alike.

Each scene consists of layers from back to front: sky, sun, horizon, foreground.
"""

from collections.abc import Callable
from random import Random
from typing import Any

from markupsafe import Markup

from . import lands
from .plans import palettes, shapes
from .shapes import (
    WIDTH,
    area,
    clouds,
    curve,
    data_uri,
    glitter,
    hills,
    peaks,
    pines,
    shape,
    sky,
    stars,
    sun,
    water,
)

Palette = dict[str, Any]


def picture(scene: str, seed: str, *, height: int = 320) -> Markup:
    """The scene as a `data:` URI; a city's scene also names its landmark (`city dome`)."""
    return data_uri(drawing(scene, seed, height), WIDTH, height)


def drawing(scene: str, seed: str, height: int) -> str:
    kind, _, landmark = scene.partition(" ")
    random = Random(f"{scene} {seed}")
    colours = random.choice(palettes()[kind])
    return SCENES[kind](random, {**colours, "landmark": landmark}, height)


def _sea(random: Random, look: Palette, height: int) -> str:
    horizon, x = height * 55 // 100, random.randrange(150, 470)
    cape = [(-20, -62), (60, -70), (130, -30), (190, -24), (240, 0), (300, 2)]
    if random.random() < 0.5:
        cape = [(WIDTH - px, dy) for px, dy in reversed(cape)]
    shore = [(-20, 18), (110, 34), (250, 12), (390, 40), (520, 66), (660, 80)]
    before = random.choice(
        [
            shape("palm", random.randrange(500, 560), height - 190, 1.05, colour="25404a"),
            shape("parasol", random.randrange(470, 540), height - 52, 0.9),
            shape("lighthouse", random.choice((70, 520)), horizon + 6, 0.85),
            "",
        ]
    )
    return (
        sky(look["sky"], horizon)
        + sun(x, horizon - random.randrange(26, 80), 26, look["sun"])
        + clouds(random, 30, horizon - 70, ".35")
        + hills(random, horizon + 4, 26, horizon + 2, look["land"], 70, ".45")
        + water(look["water"], horizon, height)
        + curve([(px, horizon + dy) for px, dy in cape], horizon + 3, look["land"])
        + glitter(random, x, horizon, height - 30, look["sun"][0])
        + _boat(random, 180, 420, horizon + random.randrange(24, 52))
        + curve([(px, height - up - 11) for px, up in shore], height, "ffffff", ".69")
        + curve([(px, height - up) for px, up in shore], height, look["sand"])
        + before
    )


def _boat(random: Random, left: int, right: int, y: int) -> str:
    x, size = random.randrange(left, right), 0.6 + random.random() * 0.4
    return shape("boat", x, y, size, sail="ffffff", hull="27364a")


def _island(random: Random, look: Palette, height: int) -> str:
    horizon, x = height * 60 // 100, random.randrange(70, 210)
    slope = [(100, 103), (220, 80), (330, 52), (430, 33), (560, 20), (660, 18)]
    return (
        sky(look["sky"], horizon)
        + sun(x, height * 30 // 100, 24, look["sun"])
        + clouds(random, 24, height * 26 // 100, ".45", 2)
        + hills(random, horizon + 2, 34, horizon, "4a6fa0", opacity=".5")
        + water(look["water"], horizon, height)
        + glitter(random, x, horizon, height, "ffffff")
        + _boat(random, 60, 180, horizon + random.randrange(30, 60))
        + curve([(px, height * share * 0.01) for px, share in slope], height, "b9876b")
        + "".join(_terrace(random, row, height) for row in range(4))
        + "".join(_flowers(random, height) for _ in range(7))
    )


def _terrace(random: Random, row: int, height: int) -> str:
    """A row of white houses climbing to the right, some with a blue dome."""
    y = height * 27 // 100 + row * height * 20 // 100
    left = 392 - row * 66 + random.randrange(-10, 14)
    houses = shades = domes = windows = ""
    while left < WIDTH + 10:
        wide, extra = random.randrange(46, 84), random.randrange(0, 20)
        top, tall = y - (left - 330) * 22 // 100 - extra, extra + 76
        houses += f"M{left} {top}h{wide}v{tall}h{-wide}z"
        shades += f"M{left + wide - 10} {top}h10v{tall}h-10z"
        windows += f"M{left + 10} {top + 16}h8v13h-8zM{left + wide - 30} {top + 16}h8v13h-8z"
        if random.random() < 0.3:
            radius = wide // 2 - 8
            domes += f"M{left + 5} {top}a{radius} {radius} 0 0 1 {wide - 16} 0z"
        left += wide + random.randrange(0, 26)
    wall = ("e6edf6", "eff3fa", "f7f9fd", "ffffff")[row]
    return area(houses, wall) + area(shades, "c9d6e6") + area(domes, "2f6fb3") + area(windows, "5f86b5")


def _flowers(random: Random, height: int) -> str:
    x, y = random.randrange(250, 590), random.randrange(height * 6 // 10, height)
    return f'<circle cx="{x}" cy="{y}" r="{random.randrange(7, 14)}" fill="#d9417f"/>'


def _lake(random: Random, look: Palette, height: int) -> str:
    horizon, x = height * 58 // 100, random.randrange(230, 380)
    far, middle, near = look["layers"]
    bank = [(300, -8), (390, 12), (480, 34), (570, 44), (660, 60)]
    return (
        sky(look["sky"], horizon)
        + sun(random.randrange(90, 520), height * 24 // 100, 22, look["sun"])
        + clouds(random, 26, height * 30 // 100, ".5")
        + peaks(random, horizon, height * 40 // 100, horizon + 2, (far, middle, "ffffff"))
        + hills(random, horizon + 4, 44, horizon + 6, middle, 100)
        + water(look["water"], horizon, height)
        + glitter(random, x - 60, horizon + 20, height, "ffffff")
        + shape("church_isle", x, horizon + 30, land=near)
        + shape("rower", x + random.choice((-170, 150)), horizon + 66)
        + curve([(px, height - up) for px, up in bank], height, near)
        + pines(random, lambda place: height - 20, near, range(470, 600, 24), 70)
    )


def _fjord(random: Random, look: Palette, height: int) -> str:
    horizon = height * 66 // 100
    far, middle, near, front = look["layers"]
    west = [(-20, 170), (60, 190), (120, 120), (170, 70), (235, 10), (280, -4)]
    east = [(330, -4), (380, 40), (440, 130), (500, 150), (570, 210), (660, 200)]

    def slope(points: list[tuple[int, int]]) -> str:
        bumpy = [
            (x + random.randrange(-14, 14), horizon - up + random.randrange(-12, 12)) for x, up in points
        ]
        return curve(bumpy, horizon + 6, near)

    bank = [(-20, 46), (60, 54), (150, 22), (260, 4), (330, -8)]
    return (
        sky(look["sky"], horizon)
        + sun(random.randrange(250, 350), height * 28 // 100, 22, look["sun"])
        + peaks(random, horizon, height * 42 // 100, horizon + 2, (far, middle, "f7fafc"))
        + clouds(random, horizon - 60, horizon - 20, ".35")
        + water(look["water"], horizon, height)
        + slope(west)
        + slope(east)
        + glitter(random, 300, horizon, height, "ffffff")
        + "".join(shape("hut", x + random.randrange(28), horizon - 2, 0.8) for x in (440, 500, 555))
        + shape("boat", random.randrange(200, 330), horizon + 46, 0.75, sail="fdf6e8", hull="8f3a35")
        + curve([(px, height - up) for px, up in bank], height, front)
        + pines(random, lambda place: height - 22, front, range(6, 150, 22), 66)
    )


def _city(random: Random, look: Palette, height: int) -> str:
    quay = height * 80 // 100
    far, walls, roofs = look["layers"]
    skyline = _skyline(random, quay)
    houses, tops, windows = _houses(random, quay)
    crowns: dict[str, str] = shapes()["crowns"]
    crown = crowns[look["landmark"] or random.choice(list(crowns))]
    night = look["sky"][0] == "0f1d3f"
    above = stars(random, height * 45 // 100, 20) if night else clouds(random, 26, height * 38 // 100, ".3")
    return (
        sky(look["sky"], height)
        + above
        + sun(random.randrange(100, 500), height * 34 // 100, 24, look["sun"])
        + area(skyline, far, ".75")
        + f'<g transform="translate({random.randrange(150, 400)} {quay})">{area(crown, walls)}</g>'
        + area(houses, walls)
        + area(tops, roofs)
        + f'<path stroke="#{look["light"]}" stroke-width="8" stroke-dasharray="12 10" d="{windows}"/>'
        + area(f"M0 {quay - 6}H600V{height}H0z", roofs)
        + water((walls, roofs), quay + 6, height)
        + glitter(random, 150, quay + 6, height, look["light"])
        + glitter(random, 420, quay + 6, height, look["light"])
    )


def _skyline(random: Random, quay: int) -> str:
    path, x = "", -10
    while x < WIDTH + 10:
        wide, tall = random.randrange(26, 52), random.randrange(60, 128)
        path += f"M{x} {quay}v{-tall}h{wide}v{tall}z"
        if random.random() < 0.3:
            path += f"M{x + wide // 2 - 6} {quay - tall}l6-46l6 46z"
        x += wide + random.randrange(0, 9)
    return path


def _houses(random: Random, quay: int) -> tuple[str, str, str]:
    """Walls, roofs and windows (a dashed line per column) of the houses along the water."""
    walls, roofs, windows, x = "", "", "", -14
    while x < WIDTH + 10:
        wide, top = random.randrange(44, 74), quay - random.randrange(56, 98)
        walls += f"M{x} {quay}V{top}h{wide}V{quay}z"
        roofs += f"M{x - 4} {top}L{x + wide // 2} {top - random.randrange(18, 34)}L{x + wide + 4} {top}z"
        for column in range(x + 13, x + wide - 8, 16):
            first = top + 12 + 22 * random.randrange(2)
            windows += f"M{column} {first}V{max(first + 12, quay - 14 - 22 * random.randrange(3))}"
        x += wide + 2
    return walls, roofs, windows


SCENES: dict[str, Callable[[Random, Palette, int], str]] = {
    "sea": _sea,
    "island": _island,
    "lake": _lake,
    "fjord": _fjord,
    "city": _city,
    "mountains": lands.mountains,
    "snow": lands.snow,
    "desert": lands.desert,
    "balloons": lands.balloons,
    "aurora": lands.aurora,
    "fields": lands.fields,
}
