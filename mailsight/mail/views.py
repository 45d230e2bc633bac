"""An e-mail as the dialogs show it: harmless, with links that open nothing by themselves."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from types import MappingProxyType

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .clipping import clipped_at, size_bytes, with_comment
from .differences import Kind, Span, differences
from .documents import parse
from .links import label_of
from .personal_links import NOBODY, Effect, Recipient, effect, says_nothing
from .removed import Unsafe
from .safety import left_out, link_nodes, notice, text_markup, web_address, write
from .stylesheets import has_dark_styles
from .values import words
from .wrappers import unwrapped

#: The comment where Gmail clips the e-mail (frontend/frame.js).
CLIPPED = "mailsight-clipped"
_MAX_LINKS = 5_000
_AROUND = 150
_DECLARES_DARK = re.compile(r"color-scheme\s{0,9}:[^;{}]{0,40}\bdark\b(?!\s{0,9}\))", re.IGNORECASE)
# The background that a mail program has. A mail that supports both would have that of the browser's mode.
_CANVAS = "<style>:root{{color-scheme:{}!important}}</style>"
# Dashes and dots mark differences for those who can't see the colours, and roles for screen readers: what only the
# first e-mail has is a deletion.
_ROLES = ("deletion", "insertion")
_DIFFERS = (
    "<style>mailsight-mark{background:#fff1b8!important;color:#1f2937!important;-webkit-text-fill-color:#1f2937!important;"
    "text-decoration:underline dashed #b45309 2px!important;text-underline-offset:3px!important}"
    "a[data-differs]{outline:3px dotted #b45309!important;outline-offset:2px!important}"
    "img[data-differs],area[data-differs]{outline:4px dashed #b45309!important;outline-offset:-4px!important}</style>"
)
_PLAIN = words("option select style textarea title")
_BLOCKS = words(
    "address article blockquote br center dd div dl dt h1 h2 h3 h4 h5 h6 hr li ol p table td th tr ul"
)
_END = re.compile(r"\n\n|[.!?|](?: |$)")
_UNREAD = words("script style title head")


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A link that opens nothing by itself, and what opening it may do for the customer.

    `inside`: the URL that it leads to, if it is wrapped.
    """

    url: str
    effect: Effect | None
    inside: str = ""


@dataclass(frozen=True, slots=True)
class ShownMail:
    """A harmless document for the frame, and facts about it.

    `origins` and `unsafe` are as in `safety.SafeMail`. `links` has the links that open nothing by themselves, by
    position. `size_bytes` is that of the HTML; `is_clipped`: Gmail shows only its beginning. `has_dark_styles`: the
    e-mail has colours of its own for dark mode.
    """

    html: str
    origins: tuple[str, ...]
    unsafe: Mapping[Unsafe, int]
    links: Mapping[int, ShownLink]
    size_bytes: int
    is_clipped: bool
    has_dark_styles: bool


def shown(
    html: str,
    recipient: Recipient = NOBODY,
    *,
    opens: bool = False,
    pictures: bool = False,
    dark: bool = False,
    embedded: bool = False,
) -> ShownMail:
    """The e-mail for the frame. With `opens`, links that are the same for everybody open by themselves.

    With `dark`, its own styles for dark mode apply. `embedded`: pictures that came beside the HTML are embedded in it.
    """
    mail = _Mail.of(html, embedded=embedded)
    return _written(mail, recipient, opens=opens, pictures=pictures, dark=dark, embedded=embedded)


def side_by_side(
    mails: tuple[str, str],
    recipients: tuple[Recipient, Recipient],
    *,
    pictures: bool = False,
    dark: bool = False,
    embedded: tuple[bool, bool] = (False, False),
) -> tuple[ShownMail, ShownMail, Mapping[Kind, int]]:
    """Two customers' e-mails with their differences marked, and how many texts, links and pictures differ."""
    first, second = (_Mail.of(html, embedded=beside) for html, beside in zip(mails, embedded, strict=True))
    compared = differences(first.document, second.document)
    left, right = (
        _written(mail, recipient, pictures=pictures, dark=dark, embedded=beside, marked=marked, role=role)
        for mail, recipient, beside, marked, role in zip(
            (first, second), recipients, embedded, (compared.first, compared.second), _ROLES, strict=True
        )
    )
    return left, right, compared.counts


@dataclass(frozen=True, slots=True)
class _Mail:
    """An e-mail, parsed with a comment where Gmail clips it. `comment` is empty if Gmail shows all of it."""

    html: str
    document: LexborHTMLParser
    comment: str = ""

    @classmethod
    def of(cls, html: str, *, embedded: bool) -> "_Mail":
        at = clipped_at(html, embedded=embedded)
        if at is None:
            return cls(html, parse(html))
        # No e-mail holds its own hash.
        comment = f"{CLIPPED} {hashlib.sha256(html.encode('utf-8', 'replace')).hexdigest()}"
        return cls(html, parse(with_comment(html, at, comment)), comment)


