"""When two URLs are the same link: the rules that match a clicked URL to a link in the mail."""

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote, unquote

from .expressions import BadExpression, Expression, compiled, escaped
from .link_fields import MARK, marked
from .values import ascii_host, unescape, words

_PARTS = re.compile(
    r"(?:(?P<scheme>[a-z][a-z0-9+.-]*):)?(?://(?P<host>[^/?#]*))?(?P<path>[^?#]*)"
    r"(?:\?(?P<query>[^#]*))?(?:\#(?P<fragment>.*))?",
    re.IGNORECASE | re.DOTALL,
)
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
_PRINTABLE = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_DELIMITERS = " %/?#&=+"


def _as_it_is(url: str) -> str:
    return url


def _without_references(url: str) -> str:
    return unescape(url) if "&" in url else url


def address(url: str) -> str:
    """The URL in a normal form that is the same for all equivalent URLs."""
    parts = _PARTS.fullmatch(url)
    if parts is None:
        return url
    scheme, host, path, query, fragment = parts.group("scheme", "host", "path", "query", "fragment")
    scheme = (scheme or "").lower()
    if host is not None:
        user, at, host = host.rpartition("@")
        scheme = scheme or "https"
        host = f"//{user}{at}{ascii_host(host).removesuffix(_DEFAULT_PORTS.get(scheme, '-'))}"
        path = path.rstrip("/")
    query = f"?{_characters(query).replace('+', '%20')}" if query else ""
    fragment = f"#{_characters(fragment)}" if fragment else ""
    return f"{scheme}{':' if scheme else ''}{host or ''}{_characters(path)}{query}{fragment}"


def _characters(text: str) -> str:
    if text.isascii() and "%" not in text and " " not in text:
        return text
    return _ESCAPED.sub(_character, quote(text, safe=_PRINTABLE, errors="replace"))


def _character(escaped: re.Match[str]) -> str:
    character = chr(int(escaped.group()[1:], 16))
    return character if "!" <= character <= "~" and character not in _DELIMITERS else escaped.group().upper()


def _without_fragment(url: str) -> str:
    return url.partition("#")[0]


# Parameters that senders, providers and ad networks add to track visitors. A prefix ends in *.
_TRACKING = words("""
    utm_* mtm_* pk_* piwik_* matomo_* hsa_* iterable_* sfmc_* bsft_* elq* trk_* vero_* ga_* _ga _gl
    _hsenc _hsmi __hstc __hssc __hsfp hsctatracking gclid gclsrc dclid gbraid wbraid fbclid msclkid yclid ttclid twclid
    igshid li_fat_id mc_cid mc_eid mc_tc mkt_tok _ke _kx ml_subscriber ml_subscriber_hash ck_subscriber_id
    omnisendcontactid omnisendattributionid vgo_ee oly_anon_id oly_enc_id rb_clickid s_cid dm_i dm_t ss_email_id
    ss_source ss_campaign_id ss_campaign_name ss_campaign_sent_date spmailingid spuserid spjobid spreportid
    cm_mmc cm_mmca1 cm_mmca2 _bta_tid _bta_c wickedid nr_email_referer _openstat __s emci emdi ceid
    sc_src sc_lid sc_uid sc_llid sc_eh sc_customer _ri_ _ei_ _di_ _bhlid _se et_rid et_cid et_source mtc_id
    at_recipient_id at_recipient_list oft_* bbeml srsltid unicorn_click_id mi_u
""")
_TRACKING_NAMES = frozenset(name for name in _TRACKING if not name.endswith("*"))
_TRACKING_PREFIXES = tuple(name[:-1] for name in _TRACKING if name.endswith("*"))


# These names mean something else unless their values look like this: Braze's ids of links, Mautic's serialized arrays.
_TRACKING_VALUES = re.compile(r"lid=[a-z0-9]{12}\Z|ct=YTo", re.ASCII)
# Salesforce Marketing Cloud adds them together.
_SALESFORCE_MARK = "sfmc_sub="
_SALESFORCE = ("j=", "l=", "u=", "mid=", "jb=")


def _without_tracking(url: str) -> str:
    start, mark, query = url.partition("?")
    if not mark:
        return url
    is_salesforce = _SALESFORCE_MARK in query
    parameters = [
        part
        for part in query.split("&")
        if part
        and not _is_tracking(part.partition("=")[0].lower())
        and not _TRACKING_VALUES.match(part)
        and not (is_salesforce and part.startswith(_SALESFORCE))
    ]
    parameters.sort(key=lambda part: part.partition("=")[0])
    return f"{start}?{'&'.join(parameters)}" if parameters else start


def _is_tracking(name: str) -> bool:
    return name in _TRACKING_NAMES or name.startswith(_TRACKING_PREFIXES)


@dataclass(frozen=True, slots=True)
class Rule:
    """A normal form for comparing clicked URLs with links, with an example of a pair that it matches."""

    reason: str
    link: str
    clicked: str
    form: Callable[[str], str]


