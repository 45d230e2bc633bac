"""Template code in the addresses of links: calls that track a link, conditions, and quotes within an attribute."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from .values import clean_address

MAX_LENGTH = 2_000
MAX_VARIANTS = 16

# What marks the URL before it. listmonk: https://listmonk.app/docs/templating/ (2026-11-26); its own expression is
# (https?://.+?)@TrackLink. WhatCounts: https://support.whatcounts.com/wcsupport2/tracking (2026-11-27).
_MARKED = re.compile(r"(?P<url>.+?)(?:(?:@|%40)TrackLink|%%STOP%%)(?P<tail>(?:[?#&/%{].*)?)", re.DOTALL)
_QUOTED = r"\"[^\"]*+\"|'[^']*+'|`[^`]*+`"
# An address that begins with an expression, whose texts may hold others. Editors put http:// before what they take for
# a host. The two last forms are Inxmail's, and Lyris's: http://lunar.lyris.com/help/lm_help/11.2 (2026-11-27).
_CALL = re.compile(
    rf"(?:https?://)?(?:\{{\{{(?P<braces>(?:{_QUOTED}|[^{{}}])++)\}}\}}|<%[=-]?(?P<angles>(?:[^%]|%(?!>))+)%>"
    r"|%%=(?P<percent>.+?)=%%|\[%(?P<brackets>[^\]]+?)%?\]|%%(?P<track>track\s.+?)%%)(?P<tail>.*)",
    re.DOTALL | re.IGNORECASE,
)
# Of other calls, what follows is as much of the URL as what they hold.
_TRACKS = re.compile(r"track|redirect|click|link|url:", re.IGNORECASE)
_LITERAL = (
    r"\"(?P<double>[^\"]*+)\"|'(?P<single>[^']*+)'|`(?P<back>[^`]*+)`|\{(?P<curly>https?:[^{}]*+)\}"
    r"|(?P<bare>https?://[^\s\"'`{}]++)"
)
_TOKEN = re.compile(rf"{_LITERAL}|(?P<name>[@$.]?[A-Za-z_][\w.]*+)(?!\s*+\()|(?P<number>\d++)", re.IGNORECASE)
_JOINS = re.compile(r"\b(?:concat|printf?|append|add|join)\b|[+~]", re.IGNORECASE)
_VERB = re.compile(r"%[-+#\d.]*+[a-z]")
_FIELD = "{{field}}"


def tracked(address: str) -> str:
    """The URL behind a sender's own call that tracks a link, such as `url@TrackLink` or `{{ TrackLink "url" . }}`.

    The parts of a URL that the call puts together (`concat`, `printf`) are fields, except its texts. Any other address
    is returned unchanged.
    """
    return tracked_parts(address)[0]


def tracked_parts(address: str) -> tuple[str, str]:
    """The URL behind a call that tracks a link, and what follows the call, which some senders add to the URL."""
    if len(address) > MAX_LENGTH:
        return address, ""
    if marked := _MARKED.fullmatch(address.rstrip()):
        return marked["url"], marked["tail"]
    text = unquote(address) if "%7B%7B" in address[:20].upper() else address
    call = _CALL.fullmatch(text.strip())
    if call is None:
        return address, ""
    inside = call["braces"] or call["angles"] or call["percent"] or call["brackets"] or call["track"]
    if call["tail"] and not _TRACKS.search(re.sub(_LITERAL, "", inside)):
        return address, ""
    url = _argument(inside)
    return (url, call["tail"]) if url else (address, "")


def is_tracked(address: str) -> bool:
    """Whether the sender asks for this link to be tracked, where others are not: only listmonk's do."""
    return "tracklink" in address.lower() and tracked(address) != address


