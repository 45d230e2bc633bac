"""Files that hold an e-mail, as mail programs and browsers save them. Their contents decide what they are."""

import re
from dataclasses import replace

from mailsight.errors import UnusableMail

from . import bodies, charsets, entities, headers, journal, outlook, view_source
from .bodies import Mail
from .transfer import base64, is_saved_undecoded, quoted_printable

#: What the names of such files end in.
SUFFIXES = (".html", ".htm", ".xhtml", ".eml", ".emlx", ".mht", ".mhtml", ".msg", ".txt")
_RAW = (".eml", ".emlx", ".mht", ".mhtml")

_OTHER_FORMATS = {
    b"%PDF": "a PDF file",
    b"PK\x03\x04": "a zip file or an Office document",
    b"\x89PNG": "a picture",
    b"GIF8": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a gzip file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"PAR1": "a Parquet file",
    b"{\\rtf": "an RTF document",
    b"!BDN": "an Outlook mailbox",
    b"SQLite format 3\0": "a database",
    b"bplist00": "a web archive or property list of Apple",
    b"(This file must be converted with BinHex": "a BinHex file",
}
# Apple Mail writes the length of the mail before it, and a property list after it.
_EMLX = re.compile(rb"[ \t]*+([0-9]{1,12})[ \t]*+(?:\r\n|\r|\n)")
_PROPERTY_LIST = re.compile(rb"<\?xml[^>]{0,200}\?>\s{0,9}<!DOCTYPE plist")
_FIELD = re.compile(rb"(?:>?From [^\r\n]*+[\r\n]++)?+[A-Za-z][\w.-]{0,100}[ \t]*+:")
_FIELD_OF_MAIL = re.compile(
    rb"(?:^|[\r\n])(?:content-type|content-transfer-encoding|mime-version|received|message-id|return-path|delivered-to"
    rb"|dkim-signature|subject|from)[ \t]*+:",
    re.IGNORECASE,
)
# It starts with <!, <h, <b, <t, <d, <p, or < and a capital.
_HTML_IN_BASE64 = re.compile(rb"\s*+P[CDEG][A-Za-z0-9+/\s]++=*+\s*+")
_MAX_HEADER = 100_000
_SPACE = b" \t\r\n\0"


def read(raw: bytes, name: str) -> Mail:
    """The mail that a file holds; of a journal report, the mail that it reports.

    Raises `UnusableMail` if it holds none that can be read. Its message continues the name of the file.
    """
    return _checked(read_any(raw, name))


def read_any(raw: bytes, name: str) -> Mail:
    """As `read`, also a mail without HTML and text, such as one that has attachments only."""
    suffix = _suffix(name)
    if not raw.strip(_SPACE):
        raise UnusableMail("is empty")
    if raw.startswith(outlook.OLE):
        message = outlook.read_msg(raw)
        return replace(bodies.mail(message), headers=headers.written(message.header))
    if tnef := outlook.read_tnef(raw):
        return bodies.mail(tnef)
    for signature, kind in _OTHER_FORMATS.items():
        if raw.startswith(signature):
            raise UnusableMail(f"is {kind}, not an e-mail")
    source = _raw_mail(raw, suffix)
    if source is not None:
        message = entities.read(source)
        if attached := journal.unwrapped(message):
            source, message = attached, entities.read(attached)
        return replace(bodies.mail(message), headers=headers.source(source))
    return _page(raw, suffix)


def is_mail(start: bytes, name: str) -> bool:
    """Whether a file that begins so is a raw mail, or one of Outlook's, and no page, text or something else."""
    suffix = _suffix(name)
    if start.startswith(outlook.OLE):
        return suffix == ".msg"
    is_other = any(map(start.startswith, _OTHER_FORMATS))
    return not is_other and bool(start.strip(_SPACE)) and _raw_mail(start, suffix) is not None


def _suffix(name: str) -> str:
    return f".{name.lower().rpartition('.')[2]}"


def _page(raw: bytes, suffix: str) -> Mail:
    """HTML or text, as it is or as a program saved it."""
    if is_saved_undecoded(raw):
        raw = quoted_printable(raw)
    elif _HTML_IN_BASE64.fullmatch(raw):
        raw = base64(raw)
    html = charsets.decode(raw)
    if suffix == ".txt" and "<" not in html:
        return Mail(None, html)
    if message := view_source.message(html):
        return bodies.mail(entities.read(message.encode("utf-8", "replace")))
    return Mail(view_source.original(html) or html, None)


def _raw_mail(raw: bytes, suffix: str) -> bytes | None:
    """The raw mail in a file, without what surrounds it; None for HTML or text."""
    if raw[:64].count(0) > 8 or raw.startswith((b"\xff\xfe", b"\xfe\xff")):  # UTF-16
        raw = charsets.decode(raw).encode("utf-8", "replace")
    raw = raw.removeprefix(b"\xef\xbb\xbf").lstrip(_SPACE)
    if raw.startswith(b"<"):
        return None
    if (length := _EMLX.match(raw)) and _FIELD.match(raw, length.end()):
        mail = raw[length.end() :]
        after = _PROPERTY_LIST.search(mail, max(int(length[1]) - _MAX_HEADER, 0))
        return mail[: after.start()] if after else mail
    if entities.is_part(raw):
        return b"Content-Type: multipart/alternative\n\n" + raw
    if suffix in _RAW or (_FIELD.match(raw) and _FIELD_OF_MAIL.search(raw[:_MAX_HEADER])):
        return raw
    return None


def _checked(mail: Mail) -> Mail:
    if mail.html is None and mail.text is None:
        names = ", ".join(attachment.name or attachment.type for attachment in mail.attachments[:3])
        raise UnusableMail(f"holds neither HTML nor text{f', only attachments ({names})' if names else ''}")
    return mail
