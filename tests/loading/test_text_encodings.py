"""Texts in single-byte encodings: names of countries and languages, in all languages that are written in each."""

import random
from collections.abc import Iterator

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from mailsight.loading.text_encodings import CHOICES, UTF_8, encoding_of

LANGUAGES = {
    "cp1252": ("de", "fr", "es", "pt", "da", "sv", "nb", "fi", "ca", "is"),
    "cp1250": ("pl", "cs", "sk", "hu", "sl", "hr", "ro"),
    "iso8859-2": ("pl", "cs", "hu"),
    "cp1251": ("ru", "uk", "bg"),
    "koi8-r": ("ru",),
    "cp1253": ("el",),
    "cp1254": ("tr",),
    "cp1255": ("he",),
    "cp1256": ("ar",),
    "cp1257": ("lt", "lv"),
}
PAIRS = [(encoding, language) for encoding, languages in LANGUAGES.items() for language in languages]


def table(language: str, rows: int, chosen: random.Random) -> str:
    """A table with names, few of which have letters with accents."""
    locale = Locale(language)
    names = sorted({*locale.territories.values(), *locale.languages.values()})
    lines = [f"{row};{name};p{row}@example.com" for row, name in enumerate(chosen.sample(names, rows))]
    return "\n".join(["id;name;email", *lines, ""])


@pytest.mark.parametrize(("encoding", "language"), PAIRS)
def test_a_language_shows_in_which_encoding_it_is_written(encoding: str, language: str) -> None:
    raw = table(language, 250, random.Random(7)).encode(encoding, "ignore")
    assert raw.decode(encoding_of([raw])) == raw.decode(encoding)


def test_a_few_western_names_are_seldom_mistaken() -> None:
    chosen = random.Random(1)
    tables = [
        table(language, 20, chosen).encode("cp1252", "ignore")
        for language in LANGUAGES["cp1252"]
        for _ in range(20)
    ]
    right = [raw.decode(encoding_of([raw]), "replace") == raw.decode("cp1252") for raw in tables]
    assert sum(right) > 0.97 * len(right)


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        (b"a;b\n", UTF_8),
        (b"", UTF_8),
        ("Zoë;5 €".encode(), UTF_8),
        ("Zoë\n".encode() * 3 + b"B\xfcrgi\n" * 5, UTF_8),
        ("Zoë\n".encode() + b"B\xfcrgi\n" * 50, "cp1252"),
        ("“Ann” – 5 €".encode("cp1252"), "cp1252"),
        ("£ódź".encode("cp1250", "ignore") + "Łódź;Żółć".encode("cp1250"), "cp1250"),
        (b"\x00\xff\xfe\x01", UTF_8),
    ],
)
def test_what_is_mixed_or_short(raw: bytes, encoding: str) -> None:
    assert encoding_of([raw]) == encoding


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_no_bytes_stop_it(chunks: list[bytes]) -> None:
    encoding = encoding_of(chunks)
    assert b"".join(chunks).decode(encoding, "surrogateescape" if encoding == UTF_8 else "strict") is not None


def test_people_can_choose_what_python_can_read() -> None:
    def readable() -> Iterator[str]:
        for encoding in CHOICES:
            yield "ABC".encode(encoding).decode(encoding)

    assert set(readable()) == {"ABC"}
