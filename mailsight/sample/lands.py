"""Inland scenes for the sample's pictures: mountains, snow, desert, fields, balloons and northern lights."""

from random import Random
from typing import Any

from .shapes import (
    WIDTH,
    area,
    clouds,
    curve,
    dots,
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
_BALLOONS = [
    ("d9433f", "f6c34a"),
    ("2f7fb5", "f4f1e6"),
    ("e27a34", "fbe2a4"),
    ("7a4a9a", "f1a2b4"),
    ("2f8f7a", "f7d56a"),
    ("c93a6a", "ffffff"),
]


def mountains(random: Random, look: Palette, height: int) -> str:
    base = height * 78 // 100
    far, middle, near, front = look["layers"]
    trees = [*range(10, 170, 24), *range(430, 600, 26)]
    return (
        sky(look["sky"], height)
        + sun(random.randrange(120, 480), height * 30 // 100, 25, look["sun"])
        + clouds(random, 30, height * 40 // 100, ".4")
        + peaks(random, base - 40, height * 52 // 100, height, (far, middle, "fffaf2"), 170)
        + hills(random, base - 6, 46, height, middle, 85)
        + hills(random, base + 26, 40, height, near)
        + hills(random, height - 14, 30, height, front, 140)
        + pines(random, lambda x: height - 18 - x % 17, look["trees"], trees, 62)
    )


def snow(random: Random, look: Palette, height: int) -> str:
    base, x = height * 72 // 100, random.randrange(150, 380)
    trees = [x - 120, x - 92, x + 96, x + 128, x + 156, 30, 575]
    flakes = [(random.randrange(WIDTH), random.randrange(height)) for _ in range(42)]
    return (
        sky(look["sky"], height)
        + sun(random.randrange(90, 520), height * 24 // 100, 20, look["sun"])
        + peaks(random, base, height * 58 // 100, height, (*look["layers"], "ffffff"), 165)
        + hills(random, base + 22, 40, height, "d5e3f1", 120)
        + pines(random, lambda place: base + 26, "35566b", range(0, 600, 31), 44)
        + hills(random, base + 52, 36, height, "eef5fb", 150)
        + shape("cabin", x, height - 44)
        + pines(random, lambda place: height - 8, "26465a", trees, 84)
        + hills(random, height - 4, 22, height, "ffffff", 120)
        + dots(flakes, 4, 0.85)
    )


def desert(random: Random, look: Palette, height: int) -> str:
    base, x = height * 62 // 100, 140 + random.randrange(-40, 40)
    tables = shades = ""
    for left in (random.randrange(-20, 60), random.randrange(180, 260), random.randrange(400, 470)):
        wide, tall = random.randrange(70, 140), random.randrange(46, 92)
        foot = f"L{left + wide + 26} {base + 6}"
        tables += f"M{left - 22} {base + 6}L{left} {base - tall}h{wide * 4 // 10}l8 8h{wide * 6 // 10}{foot}z"
        shade = f"M{left + wide * 6 // 10} {base - tall + 8}h{wide * 4 // 10 + 8}"
        shades += f"{shade}{foot}h{-wide * 5 // 10}z"
    far, near, dark = look["dunes"]
    first = [(-20, 22), (110, -4), (250, 34), (400, 4), (540, 30), (640, 12)]
    second = [(-20, 74), (x, 26), (x + 160, 88), (470, 54), (660, 72)]
    fold = f"M{x} {base + 50}C{x + 60} {base + 66} {x + 100} {base + 120} {x + 60} {height}H640V{base + 76}"
    fold += f"C540 {base + 60} 420 {base + 60} 300 {base + 84}S{x + 50} {base + 56} {x} {base + 50}z"
    tent_x = random.randrange(380, 500)
    return (
        sky(look["sky"], height)
        + sun(random.randrange(110, 490), height * 33 // 100, 32, look["sun"])
        + clouds(random, 30, height * 30 // 100, ".22", 2)
        + area(tables, look["rocks"][0])
        + area(shades, look["rocks"][1])
        + curve([(px, base + down) for px, down in first], height, far)
        + curve([(px, base + down) for px, down in second], height, near)
        + area(fold, dark, ".55")
        + shape("tent", tent_x, base + 74)
        + shape("tent", tent_x + 62, base + 84)
    )


def balloons(random: Random, look: Palette, height: int) -> str:
    base = height * 84 // 100
    chimneys, x = "", -20
    while x < WIDTH + 20:
        wide, tall = random.randrange(40, 76), random.randrange(38, 96)
        top, knee = base - tall, base - tall // 2
        chimneys += f"M{x} {height}C{x + wide // 4} {knee} {x + wide // 3} {top} {x + wide // 2} {top}"
        chimneys += f"S{x + wide * 3 // 4} {knee} {x + wide} {height}z"
        x += wide - 6
    flying = ""
    for place, (dark, light) in enumerate(random.sample(_BALLOONS, len(_BALLOONS))):
        size = (1.25, 0.85, 0.62, 0.5, 0.38, 0.3)[place]
        x, y = 60 + place * 97 + random.randrange(-22, 22), random.randrange(54, height * 52 // 100)
        flying += shape("balloon", x, y, size, dark=dark, light=light)
    return (
        sky(look["sky"], height)
        + sun(random.randrange(200, 420), height * 58 // 100, 24, look["sun"])
        + hills(random, base - 26, 40, height, "c99a94")
        + hills(random, base, 26, height, "b5796f", 90)
        + flying
        + area(chimneys, "8f5a55")
    )


def aurora(random: Random, look: Palette, height: int) -> str:
    horizon = height * 76 // 100
    ribbons = "".join(_ribbon(random, place, colour, height) for place, colour in enumerate(look["lights"]))
    banks = f"M-10 {horizon + 14}C120 {horizon - 10} 190 {horizon + 8} 280 {horizon + 12}H-10z"
    banks += f"M400 {horizon + 14}C470 {horizon - 8} 560 {horizon - 4} 620 {horizon + 4}v10z"
    huts = (random.randrange(70, 130), random.randrange(190, 240), random.randrange(440, 500))
    return (
        sky(("050b22", "0d2148", "1d4a6b"), height)
        + stars(random, height * 60 // 100, 46)
        + f'<filter id="b"><feGaussianBlur stdDeviation="9"/></filter><g filter="url(#b)">{ribbons}</g>'
        + peaks(random, horizon, height * 34 // 100, horizon + 2, ("3a5580", "2a4068", "dfe9f7"), 140)
        + water(("1c4a63", "0c2340"), horizon, height)
        + glitter(random, 300, horizon + 8, height, look["lights"][0])
        + area(banks, "dfe9f5")
        + "".join(shape("snowy_hut", x, horizon + 8) for x in huts)
    )


def _ribbon(random: Random, place: int, colour: str, height: int) -> str:
    """A ribbon of northern lights: bright at the lower edge, fading upward."""
    x, top = -60 + place * 120 + random.randrange(-40, 40), 10 + place * 12 + random.randrange(20)
    y, bend = height * (60 - place * 6) // 100, random.randrange(60, 150)
    return (
        f'<linearGradient id="a{place}" x2="0" y2="1"><stop stop-color="#{colour}" stop-opacity="0"/>'
        f'<stop offset=".72" stop-color="#{colour}" stop-opacity=".55"/>'
        f'<stop offset="1" stop-color="#{colour}" stop-opacity="0"/></linearGradient>'
        f'<path fill="url(#a{place})" d="M{x} {y}C{x + 120} {y - bend} {x + 220} {y + 30} {x + 360} {y - bend // 2}'
        f"S{x + 560} {y - bend} {x + 640} {y - 30}L{x + 690} {top}"
        f"C{x + 560} {top + 20} {x + 460} {top - 30} {x + 330} {top + 16}"
        f'S{x + 120} {top - 10} {x + 40} {top + 24}z"/>'
    )


def fields(random: Random, look: Palette, height: int) -> str:
    base, x = height * 56 // 100, random.randrange(120, 460)
    rows = ""
    for place in range(-7, 8):
        far, middle, near = 300 + place * 9, 300 + place * 40, 300 + place * 120
        rows += f"M{far} {base + 40}Q{middle} {base + 90} {near} {height + 20}h46"
        rows += f"Q{middle + 16} {base + 90} {far + 4} {base + 40}z"
    meadow = [(-20, 30), (120, 22), (300, 30), (470, 24), (640, 40)]
    field = [(-20, 54), (150, 42), (300, 40), (450, 44), (640, 58)]
    return (
        sky(look["sky"], height)
        + sun(random.randrange(90, 520), height * 28 // 100, 28, look["sun"])
        + clouds(random, 26, height * 32 // 100, ".45")
        + hills(random, base - 14, 50, height, look["layers"][0], 130)
        + hills(random, base + 14, 34, height, look["layers"][1], 120)
        + curve([(px, base + down) for px, down in meadow], height, look["layers"][2])
        + shape("farmhouse", x, base + 26)
        + curve([(px, base + down) for px, down in field], height, look["rows"][1])
        + area(rows, look["rows"][0])
    )
