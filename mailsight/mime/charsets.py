"""Character sets: their labels as the standard has them and as mail programs misspell them; bytes as text."""

import codecs
import re

from webencodings.labels import LABELS

from mailsight.mail.values import words

from . import text_encodings

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_COMMENT = re.compile(rb"<!--.*?(?:-->|\Z)", re.DOTALL)
_META = re.compile(rb"<meta\b[^>]{0,1000}", re.IGNORECASE)
_META_CHARSET = re.compile(rb"\bcharset\s{0,9}=\s{0,9}[\"']?\s{0,9}([^\s\"'/>;]{1,40})", re.IGNORECASE)
_MAX_LABEL = 60

# Python's codec for each encoding of https://encoding.spec.whatwg.org, where it has another name. Browsers read most
# labels as a larger character set (iso-8859-1 as windows-1252), and so do these codecs.
_CODECS = {
    "big5": "big5hkscs",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "gbk": "gb18030",
    "ibm866": "cp866",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso8859-8",
    "macintosh": "mac-roman",
    "shift_jis": "cp932",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac-cyrillic",
}
# Browsers refuse these because of attacks on their scripts; mails are written in them.
_FORBIDDEN_IN_BROWSERS = {
    "hz-gb-2312": "hz",
    "iso-2022-kr": "iso2022_kr",
    "csiso2022kr": "iso2022_kr",
    "utf-7": "utf-7",
    "unicode-1-1-utf-7": "utf-7",
    "csunicode11utf7": "utf-7",
}
# Seen in mails, but in no standard.
_MISNOMERS = {
    "ansi": "cp1252",
    "latin": "cp1252",
    "western": "cp1252",
    "utf": "utf-8",
    "utf8mb4": "utf-8",
    "utf8bom": "utf-8",
    "unicodeutf8": "utf-8",
    "macroman": "mac-roman",
    "macce": "mac-latin2",
    "macjapanese": "cp932",
    "maccyrillic": "mac-cyrillic",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "iso2022jpms": "iso2022_jp_ext",
    "iso2022jp1": "iso2022_jp_ext",
    "iso2022jp2": "iso2022_jp_2",
    "iso2022jp3": "iso2022_jp_3",
    "iso2022jp2004": "iso2022_jp_2004",
    "big5tw": "big5hkscs",
    "eucjpms": "euc_jp",
    "cp51932": "euc_jp",
    "hz": "hz",
    "hzgb": "hz",
}
# Not in the standard, and readable by Python. Its other codecs are no character sets (base64) or slow (punycode).
_MORE_CODECS = words("""
    cp437 cp720 cp737 cp775 cp850 cp852 cp855 cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp869 cp1125 johab koi8-t
    kz1048 ptcp154 mac-greek mac-iceland mac-latin2 mac-turkish utf-32 utf-32-le utf-32-be
""")
# Windows' numbers for character sets, as Outlook stores them.
_CODE_PAGES = {
    437: "cp437", 850: "cp850", 874: "cp874", 932: "cp932", 936: "gb18030", 949: "cp949", 950: "big5hkscs",
    1200: "utf-16-le", 1201: "utf-16-be", 1361: "johab", 10000: "mac-roman", 10007: "mac-cyrillic", 20127: "cp1252",
    20866: "koi8-r", 20932: "euc_jp", 20936: "gb18030", 21866: "koi8-u", 38598: "iso8859-8", 50220: "iso2022_jp_ext",
    50221: "iso2022_jp_ext", 50222: "iso2022_jp_ext", 50225: "iso2022_kr", 51932: "euc_jp", 51936: "gb18030",
    51949: "cp949", 52936: "hz", 54936: "gb18030", 65000: "utf-7", 65001: "utf-8", 28591: "cp1252", 28599: "cp1254",
    **{28590 + part: f"iso8859-{part}" for part in (2, 3, 4, 5, 6, 7, 8, 13, 15)},
    **{page: f"cp{page}" for page in range(1250, 1259)},
}  # fmt: skip
_PAGE = re.compile(r"(?:x)?(?:windows|win|microsoft|ms|cp|ibm|dos|oem|codepage)?([0-9]{3,5})")
# What Python's codecs read in another way than browsers.
_JIS = str.maketrans("〜‖−¢£¬", "～∥－￠￡￢")
# Characters that Unicode didn't have when Python's codec was made, and the space that is as wide as a character.
_GB = str.maketrans(
    "\ue5e5\ue7c7\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue81e\ue826\ue82b\ue82c\ue832\ue843\ue854\ue864",
    "\u3000ḿ︐︒︑︓︔︕︖︗︘︙龴龵龶龷龸龹龺龻",
)
_DIFFERENCES = {
    "euc_jp": _JIS,
    "iso2022_jp_ext": _JIS,
    "gb18030": _GB,
    "koi8-u": str.maketrans("╝╬", "ўЎ"),
}
_STATEFUL = words("iso2022_jp_ext iso2022_jp_2 iso2022_jp_3 iso2022_jp_2004 iso2022_kr hz utf-7")
_MULTIBYTE = _STATEFUL | words("big5hkscs cp932 cp949 euc_jp gb18030 johab")
_WIDE = words("utf-16-le utf-16-be utf-16 utf-32 utf-32-le utf-32-be")
_JAPANESE = re.compile(rb"\x1b\$[@B]")
# Latin text hardly ever has three accented letters in a row.
_FOREIGN = re.compile(rb"[\x80-\xff]{3}")
_UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_MIN_LETTERS = 10  # fewer don't tell languages apart
_SNIFFED_BYTES = 4096


