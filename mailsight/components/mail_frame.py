"""A frame that shows an e-mail and runs no scripts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import streamlit as st

FRONTEND = Path(__file__).with_name("frontend")


def frontend(*names: str) -> str:
    """Files of the frontend folder, concatenated, because a component has only one script and one style sheet."""
    return "\n".join((FRONTEND / name).read_text(encoding="utf-8") for name in names)


_frame = st.components.v2.component(
    "mailsight_mail_frame",
    css=frontend("mail_frame.css"),
    js=frontend("frame.js", "dark_mail.js", "mail_frame.js"),
)


@dataclass(frozen=True, slots=True)
class Target:
    """What the frame says about a link that opens nothing by itself.

    `href`: what "Open anyway" opens; empty if nothing may open it.
    """

    leads: str
    url: str
    why: str
    href: str = ""


def mail_frame(
    html: str,
    *,
    key: str,
    width: int | None = None,
    title: str,
    origins: Sequence[str] = (),
    links: Mapping[int, Target] | None = None,
    popups: bool = True,
    dark: bool = False,
    clipped: tuple[str, str] | None = None,
) -> None:
    """Show an e-mail at full height, `width` pixels wide (None: the available width). `title` is for screen readers.

    `html` must come from `mail.views.shown`, `content.safe_mail` or `heatmap.draw`. The frame runs no scripts and loads
    nothing, except pictures from these origins. `links` has what it says about links that open nothing by themselves,
    by position; without `popups`, no other opens anything either. `dark`: draw its colours inverted. `clipped`: a
    comment in the e-mail, and the words on a line across the e-mail at its place.
    """
    _frame(
        key=key,
        data={
            "html": html,
            "origins": list(origins),
            "title": title,
            "width": width,
            "links": {str(position): asdict(target) for position, target in (links or {}).items()},
            "popups": popups,
            "dark": dark,
            "clipped": {"comment": clipped[0], "words": clipped[1]} if clipped else None,
        },
    )
