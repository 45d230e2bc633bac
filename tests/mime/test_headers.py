"""Fields of a header, encoded words, parameters."""

from email.header import Header as PythonHeader
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mime.headers import decoded, parameters, split

PLAIN = st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=60).map(
    lambda text: " ".join(text.split())
)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Spring", "Spring"),
        ("=?utf-8?b?R3Jp?= =?utf-8?b?ZWtlbmxhbmQg4oKs?=", "Griekenland €"),
        ("=?utf-8?b?R3Jp?=\r\n\t=?utf-8?b?ZWtlbmxhbmQ?=", "Griekenland"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
        ("=?UTF-8?Q?caf=C3?= =?utf-8?q?=A9?=", "café"),
        ("=?utf-8?q?a?= =?iso-8859-1?q?=E9?=", "aé"),
        ("Re: =?iso-8859-1?Q?caf=E9?= now", "Re: café now"),
        ("=?utf-8?q?a_b=20c?=", "a b c"),
        ("=?utf-8?q?a?= and =?utf-8?q?b?=", "a and b"),
        ('"=?utf-8?q?J=C3=B6rg?="', "Jörg"),
        ('the "=?utf-8?q?J=C3=B6rg?="', 'the "Jörg"'),
        ("(=?utf-8?q?J=C3=B6rg?=)", "(Jörg)"),
        ("=?utf-8*de?q?J=C3=B6rg?=", "Jörg"),
        ("=?utf-8?Q?What's up??=", "What's up?"),
        ("=?utf-8?Q?two words?=", "two words"),
        ("=?iso-8859-1?Q?caf=E9_Frösche?=", "café Frösche"),
        ("=?utf-8?q?{{name}},_=F0=9F=8C=B7?=", "{{name}}, 🌷"),
        ("=?iso-2022-jp?B?GyRCJUYlOSVIGyhC?=", "テスト"),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?ks_c_5601-1987?B?vsiz5w==?=", "안녕"),
        ("=?ANSI?Q?caf=E9?=", "café"),
        ("=?utf8?Q?caf=C3=A9?=", "café"),
        ("=?windows-1252?q?=80?=", "€"),
        ("=?utf-7?q?+AOk-t+AOk-?=", "été"),
        ("=?hz-gb-2312?q?~{Dc:C~}?=", "你好"),
        ("=?utf-16?b?//5oAGkA?=", "hi"),
        ("=?utf-8?b?R3Jp", "=?utf-8?b?R3Jp"),
        ("=?utf-8?b?x?=", "=?utf-8?b?x?="),
        ("=?utf-8?q?=E2?=", "=?utf-8?q?=E2?="),
        ("=?utf-8?b?!!?=", "=?utf-8?b?!!?="),
        ("=?nonsense?b?4oKs?= =?x-ias-german?Q?Tax_refund?= =??q?=E2=82=AC?=", "€Tax refund€"),
        ("=?nonsense?q?=E9?=", "=?nonsense?q?=E9?="),
        ("=?utf-8?x?a?=", "=?utf-8?x?a?="),
        ("a =? b ?= c", "a =? b ?= c"),
        ("50 % off =?", "50 % off =?"),
        ("=?utf-8?q?a=0D=0ABcc:_b?=", "a Bcc: b"),
    ],
)  # fmt: skip
def test_encoded_words_are_decoded(text: str, read: str) -> None:
    assert decoded(text) == read


@given(PLAIN, st.sampled_from(["utf-8", "gb18030", "koi8-r", "windows-1252"]))
def test_what_python_encodes_is_decoded(text: str, charset: str) -> None:
    text = text.encode(charset, "ignore").decode(charset)
    if text and "\ufffd" not in text and "=?" not in text:
        raw = PythonHeader(text, charset, maxlinelen=40).encode()
        assert decoded(raw.replace("\n ", " ")) == text


@given(st.text(max_size=80))
def test_any_text_is_decoded(text: str) -> None:
    decoded(text)
    decoded(f"=?utf-8?b?{text}?= =?utf-8?q?{text}?=")
    parameters(text)
    split(text.encode("utf-8", "surrogatepass"), is_part=False)


