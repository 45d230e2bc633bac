"""What a template shows for some values, apart from its fields: which of its blocks, and in which order.

E-mails with the same outline are one variant. Meant for worker processes, as rendering is.
"""

import hashlib
import html as entities
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from .languages import Language
from .rendering import MailTemplate, mail_language, render_in, render_mail
from .values import Json

# Private characters around each text between fields and code, to recognise what a condition shows.
_START, _END = "\U000f5e00", "\U000f5e01"
_BRACES = re.compile(r"\{\{\{.*?\}\}\}|\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_OWN_CODE: Mapping[Language, re.Pattern[str]] = {
    Language.MAILCHIMP: re.compile(r"\*\|[^|]*\|\*"),
    Language.ACTIVECAMPAIGN: re.compile(r"%[A-Z][^%<>\n]*%"),
    Language.AMPSCRIPT: re.compile(r"%%[^%]*%%|%%\[.*?\]%%", re.DOTALL),
    Language.MAUTIC: re.compile(r"\{[a-z][\w ]*=[^{}]*\}"),
    Language.PLAIN: re.compile(
        r"\*\|[^|]*\|\*|\{\{.*?\}\}|\{[^{}\n]*\}|\[[^\[\]\n]*\]|%[^%\s<>]+%", re.DOTALL
    ),
}
_SHOWN = re.compile(f"{_START}([^{_START}{_END}]*)")
_MARKUP = re.compile(r"<[a-zA-Z]")
_SPACE = re.compile(r"\s+")
_UNSEEN = re.compile(r"<!--.*?-->|<(style|script|head)\b.*?</\1\s*>|<[^>]*>?", re.DOTALL | re.IGNORECASE)
_QUOTED = re.compile(r"\"([^\"\n]{0,100})\"|'([^'\n]{0,100})'")
_WORD = re.compile(r"[^\W_][\w.@-]{0,60}")
# What every condition of a language without quotes may hold.
_KEYWORDS = frozenset(("if", "ifnot", "else", "elseif", "end", "interested", "and", "or", "not"))
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?")


@dataclass(frozen=True, slots=True)
class Outline:
    """What an e-mail shows for some values. `digest` is the same for all with the same blocks.

    `texts` are those of its HTML as readers see them, without what fields show; `others` those of its subject and the
    like. `assumed`: the names that conditions asked for in vain; `unknown`: those that fields did.
    """

    digest: str
    texts: tuple[str, ...]
    others: tuple[str, ...]
    assumed: tuple[str, ...]
    unknown: tuple[str, ...]


def assumed(
    values: Mapping[str, Json], mail: MailTemplate, language: Language | None, sent_at: datetime | None = None
) -> tuple[str, ...]:
    """The names that the conditions of an e-mail ask for in vain."""
    return render_mail(mail, values, language, sent_at=sent_at).assumed


def literals(mail: MailTemplate, language: Language | None = None) -> tuple[list[str], list[float]]:
    """The texts, in lower case, and numbers that the template's code may compare values with."""
    language = mail_language(mail, language)
    code = [match[0] for text in mail.texts.values() for match in _code(language).finditer(text)]
    # Languages differ in which of these are true.
    texts: dict[str, None] = dict.fromkeys(("0", "false"))
    for part in code:
        quoted = [double or single for double, single in _QUOTED.findall(part)]
        texts |= {word.lower(): None for word in quoted or _words(part) if word}
    numbers = {0.0: None} | {float(number): None for part in code for number in _NUMBER.findall(part)}
    return list(texts), list(numbers)


def _words(code: str) -> list[str]:
    return [word for word in _WORD.findall(code) if word.lower() not in _KEYWORDS]


def _seen(blocks: Sequence[str]) -> list[str]:
    """The texts in pieces of HTML. A tag may start in one piece and end in another."""
    joined = _UNSEEN.sub(" ", _END.join(blocks))
    texts = (" ".join(entities.unescape(text).split()) for text in joined.split(_END))
    return [text for text in texts if text]


def outline(
    values: Mapping[str, Json], mail: MailTemplate, language: Language | None, sent_at: datetime | None = None
) -> Outline:
    """What an e-mail shows for these values."""
    rendered = render_mail(mail, values, language, sent_at=sent_at)
    code = _code(rendered.language)
    marked = render_in(
        rendered.language,
        replace(mail, **{name: _marked(text, code) for name, text in mail.texts.items()}),
        values,
        sent_at=sent_at,
    )
    blocks: dict[str, list[str]] = {}
    for name, text in _texts(rendered.mail).items():
        parts = getattr(marked.mail, name) or ""
        # If the marks changed what is shown, because a condition compared it with a text, the text itself counts.
        blocks[name] = _blocks(parts) if _same(parts, text) else [text]
    every = (_SPACE.sub("", f"{name} {block}") for name, several in blocks.items() for block in several)
    digest = hashlib.sha256("\0".join(every).encode(errors="replace"))
    texts = _seen(blocks.pop("html", []))
    others = [block for several in blocks.values() for block in several]
    return Outline(digest.hexdigest()[:12], tuple(texts), tuple(others), rendered.assumed, rendered.unknown)


def _texts(mail: MailTemplate) -> dict[str, str]:
    return {field.name: text for field in fields(mail) if (text := getattr(mail, field.name))}


def _code(language: Language) -> re.Pattern[str]:
    return _OWN_CODE.get(language, _BRACES)


def _marked(text: str, code: re.Pattern[str]) -> str:
    parts, at = [], 0
    for match in code.finditer(text):
        parts += [_mark(text[at : match.start()]), match[0]]
        at = match.end()
    return "".join((*parts, _mark(text[at:])))


def _mark(text: str) -> str:
    """The text between marks, but not the spaces around it: languages trim lines that hold only code and spaces."""
    core = text.strip()
    start = text.find(core)
    return f"{text[:start]}{_START}{core}{_END}{text[start + len(core) :]}" if core else text


def _blocks(marked: str) -> list[str]:
    """The texts between marks, and HTML that fields hold: blocks that were chosen outside of the template."""
    blocks: list[str] = []
    for part in re.split(f"({_START}[^{_START}{_END}]*{_END}?)", marked):
        shown = _SHOWN.match(part)
        if shown:
            blocks += filter(None, [shown[1]])
        elif _MARKUP.search(part):
            blocks.append(part.replace(_END, ""))
    return blocks


def _same(marked: str, text: str) -> bool:
    plain = marked.replace(_START, "").replace(_END, "")
    return _SPACE.sub("", plain) == _SPACE.sub("", text)
