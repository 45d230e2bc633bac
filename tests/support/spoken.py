"""Finds what reads odd to a screen reader, in Playwright's snapshot of a page or a part of it."""

import re
from collections import Counter
from itertools import pairwise

from mailsight.vocabulary import Status

# Of a switch and a filter that a page shows twice: both do the same.
_SAME = {"Help for Opens and clicks by", *(state.label for state in Status)}
# Names that don't say what they do.
_VAGUE = {"", "Help", "Link to heading", "Logo", "Open", "Open Filter Menu"}
_NAMED = re.compile(
    r"""- '?(button|link|img|checkbox|switch|tab|textbox|searchbox|combobox)\b(?: "((?:[^"\\]|\\.)*)")?"""
)
_HEADING = re.compile(r"""- '?heading .*\[level=(\d)\]""")


def oddities(snapshot: str) -> list[str]:
    """Controls without a telling name, buttons with the same name, names of icons, and headings out of order."""
    named = [(role, name) for role, name in _NAMED.findall(snapshot)]
    buttons = Counter(name for role, name in named if role == "button" and name not in _SAME)
    levels = [int(level) for level in _HEADING.findall(snapshot)]
    return [
        *(f"{role} {name!r} says nothing" for role, name in named if name in _VAGUE),
        *(f"{number} buttons {name!r}" for name, number in buttons.items() if number > 1),
        *(f"{role} {name!r} is an icon" for role, name in named if name.endswith(" icon")),
        *(f"a heading of level {low} after {high}" for high, low in pairwise(levels) if low > high + 1),
    ]
