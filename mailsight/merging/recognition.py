"""Which merge language a template is written in: the plainest one in which everything makes sense.

`understood` has the table of what each language understands. Each piece of code in a template, such as a field or a
tag, is looked up in it. The language that understands most of them wins; in a tie, the one whose senders' own names
occur, or else the plainest. Text that might be code, such as [SALE] or {color}, counts for no language.
"""

import html as entities
import re
from collections.abc import Iterable, Mapping, Sequence

from .languages import Language
from .understood import FILTERED, HELPER_CALL, LANGUAGES, NAMESPACE

#: What the fields and code of every merge language hold. A text without it is the same for everyone.
TEMPLATE_MARKS = r"[{\[]|\*\||%.+%|::|##|~~|@@|(?:^|[^\w-])-[A-Za-z]\w*-"
_HAS_MARKS = re.compile(TEMPLATE_MARKS)

MAX_PIECES = 2_000  # distinct ones
# Where a piece of code may be, and how long it is at most.
_PIECES = re.compile(
    r"\{\{\{\{[^{}]{1,200}+\}\}\}\}"
    r"|\{\{\{?(?:[^{}$]|\$\{[^{}]{0,200}+\}|\$|\{[^{}]{0,200}+\}(?!\})){0,1000}+\}\}\}?"
    r"|\{%[^%]{0,1000}+(?:%(?!\})[^%]{0,1000}+){0,9}+%\}"
    r"|\*\|[^|]{1,500}+\|\*"
    r"|%%[\[=](?:[^%]|%(?!%)){0,2000}+%%|%%[^%\n<>]{1,100}+%%"
    r"|%(?:IF|ELSEIF)\s[^%\n]{1,1000}+%|%(?:ELSE|/IF)%"
    r"|\{(?:contactfield|leadfield|companyfield|ownerfield|dynamiccontent|pagelink|assetlink|trackable)=[^{}]{1,300}+\}"
    r"|\{(?:unsubscribe_url|unsubscribe_text|webview_url|webview_text|tracking_pixel)\}"
    r"|\[\[(?:data|var|mj):[^\[\]]{1,1000}+\]\]"
    r"|@TrackLink"
)

_IN_BRACES = re.compile(r"\{\{[{~&-]?\s*(?P<word>\w+)")
_KEYWORDS: Mapping[Language, frozenset[str]] = {
    Language.HANDLEBARS: frozenset(["else", "elseif"]),
    Language.SPARKPOST: frozenset(["if", "else", "elseif", "end", "each"]),
    Language.GO: frozenset(["if", "else", "end", "range", "with", "define", "template", "block"]),
}
_ANY_KEYWORD = frozenset().union(*_KEYWORDS.values())
_OWN_BRACKETS = frozenset((Language.MAILCHIMP, Language.ACTIVECAMPAIGN, Language.AMPSCRIPT, Language.MAUTIC))
_BRACES = ("{{", "{%", "[[", "@")
_NOT_HELPERS = frozenset((Language.HANDLEBARS, Language.GO, Language.SPARKPOST, Language.HUBL))


def has_fields(text: str) -> bool:
    """Whether a text may hold merge fields."""
    return _HAS_MARKS.search(text) is not None


def recognised(*texts: str) -> Language:
    """The plainest language in which everything in the texts of an e-mail makes sense."""
    return _recognised(_pieces(texts))


def _recognised(pieces: Sequence["_Piece"]) -> Language:
    is_mailjet = any(piece.is_mailjet for piece in pieces)
    candidates = [language for language in LANGUAGES if is_mailjet or language is not Language.MAILJET]
    fits = {language: _fit(language, pieces) for language in candidates}
    return Language.PLAIN if fits[Language.PLAIN][0] == 0 else min(candidates, key=fits.__getitem__)


def fitting(language: Language | None, *texts: str) -> Language:
    """The language that a campaign or its sender is known for, or else the recognised one.

    Some senders have two languages. If the texts hold code, but none in the brackets of the language, they are written
    in another. Only the plain language is always taken at its word.
    """
    if language is None:
        return recognised(*texts)
    pieces = _pieces(texts)
    is_written_so = not pieces or language is Language.PLAIN or _has_code(language, pieces)
    return language if is_written_so else _recognised(pieces)


def is_surely(language: Language, text: str) -> bool:
    """Whether an e-mail is written in the language that it is known for, whatever it holds besides this text."""
    return language is Language.PLAIN or _has_code(language, _pieces([text]))


def _has_code(language: Language, pieces: Iterable["_Piece"]) -> bool:
    """Whether there is code in the brackets of the language."""
    return any(
        _understands(language, piece) if language in _OWN_BRACKETS else piece.text.startswith(_BRACES)
        for piece in pieces
    )


class _Piece:
    """A piece of code, and what is asked about it for every language."""

    def __init__(self, text: str) -> None:
        self.text = text
        word = _IN_BRACES.match(text)
        self.is_mailjet = NAMESPACE.search(text) is not None
        self.is_helper_call = word is not None and HELPER_CALL.fullmatch(text) is not None
        #: The word that opens the tag, if it is one of `_ANY_KEYWORD`.
        self.keyword = word["word"] if word and word["word"] in _ANY_KEYWORD else None


def _pieces(texts: Iterable[str]) -> list[_Piece]:
    code = (entities.unescape(piece.group()) for text in texts for piece in _PIECES.finditer(text))
    distinct: dict[str, None] = {}
    for piece in code:
        distinct[piece] = None
        if len(distinct) == MAX_PIECES:
            break
    return [_Piece(piece) for piece in distinct]


def _fit(language: Language, pieces: Sequence[_Piece]) -> tuple[int, int]:
    """How many pieces a language doesn't understand; and, negative, how many have names of its senders."""
    table = LANGUAGES[language]
    missed = sum(not _understands(language, piece) for piece in pieces)
    names = sum(table.names.search(piece.text) is not None for piece in pieces) if table.names else 0
    return missed, -names


def _understands(language: Language, piece: _Piece) -> bool:
    if piece.is_mailjet and language is not Language.MAILJET:
        return False
    if piece.keyword and piece.keyword not in _KEYWORDS.get(language, ()):
        return False
    if piece.is_helper_call and language not in _NOT_HELPERS:
        return False
    if language is Language.PLAIN and FILTERED.fullmatch(piece.text) is not None:
        return False
    return LANGUAGES[language].pieces.fullmatch(piece.text) is not None
