"""Labels of character sets, and bytes whose label is missing or wrong."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser
from webencodings.labels import LABELS

from mailsight.mime.charsets import code_page, decode, encoding, text

# Labels that mail programs write, with the same characters of the set they mean.
MISSPELT = {
    "utf8": ("utf-8", "é€"), "UTF-8;": ("utf-8", "é€"), '"utf-8"': ("utf-8", "é€"), "'utf-8'": ("utf-8", "é€"),
    "3Dutf-8": ("utf-8", "é€"), '3D"utf-8"': ("utf-8", "é€"), "utf_8": ("utf-8", "é"), "utf8mb4": ("utf-8", "é"),
    "UTF-8 ": ("utf-8", "é"), "utf-8; format=flowed": ("utf-8", "é"), "charset=utf-8": ("utf-8", "é"),
    "unicode-1-1-utf-8": ("utf-8", "é"), "x-sjis": ("cp932", "テスト①"), "ms_kanji": ("cp932", "テスト"),
    "cp-850": ("cp850", "é"), "ibm850": ("cp850", "é"), "cp437": ("cp437", "é"), "iso-8859-8-i": ("iso8859-8", "שלום"),
    "unicode-1-1-utf-7": ("utf-7", "é€"), "utf-7": ("utf-7", "é€"), "ansi": ("cp1252", "é€"),
    "windows1252": ("cp1252", "é€"), "win-1251": ("cp1251", "Привет"), "windows_1251": ("cp1251", "Привет"),
    "x-cp1251": ("cp1251", "Привет"), "koi8r": ("koi8-r", "Привет"), "koi8-ru": ("koi8-u", "Привіт"),
    "x-mac-roman": ("mac-roman", "é"), "macintosh": ("mac-roman", "é"), "x-mac-ce": ("mac-latin2", "č"),
    "ks_c_5601-1987": ("cp949", "안녕"), "euc-kr": ("cp949", "똠방"), "gb2312": ("gb18030", "你好镕"),
    "x-gbk": ("gb18030", "你好"), "cp936": ("gb18030", "你好"), "cn-big5": ("big5hkscs", "你好"),
    "hz-gb-2312": ("hz", "你好"), "iso-2022-jp": ("iso2022_jp", "テスト"), "csISO2022JP": ("iso2022_jp", "テスト"),
    "iso-2022-jp-3": ("iso2022_jp_3", "テスト"), "cp50221": ("iso2022_jp", "テスト"),
    "iso-2022-kr": ("iso2022_kr", "안녕"),
    "iso8859_1": ("cp1252", "é€"), "iso 8859-15": ("iso8859-15", "€"), "8859-2": ("iso8859-2", "č"),
    "latin1": ("cp1252", "é"), "us-ascii": ("cp1252", "é€"), "iso-8859-1": ("cp1252", "“é”"),
    "tis-620": ("cp874", "ไทย"),
    "iso-8859-9": ("cp1254", "ş"), "x-euc-jp": ("euc_jp", "テスト"), "johab": ("johab", "안녕"),
}  # fmt: skip


@pytest.mark.parametrize("label", MISSPELT)
def test_a_label_is_understood_however_it_is_written(label: str) -> None:
    codec, characters = MISSPELT[label]
    assert decode(f"<p>{characters} {characters}".encode(codec), label) == f"<p>{characters} {characters}"
    assert (
        decode(f"<p>{characters} {characters}".encode(codec), label.upper())
        == f"<p>{characters} {characters}"
    )


@pytest.mark.parametrize(
    "label",
    [
        "unknown-8bit",
        "default",
        "binary",
        "base64",
        "none",
        "x-unknown",
        "",
        "é",
        "_",
        "*",
        "rot13",
        "x" * 999,
    ],
)
@pytest.mark.parametrize(("raw", "read"), [("é€".encode(), "é€"), ("é€".encode("cp1252"), "é€"), (b"a", "a")])
def test_a_label_that_means_nothing_counts_as_none(label: str, raw: bytes, read: str) -> None:
    assert encoding(label) is None
    assert decode(raw, label) == read


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"\xef\xbb\xbf<meta charset=latin1>\xc3\xa9", "<meta charset=latin1>é"),
        ("<p>é".encode("utf-16"), "<p>é"),
        ("<p>é".encode("utf-32"), "<p>é"),
        ("<p>a page in é".encode("utf-16-le"), "<p>a page in é"),
        ("<p>a page in é".encode("utf-16-be"), "<p>a page in é"),
        ("<meta charset=utf-8><p>é".encode("utf-16-le"), "<meta charset=utf-8><p>é"),
        (b"<meta charset='iso-8859-1'>\xe9 \x80 \x81", "<meta charset='iso-8859-1'>é € \x81"),
        (b'<META http-equiv=Content-Type content="text/html; charset=windows-1251">\xcf', "П"),
        (b"<meta charset=gb2312>\x81\x30\x81\x30", "\x80"),
        (b"<meta charset=gb2312>\x80", "€"),
        (b"<meta charset=gbk>\xa3\xa0\xa6\xd9\xfe\x59", "\u3000︐龴"),
        (b"<meta charset=utf-16>\xc3\xa9", "é"),
        (b"<meta charset=utf-7>+AOk-", "+AOk-"),
        (b"<meta charset=iso-8859-1>caf\xc3\xa9 \xe2\x82\xac", "café €"),
        (b"<!-- <meta charset=latin1> -->\xc3\xa9", "é"),
        (b"<body><meta charset=latin1>\xc3\xa9", "é"),
        (b"<meta charset=nonsense>\xc3\xa9", "é"),
        (b"<meta charset=base64>\xc3\xa9", "é"),
        (b"<p>\xe9", "é"),
        (b"<meta charset=utf-8>\xe9", "é"),
        (b"<p>\x1b$B%F%9%H\x1b(B", "テスト"),
        (b"\xad\xa1", "\xad¡"),
        (b"", ""),
    ],
)
def test_bytes_are_decoded_as_in_a_browser_or_better(raw: bytes, read: str) -> None:
    assert decode(raw).endswith(read)


def _page(charset: str, characters: str, codec: str) -> bytes:
    return f"<meta charset={charset}><p>{characters}".encode(codec)


@pytest.mark.parametrize(
    ("raw", "header", "read"),
    [
        (_page("utf-8", "naïve", "utf-8"), "iso-8859-1", "naïve"),
        (_page("utf-8", "你好", "utf-8"), "gb2312", "你好"),
        (_page("windows-1251", "Привет", "cp1251"), "us-ascii", "Привет"),
        (_page("windows-1251", "Привет", "cp1251"), "iso-8859-1", "Привет"),
        (_page("shift_jis", "テスト", "cp932"), "iso-8859-1", "テスト"),
        (_page("big5", "你好", "big5"), "utf-8", "你好"),
        (_page("utf-8", "naïve", "cp1252"), "iso-8859-1", "naïve"),
        (_page("utf-8", "Привет", "cp1251"), "windows-1251", "Привет"),
        (_page("iso-8859-1", "naïve", "utf-8"), "utf-8", "naïve"),
        (_page("windows-1252", "čeština", "iso8859-2"), "iso-8859-2", "čeština"),
        (b"\xef\xbb\xbf" + _page("iso-8859-1", "é", "utf-8"), "windows-1251", "é"),
        (b"Fr\xf6sche", "utf-8", "Frösche"),
        (b"\xc3\xa9, cut: \xc3", "utf-8", "é, cut: \ufffd"),
        (b"\x1b$B%F%9%H\x1b(B", "us-ascii", "テスト"),
        (b"\xad\xa1", "euc-jp", "①"),
        (b"\x1b$B-!\x1b(B", "iso-2022-jp", "①"),
        (b"\x1b(IA\x1b(B", "iso-2022-jp", "ﾁ"),
        (b"\x00h\x00i", "utf-16", "hi"),
        (b"hi \xc3\xa9", "utf-16", "hi é"),
    ],
)  # fmt: skip
def test_the_label_that_fits_the_bytes_counts(raw: bytes, header: str, read: str) -> None:
    assert decode(raw, header).endswith(read)


@given(st.binary(max_size=200), st.text(max_size=20))
def test_any_bytes_are_decoded(raw: bytes, label: str) -> None:
    decode(raw, label)
    decode(f"<meta charset={label}>".encode("utf-8", "surrogatepass") + raw)


@given(st.sampled_from(sorted(LABELS)), st.binary(max_size=50))
def test_every_label_of_the_standard_is_read(label: str, raw: bytes) -> None:
    codec = encoding(label)
    if codec is None:
        assert LABELS[label] in ("replacement", "x-user-defined")
    else:
        text(raw, codec).encode()


@given(st.integers(0, 99_999))
def test_any_code_page_is_looked_up(number: int) -> None:
    assert (codec := code_page(number)) is None or encoding(f"windows-{number}") == codec


@pytest.mark.browser
def test_each_byte_is_read_as_in_a_browser(browser: Browser) -> None:
    page = browser.new_page()
    read = page.evaluate(
        """labels => labels.flatMap(label => {
            try {
                const decoder = new TextDecoder(label)
                const bytes = [...Array(256).keys()]
                return [[label, bytes.map(byte => decoder.decode(new Uint8Array([byte])))]]
            } catch { return [] }
        })""",
        sorted(set(LABELS.values()) - {"utf-16le", "utf-16be", "x-user-defined", "replacement"}),
    )
    page.close()
    assert len(read) > 30
    for label, characters in read:
        codec = encoding(label)
        assert codec is not None
        differences = {
            byte: character
            for byte, character in enumerate(characters)
            if text(bytes([byte]), codec) != character
            and not (byte >= 0x80 and codec in ("cp932", "big5hkscs"))
            and codec != "iso2022_jp_ext"
        }
        assert differences == ({0xCA: "ֺ"} if label == "windows-1255" else {}), label