def _argument(call: str) -> str:
    """The first URL among the texts of a call, with what the call adds to it; "" if there is none."""
    url, joins = "", _JOINS.search(re.sub(_LITERAL, "", call))
    for token in _TOKEN.finditer(call):
        is_text = token.lastgroup not in ("name", "number")
        text = token[str(token.lastgroup)] if is_text else None
        if not url:
            if text and re.match("https?:", text, re.IGNORECASE):
                url = _VERB.sub(_FIELD, text) if joins and "print" in joins[0].lower() else text
                if joins is None or url != text:
                    break
        elif text is not None:
            url += text
        else:
            url += _FIELD
    return clean_address(url)


# The tags of a condition in an address: the first branch, further ones, the last one, the end.
_FIRST = (
    r"\{%-?\s*(?:if|unless)\w*\b.{0,300}?%\}",  # Liquid, Jinja, Django, Twig
    r"\{%-?\s*case\b[^%]{0,300}%\}\s*\{%-?\s*when\b[^%]{0,300}%\}",  # Liquid
    r"\{\{~?[#^].{1,300}?\}\}",  # Handlebars, Mustache
    r"\{\{-?\s*(?:if|with|range)\b.{0,300}?\}\}",  # Go
    r"\*\|(?:IF|IFNOT|INTERESTED):.{0,300}?\|\*",  # Mailchimp
    r"\{if\b[^{}]{0,300}\}",  # Smarty: MailerLite, Copernica
    r"\[if:[^\[\]]{0,300}\]",  # Campaign Monitor
    r"%IF\b[^%]{0,300}%",  # ActiveCampaign
    r"<%-?\s*(?:if|unless)\b.{0,300}?%>",  # ERB
    r"%%\[\s*IF\b.{0,300}?\]%%",  # AMPscript
)
_NEXT = (
    r"\{%-?\s*(?:elif|elsif|elseif|when)\b.{0,300}?%\}",
    r"\{\{[~-]?\s*(?:els(?:e\s*)?if|else\s+\w)\b.{0,300}?\}\}",
    r"\*\|ELSEIF:.{0,300}?\|\*",
    r"\{elseif\b[^{}]{0,300}\}",
    r"\[elseif:[^\[\]]{0,300}\]",
    r"%ELSEIF\b[^%]{0,300}%",
    r"<%-?\s*(?:\}\s*)?els(?:e ?)?if\b.{0,300}?%>",
    r"%%\[\s*ELSEIF\b.{0,300}?\]%%",
)
_LAST = (
    r"\{%-?\s*else\s*-?%\}",
    r"\{\{[~-]?\s*(?:else|\^)\s*[~-]?\}\}",
    r"\*\|ELSE:?\|\*",
    r"\{else\}",
    r"\[else\]",
    r"%ELSE%",
    r"<%-?\s*(?:\}\s*)?else(?:\s*\{)?\s*-?%>",
    r"%%\[\s*ELSE\s*\]%%",
)
_END = (
    r"\{%-?\s*end(?:if|unless|case)\w*\s*-?%\}",
    r"\{\{~?/.{1,300}?\}\}",
    r"\{\{-?\s*end(?:if)?\s*-?\}\}",
    r"\*\|END:\w+\|\*",
    r"\{/if\}",
    r"\[endif\]",
    r"%/IF%",
    r"<%-?\s*(?:end|\})\s*-?%>",
    r"%%\[\s*ENDIF\s*\]%%",
)
#: The tags of conditions, in every sender's language.
CONDITION_TAGS = re.compile(
    "|".join(
        f"(?P<{name}>{'|'.join(tags)})"
        for name, tags in (("first", _FIRST), ("next", _NEXT), ("last", _LAST), ("end", _END))
    ),
    re.IGNORECASE | re.DOTALL,
)


@dataclass(slots=True)
class _Condition:
    """A condition that is open: what its finished branches and its current branch may read."""

    finished: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=lambda: [""])
    has_last: bool = False

    def add(self, texts: list[str]) -> None:
        both = [start + text for start in self.current for text in texts]
        self.current = list(dict.fromkeys(both))[:MAX_VARIANTS]


