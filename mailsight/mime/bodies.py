"""What a mail program shows of a mail: its HTML or text, with pictures embedded. All other parts are attachments."""

import html as references
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from mailsight.errors import UnusableMail
from mailsight.mail.documents import parse
from mailsight.mail.values import unescape, words

from . import pictures, transfer
from .outlook import TNEF
from .parts import Entity

_URL = re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
_TEXT = '<pre style="white-space:pre-wrap;font:15px/1.5 sans-serif;margin:24px">{}</pre>'
_FORWARDED = '<hr><p style="font:13px/1.5 sans-serif;margin:24px">{}</p>'
_ENCRYPTED = "is encrypted"
_PGP_ENCRYPTED = "-----BEGIN PGP MESSAGE-----"
_PGP_SIGNED = re.compile(
    r"-----BEGIN PGP SIGNED MESSAGE-----[ \t]*+\n(?:[^\n]++\n){0,10}\n(.*?)(?:-----BEGIN PGP SIGNATURE-----.*?"
    r"(?:-----END PGP SIGNATURE-----|\Z)|\Z)",
    re.DOTALL,
)
# A space at the end of a line continues it, except that of the line above a signature (RFC 3676).
_CONTINUED = re.compile(r"(?<!^--)(?<=[^\n]) \n(?![ >\n])", re.MULTILINE)
_SUBTYPES = {"text/html": "html", "application/xhtml+xml": "html", "text/plain": "text"}
_DATA = words("""
    text/calendar text/css text/csv text/directory text/javascript text/json text/rfc822-headers
    text/tab-separated-values text/vcard text/x-vcalendar text/x-vcard text/xml
""")
_MAX_ATTACHMENTS = 1_000
_BODIES = ("html", "text")
_PGP_START = "-----BEGIN PGP SIGNED"
_MAX_LABEL = 60


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail. It is listed, never opened."""

    name: str
    type: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Mail:
    """What a mail shows, and what its header says. What is missing is None.

    `headers` are those of a raw mail as they are written. `charset` is the label of the part that is shown.
    `signature` is "smime" or "pgp".
    """

    html: str | None
    text: str | None
    subject: str | None = None
    from_name: str | None = None
    from_email: str | None = None
    attachments: Sequence[Attachment] = ()
    headers: str | None = None
    charset: str | None = None
    signature: Literal["smime", "pgp"] | None = None


@dataclass(frozen=True, slots=True)
class _Piece:
    """Something that is shown: HTML, a text, an inline picture, or the header of a forwarded mail."""

    kind: Literal["html", "text", "picture", "forwarded"]
    content: str
    part: Entity


def mail(message: Entity) -> Mail:
    """What a mail program shows of a mail. Raises `UnusableMail` if it is encrypted."""
    pieces = _shown(message)
    written = [piece for piece in pieces if piece.kind in _BODIES]
    if not any(piece.content.strip() for piece in written):
        pieces = _attached_bodies(message) or written
    html = _html(pieces, message)
    texts = [piece for piece in _shown(message, prefers="text") if piece.kind == "text"] or pieces
    text = "\n\n".join(piece.content for piece in texts if piece.kind in ("text", "forwarded"))
    if html is None and _is_encrypted(message, text):
        raise UnusableMail(_ENCRYPTED)
    name, address = message.header.sender
    return Mail(
        html,
        text if any(piece.kind == "text" for piece in texts) else None,
        message.header.text("subject").strip() or None,
        name or None,
        address or None,
        tuple(_attachments(message, pieces)),
        charset=_charset(pieces),
        signature=_signature(message),
    )


def _charset(pieces: list[_Piece]) -> str | None:
    """The label of the part that is shown, as its header has it."""
    shown = min(
        (piece for piece in pieces if piece.kind in _BODIES), key=lambda piece: piece.kind, default=None
    )
    label = shown.part.header.content_type.parameters.get("charset", "").strip() if shown else ""
    return label.lower()[:_MAX_LABEL] or None


def _signature(message: Entity) -> Literal["smime", "pgp"] | None:
    """How the mail is signed. Signatures of mails that it forwards don't count."""
    for part in _own_parts(message):
        protocol = part.header.content_type.parameters.get("protocol", "").lower()
        if part.type.endswith("pkcs7-mime") or (part.type == "multipart/signed" and "pkcs7" in protocol):
            return "smime"
        if part.type == "multipart/signed" and "pgp" in protocol:
            return "pgp"
        if part.type == "text/plain" and part.body.lstrip().startswith(_PGP_START.encode()):
            return "pgp"
    return None