def _codec(name: str) -> str | None:
    """Python's name for an encoding of the standard, or None for those that decode nothing."""
    return None if name in ("replacement", "x-user-defined") else codecs.lookup(_CODECS.get(name, name)).name


def _compact(label: str) -> str:
    return re.sub("[^a-z0-9]", "", label)


_LABELS = {label: codec for label, name in LABELS.items() if (codec := _codec(name))} | _FORBIDDEN_IN_BROWSERS
_COMPACT_LABELS = {_compact(label): codec for label, codec in _LABELS.items()} | _MISNOMERS


def encoding(label: str | None) -> str | None:
    """Python's codec for a label, however it is misspelt, or None if no character set is meant."""
    label = (label or "")[:_MAX_LABEL].lower()
    if not label.isascii():
        return None
    label = label.strip(" \t\r\n\"'<>()[]=:;,.").removeprefix("charset=").removeprefix("3d").strip("\"'")
    return _of_label(label) or _of_label(re.split(r"[\s;,\"']", label, maxsplit=1)[0])


def _of_label(label: str) -> str | None:
    if label in _LABELS:
        return _LABELS[label]
    compact = _compact(label)
    for form in (compact, compact.removeprefix("x"), compact.removeprefix("cs"), f"iso{compact}"):
        if form in _COMPACT_LABELS:
            return _COMPACT_LABELS[form]
    if page := _PAGE.fullmatch(compact):
        return code_page(int(page[1]))
    return _known_to_python(label) or _known_to_python(label.removeprefix("x-"))


def code_page(number: int) -> str | None:
    """Python's codec for a number of Windows' code pages."""
    return _CODE_PAGES.get(number) or _known_to_python(f"cp{number}")


