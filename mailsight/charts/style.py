"""What the charts share: colours, margins, and text that Plotly shows literally."""

from html import escape

from mailsight.figures import formats

# Dark text has a contrast of at least 4:1 on all five state colours; white text does not.
INK = "#11161D"
MARGIN = {"l": 8, "r": 8, "t": 8, "b": 8}
GRID = "rgba(128, 140, 160, 0.25)"
# The title of a hover over all lines at one time. It can use the position only, not the custom data of a point.
HOURS_SINCE_SEND = "%{x}\N{NO-BREAK SPACE}h since send"


def pale(colour: str, opacity: float = 0.3) -> str:
    red, green, blue = bytes.fromhex(colour.lstrip("#"))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def literal(text: str) -> str:
    """Untrusted text, shortened and escaped, because Plotly interprets some HTML."""
    return escape(formats.raw(text, 24))
