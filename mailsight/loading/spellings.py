"""How an address, an id or a name may be written in a text: with escapes, or as what senders make of it."""

import base64
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

_DIGESTS = ("md5", "sha1", "sha256", "sha512")
_URL_SAFE = str.maketrans("+/", "-_")
# Of a regular expression. With twice as much, RE2 runs out of memory and takes 200 times as long.
_MAX_LENGTH = 12_000
# Of a full name, with the blank: shorter ones are abbreviations.
_LEAST_NAME = 5
# A word may follow an escape, whose last letters are not part of it.
_BEFORE = r"\b|_|%[0-9a-f]{2}|\\[nrt]"
_SPACE = r"(?:\s|[+_,.\"'“”«»]|(?:%25|%|=)(?:20|0a|22|2b)|&(?:nbsp|quot|#0*(?:32|34|160)|#x0*(?:20|22|a0));|\\+[\"nt])+"
_NAMED = {"@": "&commat;", "'": "&apos;|’", '"': '\\\\*"|&quot;', "&": "&amp;", "+": "&plus;", "/": r"\\+/"}
_APOSTROPHES = {"'": "’", "’": "'"}
# Fewer characters of Base64 could match by accident.
_MIN_BASE64_LENGTH = 8
# Longer words are not looked for in Base64.
_MAX_ENCODED_BYTES = 320


def forms(address: str) -> tuple[str, ...]:
    """What senders put into links in place of an address: its digests, and its bytes in hexadecimal and Base64."""
    spelled: list[str] = []
    for raw in _bytes(address):
        plain = base64.b64encode(raw).decode().rstrip("=")
        spelled += (hashlib.new(name, raw, usedforsecurity=False).hexdigest() for name in _DIGESTS)
        spelled += (raw.hex(), plain, plain.translate(_URL_SAFE))
    return tuple(dict.fromkeys(spelled))


def _bytes(address: str) -> Iterable[bytes]:
    """An address as bytes: in lower case, and as it is written."""
    return dict.fromkeys((address.strip().lower().encode(), address.strip().encode()))


def domains(address: str) -> tuple[str, ...]:
    """The address with its domain in letters and, if these are not ASCII, as the domain name system spells it."""
    local, at, domain = address.strip().lower().rpartition("@")
    spelled = {domain}
    with suppress(UnicodeError):  # no domain name
        spelled.add(domain.encode("idna").decode())
    with suppress(UnicodeError):
        spelled.add(domain.encode().decode("idna"))
    return tuple(sorted(f"{local}{at}{each}" for each in spelled))


def of_address(address: str) -> tuple[str, ...]:
    """All of these: the address, its other domain, and what senders make of them."""
    spelled = [each for domain in domains(address) for each in (domain, *forms(domain))]
    return tuple(dict.fromkeys((*spelled, *forms(address))))


def names(name: str) -> tuple[str, ...]:
    """A full name as it is, and with the last word first; nothing if it is too short to tell who that is.

    A name with an apostrophe is also spelled with the other kind of apostrophe.
    """
    if not _is_full(name):
        return ()
    words = _plain(name).split()
    orders = (" ".join(words), " ".join((words[-1], *words[:-1])))
    other = str.maketrans(_APOSTROPHES)
    return tuple(dict.fromkeys((*orders, *(each.translate(other) for each in orders))))


def is_telling(customer_id: str) -> bool:
    """Whether an id stands for a customer wherever it is written, as in queries/erasure/macros.sql."""
    if "@" in customer_id or re.fullmatch("[0-9]{8,}", customer_id):
        return True
    return len(customer_id) > 4 and bool(re.search("[0-9]", customer_id) and re.search("[^0-9]", customer_id))


def patterns(words: Iterable[str]) -> list[str]:
    """Regular expressions, for RE2 and Python, that match the words however they are written.

    What is to be kept of a match is its first group.
    """
    batches: list[list[str]] = []
    length = _MAX_LENGTH
    for word in sorted({word.strip() for word in words}, key=lambda word: (-len(word), word)):
        if not word or (" " in word and "@" not in word and not _is_full(word)):
            continue
        first, *others = (each if len(each) < _MAX_LENGTH else "" for each in _spelled(word))
        spelled = [first or re.escape(word), *filter(None, others)]
        length += sum(map(len, spelled))
        if length > _MAX_LENGTH:
            batches.append([])
            length = sum(map(len, spelled))
        batches[-1] += spelled
    return [_pattern(batch) for batch in batches]


def _pattern(spelled: Sequence[str]) -> str:
    after = [each for each in spelled if each[0].isascii() and each[0].isalnum()]
    anywhere = [each for each in spelled if each not in after]
    if not after:
        return f"(?i)()(?:{'|'.join(anywhere)})"
    bounded = f"({_BEFORE})(?:{'|'.join(after)})"
    return f"(?i)(?:{'|'.join((bounded, *anywhere))})"


def _spelled(word: str) -> Iterator[str]:
    if "@" not in word:
        yield _flexible(_plain(word) if " " in word else word)
    else:
        yield from map(_flexible, of_address(word))
    for core in _inside_base64(word):
        yield f"(?-i:{core})"


def _flexible(word: str) -> str:
    parts = [
        _SPACE if part.isspace() else "".join(map(_letter, part)) for part in re.split(r"(\s+)", word.strip())
    ]
    last = word.strip()[-1]
    return "".join(parts) + (r"(?:\b|_)" if last.isascii() and last.isalnum() else "")


def _letter(letter: str) -> str:
    if letter.isascii() and letter.isalnum():
        return letter
    spelled = {
        composed
        for each in (letter.lower(), letter.upper(), letter, _APOSTROPHES.get(letter, letter))
        for composed in (unicodedata.normalize("NFC", each), unicodedata.normalize("NFD", each))
    }
    ways = [re.escape(each) for each in sorted(spelled)]
    for each in sorted(spelled):
        ways.append(
            "".join(
                rf"(?:%25|%|=){byte:02x}" if byte >= 128 or not chr(byte).isalnum() else chr(byte)
                for byte in each.encode()
            )
        )
        ways.append("".join(_utf16(each)))
        if len(each) == 1:
            ways.append(f"&#(?:0*{ord(each)}|x0*{ord(each):x});")
    if letter in _NAMED:
        ways.append(_NAMED[letter])
    return f"(?:{'|'.join(dict.fromkeys(ways))})"


def _utf16(text: str) -> Iterable[str]:
    raw = text.encode("utf-16-be")
    # JSON within JSON has more backslashes.
    return (rf"\\+u{raw[place]:02x}{raw[place + 1]:02x}" for place in range(0, len(raw), 2))


def _inside_base64(word: str) -> Iterable[str]:
    """What the Base64 of every text with the word has in common, at each of the three places of a byte."""
    for raw in _bytes(word):
        for before in range(3):
            text = base64.b64encode(b"\0" * before + raw).decode()
            core = text[(0, 2, 3)[before] : (before + len(raw)) // 3 * 4]
            if len(core) >= _MIN_BASE64_LENGTH and len(raw) <= _MAX_ENCODED_BYTES:
                yield "".join({"+": r"[+\-]", "/": "[/_]"}.get(letter, letter) for letter in core)


def _is_full(name: str) -> bool:
    """Whether a name has several words, and is no abbreviation."""
    plain = _plain(name)
    return " " in plain and len(plain) >= _LEAST_NAME


def _plain(name: str) -> str:
    return re.sub(r"[\s\"“”„«»()<>,;:!?.]+", " ", name).strip()
