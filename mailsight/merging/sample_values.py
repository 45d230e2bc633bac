"""Sample values for merge fields, where an e-mail or a subject is shown without a customer."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from mailsight.mail.documents import parse
from mailsight.mail.link_templates import CONDITION_TAGS, first_branches, tracked
from mailsight.mail.merge_fields import NAME, Encoded, replaced
from mailsight.mail.personal_links import Recipient
from mailsight.mail.safety import link_nodes

from . import plain
from .languages import Language
from .rendering import MailTemplate, render_mail
from .usual_names import LIKELY, MADE_UP, is_link, is_usual
from .values import MAX_DEPTH, MISSING, PREFIXES, Json, Values, as_text, key

# Fields that are written otherwise than plain ones. Their filters and default values don't matter here.
_OTHERS = (
    rf"\{{\{{\s{{0,9}}[\w.]{{0,40}}\$\{{(?P<braze>{NAME})\}}[^{{}}]{{0,200}}\}}\}}"  # {{${first_name} | default: 'x'}}
    rf"|\{{\{{\s{{0,9}}\.?(?P<filtered>{NAME})\s{{0,9}}\|[^{{}}]{{0,200}}\}}\}}"  # {{ name | default: 'x' }}
    rf"|\{{\{{var:(?P<mailjet>{NAME})[^{{}}]{{0,200}}\}}\}}"  # {{var:name:"x"}}
    rf"|\{{(?:contact|lead|company|owner)field=(?P<mautic>{NAME})(?:\|[^{{}}]{{0,100}})?\}}"
    r"|\{dynamiccontent=(?:\"|%22|&quot;)(?P<slot>[^{}\"]{1,100}?)(?:\"|%22|&quot;)\}"
    r"|\*\|(?P<date>DATE):[^|]{1,60}\|\*"
    rf"|\*\|(?:[A-Z]{{1,20}}:)(?P<mailchimp>{NAME})\|\*"  # *|TITLE:FNAME|*, *|LIST:COMPANY|*
    rf"|%%=[^%=]{{0,100}}?@?\[?(?P<ampscript>{NAME})\]?\s?\)*\s?=%%"
)
_OTHER_NAMES = re.findall(r"[(][?]P<(\w+)>", _OTHERS)
# Control code: loops, assignments, comments. What Klaviyo's tags write is their text.
_CODE = (
    r"\{%-?\s*(?:unsubscribe|manage_preferences|web_view|update_property_link)\s+[\"'](?P<written>[^\"'{}]{1,100})[^{}]{0,100}%\}"
    r"|\{%(?:[^%{]|%(?!\})|\{(?!%)){0,1000}+%\}"
    r"|\{\{[~-]?\s{0,9}(?:[#/^!>*]|\$\w{1,30}\s{0,9}:?=|(?:else|end|endif|endfor|endunless|elif|this|break|continue)(?=[\s~}-])"
    r"|(?:if|with|range|define|template|block)\s{1,9}[^\s{}])[^{}]{0,300}\}\}"
    r"|%%\[(?:[^\]%]|\](?!%%)|%(?!%\[)){0,5000}+\]%%"
    r"|\*\|(?:END|RSSITEMS|FEEDBLOCK|POLL):[^|]{0,300}\|\*"
)
# What is left in braces: calls and formulas, shown by the last name in them.
_FORMULA = r"\{\{(?P<formula>[^{}]{1,300})\}\}"
_PATTERN = plain.fields(
    f"(?P<code>{re.sub(r'[(][?]P<(?:first|next|last|end)>', '(?:', CONDITION_TAGS.pattern)}|{_CODE})"
    f"|(?P<other>{_OTHERS})|{plain.ALTERNATIVES}|{_FORMULA}"
)
_PARTS = re.compile(r"[\W_]+|(?<=[a-z\d])(?=[A-Z])")
_NAMES = re.compile(r"\"[^\"]*+\"|'[^']*+'|(?P<name>[^\W\d][\w.]*+)")

NO_VALUES: Mapping[str, Json] = MappingProxyType({})
#: The customer that the sample values make up.
SAMPLE = Recipient(MADE_UP["email"], MADE_UP["id"])


def sampled(
    template: str, values: Mapping[str, Json] = NO_VALUES, *, escape: bool = True, links: bool = True
) -> str:
    """Fill every merge field with a sample value. With `escape`, the template is HTML, otherwise plain text.

    What identifies a person is made up. Any other field has its value in `values`, or else a usual one. Where there is
    neither, its name stands in brackets: "[Loyalty points]". Template code is left out; text has the first branch of a
    condition, HTML all of them. Without `links`, an href is left unchanged.
    """
    known = Values(values)

    def value(match: re.Match[str]) -> str | None:
        return _shown(match, known)

    return replaced(
        template if escape else first_branches(template), _PATTERN, value, escape=escape, links=links
    )


def sampled_mail(html: str, values: Mapping[str, Json] = NO_VALUES) -> str:
    """An e-mail with sample values in its texts, and the same links at the same positions.

    Unchanged if that is impossible, because a field contains links.
    """
    shown = sampled(html, values, links=False)
    return shown if shown == html or _links(shown) == _links(html) else html


def sampled_template(
    mail: MailTemplate,
    values: Mapping[str, Json] = NO_VALUES,
    language: Language | None = None,
    *,
    sent_at: datetime | None = None,
) -> MailTemplate:
    """An e-mail as a typical customer gets it: rendered with sample values, as far as its language can be."""
    known = {**MADE_UP, **LIKELY, **{name: _made_up(name, value) for name, value in values.items()}}
    rendered = render_mail(mail, known, language, sent_at=sent_at).mail
    return replace(
        rendered,
        **{name: sampled(text, values, escape=name == "html") for name, text in rendered.texts.items()},
    )


def made_up(values: Mapping[str, Json]) -> dict[str, Json]:
    """Real values, with made-up ones in place of what identifies a person. What is empty stays empty."""
    return {name: _made_up(name, value) if value else value for name, value in values.items()}


def sampled_subject(subject: str | None) -> str:
    """A subject with sample values, for lists; empty without a subject."""
    return sampled(subject, escape=False) if subject else ""


def _links(html: str) -> int:
    return len(link_nodes(parse(html)))


def _made_up(name: str, value: Json, depth: int = 0) -> Any:
    """A real value, with made-up ones in place of what identifies a person."""
    if depth > MAX_DEPTH:
        return None
    if isinstance(value, Mapping):
        return {inner: _made_up(inner, part, depth + 1) for inner, part in value.items()}
    if isinstance(value, list):  # of things, which have names and numbers too
        return [
            {
                inner: part if key(inner) in ("name", "id") else _made_up(inner, part, depth + 1)
                for inner, part in item.items()
            }
            if isinstance(item, Mapping)
            else _made_up(name, item, depth + 1)
            for item in value
        ]
    return MADE_UP.get(key(name), value)


def _shown(match: re.Match[str], values: Values) -> str | None:
    if match["code"]:
        return match["written"] or Encoded("")
    if match["other"]:
        return _sample(next(match[name] for name in _OTHER_NAMES if match[name]), values)
    if match["formula"]:
        if (url := tracked(match.group())) != match.group():
            return url
        names = [name["name"] for name in _NAMES.finditer(match["formula"].partition("|")[0]) if name["name"]]
        return _sample(names[-1], values) if names else Encoded("")
    field = plain.read(match)
    is_known = field.is_sure or is_usual(field.name) or values.lookup(field.name) is not MISSING
    return _sample(field.name, values) if is_known else None


def _sample(name: str, values: Values) -> str:
    last = name.rpartition(".")[2]
    last_key = key(last)
    if last_key == "name" and any(key(prefix) not in PREFIXES for prefix in name.split(".")[:-1] if prefix):
        return _in_brackets(name)  # a shop's or an item's
    if last_key in MADE_UP:
        return MADE_UP[last_key]
    if real := as_text(values.lookup(*name.split("."))):
        return real
    if is_link(last):
        return f"https://example.com/{last_key}"
    return LIKELY.get(last_key) or _in_brackets(last)


def _in_brackets(name: str) -> str:
    return f"[{' '.join(_PARTS.split(name)).strip().capitalize()}]"
