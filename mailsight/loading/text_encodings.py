"""The encoding of a text file: UTF-8, or else the one in which its bytes are words of some language."""

import codecs
import re
import unicodedata
from collections.abc import Iterable
from functools import cache

import cchardet

from mailsight.mime import charsets

UTF_8 = "utf-8-sig"
WESTERN = "cp1252"
# What people may choose, by Python's name, for files that don't tell.
CHOICES = {
    WESTERN: "Western European (Windows-1252)",
    "cp1250": "Central European (Windows-1250)",
    "iso8859-2": "Central European (ISO 8859-2)",
    "cp1251": "Cyrillic (Windows-1251)",
    "koi8-r": "Cyrillic (KOI8-R)",
    "cp1253": "Greek (Windows-1253)",
    "cp1254": "Turkish (Windows-1254)",
    "cp1255": "Hebrew (Windows-1255)",
    "cp1256": "Arabic (Windows-1256)",
    "cp1257": "Baltic (Windows-1257)",
    "mac-roman": "Western European (Mac)",
    "cp850": "Western European (DOS)",
    "cp852": "Central European (DOS)",
    "cp932": "Japanese (Shift JIS)",
    "gb18030": "Chinese, simplified (GB 18030)",
    "big5hkscs": "Chinese, traditional (Big5)",
    "cp949": "Korean (EUC-KR)",
}
# uchardet is hardly ever mistaken about these, if it is as confident as this. Others it sees in a few Western names.
_LATIN = (WESTERN, "cp1250", "iso8859-2", "cp1254", "cp1257", "iso8859-13", "iso8859-15")
_SURE = 0.78
_OTHER_SCRIPTS = ("cp1251", "koi8-r", "koi8-u", "cp866", "iso8859-5", "cp1253", "iso8859-7", "cp1255", "iso8859-8",
                  "cp1256", "iso8859-6")  # fmt: skip
# Words in the Latin alphabet seldom have three letters with accents in a row; other scripts consist of them.
_RUN = re.compile(rb"[\x80-\xff]{3,}")
_LETTER = re.compile(rb"[\x80-\xff]")
_MIN_SHARE_IN_RUNS = 0.4
_SAMPLE_BYTES = 2**18
# Where UTF-8 and broken bytes are mixed, it is UTF-8 unless almost everything is broken.
_BROKEN_PER_VALID = 10
# Windows' encodings have characters where those of ISO have none.
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
_UNLIKELY = 0xFF  # "ÿ", as which other encodings appear
# If the language doesn't tell, the likeliest first.
_POSSIBLE = (WESTERN, "cp1250", "iso8859-2", "cp1254", "cp1257", "mac-roman", "cp850")
# Signs and capitals within words, as which letters of other encodings appear.
_CAPITALS = "".join(letter for letter in map(chr, range(0xC0, 0x180)) if letter.isupper())
_ODD = re.compile(
    r"(?<=[^\W\d_])[¹²³£¥¿¡¼½¾±¤¦¨¯´¸¬÷×ÿ]|[£¥¯¨¦¼¾](?=[^\W\d_])|(?<=[^\W\d_])[‚„…†‡ˆ‰‹“”•˜™›€¢§©®°µ¶](?=[^\W\d_])"
    rf"|(?<=[a-z])[{_CAPITALS}]"
)


def encoding_of(chunks: Iterable[bytes]) -> str:
    """Python's name for the encoding of a file, which is read in chunks that end at line ends.

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
        for letter in set(text):
            if "\udc80" <= letter <= "\udcff":
                broken += text.count(letter)
            elif letter > "\x7f":
                valid += text.count(letter)
        if valid * _BROKEN_PER_VALID > broken:
            return UTF_8
        used.update(chunk)
        if len(sample) < _SAMPLE_BYTES:
            sample += b"".join(line for line in chunk.splitlines(keepends=True) if not line.isascii())
    return _single_byte_encoding(bytes(sample[:_SAMPLE_BYTES]), frozenset(used)) if broken else UTF_8


def _single_byte_encoding(sample: bytes, used: frozenset[int]) -> str:
    """The encoding that a language suggests, else the one in which the fewest words have signs in them."""
    guess = cchardet.detect(sample)
    codec = charsets.encoding(guess["encoding"])
    in_runs = sum(map(len, _RUN.findall(sample)))
    is_foreign = in_runs > _MIN_SHARE_IN_RUNS * len(_LETTER.findall(sample))
    is_sure = (guess["confidence"] or 0.0) >= _SURE
    if codec and (codec in _OTHER_SCRIPTS if is_foreign else codec in _LATIN and is_sure):
        if used & _C1 or (codec == "iso8859-15" and _EURO_OF_ISO not in used):
            codec = _OF_WINDOWS.get(codec, codec)
        if used <= _characters(codec):
            return codec
    possible = [codec for codec in _POSSIBLE if used <= _characters(codec) and _UNLIKELY not in used]
    return min(possible, key=lambda codec: len(_ODD.findall(sample.decode(codec))), default=UTF_8)


@cache
def _characters(codec: str) -> frozenset[int]:
    """The bytes that are characters on their own."""
    letters = {byte: bytes([byte]).decode(codec, "ignore") for byte in range(0x100)}
    return frozenset(
        byte
        for byte, letter in letters.items()
        if letter and (unicodedata.category(letter) != "Cc" or letter in "\t\n\v\f\r")
    )
