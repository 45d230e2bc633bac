"""What all charts share: ink, grid, margins, pale colours, text that Plotly takes literally."""

from html import escape

from mailsight.figures import formats
from mailsight.vocabulary import Status

# Dark words are readable on all five state colours, white ones are not (contrast at least 4 to 1).
INK = "#11161D"


MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}


GRID = "rgba(128, 140, 160, 0.25)"


def pale(state: Status, opacity: float = 0.3) -> str:
    red, green, blue = bytes.fromhex(state.colour.lstrip("#"))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def letters(text: str) -> str:
    """Text from outside for Plotly, which takes some of HTML for HTML."""
    return escape(formats.raw(text, 24))
