"""Makes hostile HTML harmless. This is one of two layers of defence; the other is the script-free frame that shows it.

None of the mail's source is passed through. The mail is parsed as a browser does it, and only the elements, attributes
and URLs allowed here are written out again. A content security policy comes first in the document, so anything these
lists miss can't load or run either.
"""

import html as entities
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from types import MappingProxyType

from selectolax.lexbor import LexborHTMLParser, LexborNode

from .documents import SIMPLIFIED, parse, within_bounds
from .modes import DOCTYPE
from .removed import Removed, Unsafe
from .stylesheets import Remote, in_colours, is_too_large, safe_css, safe_sheet
from .trackers import is_pixel, picture_address, tracking_hosts
from .values import clean_address, words

ELEMENTS = words("""
    a abbr acronym address area article aside b bdi bdo big blink blockquote body br button caption center cite code
    col colgroup data dd del details dfn dir div dl dt em fieldset figcaption figure font footer form h1 h2 h3 h4 h5
    h6 head header hgroup hr html i img input ins kbd label legend li main map mark marquee menu meter nav nobr ol
    optgroup option output p picture pre progress q rb rp rt rtc ruby s samp section select small span strike strong
    sub summary sup table tbody td textarea tfoot th thead time title tr tt u ul var wbr
""")
_VOID_ELEMENTS = words("area br col hr img input wbr")
# Word's <o:p>, Outlook's <v:rect> and <my-card> do nothing without scripts, but style sheets may name them.
_CUSTOM_ELEMENT = re.compile(r"(?!mailsight-)[a-z][a-z0-9]*(?:[-:][a-z0-9._]+)+")
# Dropped with their content. Of any other unlisted element only the tags are dropped, as mail programs do.
DROPPED = words("""
    applet base embed frame iframe link math noembed noframes param script source svg template track
    annotation-xml color-profile font-face font-face-format font-face-name font-face-src font-face-uri missing-glyph
""")
# Made inert: they look the same but can't be used or send anything.
_CONTROLS = words("button input select textarea")
_RAW_TEXT = {"plaintext": "pre", "xmp": "pre"}

ATTRIBUTES = words("""
    abbr align alt axis bgcolor behavior border bordercolor bordercolordark bordercolorlight bottommargin cellpadding
    cellspacing char charoff checked class clear color cols colspan compact coords datetime dir direction disabled
    face for frame headers height hidden high hspace id label lang leftmargin link low marginheight marginwidth max
    maxlength media min multiple noshade nowrap open optimum placeholder readonly reversed rightmargin role rows
    rowspan rules scope scrollamount scrolldelay selected shape size span start summary text title topmargin type
    usemap valign value vlink vspace width alink wrap
""")
# We use these ourselves: data-link, data-badge, data-lit, data-differs.
_DATA_ATTRIBUTE = re.compile(r"(?:data(?!-link\b|-badge\b|-lit\b|-differs\b)|aria)-[a-z0-9_.-]+")
_META_NAMES = ("viewport", "color-scheme", "supported-color-schemes")

# Written without looking at their children.
_LEAVES = DROPPED | {"meta", "style"}

SCHEMES = ("http", "https", "mailto", "tel")
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_DATA_PICTURE = re.compile(r"data:image/[\w.+-]+[;,]", re.IGNORECASE)
# Replaces a picture that may not load. It takes up the same space as a blocked picture.
_NO_PICTURE = "data:,"
# The policy lists where pictures come from, so a server that redirects can't have them load from elsewhere.
_MAX_ORIGINS = 50
# An image map has a few dozen. Nobody sees an area, and a browser takes seconds to lay out tens of thousands.
MAX_AREAS = 2_000
# No style sheet of the mail beats an important declaration in a style attribute.
_NOTICE = (
    '<p style="display:block!important;position:static!important;margin:24px!important;visibility:visible!important;'
    'opacity:1!important;color:#374151!important;background:#fff!important;font:14px sans-serif!important">{}</p>'
)


@dataclass(frozen=True, slots=True)
class SafeMail:
    """A harmless document, and the origins that its pictures load from, such as "https://shop.example".

    `unsafe` counts what was taken out or disabled.
    """

    html: str
    origins: tuple[str, ...] = ()
    unsafe: Mapping[Unsafe, int] = field(default_factory=dict)


def safe(html: str, *, pictures: bool = False) -> str:
    """The HTML of `safe_mail`."""
    return safe_mail(html, pictures=pictures).html


def safe_mail(html: str, *, pictures: bool = False) -> SafeMail:
    """The whole mail as a document for the sandboxed frame: no scripts, nothing to load, links that open in a new tab.

    `pictures` lets http and https pictures load, except tracking pixels. Everything the layout depends on stays: the
    doctype (and so the browser's mode), style sheets, the attributes of html and body.
    """
    document = parse(html)
    return write(document, html, pictures=pictures, end=notice(left_out(document, html)))


