"""However an address, an id or a name is written, an erased person is recognised by it, and nobody else is."""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote

import duckdb
import pytest

from mailsight.loading import spellings
from mailsight.warehouse.queries import statement

WORDS = (
    "Zoe.Quagmire@Quagmire.example",
    "zoe.quagmire+news@quagmire.example",
    '"zoe quag"@quagmire.example',
    "o'quagmire@quagmire.example",
    "zoe@quägmire.example",
    "Zoë Quägmire-Ñandú",
    'Zoe "Zee" O\'Quagmire',
    "Зоя Квагмайр",
    "kunde-4711-z",
    "клиент/4711",
)
WRITTEN: Mapping[str, Callable[[str], str]] = {
    "as it is": str,
    "in capitals": str.upper,
    "in a URL": lambda word: f"https://shop.example/?u={quote(word, safe='')}&x=1",
    "in a URL in a URL": lambda word: quote(f"?u={quote(word, safe='')}&x=1", safe=""),
    "in JSON": lambda word: json.dumps({"a": word}),
    "in JSON in JSON": lambda word: json.dumps(
        json.dumps({"a": word}, ensure_ascii=False), ensure_ascii=False
    ),
    "in numbers of HTML": lambda word: re.sub(
        "[^A-Za-z0-9]", lambda match: f"&#{ord(match[0])};" if match[0] != " " else "&#x20;", word
    ),
    "in JSON in JSON, all escaped": lambda word: json.dumps(json.dumps({"a": word})),
    "with a curly apostrophe": lambda word: word.replace("'", "’"),
    "with a curly apostrophe in JSON": lambda word: json.dumps({"a": word.replace("'", "’")}),
    "in Base64": lambda word: base64.b64encode(f"to={word}.".encode()).decode(),
    "in HTML": lambda word: word.replace("@", "&#64;").replace('"', "&quot;").replace("'", "&#x27;"),
    "in quoted-printable": lambda word: quote(word, safe="").replace("%", "="),
    "in a sentence": lambda word: f"Ask {word}, or (\t{word.replace(' ', chr(10))}).",
}
MADE_OF_ADDRESSES: Mapping[str, Callable[[str], str]] = {
    "MD5": lambda address: hashlib.md5(address.encode(), usedforsecurity=False).hexdigest().upper(),
    "SHA-256": lambda address: hashlib.sha256(address.encode()).hexdigest(),
    "hexadecimal": lambda address: address.encode().hex(),
    "Base64": lambda address: quote(base64.b64encode(address.encode()), safe=""),
    "Base64 of JSON": lambda address: base64.urlsafe_b64encode(
        json.dumps({"ab": address}, ensure_ascii=False).encode()
    ).decode(),
    "Base64 of text": lambda address: base64.b64encode(f"to={address}".encode()).decode(),
}


OTHERS = (
    "azoe.quagmire+news@quagmire.example",
    "zoe.quagmire+news@quagmire.examples",
    "Zoë Quägmire",
    "Zoe O'Quagmire",
    "kunde-4711-zz",
    "kunde-4711",
    "quagmire@quagmire.example",
    "a3VuZGUtNDcxMg==",  # kunde-4712
)


def _without(text: str, patterns: list[str]) -> str:
    """The text without what the patterns match, the same by DuckDB's regular expressions and Python's."""
    said = text
    for pattern in patterns:
        said = re.sub(pattern, lambda match: f"{match[1] or ''}erased", said)
    with duckdb.connect() as connection:
        by_duckdb = text
        for pattern in patterns:
            query = r"select regexp_replace($text, $pattern, '\1erased', 'g')"
            [(by_duckdb,)] = connection.execute(query, {"text": by_duckdb, "pattern": pattern}).fetchall()
    assert by_duckdb == said
    return said


@pytest.mark.parametrize("written", WRITTEN)
def test_a_person_is_recognised_however_a_text_writes_them(written: str) -> None:
    for word in WORDS:
        text = WRITTEN[written](word)
        assert "erased" in _without(text, spellings.patterns([word])), text


@pytest.mark.parametrize("made", MADE_OF_ADDRESSES)
def test_what_senders_make_of_an_address_is_recognised(made: str) -> None:
    for word in WORDS[:2] + WORDS[3:5]:
        text = f"https://shop.example/?u={MADE_OF_ADDRESSES[made](word)}&x=1"
        assert "erased" in _without(text, spellings.patterns([word])), text


@pytest.mark.parametrize("other", OTHERS)
def test_others_are_not_taken_for_them(other: str) -> None:
    assert _without(f"?u={other}&x=1", spellings.patterns(WORDS)) == f"?u={other}&x=1"


def test_many_words_are_several_expressions_that_none_is_too_long_for() -> None:
    words = [*(f"person.{number}@quagmire.example" for number in range(60)), "я" * 3_000, "x@" + "y" * 3_000]

    patterns = spellings.patterns(words)

    assert len(patterns) > 2
    assert "quagmire" not in _without(" ".join(words[:60]), patterns)
    assert _without(" ".join(words[60:]), patterns) == "erased erased"


def test_a_first_name_alone_names_nobody() -> None:
    assert [spellings.names(name) for name in ("Zoe", "Z Q", "? !")] == [(), (), ()]
    assert spellings.patterns(["Z Q", "? !", " "]) == []
    assert spellings.names("Zoe O'Quagmire")[2:] == ("Zoe O’Quagmire", "O’Quagmire Zoe")
    assert spellings.names('Zoe "Zee"  Quagmire') == ("Zoe Zee Quagmire", "Quagmire Zoe Zee")


def test_python_and_sql_agree_on_which_ids_are_telling() -> None:
    ids = ("1042", "12345678", "a1", "k-4711", "anna", "a@b", "клиент-4711", "２０２６１１２６", "4711 ", "")
    with duckdb.connect() as connection:
        connection.execute(statement("create_erasure_macros"))
        for customer_id in ids:
            [(by_sql,)] = connection.execute("select is_telling(?)", [customer_id]).fetchall()
            assert spellings.is_telling(customer_id) == by_sql, customer_id
