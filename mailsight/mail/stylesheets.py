"""A mail's CSS without anything that loads, covers the page or steers the heatmap's badges.

The frame's content security policy is what stops a style sheet from loading anything; this keeps the browser from
trying, and from filling its console with refusals. It reads CSS token by token (https://www.w3.org/TR/css-syntax-3/),
since escapes and comments hide a word from any search for it.
"""

import re
from collections.abc import Callable

# Whether a picture may be loaded from this address.
Remote = Callable[[str], bool]

_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|([^\n]))")
_STRING = r"\"(?:[^\"\\\n]|\\.|\\\n)*(?:\"|\n|\Z)|'(?:[^'\\\n]|\\.|\\\n)*(?:'|\n|\Z)"
_TOKEN = re.compile(
    rf"(?P<comment>/\*.*?(?:\*/|\Z))|(?P<string>{_STRING})"
    r"|(?P<word>@?(?:[\w-]|[^\x00-\x7f]|\\[0-9a-fA-F]{1,6}\s?|\\[^\n])+\(?)|(?P<space>\s+)|(?P<sign>.)",
    re.DOTALL,
)
_ADDRESS = re.compile(rf"\s*(?P<address>{_STRING}|(?:[^\"'()\\\s]|\\.)*)\s*\)", re.DOTALL)
_BAD_ADDRESS = re.compile(r"(?:[^)\\]|\\.?)*\)?", re.DOTALL)
_SUSPECT = re.compile(r"\\|url|import|image|src|cross-fade|anchor|position-|fixed|sticky|<", re.IGNORECASE)

# These take an address as a plain string; url() inside them is seen to by itself.
_LOADING_FUNCTIONS = {"src(", "image(", "image-set(", "-webkit-image-set("}
# An author who sets these could move the badges that the heatmap ties to the mail's links.
_ANCHORING = re.compile(r"anchor-(?:name|scope)|position-(?:anchor|area|try|visibility)|position-try-\w+")
# In a frame as high as its mail there is nothing to stay fixed to.
_POSITIONS = {"fixed": "absolute", "sticky": "relative", "-webkit-sticky": "relative"}


def safe_css(css: str, *, remote: Remote | None = None) -> str:
    """The style sheet, or the value of a style attribute, with data: pictures and fonts only.

    Pictures from the network stay in it where `remote` says that they may load.
    """
    if not _SUSPECT.search(css):
        return css
    written: list[str] = []
    declared, in_font_face, at = "", False, 0
    while token := _TOKEN.match(css, at):
        at, part = token.end(), token.group()
        if token.lastgroup == "word":
            word = _unescaped(part).lower()
            if word == "url(":
                part, at = _url(css, at, None if in_font_face else remote)
            elif word in _LOADING_FUNCTIONS:
                part = "-blocked("
            elif word == "@import":
                part = "@-blocked"
            elif _ANCHORING.fullmatch(word):
                part = f"-blocked-{word}"
            elif declared == "position" and word in _POSITIONS:
                part = _POSITIONS[word]
            in_font_face = in_font_face or word == "@font-face"
            declared = word
        elif part in "{};":
            declared = ""
            in_font_face = in_font_face and part != "}"
        written.append(part)
    return "".join(written).replace("</", "<\\/")


def _url(css: str, at: int, remote: Remote | None) -> tuple[str, int]:
    found = _ADDRESS.match(css, at)
    if found is None:
        bad = _BAD_ADDRESS.match(css, at)
        return "none", bad.end() if bad else at
    address = _unescaped(found["address"].strip("\"'")).strip()
    allowed = address.lower().startswith(("data:image/", "data:font/", "data:application/", "#"))
    allowed = allowed or bool(remote and "\\" not in address and remote(address))
    return (f"url({found.group()}" if allowed else "none"), found.end()


def _unescaped(name: str) -> str:
    def character(escape: re.Match[str]) -> str:
        number = int(escape[1], 16) if escape[1] else ord(escape[2])
        return chr(number) if number < 0x110000 else "\ufffd"

    return _ESCAPE.sub(character, name)
