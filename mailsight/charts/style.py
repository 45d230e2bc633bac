"""What the charts share: colours, margins, and text that Plotly shows literally."""

from collections.abc import Iterable
from html import escape
from typing import Any

from mailsight.figures import formats

# Dark text has a contrast of at least 4.5 on all five state colours; white text does not.
INK = "#11161D"
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
GREY, _PALE = "#9AA3AF", "#D3D9E0"
GRID = "rgba(128, 140, 160, 0.25)"
# Up to this count, an axis has a label at each whole number.
_MAX_SINGLE_STEPS = 6
# Plotly's steps are at least a tenth on an axis for counts. Labels between two whole numbers are left out.
_NO_FRACTIONS = {f"{tenths / 10:g}": "" for tenths in range(100) if tenths % 10}


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
    return {"rangemode": "tozero", "tickformat": ",~f", "labelalias": _NO_FRACTIONS, **every_one}


def since_send(hours: Iterable[int]) -> dict[str, Any]:
    """An axis of hours whose hover says the time since send in the words of its ticks.

    The title of a hover over all lines at one time can use the position only, not the custom data of a point.
    """
    return {
        "exponentformat": "none",
        "labelalias": {str(hour): formats.since(hour) for hour in hours},
    }
