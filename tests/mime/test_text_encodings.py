"""Texts in other encodings than UTF-8: names of countries and languages, in all languages that are written in each."""

import random
from collections.abc import Iterator

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mime.charsets import decode
from mailsight.mime.text_encodings import CHOICES, UTF_8, encoding_of

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
    "koi8-u": ("uk",),
    "cp866": ("ru",),
    "cp874": ("th",),
    "cp932": ("ja",),
    "euc_jp": ("ja",),
    "gb18030": ("zh",),
    "big5hkscs": ("zh_Hant",),
    "cp949": ("ko",),
}
PAIRS = [(encoding, language) for encoding, languages in LANGUAGES.items() for language in languages]


def table(language: str, rows: int, chosen: random.Random) -> str:
    """A table with names, few of which have letters with accents."""
    locale = Locale.parse(language)
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


@pytest.mark.parametrize("label", [None, "iso-8859-1", "utf-8"])
@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("尊敬的客户，感谢您的订购。", "gb18030"),
        ("親愛的顧客，感謝您的訂購。", "big5"),
        ("お客様各位、ご注文ありがとうございます。", "cp932"),
        ("お客様各位、ご注文ありがとうございます。", "euc_jp"),
        ("고객님, 주문해 주셔서 감사합니다.", "cp949"),
        ("Спасибо за ваш заказ.", "koi8-r"),
        ("Дякуємо за ваше замовлення, Євгенію. Її вже відправлено.", "koi8-u"),
        ("Спасибо за ваш заказ.", "cp1251"),
        ("Спасибо за ваш заказ.", "cp866"),
        ("Ευχαριστούμε για την παραγγελία σας.", "cp1253"),
        ("שלום, תודה על ההזמנה שלך, היא כבר בדרך.", "cp1255"),
        ("شكرا لك على طلبك، وهو في الطريق.", "cp1256"),
        ("ขอบคุณสำหรับคำสั่งซื้อของคุณ", "cp874"),
    ],
)
def test_a_mail_that_names_no_character_set_or_a_usual_one(
    text: str, encoding: str, label: str | None
) -> None:
    html = f"<p class='text'>{text}</p>\n<a href='https://shop.example/'>Shop now</a>"
    assert decode(html.encode(encoding), label) == html


@pytest.mark.parametrize("label", [None, "iso-8859-1"])
@pytest.mark.parametrize(
    "text", ["“é”", "Zoë – 5 €", "ÉCOLE DÉJÀ FERMÉE", "JOÃO, AÇÃO E EMOÇÃO", "Þórður ðæ ös"]
)
def test_western_mails_are_not_taken_for_others(text: str, label: str | None) -> None:
    assert decode(text.encode("cp1252"), label) == text


def test_a_polish_mail_without_a_label() -> None:
    text = "Wiosenna wyprzedaż: tulipany taniej, tylko w tym tygodniu. Zażółć gęślą jaźń."
    assert decode(text.encode("cp1250")) == text


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
        ("name\nZoë\nŁódź\n".encode()[:-2], UTF_8),
        ("name\n山田太郎;ﾔﾏﾀﾞ ﾀﾛｳ\n".encode("cp932"), "cp932"),
        ("name\n王小明\n".encode("gb18030"), "gb18030"),
        ("name\n陳大文\n".encode("big5"), "big5hkscs"),
        ("name\n김민수\n".encode("cp949"), "cp949"),
    ],
)
def test_what_is_mixed_or_short(raw: bytes, encoding: str) -> None:
    assert encoding_of([raw]) == encoding


@given(st.lists(st.binary(max_size=50), max_size=5))
def test_no_bytes_stop_it(chunks: list[bytes]) -> None:
    encoding = encoding_of(chunks)
    assert b"".join(chunks).decode(encoding, "surrogateescape") is not None


def test_people_can_choose_what_python_can_read() -> None:
    def readable() -> Iterator[str]:
        for encoding in CHOICES:
            yield "ABC".encode(encoding).decode(encoding)

    assert set(readable()) == {"ABC"}