def _known_to_python(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    return name if name in _MORE_CODECS else None


def decode(raw: bytes, charset: str | None = None) -> str:
    """Decode HTML or text: by byte order mark, `charset` (a mail's header), <meta>, UTF-8, windows-1252.

    As in a browser, except where bytes and labels contradict: UTF-8 is recognised under another label, and a label
    that doesn't fit gives way to one that does.
    """
    for mark, codec in _BYTE_ORDER_MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(codec, "replace")
    return text(raw, _chosen(raw, encoding(charset), encoding(_declared(raw))))


def text(raw: bytes, codec: str) -> str:
    """Decode as browsers do. Bytes that mean nothing become U+FFFD."""
    decoded = raw.decode(codec, _AS_BROWSERS)
    return decoded.translate(_DIFFERENCES[codec]) if codec in _DIFFERENCES else decoded


def _chosen(raw: bytes, header: str | None, meta: str | None) -> str:
    if wide := _wide(raw, header):
        return wide
    header, meta = (None if codec in _WIDE else codec for codec in (header, meta))
    meta = None if meta == "utf-7" else meta
    declared = header or meta
    if declared in (None, "cp1252", "utf-8") and _JAPANESE.search(raw):
        return "iso2022_jp_ext"
    if not raw.isascii() and fits(raw, "utf-8"):
        # Text of another character set is hardly ever valid UTF-8, unless each character takes several bytes.
        if "utf-8" in (header, meta) or declared not in _MULTIBYTE or not fits(raw, declared):
            return "utf-8"
    elif header and meta and header != meta and fits(raw, meta):
        # Many programs label everything iso-8859-1.
        is_latin = header == "cp1252" and not (meta in _MULTIBYTE or _FOREIGN.search(raw))
        if (header == "cp1252" and not is_latin) or not fits(raw, header):
            return meta
    return _recognised(raw, declared) if declared in (None, "cp1252", "utf-8") else declared


def _recognised(raw: bytes, declared: str | None) -> str:
    """The codec of bytes that aren't UTF-8, without a label or with one that programs put on everything."""
    if raw.isascii():
        return declared or "cp1252"
    is_short = len(_BEYOND_ASCII.findall(raw)) < _MIN_LETTERS
    if declared and is_short:
        return declared if declared != "utf-8" or _UTF_8.search(raw) else "cp1252"
    found = text_encodings.encoding_of([raw], latin="cp1252" if declared or is_short else None)
    return "utf-8" if found == text_encodings.UTF_8 else found


def _wide(raw: bytes, header: str | None) -> str | None:
    """UTF-16 or UTF-32 without a byte order mark, if the bytes look like it. Markup is mostly ASCII."""
    start = raw[:_SNIFFED_BYTES]
    if not start.count(0) > len(start) // 4:
        return header if header in _WIDE and b"\0" in start else None
    if start.count(0) > len(start) * 5 // 8:
        return "utf-32-le" if start[0] else "utf-32-be"
    return "utf-16-le" if start[1::2].count(0) > start[::2].count(0) else "utf-16-be"


def fits(raw: bytes, codec: str) -> bool:
    """Whether all bytes mean something in a character set."""
    try:
        raw.decode(codec, _AS_BROWSERS_OR_FAIL)
    except UnicodeDecodeError:
        return False
    return True


def _declared(raw: bytes) -> str | None:
    head = re.split(rb"<body\b", _COMMENT.sub(b"", raw[:65536]), maxsplit=1, flags=re.IGNORECASE)[0]
    charsets = (_META_CHARSET.search(meta.group()) for meta in _META.finditer(head))
    return next((charset[1].decode("ascii", "replace") for charset in charsets if charset), None)


_AS_BROWSERS = "mailsight-as-browsers"
_AS_BROWSERS_OR_FAIL = "mailsight-as-browsers-or-fail"


def _as_browsers(error: UnicodeError) -> tuple[str, int]:
    """Decode what Python's codecs don't know but browsers do, or else replace it."""
    try:
        return _as_browsers_or_fail(error)
    except UnicodeDecodeError as unknown:
        return "\ufffd", unknown.end


def _as_browsers_or_fail(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    raw, start = error.object, error.start
    first = raw[start]
    if error.encoding == "charmap" and 0x80 <= first < 0xA0:
        return chr(first), start + 1  # bytes of windows-125x that Microsoft left undefined
    if error.encoding == "gb18030" and first == 0x80:
        return "€", start + 1
    if error.encoding == "euc_jp" or error.encoding.startswith("iso2022_jp"):
        pair = bytes(byte & 0x7F for byte in raw[start : start + 2])
        with_extensions = _nec_or_ibm(pair) if len(pair) == 2 else ""
        if with_extensions:
            return with_extensions, start + 2
    raise error


def _nec_or_ibm(pair: bytes) -> str:
    """A character of JIS X 0208 as Microsoft extended it, such as a circled number; empty if there is none.

    Shift_JIS holds two rows of JIS in one: https://encoding.spec.whatwg.org/#euc-jp-decoder, #shift_jis-decoder
    """
    row, cell = pair[0] - 0x21, pair[1] - 0x21
    if not (0 <= row < 94 and 0 <= cell < 94):
        return ""
    lead, trail = row // 2, cell + (94 if row % 2 else 0)
    shifted = bytes([lead + (0x81 if lead < 0x1F else 0xC1), trail + (0x40 if trail < 0x3F else 0x41)])
    return shifted.decode("cp932", "ignore")


codecs.register_error(_AS_BROWSERS, _as_browsers)
codecs.register_error(_AS_BROWSERS_OR_FAIL, _as_browsers_or_fail)
