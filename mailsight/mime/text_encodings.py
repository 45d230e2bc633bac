"""The character set of a text that doesn't name it: the one in which its bytes are words of some language.

Chinese, Japanese and Korean are known by their frequent characters, other languages by uchardet's statistics.
"""

import codecs
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

import cchardet

UTF_8 = "utf-8-sig"
WESTERN = "cp1252"
# What people may choose, by Python's name, for files that don't tell.
CHOICES = {
    "cp1252": "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859-2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "koi8-u": "Cyrillic (KOI8-U)",
    "cp866": "Cyrillic (DOS)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "cp874": "Thai (Windows-874)",
    "mac-roman": "Western European (Mac)",
    "cp850": "Western European (DOS)",
    "cp852": "Central European (DOS)",
    "cp932": "Japanese (Shift JIS)",
    "euc_jp": "Japanese (EUC-JP)",
    "gb18030": "Chinese, simplified (GB 18030)",
    "big5hkscs": "Chinese, traditional (Big5)",
    "cp949": "Korean (EUC-KR)",
}
_SAMPLE_BYTES = 2**18
# Where UTF-8 and broken bytes are mixed in Latin text, it is UTF-8 unless almost everything is broken.
_BROKEN_PER_VALID = 10
# What the detector (uchardet) calls them, and Python.
_LATIN = {
    "ISO-8859-1": WESTERN,
    "WINDOWS-1252": WESTERN,
    "WINDOWS-1250": "cp1250",
    "ISO-8859-2": "iso8859-2",
    "WINDOWS-1254": "cp1254",
    "ISO-8859-9": "cp1254",
    "WINDOWS-1257": "cp1257",
    "ISO-8859-13": "iso8859-13",
    "ISO-8859-15": "iso8859-15",
}
_OTHER_SCRIPTS = {
    "WINDOWS-1251": "cp1251",
    "KOI8-R": "koi8-r",
    "IBM866": "cp866",
    "ISO-8859-5": "iso8859-5",
    "WINDOWS-1253": "cp1253",
    "ISO-8859-7": "iso8859-7",
    "WINDOWS-1255": "cp1255",
    "ISO-8859-8": "iso8859-8",
    "WINDOWS-1256": "cp1256",
    "ISO-8859-6": "iso8859-6",
    "TIS-620": "cp874",
    "ISO-8859-11": "cp874",
}
# If it is as confident as this, it is hardly ever mistaken about Latin text. It sees other scripts in
# a few Western names.
_SURE = 0.78
# Words in the Latin alphabet seldom have three letters with accents in a row, other than Windows' quotes and dashes;
# other scripts consist of them.
_RUN = re.compile(rb"[\x80-\x90\x98-\xff]{3,}")
_LETTER = re.compile(rb"[\x80-\xff]")
_MIN_SHARE_IN_RUNS = 0.4
# Windows' character sets have characters where those of ISO have none.
_OF_WINDOWS = {
    "iso8859-2": "cp1250",
    "iso8859-5": "cp1251",
    "iso8859-6": "cp1256",
    "iso8859-7": "cp1253",
    "iso8859-8": "cp1255",
    "iso8859-13": "cp1257",
    "iso8859-15": WESTERN,
}
_C1 = frozenset(range(0x80, 0xA0))
_EURO_OF_ISO = 0xA4  # a sign that nobody uses in Windows-1252
_UKRAINIAN = frozenset(b"\xa4\xa6\xa7\xad\xb4\xb6\xb7\xbd")  # letters of KOI8-U that are lines in KOI8-R
_UNLIKELY = 0xFF  # "ÿ", as which other character sets appear
# If the language doesn't tell, the likeliest first.
_POSSIBLE = (WESTERN, "cp1250", "iso8859-2", "cp1254", "cp1257", "mac-roman", "cp850")
# Signs and capitals within words, as which letters of other character sets appear.
_CAPITALS = "".join(letter for letter in map(chr, range(0xC0, 0x180)) if letter.isupper())
_ODD = re.compile(
    r"(?<=[^\W\d_])[¹²³£¥¿¡¼½¾±¤¦¨¯´¸¬÷×ÿ]|[£¥¯¨¦¼¾](?=[^\W\d_])|(?<=[^\W\d_])[‚„…†‡ˆ‰‹“”•˜™›€¢§©®°µ¶](?=[^\W\d_])"
    rf"|(?<=[a-z])[{_CAPITALS}ƒ]|(?<=[^\W\d_])[─-▟]|[─-▟](?=[^\W\d_])"
)