def link_nodes(document: LexborHTMLParser) -> list[LexborNode]:
    """Every a[href] and area[href] in document order: a link's position is its index in this list."""
    nodes = document.css("[href]")
    # The selector also matches xlink:href in SVG.
    return [node for node in nodes if node.tag in ("a", "area") and "href" in node.attributes]


def left_out(document: LexborHTMLParser, html: str) -> str:
    """A sentence about what is left out of an unusually large or complex mail; empty if nothing is."""
    sheets = (_css(node) for node in document.css("style"))
    inline = (node.attributes["style"] or "" for node in document.css("[style]"))
    dropped = any(map(is_too_large, chain(sheets, inline)))
    dropped = dropped or len(document.css("area")) > MAX_AREAS
    return within_bounds(html).notice or (SIMPLIFIED if dropped else "")


def notice(text: str) -> str:
    """A sentence of ours as markup for the end of a mail; empty if there is none."""
    return _NOTICE.format(text_markup(text)) if text else ""


def write(
    document: LexborHTMLParser,
    html: str,
    *,
    pictures: bool = False,
    dark: bool = False,
    head: str = "",
    end: str = "",
    marks: Mapping[int, str] = MappingProxyType({}),
    after: Mapping[int, str] = MappingProxyType({}),
    texts: Mapping[int, str] = MappingProxyType({}),
    dead: Collection[int] = (),
    personal: bool = True,
) -> SafeMail:
    """Write the parsed mail out again, with `head` at the start of its head and `end` at the end of its body.

    Its own styles for `dark` mode apply, or those for light mode, whatever mode the browser is in.
    `marks` maps a node's `mem_id` to markup for additional attributes, `after` to markup that follows it, and `texts`
    that of a text or comment to markup in its place. The links in `dead` can be clicked but lead nowhere. Without
    `personal`, no link leads anywhere and data- attributes are left out: both may identify the customer who got the
    mail.
    """
    removed = Removed()
    remote = _Pictures(document, removed) if pictures else None
    doctype = DOCTYPE.match(html)
    written = [f"<!DOCTYPE {text_markup(doctype[1])}>" if doctype else ""]
    policy_at = len(written)
    areas = 0
    todo: list[LexborNode | str] = [document.root] if document.root else []
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            written.append(node)
            continue
        if not node.is_element_node or node.tag in _LEAVES:
            written.append(_leaf(node, texts, remote, removed, dark=dark))
            continue
        tag = _RAW_TEXT.get(node.tag or "", node.tag or "")
        areas += tag == "area"
        if tag == "area" and areas > MAX_AREAS:
            continue
        removed.element(node)
        if tag in ELEMENTS or _CUSTOM_ELEMENT.fullmatch(tag):
            leads = personal and node.mem_id not in dead
            attributes = _attributes(node, tag, remote, removed, personal=personal, leads=leads)
            written.append(f"<{tag}{attributes}{marks.get(node.mem_id, '')}>")
            if tag == "head":
                policy_at = len(written)
                written.append(head)
            else:
                written.append(_first_line_break(node, tag))
            todo.append(
                ""
                if tag in _VOID_ELEMENTS
                else f"{end}</{tag}>"
                if tag == "body"
                else f"</{tag}>{after.get(node.mem_id, '')}"
            )
        todo += reversed(list(node.iter(include_text=True)))
    origins = tuple(remote.origins) if remote else ()
    written.insert(policy_at, _policy(origins))
    return SafeMail("".join(written), origins, removed.counts)


def _leaf(
    node: LexborNode, texts: Mapping[int, str], remote: Remote | None, removed: Removed, *, dark: bool
) -> str:
    """A text, a comment, or an element that is filtered or dropped as a whole."""
    if node.mem_id in texts:
        return texts[node.mem_id]
    if node.is_text_node:
        return text_markup(node.text_content or "")
    if node.tag == "style":
        return _style(node, remote, removed, dark=dark)
    if node.is_element_node:
        removed.element(node)
    return _meta(node) if node.tag == "meta" else ""


def _first_line_break(node: LexborNode, tag: str) -> str:
    """A line break to add after these tags: a parser drops the first, which may belong to the text."""
    return "\n" if tag in ("pre", "textarea") and node.text().startswith("\n") else ""


def _policy(origins: Iterable[str]) -> str:
    remote = "".join(f" {origin}" for origin in origins)
    return (
        '<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        f"style-src 'unsafe-inline'; img-src data:{remote}; font-src data:; form-action 'none'; base-uri 'none'\">"
        '<meta name="referrer" content="no-referrer"><meta http-equiv="x-dns-prefetch-control" content="off">'
        '<base target="_blank">'
    )