def variants(address: str) -> list[str]:
    """What an address with conditions may read: one address per branch, at most `MAX_VARIANTS`.

    An address without conditions, or with conditions that don't end, is its own only variant.
    """
    texts = _branches(address)
    return [address] if texts is None else [clean_address(text) for text in texts]


def first_branches(text: str) -> str:
    """A short text with the first branch of each of its conditions."""
    texts = _branches(text)
    return text if texts is None else texts[0]


def _branches(text: str) -> list[str] | None:
    """What a text with conditions may read, or None if it has no conditions, or some that don't end."""
    if len(text) > MAX_LENGTH or CONDITION_TAGS.search(text) is None:
        return None
    stack, start = [_Condition()], 0
    for tag in CONDITION_TAGS.finditer(text):
        stack[-1].add([text[start : tag.start()]])
        start = tag.end()
        if tag["first"]:
            stack.append(_Condition())
            continue
        if len(stack) == 1:
            return None
        condition = stack[-1]
        if tag["end"]:
            branches = condition.finished + condition.current + ([] if condition.has_last else [""])
            stack.pop()
            stack[-1].add(branches[:MAX_VARIANTS])
        else:
            condition.finished += condition.current
            condition.current = [""]
            condition.has_last |= tag["last"] is not None
    if len(stack) > 1:
        return None
    stack[-1].add([text[start:]])
    return stack[-1].current


# Senders fill in a template before anybody parses it as HTML, so its expressions may hold the quote that their
# attribute is in: href="{{ TrackLink "https://shop.example/" . }}".
_EXPRESSION = (
    r"(?:\{\{(?:[^{}]|\$\{[^{}]{0,100}\}|\{\{[^{}]{0,200}\}\}){0,500}+\}\}|\{%[^%]{0,500}+%\}|<%[^%]{0,500}+%>|\[\[[^\[\]]{0,500}+\]\]"
    r"|%%=(?:[^%=]|=(?!%)){0,500}+=%%|\[%[^\]]{0,500}+\]|%%track(?:[^%]|%(?!%)){0,500}+%%)"
)
_WITH_QUOTE = re.compile(
    r"\{\{[^{}\"']{0,500}+[\"']|\{%[^%\"']{0,500}+[\"']|<%[^%\"']{0,500}+[\"']|\[\[[^\[\]\"']{0,500}+[\"']"
    r"|%%(?:=|track)[^%\"']{0,500}+[\"']|\[%[^\]\"']{0,500}+[\"']"
)
_VALUE = (
    rf"=[ \t\n\f\r]*+(?:\"(?:{_EXPRESSION}|[^\"])*+\"|'(?:{_EXPRESSION}|[^'])*+'"
    rf"|{_EXPRESSION}(?:{_EXPRESSION}|[^\s>])*+)"
)
_TAG = re.compile(
    rf"<!--.*?(?:-->|\Z)|<(?P<raw>style|script)\b.*?(?:</(?P=raw)|\Z)|<(?P<tag>[a-zA-Z](?:{_VALUE}|[^>])*+)",
    re.DOTALL | re.IGNORECASE,
)
_VALUES = re.compile(_VALUE, re.DOTALL)
_EXPRESSIONS = re.compile(_EXPRESSION, re.DOTALL)


def with_whole_expressions(html: str) -> str:
    """The HTML with the quotes within template expressions escaped, so that each stays in its attribute."""
    if _WITH_QUOTE.search(html) is None:
        return html
    return _TAG.sub(lambda tag: _VALUES.sub(_whole, tag[0]) if tag["tag"] else tag[0], html)


def _whole(value: re.Match[str]) -> str:
    text = value[0]
    delimiter = text[1:].lstrip()[0]
    escaped = r"[\"'<>]" if delimiter in "\"'" else r"[\"'<>\s]"
    return _EXPRESSIONS.sub(
        lambda expression: re.sub(escaped, lambda character: f"&#{ord(character[0])};", expression[0]), text
    )