@pytest.mark.parametrize(
    ("field", "value", "given"),
    [
        ("text/html; charset=utf-8", "text/html", {"charset": "utf-8"}),
        ('TEXT/HTML;CHARSET="utf-8" ; x = y', "text/html", {"charset": "utf-8", "x": "y"}),
        ("text/html; charset=3Dutf-8", "text/html", {"charset": "3Dutf-8"}),
        (r'multipart/mixed; boundary="a \"b\" c"', "multipart/mixed", {"boundary": 'a "b" c'}),
        ("multipart/mixed; boundary==_Part(1)/x?:y", "multipart/mixed", {"boundary": "=_Part(1)/x?:y"}),
        ('multipart/mixed; boundary="unclosed', "multipart/mixed", {"boundary": "unclosed"}),
        ("multipart/mixed;; boundary=x;", "multipart/mixed", {"boundary": "x"}),
        ("a/b; name*=utf-8'en'%e2%82%ac.pdf", "a/b", {"name": "€.pdf"}),
        ("a/b; name*0*=utf-8''%e2; name*1*=%82%ac; name*2=.pdf", "a/b", {"name": "€.pdf"}),
        ('a/b; name*1="b.pdf"; name*0="a"', "a/b", {"name": "ab.pdf"}),
        ('a/b; name="=?utf-8?q?=E2=82=AC.pdf?="', "a/b", {"name": "€.pdf"}),
        ("a/b; name=€.pdf", "a/b", {"name": "€.pdf"}),
        ("", "", {}),
    ],
)  # fmt: skip
def test_parameters_are_read_however_they_are_written(field: str, value: str, given: dict[str, str]) -> None:
    read = parameters(field)
    assert (read.value, read.parameters) == (value, given)


@pytest.mark.parametrize(
    ("raw", "fields", "body"),
    [
        (b"A: 1\nB: 2\n\nbody", {"a": "1", "b": "2"}, b"body"),
        (b"A: 1\r\nB: 2\r\n\r\nbody", {"a": "1", "b": "2"}, b"body"),
        (b"A: 1\rB: 2\r\rbody", {"a": "1", "b": "2"}, b"body"),
        (b"A: 1\r\nB: 2\n\r\nbody\r\n\r\nmore", {"a": "1", "b": "2"}, b"body\r\n\r\nmore"),
        (b"A: 1\n 2\n\t3\n\nbody", {"a": "1 2 3"}, b"body"),
        (b"A: 1\nA: 2\n\n", {"a": "1"}, b""),
        (b"A :1\n  \nbody", {"a": "1"}, b"body"),
        (b"From ann Tue Apr 14 2026\nA: 1\n\nbody", {"a": "1"}, b"body"),
        (b"To: a,\r\n \r\n\tb\r\nSubject: 2\r\n\r\nbody", {"to": "a, b", "subject": "2"}, b"body"),
        (b"Subject: 1\n \n\t\nTo: a\n\n\nbody", {"subject": "1", "to": "a"}, b"\nbody"),
        (b"Subject: 1\n \n\tbody\n\nSubject: 2", {"subject": "1"}, b"\tbody\n\nSubject: 2"),
        (b"A: 1\nbroken\nSubject: 2\n\nbody", {"a": "1", "subject": "2"}, b"body"),
        (b"A: 1\nMIME\n--b\nContent-ID: 2\n\nbody", {"a": "1"}, b"--b\nContent-ID: 2\n\nbody"),
        (b"A: 1\n--b\nSubject: 2\n\nbody", {"a": "1", "subject": "2"}, b"body"),
        (b"A: 1\n<p>body", {"a": "1"}, b"<p>body"),
        (b"A: 1", {"a": "1"}, b""),
        (b"\nA: 1", {}, b"\nA: 1"),
        (b"hello", {}, b"hello"),
        (b"A: caf\xc3\xa9\n\n", {"a": "café"}, b""),
        (b"A: caf\xe9\n\n", {"a": "café"}, b""),
        (b"", {}, b""),
    ],
)  # fmt: skip
def test_a_header_is_read_however_it_is_broken(raw: bytes, fields: dict[str, str], body: bytes) -> None:
    header, rest = split(raw, is_part=False)
    assert ({name: header.raw(name) for name, _ in header.fields}, rest) == (fields, body)


@pytest.mark.parametrize(
    ("field", "sender"),
    [
        ("The Green Shop <news@green.example>", ("The Green Shop", "news@green.example")),
        ('"Shop, The Green" <news@green.example>', ("Shop, The Green", "news@green.example")),
        (r'"The \"Green\" Shop" <news@green.example>', ('The "Green" Shop', "news@green.example")),
        ("=?utf-8?q?Gr=C3=BCn?= <news@green.example>", ("Grün", "news@green.example")),
        ('"=?utf-8?q?Gr=C3=BCn?=" <news@green.example>', ("Grün", "news@green.example")),
        ("Grün <news@green.example>", ("Grün", "news@green.example")),
        ("news@green.example", ("", "news@green.example")),
        ("news@green.example (The Green Shop)", ("", "news@green.example")),
        ("<news@green.example>", ("", "news@green.example")),
        ("The Green Shop", ("The Green Shop", "")),
        ("<Saved by Blink>", ("", "")),
        ("", ("", "")),
    ],
)
def test_the_sender_has_a_name_and_an_address(field: str, sender: tuple[str, str]) -> None:
    header, _ = split(f"From: {field}\n\n".encode(), is_part=False)
    assert header.sender == sender


@given(PLAIN)
def test_a_subject_that_python_writes_is_read(subject: str) -> None:
    message = EmailMessage()
    message["Subject"] = subject
    message.set_content("x")
    header, _ = split(message.as_bytes(), is_part=False)
    if "=?" not in subject:
        assert "".join(header.text("subject").split()) == "".join(subject.split())