Bytes = tuple[int, int]
# The pairs of bytes, from the first to the last, of the characters of which texts consist: kana and the frequent half
# of the Chinese characters, or the syllables of Korean. Each is tried after those whose pairs are also frequent in it.
_FREQUENT: Sequence[tuple[str, Sequence[tuple[Bytes, Bytes]]]] = (
    ("cp932", [((0x82, 0x82), (0x9F, 0xF1)), ((0x83, 0x83), (0x40, 0x96)), ((0x88, 0x98), (0x40, 0xFC))]),
    ("euc_jp", [((0xA4, 0xA5), (0xA1, 0xF6)), ((0xB0, 0xCF), (0xA1, 0xFE))]),
    ("cp949", [((0xB0, 0xC8), (0xA1, 0xFE))]),
    ("gb18030", [((0xB0, 0xD7), (0xA1, 0xFE))]),
    ("big5hkscs", [((0xA4, 0xC6), (0x40, 0xFE))]),
)
_MIN_FREQUENT = 0.9
_MIN_TOGETHER = 0.7  # what one reads into Latin text stands alone
_MAX_BROKEN = 0.01
_MIN_KANA = 0.05  # only Japanese has them; without, these bytes are rather Chinese
_WIDE_LETTER = re.compile(r"[^\W\d_\x00-\x7f\u30fc\uff00-\uffef]")
_KANA = re.compile(r"[\u3041-\u30ff]")
_FOREIGN = re.compile(r"[^\x00-\x7f]")
_BROKEN = re.compile(r"[\udc80-\udcff]")
_TOGETHER = re.compile(r"[^\x00-\x7f]{2,}")
_IN_LATIN_WORDS = re.compile(r"[A-Za-z][^\x00-\x7f]|[^\x00-\x7f][A-Za-z]")

# Where the detector sees Chinese in other scripts: the bytes that are none of their letters, and the share of others in
# texts: the lower-case letters before Russian "р"; the vowels and tones of Thai.
_SHARES = {
    "cp866": (re.compile(rb"[\xb0-\xdf\xf2-\xff]"), re.compile(rb"[\xa0-\xaf]"), 0.3, 0.8),
    "cp874": (
        re.compile(rb"[\x81-\x84\x86-\x90\x98-\xa0\xdb-\xde\xfc-\xff]"),
        re.compile(rb"[\xd0-\xd9\xe0-\xe4\xe7-\xec]"),
        0.25,
        0.6,
    ),
}


