"""The mode in which browsers lay out an e-mail, by its doctype (https://html.spec.whatwg.org/#the-initial-insertion-mode)."""

import re
from typing import Literal

Mode = Literal["standards", "almost standards", "quirks"]
# The group is atomic: otherwise thousands of comments would make the match backtrack endlessly.
DOCTYPE = re.compile(r"(?>\s|<!--.*?-->|<\?[^>]*>)*+<!doctype\s+([^>]*)>", re.DOTALL | re.IGNORECASE)
_NAMED = re.compile(
    r"html\s*(?:(public|system)\s*(\"[^\"]*\"|'[^']*')\s*(\"[^\"]*\"|'[^']*')?)?\s*", re.IGNORECASE
)
# Identifiers that start like these are older than standards mode.
_OLD = (
    "-//w3c//dtd html 3", "-//w3c//dtd html 4.0 ", "-//w3c//dtd html experimental", "-//w3c//dtd w3 html",
    "-//ietf//", "-//w3o//", "-//microsoft//", "-//netscape comm", "-//softquad", "-//sq//", "-//sun microsystems",
    "-//o'reilly", "-//webtechs", "-//metrius", "-//spyglass", "-//as//", "-//advasoft", "+//silmaril",
    "-/w3c/dtd html 4.0 transitional/en",
)  # fmt: skip
_LOOSE = tuple(f"-//w3c//dtd html 4.01 {kind}//" for kind in ("transitional", "frameset"))
_LOOSE_XHTML = tuple(f"-//w3c//dtd xhtml 1.0 {kind}//" for kind in ("transitional", "frameset"))


def mode(html: str) -> Mode:
    """The mode that the doctype chooses; without one, quirks mode."""
    doctype = DOCTYPE.match(html)
    named = _NAMED.match(doctype[1]) if doctype else None
    if named is None:
        return "quirks"
    kind, first, second = named.groups()
    public = first.strip("\"'").lower() if first and kind.lower() == "public" else ""
    if public.startswith(_OLD) or public == "html" or (public.startswith(_LOOSE) and not second):
        return "quirks"
    return "almost standards" if public.startswith(_LOOSE + _LOOSE_XHTML) else "standards"