def _own_parts(entity: Entity) -> Iterator[Entity]:
    yield entity
    if not entity.is_message:
        for part in entity.parts:
            yield from _own_parts(part)


def _shown(entity: Entity, prefers: Literal["html", "text"] = "html") -> list[_Piece]:
    """The pieces of a mail in order, with the preferred one of its alternatives."""
    if entity.is_message:
        lines = [
            f"{name.title()}: {value}"
            for name in ("from", "date", "subject")
            if (value := _field(entity, name))
        ]
        return [_Piece("forwarded", "\n".join(lines), entity), *_shown(entity.parts[0], prefers)]
    if entity.parts:
        shown = [_shown(part, prefers) for part in entity.parts]
        match entity.type:
            case "multipart/alternative":
                return _best(shown, prefers)
            case "multipart/related":
                return _root(entity, shown, prefers)
            case _:
                return _without_repetition(entity, shown, prefers)
    return [piece] if (piece := _leaf(entity)) else []


def _field(forwarded: Entity, name: str) -> str:
    return " ".join(forwarded.parts[0].header.text(name).split())


def _best(alternatives: list[list[_Piece]], prefers: str) -> list[_Piece]:
    """The last alternative is the best one, unless it is empty."""
    for kinds in ((prefers,), _BODIES):
        for pieces in reversed(alternatives):
            if any(piece.kind in kinds and piece.content.strip() for piece in pieces):
                return pieces
    return next((pieces for pieces in alternatives if pieces), [])


def _root(entity: Entity, shown: list[list[_Piece]], prefers: str) -> list[_Piece]:
    """The part that the others belong to: the one that is named, else the first that shows something."""
    start = entity.header.content_type.parameters.get("start", "").strip("<> ")
    for part, pieces in zip(entity.parts, shown, strict=True):
        if start and part.header.raw("content-id").strip("<> ") == start and pieces:
            return pieces
    texts = [pieces for pieces in shown if any(piece.kind in _BODIES for piece in pieces)]
    # Some programs put a text and its HTML side by side.
    for pieces in texts:
        if any(piece.kind == prefers for piece in pieces):
            return pieces
    return texts[0] if texts else []


def _without_repetition(entity: Entity, shown: list[list[_Piece]], prefers: str) -> list[_Piece]:
    """All pieces, with either Outlook's own format or the text that it puts beside it."""
    formats = {"text/plain": "text", TNEF: "html"}
    kinds = {
        part.type: {piece.kind for piece in pieces} for part, pieces in zip(entity.parts, shown, strict=True)
    }
    is_repeated = "html" in kinds.get(TNEF, ()) and "text" in kinds.get("text/plain", ())
    return [
        piece
        for part, pieces in zip(entity.parts, shown, strict=True)
        for piece in pieces
        if not is_repeated or formats.get(part.type, prefers) == prefers
    ]


def _leaf(entity: Entity) -> _Piece | None:
    if entity.header.disposition.value == "attachment":
        return None
    kind = _SUBTYPES.get(entity.type)
    if kind is not None:
        return _body(entity)
    if entity.header.disposition.value == "inline" and pictures.is_picture(entity):
        return _Piece("picture", "", entity)
    return None


def _body(entity: Entity) -> _Piece:
    if _subtype(entity) == "html":
        return _Piece("html", entity.text, entity)
    text = _text(entity)
    if _PGP_START in text:
        text = _PGP_SIGNED.sub(lambda signed: re.sub(r"^- ", "", signed[1], flags=re.MULTILINE), text)
    flowed = entity.header.content_type.parameters
    if flowed.get("format", "").lower() == "flowed":
        text = _CONTINUED.sub("" if flowed.get("delsp", "").lower() == "yes" else " ", text)
    return _Piece("text", transfer.without_enclosed(text)[0], entity)


def _text(part: Entity) -> str:
    return part.text.replace("\r\n", "\n").replace("\r", "\n")


def _attached_bodies(message: Entity) -> list[_Piece]:
    """The first HTML or text of a mail whose only body is an attachment or another kind of text (RFC 2046, 4.1.4)."""
    bodies = [part for part in message.walk() if not part.parts and _subtype(part)]
    bodies.sort(key=lambda part: (part.type not in _SUBTYPES, _subtype(part) != "html"))
    return [_body(part) for part in bodies[:1]]


