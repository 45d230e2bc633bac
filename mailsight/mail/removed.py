"""Counts what is taken out of an e-mail to make it safe."""

import re
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum

from selectolax.lexbor import LexborNode

from .values import clean_address


class Unsafe(StrEnum):
    """What is taken out of an e-mail, or disabled: forms and links do nothing, remote images don't load."""

    SCRIPT = "script"
    HANDLER = "event handler"
    FRAME = "frame"
    PLUGIN = "plug-in"
    SHEET = "external style sheet"
    DRAWING = "SVG drawing"
    REDIRECT = "redirect"
    PIXEL = "tracking pixel"
    FORM = "form"
    LINK = "link"
    PICTURE = "remote image"


_ELEMENTS = {
    "script": Unsafe.SCRIPT,
    "iframe": Unsafe.FRAME,
    "frame": Unsafe.FRAME,
    "applet": Unsafe.PLUGIN,
    "embed": Unsafe.PLUGIN,
    "object": Unsafe.PLUGIN,
    "form": Unsafe.FORM,
    "svg": Unsafe.DRAWING,
}
# An approximation, for the count only: a sheet's pictures by address.
_SHEET_PICTURE = re.compile(
    r"(?:background|background-image|list-style|list-style-image|border-image|content)\s{0,9}:[^;{}]{0,300}?"
    r"url\(\s{0,9}[\"']?(?:https?:)?//",
    re.IGNORECASE,
)


class Removed:
    """The counts while an e-mail is written. Whatever leaves something out adds it here."""

    def __init__(self) -> None:
        self._counts = Counter[Unsafe]()

    @property
    def counts(self) -> Mapping[Unsafe, int]:
        return {kind: self._counts[kind] for kind in Unsafe if self._counts[kind]}

    def add(self, kind: Unsafe, times: int = 1) -> None:
        self._counts[kind] += times

    def element(self, node: LexborNode) -> None:
        """Count an element that isn't written, or not as it was."""
        if node.tag in _ELEMENTS:
            self.add(_ELEMENTS[node.tag])
        elif node.tag == "link":
            self.add(Unsafe.SHEET, "stylesheet" in (node.attributes.get("rel") or "").lower())
        elif node.tag == "meta":
            kind = (node.attributes.get("http-equiv") or "").strip().lower()
            self.add(Unsafe.REDIRECT, kind == "refresh")

    def attribute(self, name: str) -> None:
        self.add(Unsafe.HANDLER, name.startswith("on"))

    def address(self, address: str, kind: Unsafe = Unsafe.PICTURE) -> None:
        """Count a picture that doesn't load, if it is a remote one."""
        self.add(kind, clean_address(address).lower().startswith(("http:", "https:", "//")))

    def pictures_in(self, css: str) -> None:
        """Count the remote pictures of a style sheet, none of which loads."""
        if "//" in css:
            self.add(Unsafe.PICTURE, sum(1 for _ in _SHEET_PICTURE.finditer(css)))
