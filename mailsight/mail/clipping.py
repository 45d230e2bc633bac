"""Where Gmail clips an e-mail: it shows the first 102 KB of the HTML, and "[Message clipped]" after them."""

import re

from .documents import tokens

LIMIT_BYTES = 102 * 1024
# Stored copies have their inline pictures embedded, which came as parts of their own.
_EMBEDDED = re.compile(r"data:image/[\w.+-]{1,60};base64,[A-Za-z0-9+/=\s]*+", re.IGNORECASE)
_REFERENCE = "cid:picture"


def size_bytes(html: str, *, embedded: bool = False) -> int:
    """The size of the HTML as it was sent. With `embedded`, its embedded pictures came beside it."""
    return len((_EMBEDDED.sub(_REFERENCE, html) if embedded else html).encode("utf-8", "replace"))


def clipped_at(html: str, *, embedded: bool = False) -> int | None:
    """The place of the first character that Gmail doesn't show; None if it shows all."""
    if size_bytes(html, embedded=embedded) <= LIMIT_BYTES:
        return None
    left, start = LIMIT_BYTES, 0
    for picture in _EMBEDDED.finditer(html) if embedded else ():
        before = html[start : picture.start()].encode("utf-8", "replace")
        if len(before) > left:
            break
        left = max(left - len(before) - len(_REFERENCE), 0)
        start = picture.end()
    # No character has fewer than one byte, so the limit is among these.
    return start + len(
        html[start : start + left + 1].encode("utf-8", "replace")[:left].decode("utf-8", "ignore")
    )


def with_comment(html: str, at: int, comment: str) -> str:
    """The HTML with a comment at this place, or before the tag, style, script or comment that is there."""
    for start, end in tokens(html):
        if start >= at:
            break
        if at < end:
            at = start
            break
    return f"{html[:at]}<!--{comment}-->{html[at:]}"