# Each rule builds on the form of the one before it and ignores more differences. A URL is looked up rule by rule, so it
# matches the most similar link. A URL that no rule matches is tried as a link with merge fields (`pattern`), then as a
# redirect that contains its target (`targets`).
RULES = (
    Rule(
        "an exact match comes first",
        "https://shop.example/sale?utm_content=top",
        "https://shop.example/sale?utm_content=top",
        _as_it_is,
    ),
    Rule(
        "some providers report the URL as in the HTML source, with &amp; for &",
        "https://shop.example/sale?a=1&b=2",
        "https://shop.example/sale?a=1&amp;b=2",
        _without_references,
    ),
    Rule(
        "RFC 3986, 6.2: case of scheme and host, default port, percent-encoding; also trailing slashes, and + for a"
        " space as in forms",
        "HTTPS://Shop.Example:443/winter sale/",
        "https://shop.example/winter%20sale",
        address,
    ),
    Rule(
        "a fragment never reaches the server that counts the click",
        "https://shop.example/sale#shoes",
        "https://shop.example/sale",
        _without_fragment,
    ),
    Rule(
        "providers and ad networks add tracking parameters, and some reorder the others",
        "https://shop.example/sale?b=2&a=1",
        "https://shop.example/sale?a=1&b=2&utm_source=newsletter&mc_eid=8f2",
        _without_tracking,
    ),
)

_MAX_FIELDS = 40
_MIN_LITERAL = 3
_MAX_PATTERN_LENGTH = 2_000
_VALUE = "[^/?&#]*"


@dataclass(frozen=True, slots=True)
class Pattern:
    """Matches the URLs of a link with merge fields. `literal` counts its fixed characters.

    All URLs it matches start with `folder`, which is empty if the host has a field.
    """

    folder: str
    literal: int
    source: str
    expression: Expression

    def matches(self, url: str) -> bool:
        return self.expression.fullmatch(url) is not None


def pattern(url: str) -> Pattern | None:
    """The pattern of a link with merge fields, or None if it has no fields, too many, or too few fixed characters."""
    form = _marked_form(url)
    if not form:
        return None
    try:
        source = _source(form)
        expression = compiled(source, dot_is_any=True)
    except BadExpression:
        return None
    parts = _PARTS.fullmatch(form)
    host = parts["host"] if parts else None
    has_host = bool(host) and MARK not in str(host)
    start = form.partition(MARK)[0]
    folder = start[: start.rfind("/") + 1] if has_host else ""
    return Pattern(folder, _literal(form), source, expression)


def place(url: str) -> str:
    """What a click can tell about a link's URL: two links with the same place are told apart by no click."""
    form = _marked_form(url)
    return f"{MARK}:{form}" if form else address(url)


def _marked_form(url: str) -> str:
    """The normal form of a link with merge fields, which are marked; "" if `pattern` has none for it."""
    form = marked(_without_references(url))
    if MARK not in form or len(form) > _MAX_PATTERN_LENGTH:
        return ""
    for rule in RULES:
        form = rule.form(form)
    return form if 0 < form.count(MARK) < _MAX_FIELDS and _literal(form) >= _MIN_LITERAL else ""


def _literal(form: str) -> int:
    return len(re.sub(r"^https?:|\W", "", form.replace(MARK, "")))


def _source(form: str) -> str:
    """The expression for a URL with marks. A field holds one value, or parameters where it stands for a parameter."""
    start, _, query = form.partition("?")
    parameters = query.split("&") if query else []
    values = [part for part in parameters if part.replace(MARK, "")]
    source = ".*" if start.startswith(MARK) else ""
    source += _VALUE.join(map(escaped, start.removeprefix(MARK if source else "").split(MARK)))
    parts = [_VALUE.join(map(escaped, part.split(MARK))) for part in values]
    if len(values) == len(parameters):
        return source + (rf"\?{'&'.join(parts)}" if parts else "")
    if not parts:
        return rf"{source}(?:\?.*)?"
    return rf"{source}\?(?:.*&)?{'&(?:.*&)?'.join(parts)}(?:&.*)?"


_ENCODED_TARGET = re.compile(r"https?(?:%3A|:)%2F%2F[^/&?#\s]+", re.IGNORECASE)
_PLAIN_TARGET = re.compile(r"https?://[^\s\"'<>\\]+", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9_-]{24,}+")
_MAX_REDIRECT_LENGTH = 20_000
_MAX_TARGETS = 8


def targets(url: str) -> Iterator[str]:
    """The URLs inside a redirect: in a parameter, in the path, or encoded as Mandrill and Mailgun do it."""
    _, _, rest = url[:_MAX_REDIRECT_LENGTH].partition("://")
    for target in islice(_ENCODED_TARGET.finditer(rest), _MAX_TARGETS):
        yield unquote(target.group())
    if plain := _PLAIN_TARGET.search(rest):
        yield plain.group()
        yield plain.group().partition("&")[0]
    for encoded in islice(_BASE64.finditer(rest), _MAX_TARGETS):
        text = _decoded(encoded.group())
        for target in islice(_ENCODED_TARGET.finditer(text), _MAX_TARGETS):
            yield unquote(target.group())
        for target in islice(_PLAIN_TARGET.finditer(text), _MAX_TARGETS):
            yield target.group()


def _decoded(encoded: str) -> str:
    try:
        raw = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        if raw[:1] == b"\x78":  # zlib, as in Mailgun's links
            raw = zlib.decompressobj().decompress(raw, _MAX_REDIRECT_LENGTH)
    except (binascii.Error, zlib.error):
        return ""
    # JSON may write \/ for /, and JSON in JSON \\/.
    return re.sub(r"(?<!\\)\\++/", "/", raw.decode("utf-8", "replace"))