def encoding_of(chunks: Iterable[bytes], *, latin: str | None = None) -> str:
    """Python's name for the encoding of a text, which is read in chunks that end at line ends.

    `latin` is the encoding if the text is in the Latin alphabet and not UTF-8; otherwise, it is recognised too.
    It is UTF-8 if nothing else fits. Raises nothing: bytes that are no characters are left to the reader.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    valid = broken = 0
    used: set[int] = set()
    sample = bytearray()
    for chunk in chunks:
        if chunk.isascii():
            if not used:
                used.update(chunk)
            continue
        text = decoder.decode(chunk)
        odd = len(_BROKEN.findall(text))
        valid, broken = valid + len(_FOREIGN.findall(text)) - odd, broken + odd
        if valid > broken:
            return UTF_8
        used.update(chunk)
        if len(sample) < _SAMPLE_BYTES:
            sample += b"".join(line for line in chunk.splitlines(keepends=True) if not line.isascii())
    start = bytes(sample[:_SAMPLE_BYTES])
    broken += len(decoder.getstate()[0])  # the text ends within a character
    other = _east_asian(start) or _alphabetic(start) if broken > valid else None
    if not other and valid * _BROKEN_PER_VALID >= broken:
        return UTF_8
    return other or latin or _of_latin_text(start, frozenset(used)) or UTF_8


def _alphabetic(sample: bytes) -> str | None:
    """Python's codec for a text that isn't written in Latin letters; None for any other text."""
    in_runs = sum(map(len, _RUN.findall(sample)))
    if in_runs <= _MIN_SHARE_IN_RUNS * len(_LETTER.findall(sample)):
        return None
    return _guessed(_OTHER_SCRIPTS.get(_detected(sample)[0]), frozenset(sample)) or _by_shares(sample)


def _of_latin_text(sample: bytes, used: frozenset[int]) -> str | None:
    """Python's codec for a text with accents: as a language suggests, or else in which the fewest words have signs in
    them. `used` are the bytes of the whole text. None if it is no text.
    """
    name, confidence = _detected(sample)
    if confidence >= _SURE and (codec := _guessed(_LATIN.get(name), used)):
        return codec
    possible = [codec for codec in _POSSIBLE if used <= _characters(codec) and _UNLIKELY not in used]
    return min(possible, key=lambda codec: len(_ODD.findall(sample.decode(codec))), default=None)


def _detected(sample: bytes) -> tuple[str, float]:
    guess = cchardet.detect(sample)
    return (guess["encoding"] or "").upper(), guess["confidence"] or 0.0


def _guessed(codec: str | None, used: frozenset[int]) -> str | None:
    """The codec, or the one of Windows that has more characters, if all bytes are characters in it."""
    if not codec:
        return None
    if used & _C1 or (codec == "iso8859-15" and _EURO_OF_ISO not in used):
        codec = _OF_WINDOWS.get(codec, codec)
    if codec == "koi8-r" and used & _UKRAINIAN:
        codec = "koi8-u"
    return codec if used <= _characters(codec) else None


def _by_shares(sample: bytes) -> str | None:
    letters = len(_LETTER.findall(sample))
    return next(
        (
            codec
            for codec, (others, telling, least, most) in _SHARES.items()
            if not others.search(sample) and least * letters < len(telling.findall(sample)) < most * letters
        ),
        None,
    )


def _east_asian(sample: bytes) -> str | None:
    for codec, pairs in _FREQUENT:
        text = codecs.getincrementaldecoder(codec)("replace").decode(sample)  # it may end within a character
        letters = _WIDE_LETTER.findall(text)
        frequent = sum(letter in _decoded(codec, tuple(pairs)) for letter in letters)
        foreign = len(_FOREIGN.findall(text))
        if (
            len(letters) > 1
            and frequent >= _MIN_FREQUENT * len(letters)
            and text.count("\ufffd") <= _MAX_BROKEN * foreign
            and sum(map(len, together := _TOGETHER.findall(text))) >= _MIN_TOGETHER * foreign
            and len(_IN_LATIN_WORDS.findall(text)) <= len(together) / 2
            and (codec != "euc_jp" or len(_KANA.findall(text)) >= _MIN_KANA * len(letters))
        ):
            return codec
    return None


@cache
def _decoded(codec: str, pairs: Sequence[tuple[Bytes, Bytes]]) -> frozenset[str]:
    every = (
        bytes((first, second)).decode(codec, "ignore")
        for (lead, last_lead), (trail, last_trail) in pairs
        for first in range(lead, last_lead + 1)
        for second in range(trail, last_trail + 1)
    )
    return frozenset(letter for letter in every if not letter.isascii())


@cache
def _characters(codec: str) -> frozenset[int]:
    """The bytes that are characters on their own."""
    letters = {byte: bytes([byte]).decode(codec, "ignore") for byte in range(0x100)}
    return frozenset(
        byte
        for byte, letter in letters.items()
        if letter and (unicodedata.category(letter) != "Cc" or letter in "\t\n\v\f\r")
    )