def _subtype(part: Entity) -> str | None:
    if part.type == "application/octet-stream" and part.header.file_name.lower().endswith((".html", ".htm")):
        return "html"
    if part.type in _SUBTYPES or not part.type.startswith("text/") or part.type in _DATA:
        return _SUBTYPES.get(part.type)
    return "html" if part.type.endswith("html") else "text"


def _is_encrypted(message: Entity, text: str) -> bool:
    return text.lstrip().startswith(_PGP_ENCRYPTED) or (
        not text.strip()
        and any(
            part.type == "multipart/encrypted" or (part.type.endswith("pkcs7-mime") and not part.parts)
            for part in message.walk()
        )
    )


def _html(pieces: list[_Piece], message: Entity) -> str | None:
    bodies = [piece.content for piece in pieces if piece.kind == "html"]
    if not bodies and not any(piece.kind == "picture" for piece in pieces):
        return None
    used = pictures.used("".join(bodies))
    shown = [
        piece
        for piece in pieces
        if (piece.content.strip() if piece.kind != "picture" else not pictures.is_used(piece.part, used))
    ]
    if [piece.kind for piece in shown] == ["html"] or not shown:
        return pictures.embedded("".join(bodies), message)
    linked = {unescape(url) for url in _URL.findall("".join(bodies))}
    return pictures.embedded("".join(_joined(shown, linked)), message)


def _joined(pieces: Sequence[_Piece], linked: set[str]) -> Iterator[str]:
    """One document of several pieces. Each is parsed first, so that what it leaves open hides nothing of the next."""
    documents = [parse(piece.content) if piece.kind == "html" else None for piece in pieces]
    yield "<!DOCTYPE html><html><head>"
    for document in documents:
        for node in document.css("head > *") if document else ():
            yield node.html or ""
    yield "</head><body>"
    for piece, document in zip(pieces, documents, strict=True):
        if document is not None and document.body is not None:
            yield re.sub(
                r"\A<body\b(.*)</body>\Z", r"<div\1</div>", document.body.html or "", flags=re.DOTALL
            )
        elif piece.kind == "text":
            yield _TEXT.format(_linked(piece.content, linked))
        elif piece.kind == "forwarded":
            yield _FORWARDED.format(references.escape(piece.content, quote=False).replace("\n", "<br>"))
        elif piece.kind == "picture":
            yield f'<p><img src="{pictures.data_url(piece.part)}"></p>'
    yield "</body></html>"


def page(mail: Mail) -> str:
    """A mail's HTML, or else a page with its text, with its URLs as links."""
    if mail.html is not None:
        return mail.html
    return f"<!DOCTYPE html><body>{_TEXT.format(_linked(mail.text or '', set()))}"


def _linked(text: str, known: set[str]) -> str:
    """A text as HTML, with its URLs as links, except those that the mail's HTML links already."""
    parts: list[str] = []
    end = 0
    for url in _URL.finditer(text):
        escaped = references.escape(url[0])
        parts.append(references.escape(text[end : url.start()], quote=False))
        parts.append(escaped if url[0] in known else f'<a href="{escaped}">{escaped}</a>')
        end = url.end()
    return "".join([*parts, references.escape(text[end:], quote=False)])


def _attachments(message: Entity, pieces: list[_Piece]) -> Iterator[Attachment]:
    """The files that came with the mail and that it doesn't show."""
    shown = {id(piece.part) for piece in pieces}
    used = pictures.used("".join(piece.content for piece in pieces if piece.kind == "html"))
    attached = (
        part
        for part in message.walk()
        if not part.parts and id(part) not in shown and _is_file(part) and not pictures.is_used(part, used)
    )
    for part in islice(attached, _MAX_ATTACHMENTS):
        yield Attachment(part.header.file_name, part.type, len(part.body))
    for piece in pieces:
        if piece.kind == "text":
            for file in transfer.without_enclosed(_text(piece.part))[1]:
                yield Attachment(file.name, "application/octet-stream", file.size_bytes)


def _is_file(part: Entity) -> bool:
    header = part.header
    if header.disposition.value == "attachment" or header.file_name:
        return True
    return not part.type.startswith(("text/", "message/", "multipart/")) and not (
        header.raw("content-id") or header.raw("content-location")
    )
