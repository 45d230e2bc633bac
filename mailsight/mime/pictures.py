"""Embeds the pictures and style sheets that came with a mail, which its HTML names by `cid:` or by an address."""

import base64
import re
from urllib.parse import unquote, urljoin

from mailsight.mail.values import unescape

from .parts import Entity

# A picture is embedded wherever the mail shows it. One of 20 MB that is shown a thousand times would fill the memory.
MAX_EMBEDDED_CHARACTERS = 30_000_000
_PICTURE = re.compile(r"image/[\w.+-]+")
_CID = re.compile(r"\bcid:([^\"'\s)>]{1,1000})", re.IGNORECASE)
_REFERENCE = re.compile(
    r"""(\b(?:src|background|poster)\s{0,9}=\s{0,9})("[^"]*+"|'[^']*+'|[^\s>"']++)"""
    r"""|(\burl\(\s{0,9})("[^"]*+"|'[^']*+'|[^\s)"']++)""",
    re.IGNORECASE,
)
_LINK = re.compile(r"<link\b[^>]{0,2000}>", re.IGNORECASE)
_HREF = re.compile(r"""\bhref\s{0,9}=\s{0,9}(?:"([^"]*+)"|'([^']*+)'|([^\s>"']++))""", re.IGNORECASE)
_TYPES = {
    "png": "png",
    "gif": "gif",
    "jpg": "jpeg",
    "jpeg": "jpeg",
    "webp": "webp",
    "bmp": "bmp",
    "svg": "svg+xml",
}


def is_picture(part: Entity) -> bool:
    return _type(part) is not None


def data_url(part: Entity) -> str:
    """A picture as a `data:` URL."""
    return f"data:{_type(part)};base64,{base64.b64encode(part.body).decode('ascii')}"


def used(html: str) -> set[str]:
    """The pictures that the HTML names by `cid:`, in lower case."""
    return {unquote(unescape(name)).lower() for name in _CID.findall(html)}


def is_used(part: Entity, names: set[str]) -> bool:
    """Whether the picture has one of these names (see `used`)."""
    return any(name.lower() in names for name in _names(part))


def embedded(html: str, message: Entity) -> str:
    """The HTML with the pictures and style sheets that came with it."""
    parts = [part for part in message.walk() if not part.parts]
    names = {name.lower(): part for part in reversed(parts) if is_picture(part) for name in _names(part)}
    budget = _Budget()

    def by_name(reference: re.Match[str]) -> str:
        part = names.get(unquote(unescape(reference[1])).lower())
        return budget.data_url(part, reference[0]) if part else reference[0]

    html = _with_style_sheets(html, parts)
    html = _CID.sub(by_name, html) if names else html
    base = _base(message)
    locations = {
        urljoin(base, location): part
        for part in reversed(parts)
        if is_picture(part) and (location := part.header.raw("content-location").strip())
    }

    def by_location(reference: re.Match[str]) -> str:
        before, address = (reference[1], reference[2]) if reference[1] else (reference[3], reference[4])
        quote = address[0] if address[0] in "\"'" else ""
        part = locations.get(_joined(base, unescape(address.strip("\"'")).strip()))
        return (
            f"{before}{quote}{budget.data_url(part, address.strip(quote))}{quote}" if part else reference[0]
        )

    return _REFERENCE.sub(by_location, html) if locations else html


class _Budget:
    """How many more characters of pictures are embedded. The URL of each picture is written once."""

    def __init__(self) -> None:
        self._left = MAX_EMBEDDED_CHARACTERS
        self._urls: dict[int, str] = {}

    def data_url(self, part: Entity, otherwise: str) -> str:
        if id(part) not in self._urls:
            self._urls[id(part)] = data_url(part)
        url = self._urls[id(part)]
        if len(url) > self._left:
            return otherwise
        self._left -= len(url)
        return url


def _type(part: Entity) -> str | None:
    """The picture's type, judging by its name if the mail program didn't know it."""
    if _PICTURE.fullmatch(part.type):
        return part.type
    extension = part.header.file_name.rpartition(".")[2].lower()
    return (
        f"image/{_TYPES[extension]}"
        if part.type == "application/octet-stream" and extension in _TYPES
        else None
    )


def _names(part: Entity) -> list[str]:
    """What `cid:` may be followed by: the content id; some programs write the file's name instead."""
    names = (part.header.raw("content-id").strip().strip("<>").strip(), part.header.file_name)
    return [name for name in names if name]


def _base(message: Entity) -> str:
    """The address that a saved page had."""
    addresses = (
        part.header.raw("content-location").strip() for part in message.walk() if not is_picture(part)
    )
    return next((address for address in addresses if address), "")


def _joined(base: str, address: str) -> str:
    try:
        return urljoin(base, address)
    except ValueError:
        return address


def _with_style_sheets(html: str, parts: list[Entity]) -> str:
    sheets = {
        name: part
        for part in reversed(parts)
        if part.type == "text/css"
        for name in (
            f"cid:{part.header.raw('content-id').strip().strip('<>')}",
            part.header.raw("content-location").strip(),
        )
    }
    left = MAX_EMBEDDED_CHARACTERS

    def sheet(link: re.Match[str]) -> str:
        nonlocal left
        href = _HREF.search(link[0])
        part = sheets.get(unescape(next(filter(None, href.groups()), ""))) if href else None
        css = part.text if part else ""
        if not css or "</style" in css.lower() or len(css) > left:
            return link[0]
        left -= len(css)
        return f"<style>{css}</style>"

    return _LINK.sub(sheet, html) if sheets else html