def _written(
    mail: _Mail,
    recipient: Recipient,
    *,
    opens: bool = False,
    pictures: bool,
    dark: bool,
    embedded: bool,
    marked: Mapping[int, Sequence[Span]] = MappingProxyType({}),
    role: str = "",
) -> ShownMail:
    """The e-mail with the nodes in `marked`, or places in them, marked as different. `role`: of marked texts."""
    document = mail.document
    has_own = any(map(has_dark_styles, _sheets(document)))
    in_dark = dark and has_own
    links = closed_links(document, recipient, opens=opens)
    canvas = _CANVAS.format("dark" if in_dark else "light") if _declares_dark(document) else ""
    marks = {node.mem_id: f' data-link="{position}"' for position, (node, _) in links.items()}
    marks |= {mem_id: f"{marks.get(mem_id, '')} data-differs" for mem_id in marked}
    safe = write(
        document,
        mail.html,
        pictures=pictures,
        dark=in_dark,
        head=canvas + (_DIFFERS if marked else ""),
        end=notice(left_out(document, mail.html)),
        marks=marks,
        texts=_texts(document, mail.comment, marked, role),
        dead={node.mem_id for node, _ in links.values()},
    )
    return ShownMail(
        safe.html,
        safe.origins,
        safe.unsafe,
        {position: link for position, (_, link) in links.items()},
        size_bytes(mail.html, embedded=embedded),
        bool(mail.comment),
        has_own,
    )


def closed_links(
    document: LexborHTMLParser, recipient: Recipient, *, opens: bool
) -> dict[int, tuple[LexborNode, ShownLink]]:
    """The links that open nothing by themselves, by position. With `opens`, these are the personal ones."""
    nodes = link_nodes(document)
    labels = [label_of(node) for node in nodes]
    sentences = _sentences(document) if any(map(says_nothing, labels)) else {}
    effect_of = lru_cache(maxsize=1_000)(partial(effect, recipient=recipient))
    links = {}
    for position, (node, label) in enumerate(zip(nodes, labels, strict=True)):
        url = web_address(node.attributes["href"] or "")
        if not url:
            continue
        if position < _MAX_LINKS:
            words_of_link = f"{label} {sentences.get(node.mem_id, '')}" if says_nothing(label) else label
            inside = unwrapped(url)
            link = ShownLink(url, effect_of(url, words_of_link), "" if inside == url else inside)
        else:
            link = ShownLink(url, Effect.IDENTIFIES)
        if not (opens and link.effect is None):
            links[position] = node, link
    return links


def _sentences(document: LexborHTMLParser) -> dict[int, str]:
    """The sentence around each link in its block, by the link's `mem_id`."""
    texts, places, length = [], {}, 0
    for node in document.root.traverse(include_text=True) if document.root else ():
        if node.is_text_node:
            parent = node.parent
            text = "" if parent is not None and parent.tag in _UNREAD else node.text_content or ""
        elif node.tag in _BLOCKS:
            text = "\n\n"
        else:
            text = ""
            if node.tag == "a":
                places[node.mem_id] = length
        texts.append(text)
        length += len(text)
    text = "".join(texts)
    return {mem_id: _sentence(text, at) for mem_id, at in places.items()}


def _sentence(text: str, at: int) -> str:
    before, after = text[max(at - _AROUND, 0) : at], text[at : at + _AROUND]
    return _END.split(before)[-1] + _END.split(after)[0]


def _sheets(document: LexborHTMLParser) -> Sequence[str]:
    nodes = document.css("style")
    return [node.text() for node in nodes] + [node.attributes.get("media") or "" for node in nodes]


def _declares_dark(document: LexborHTMLParser) -> bool:
    metas = document.css('meta[name="color-scheme"], meta[name="supported-color-schemes"]')
    return any("dark" in (node.attributes.get("content") or "").lower() for node in metas) or any(
        map(_DECLARES_DARK.search, _sheets(document))
    )


def _texts(
    document: LexborHTMLParser, comment: str, marked: Mapping[int, Sequence[Span]], role: str
) -> dict[int, str]:
    """The markup of texts with places that are marked as different, and of the comment, by `mem_id`."""
    if not comment and not marked:
        return {}
    texts = {}
    for node in document.root.traverse(include_text=True) if document.root else ():
        if node.is_comment_node and comment and (node.comment_content or "").strip() == comment:
            texts[node.mem_id] = f"<!--{CLIPPED}-->"
        elif node.is_text_node and node.mem_id in marked and node.parent and node.parent.tag not in _PLAIN:
            texts[node.mem_id] = _with_marks(node.text_content or "", marked[node.mem_id], role)
    return texts


def _with_marks(text: str, places: Sequence[Span], role: str) -> str:
    parts, at = [], 0
    for start, end in places:
        parts.append(text_markup(text[at:start]))
        parts.append(f'<mailsight-mark role="{role}">{text_markup(text[start:end])}</mailsight-mark>')
        at = end
    return "".join([*parts, text_markup(text[at:])])