def text_markup(text: str) -> str:
    """The text as HTML."""
    return entities.escape(text, quote=False).replace("\xa0", "&nbsp;")


def _meta(node: LexborNode) -> str:
    name, content = node.attributes.get("name") or "", node.attributes.get("content") or ""
    return f'<meta name="{name}" content="{_quoted(content)}">' if name in _META_NAMES else ""


def _css(node: LexborNode) -> str:
    return "".join(part.text_content or "" for part in node.iter(include_text=True))


def _style(node: LexborNode, remote: Remote | None, removed: Removed, *, dark: bool) -> str:
    if (node.attributes.get("type") or "text/css").strip().lower() != "text/css":
        return ""
    sheet = _css(node)
    css = in_colours(safe_sheet(sheet, remote=remote), dark=dark)
    if remote is None:
        removed.pictures_in(sheet)
    media = in_colours(node.attributes.get("media") or "", dark=dark)
    return f'<style media="{_quoted(media)}">{css}</style>' if media else f"<style>{css}</style>"


def _attributes(
    node: LexborNode,
    tag: str,
    remote: Remote | None,
    removed: Removed,
    *,
    personal: bool,
    leads: bool,
) -> str:
    attributes: dict[str, str | None] = node.attributes
    written = []
    for name, value in attributes.items():
        if name == "style":
            written.append(f'style="{_quoted(safe_css(value or "", remote=remote))}"')
            if remote is None:
                removed.pictures_in(value or "")
        elif name == "background":
            picture = _picture(value or "", remote, removed)
            written += [f'background="{_quoted(picture)}"'] if picture != _NO_PICTURE else []
        # A form or picture with a name would shadow the document's own properties.
        elif name in ATTRIBUTES or (name == "name" and tag in ("a", "map")) or _may_stay(name, personal):
            written.append(name if value is None else f'{name}="{_quoted(value)}"')
        else:
            removed.attribute(name)
    if tag in ("a", "area") and "href" in attributes:
        written.append(_link(attributes["href"] or "", leads, removed) if personal else 'href="#"')
    if tag in _CONTROLS:
        written.append("inert")
    if tag in ("img", "input") and "src" in attributes:
        if is_pixel(attributes):
            source = _NO_PICTURE
            removed.address(attributes["src"] or "", Unsafe.PIXEL)
        else:
            source = _picture(attributes["src"] or "", remote, removed)
        written.append(f'src="{_quoted(source)}"')
    return "".join(f" {attribute}" for attribute in written)


def _may_stay(name: str, personal: bool) -> bool:
    return bool(_DATA_ATTRIBUTE.fullmatch(name)) and (personal or not name.startswith("data-"))


def _quoted(value: str) -> str:
    return text_markup(value).replace('"', "&quot;")


def _link(address: str, leads: bool, removed: Removed) -> str:
    if url := web_address(address):
        return (
            f'href="{_quoted(url)}" rel="noopener noreferrer"'
            if leads
            else 'href="#" target="_self" draggable="false"'
        )
    address = clean_address(address)
    if address.startswith("#") and len(address) > 1:
        return f'href="{_quoted(address)}" target="_self"'
    removed.add(Unsafe.LINK, _SCHEME.match(address) is not None)
    return 'href="#" target="_self" inert'  # still looks like a link, but leads nowhere


def web_address(href: str) -> str:
    """The URL that a link opens; empty if it opens none."""
    address = clean_address(href)
    if address.startswith("//"):
        address = f"https:{address}"
    scheme = _SCHEME.match(address)
    return address if scheme and scheme[1].lower() in SCHEMES else ""


class _Pictures:
    """Decides which pictures load from the network: all with a plain URL, unless their host counts opens.

    Collects the origins of those that do, for the content security policy.
    """

    def __init__(self, document: LexborHTMLParser, removed: Removed) -> None:
        self._blocked = tracking_hosts(document)
        self.origins: dict[str, None] = {}
        self._removed = removed

    def __call__(self, address: str) -> str | None:
        picture = picture_address(address)
        if picture is None or picture.host in self._blocked or not self._has_room(picture.origin):
            self._removed.address(address)
            return None
        self.origins[picture.origin] = None
        return picture.url

    def _has_room(self, origin: str) -> bool:
        return origin in self.origins or len(self.origins) < _MAX_ORIGINS


def _picture(address: str, remote: Remote | None, removed: Removed) -> str:
    address = clean_address(address)
    if _DATA_PICTURE.match(address):
        return address
    if remote is None:
        removed.address(address)
        return _NO_PICTURE
    return remote(address) or _NO_PICTURE
