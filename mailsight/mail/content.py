"""The content of an e-mail: its HTML from a file's bytes, from a raw mail, or with one customer's merge fields."""

import base64
import codecs
import hashlib
import html as entities
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from urllib.parse import unquote

from .merge_fields import fill
from .safety import safe
from .values import unescape, words

__all__ = ["Mail", "content_id", "decode", "fill", "read_eml", "safe", "text_as_html"]

_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta\b[^>]{0,1000}", re.IGNORECASE)
_META_CHARSET = re.compile(rb"\bcharset\s{0,9}=\s{0,9}[\"']?\s{0,9}([^\s\"'/>;]{1,40})", re.IGNORECASE)
_URL = re.compile(r"\bhttps?://[^\s<>\"]+[^\s<>\".,;:!?)\]]")
# More parts than a mail has, forwarded ones included: Python's parser recurses into each.
_NESTING = re.compile(rb"^content-type:\s{0,9}(?:multipart|message)/", re.IGNORECASE | re.MULTILINE)
_MAX_NESTING = 60
_TOO_NESTED = "Its parts are nested too deeply for an e-mail."
# A picture is embedded wherever the mail shows it. One of 20 MB that is shown a thousand times would fill the memory.
_MAX_EMBEDDED_CHARACTERS = 30_000_000
# Browsers read each of these labels as a larger character set: https://encoding.spec.whatwg.org/#names-and-labels
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "utf-16": "utf-8",  # a <meta> that is readable byte by byte can't be in UTF-16
    "utf-16-le": "utf-8",
    "utf-16-be": "utf-8",
    "utf-7": "cp1252",
}
_CHARACTER_SETS = words("""
    utf-8 cp866 iso8859-2 iso8859-3 iso8859-4 iso8859-5 iso8859-6 iso8859-7 iso8859-8 iso8859-10 iso8859-13 iso8859-14
    iso8859-15 iso8859-16 koi8-r koi8-u mac-roman mac-cyrillic cp874 cp932 cp949 cp1250 cp1251 cp1252 cp1253 cp1254
    cp1255 cp1256 cp1257 cp1258 gb18030 big5hkscs euc_jp iso2022_jp cp437 cp850 cp852 hz iso2022_kr johab
""")
_MAX_LABEL = 40
# windows-1252 as browsers read it: the five bytes that Python leaves undefined become control characters.
_WINDOWS_1252 = "".join(bytes([i]).decode("cp1252", "ignore") or chr(i) for i in range(256))


def decode(raw: bytes, charset: str | None = None) -> str:
    """Decode HTML as browsers do: by byte order mark, `charset` (a mail's header), <meta>, UTF-8, windows-1252."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    declared = _encoding(charset) or _encoding(_declared(raw))
    if declared is None:
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            declared = "cp1252"
    if declared == "cp1252":
        return codecs.charmap_decode(raw, "strict", _WINDOWS_1252)[0]
    return raw.decode(declared, "replace")


def _declared(raw: bytes) -> str | None:
    head = re.split(rb"<body\b", _COMMENT.sub(b"", raw[:65536]), maxsplit=1, flags=re.IGNORECASE)[0]
    charsets = (_META_CHARSET.search(meta.group()) for meta in _META.finditer(head))
    return next((charset[1].decode("ascii", "replace") for charset in charsets if charset), None)


def _encoding(label: str | None) -> str | None:
    """Python's name of the character set, or None if it isn't one that browsers know.

    Python has codecs that are no character sets (base64), odd (unicode_escape) or slow (punycode).
    """
    label = (label or "")[:_MAX_LABEL].strip().strip("\"'")
    try:
        name = codecs.lookup(label).name if label.isascii() else ""
    except (LookupError, ValueError):
        return None
    name = _SUPERSETS.get(name, name)
    return name if name in _CHARACTER_SETS else None


def content_id(html: str) -> str:
    """The SHA-256 of the HTML in hexadecimal, so that equal mails are stored once."""
    return hashlib.sha256(html.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class Mail:
    """The parts of a raw mail (.eml), with its pictures embedded in the HTML."""

    html: str | None
    text: str | None


def read_eml(raw: bytes) -> Mail:
    """Read a raw mail's HTML and text, however broken its MIME is. A missing part is None.

    Raises ValueError, with a message for the user, if its parts nest deeper than any mail program nests them.
    """
    if sum(1 for _ in _NESTING.finditer(raw)) > _MAX_NESTING:
        raise ValueError(_TOO_NESTED)
    try:
        message = message_from_bytes(raw)
        parts = list(_parts(message))
    except RecursionError as error:
        raise ValueError(_TOO_NESTED) from error
    html, text = (_text_part(parts, subtype) for subtype in ("html", "plain"))
    return Mail(html=_with_pictures(html, parts) if html is not None else None, text=text)


def text_as_html(text: str) -> str:
    """A page for a mail without HTML, with its URLs as links."""
    linked = _URL.sub(r'<a href="\g<0>">\g<0></a>', entities.escape(text, quote=False))
    return f'<!DOCTYPE html><body><pre style="white-space:pre-wrap;font:15px/1.5 sans-serif;margin:24px">{linked}</pre>'


def _parts(message: Message) -> Iterator[Message]:
    """The mail's leaf parts, without those of a forwarded mail."""
    if message.is_multipart() and message.get_content_maintype() == "multipart":
        for part in message.get_payload():
            if isinstance(part, Message):
                yield from _parts(part)
    else:
        yield message


def _text_part(parts: list[Message], subtype: str) -> str | None:
    for part in parts:
        if part.get_content_type() == f"text/{subtype}" and part.get_content_disposition() != "attachment":
            return decode(_bytes(part), part.get_param("charset") and part.get_content_charset())
    return None


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _with_pictures(html: str, parts: list[Message]) -> str:
    pictures: dict[str, str] = {}
    characters_left = _MAX_EMBEDDED_CHARACTERS
    for part in parts:
        name = str(part.get("Content-ID", "")).strip().strip("<>")
        if name and re.fullmatch(r"image/[\w.+-]+", part.get_content_type()):
            data = base64.b64encode(_bytes(part)).decode("ascii")
            pictures[name] = f"data:{part.get_content_type()};base64,{data}"

    def data_url(reference: re.Match[str]) -> str:
        nonlocal characters_left
        picture = pictures.get(unquote(unescape(reference.group(1))), "")
        if not picture or len(picture) > characters_left:
            return reference.group()
        characters_left -= len(picture)
        return picture

    return re.sub(r"\bcid:([^\"'\s)>]+)", data_url, html, flags=re.IGNORECASE)
