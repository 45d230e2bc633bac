"""What the charts share: colours, margins, and text that Plotly shows literally."""

from collections.abc import Iterable
from dataclasses import replace
from html import escape
from typing import Any

from mailsight.figures import formats, locales

# Dark text has a contrast of at least 4.5 on all five state colours; white text does not.
INK = "#11161D"
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
# Where a legend goes. If it were placed above the bars, Plotly would draw it over them once a narrow chart, in which
# it takes several lines, becomes wide.
TOP_EDGE = {"yref": "container", "y": 1, "yanchor": "top"}
GREY, _PALE = "#9AA3AF", "#D3D9E0"
GRID = "rgba(128, 140, 160, 0.25)"
# Up to this count, an axis has a label at each whole number.
_MAX_SINGLE_STEPS = 6


def pale(colour: str, opacity: float = 0.3) -> str:
    red, green, blue = _channels(colour)
    return f"rgba({red}, {green}, {blue}, {opacity})"


def muted(colour: str) -> str:
    """The colour halfway to a pale grey. On a dark page, a transparent colour would be too dark for INK."""
    mixed = ((channel + grey) // 2 for channel, grey in zip(_channels(colour), _channels(_PALE), strict=True))
    return f"#{bytes(mixed).hex()}"


def _channels(colour: str) -> bytes:
    return bytes.fromhex(colour.lstrip("#"))


def literal(text: str, max_length: int = 24) -> str:
    """Untrusted text, shortened, in its own direction and escaped, because Plotly interprets some HTML."""
    return escape(formats.isolated(formats.raw(text, max_length)))


def whole_numbers(largest: int) -> dict[str, Any]:
    """An axis for counts up to `largest`, labelled with whole numbers, even if a click in the legend rescales it."""
    every_one = {"dtick": 1} if largest <= _MAX_SINGLE_STEPS else {}
    labels = _without_fractions() | _lakhs(largest)
    return {"rangemode": "tozero", "tickformat": ",~f", "labelalias": labels, **every_one}


def since_send(hours: Iterable[int]) -> dict[str, Any]:
    """An axis of hours whose hover says the time since send in the words of its ticks.

    The title of a hover over all lines at one time can use the position only, not the custom data of a point.
    """
    return {
        "exponentformat": "none",
        "labelalias": {str(hour): formats.since(hour) for hour in hours},
    }


def separators() -> str:
    """The decimal and the thousands separator of the numbers that Plotly writes itself."""
    locale = locales.current()
    return locale.decimal + locale.group


def _without_fractions() -> dict[str, str]:
    """Plotly's steps are at least a tenth on an axis for counts. Labels between two whole numbers are left out."""
    return {formats.value(tenths / 10): "" for tenths in range(100) if tenths % 10}


def _lakhs(largest: int) -> dict[str, str]:
    """Labels for what Plotly, which groups digits by three only, writes otherwise: "100,000" -> "1,00,000"."""
    locale = locales.current()
    if locale.group_digits == 3:
        return {}
    steps = (10**power for power in range(3, len(str(largest))))
    numbers = [times * step for step in steps for times in range(1, 101)]
    with locales.using(replace(locale, group_digits=3)):
        by_three = [formats.count(number) for number in numbers]
    return dict(zip(by_three, map(formats.count, numbers), strict=True))
