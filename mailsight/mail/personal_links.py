"""Which links act for the customer whose e-mail they are in, so that nobody else may open them.

A click on a customer's own unsubscribe link unsubscribes them. Nothing shows for certain what a link does, so it counts
as personal if its words, its URL or what its URL holds suggest it: rather a link too many than one too few.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import unquote

from .expressions import compiled
from .link_fields import MARK, marked
from .service_words import CONFIRMS, HERE, PREFERENCES, SHOWS_MAIL, UNSUBSCRIBES, plain
from .trackers import host
from .urls import address, targets
from .values import clean_address, words
from .wrappers import unwrapped

MAX_LENGTH = 4_000
_MAX_WORDS = 300
_MAX_SERVICE_WORDS = 80


class Effect(StrEnum):
    """What opening a link may do for the customer."""

    UNSUBSCRIBES = "unsubscribes"
    PREFERENCES = "preferences"
    CONFIRMS = "confirms"
    SHOWS_MAIL = "shows_mail"
    COUNTS = "counts"
    IDENTIFIES = "identifies"


@dataclass(frozen=True, slots=True)
class Recipient:
    """What is known of the customer who got an e-mail. `values` are those of its merge fields.

    `unsubscribe`: the addresses in the e-mail's List-Unsubscribe header.
    """

    email: str | None = None
    customer_id: str | None = None
    values: tuple[str, ...] = ()
    unsubscribe: tuple[str, ...] = ()


NOBODY = Recipient()

_SERVICES = (
    (Effect.UNSUBSCRIBES, UNSUBSCRIBES, _MAX_WORDS),
    (Effect.PREFERENCES, PREFERENCES, _MAX_SERVICE_WORDS),
    (Effect.CONFIRMS, CONFIRMS, _MAX_SERVICE_WORDS),
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

# Where senders count clicks: how the URL goes on after https://. What else identifies a customer is recognised anyway.
_TRACKERS = compiled(
    r"^(?:"
    # hosts that do nothing else
    r"(?:[\w-]+\.)*(?:awstrack\.me|mjt\.lu|rs6\.net|pstmrk\.it|hubspotlinks\.com|hubspotlinksfree\.com|hubspotstarter\w*\.net|hs-\w+\.(?:com|net)"
    r"|klclick\d*\.com|customeriomail\.com|cmail\d+\.com|createsend\d*\.com|sendibt?\d*\.com|sendibm\d*\.com|e2ma\.net|icptrack\.com|acemln[abc]\.com"
    r"|mlsend\d*\.com|mailerlite\.com/link|convertkit-mail\d*\.com|mkt\d+\.com|bmetrack\.com|bmsend\.com|maillist-manage\.\w+|zcsend\.\w+|eoloqua\.com|t\.eloqua\.com"
    r"|exct\.net|exacttarget\.com|s\d+\.y\.getresponse\.com|mailtrack\w*\.\w+|yesware\.com|sendgrid\.net|sailthru\.com|list-manage\d*\.com|mailchimp\.com/mctx"
    r"|mcusercontent\.com/click|mandrillapp\.com|getdrip\.com|omnisendlink\.com|emlnk\d*\.com|clickdimensions\.com|infusion-links\.com|keap-link\d*\.com|mailmunch\.co|smore\.com/click)\b"
    # hosts that are named after it
    r"|(?:click\w*|clk|ctrk|trk\w*|track(?:ing|er|link)?|redirect|redir|url\d+|ablink|elink|clics?|klick)\.[\w.-]+/."
    # paths
    r"|[^/?#]+/(?:(?:uni/|wf/|track/|asm/)?(?:ls/)?click(?:s|through|thru|tracker)?(?:/|\.\w+|\?)|track(?:ing|er)?/|CL0/|L0/|e3t/|ctc/|lnk/|mk/cl/|tr/cl/|ss/c/|f/a/|c/ej|a/click|lt\.php|link\.php|tn\.jsp|pub/cc"
    r"|redirect\.(?:php|aspx)|redir\.(?:php|aspx)|out\.php|go\.php|r\.php|c\.aspx|cr/a|t/l\?|y/ct/|e/c/|e/er\?|ctt\?|open/|wfclick|trk/|c/l\?u|link/[0-9a-f]{8}-|links?/[\w-]{20,}|l/[\w-]{20,}|r/[0-9a-f]{16,})"
    r")",
    ignores_case=True,
)
_AFTER_SCHEME = re.compile(r"https?:/{0,3}(?:[^/?#@]*@)?", re.IGNORECASE)
# Their parameters hold the URL that is shared.
_SHARES = compiled(
    r"^(?:www\.|m\.)?(?:facebook\.com/(?:sharer|share|dialog)|(?:twitter|x)\.com/(?:intent|share)|linkedin\.com/(?:share|sharing|cws)"
    r"|pinterest\.\w+/pin/create|reddit\.com/submit|(?:api\.)?whatsapp\.com/send|wa\.me/|t\.me/share|telegram\.me/share|xing\.com/|bsky\.app/intent|tumblr\.com/share"
    r"|web\.archive\.org/web|translate\.google\.\w+/|(?:calendar|www)\.google\.com/calendar|outlook\.(?:live|office)\.com/calendar|line\.me/|vk\.com/share|threads\.(?:net|com)/intent)",
    ignores_case=True,
)
# Their tokens name a video, a document or a place, not who looks at it.
_PUBLIC = compiled(
    r"^(?:[\w-]+\.)*(?:youtube(?:-nocookie)?\.com|youtu\.be|vimeo\.com|spotify\.com|instagram\.com|facebook\.com|tiktok\.com|twitter\.com|x\.com|linkedin\.com/(?:company|in|posts|pulse)"
    r"|(?:docs|drive|maps|play)\.google\.com|google\.com/maps|goo\.gl|forms\.gle|apps\.apple\.com|music\.apple\.com|podcasts\.apple\.com|github\.com|gitlab\.com|figma\.com"
    r"|medium\.com|wikipedia\.org|notion\.so|pinterest\.\w+|soundcloud\.com|openstreetmap\.org|w3\.org|bsky\.app|threads\.net)\b",
    ignores_case=True,
)
# Parameters that say who clicked, whatever their value.
_PERSONAL = words("""
    mc_eid mc_unique_id _ke _kx ml_subscriber ml_subscriber_hash ck_subscriber_id mkt_tok omnisendcontactid vero_id
    oly_anon_id oly_enc_id _hsenc sc_uid sc_customer at_recipient_id at_recipient_list et_rid spuserid sfmc_sub sfmc_id
    emdi ceid bbeml dm_i ss_email_id _bta_tid _bta_c rb_clickid mtc_id bsft_uid bsft_eid __s elqtrackid elqcontactid
    uid userid user_id user usr uuid euid guid subscriber subscriberid subscriber_id sub_id contact contactid
    contact_id cid_hash recipient recipientid recipient_id customer customerid customer_id member memberid member_id
    person personid person_id lead leadid lead_id email e_mail mail emailaddress email_address emailid upn token
    hash signature sig auth authkey auth_token access_token jwt secret password passwd pwd otp lt_id wickedid
    _openstat_id adobe_mc nltoken lc_hash klaviyo_id k_id
""")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.\w")
_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}", re.IGNORECASE)
_RUN = re.compile(r"[A-Za-z0-9]{12,}+")
_HEX = re.compile(r"[0-9a-f]{16,}+", re.IGNORECASE)
_WORDS = re.compile(r"[A-Z]?[a-z]{3,}+")
_KINDS = re.compile(r"[a-z]++|[A-Z]++|[0-9]++")
_MIN_DIGITS = 14
_MIN_CHANGES = 5
_PIECES = re.compile(r"[/?&=#;,:|.~!$()\s]+")
_PARTS = re.compile(r"[/?&=#\s]+")
_LABELS = re.compile(r"[\w-]{5,63}+(?=\.)")
# Parameters that count or measure, whose numbers are no customer's short id.
_COUNTING = re.compile(
    r"(?<=[?&])(?:page|p|size|qty|quantity|count|limit|per_page|offset|start|step|version|v|width|height)=[0-9]{1,5}(?=[&#\s]|$)"
)
_MIN_VALUE = 3
_MIN_NUMBER = 5


def effect(url: str, label: str, recipient: Recipient = NOBODY) -> Effect | None:
    """What opening a link may do for the customer; None if it does the same for everybody.

    `url` is as in the mail, and `label` the words of the link, or the sentence around a link that only says "here".
    """
    url = clean_address(url)
    if _normal(url) in map(_normal, recipient.unsubscribe):
        return Effect.UNSUBSCRIBES
    if len(url) > MAX_LENGTH:
        return Effect.IDENTIFIES
    texts = [url, unwrapped(url), *targets(url)]
    decoded = unquote(unquote(" ".join(dict.fromkeys(texts))))
    path = plain(_CAMEL.sub(" ", _without_host(decoded)))
    spoken = plain(label[:_MAX_WORDS])
    for kind, expression, max_length in _SERVICES:
        if (len(spoken) <= max_length and expression.search(spoken)) or expression.search(path):
            return kind
    match url.partition(":")[0].lower():
        case "tel":
            return None
        case "mailto":
            return Effect.IDENTIFIES if _names(decoded, recipient) else None
    is_mail = bool(SHOWS_MAIL.search(spoken) or SHOWS_MAIL.search(path))
    return _of_page(url, decoded, recipient, is_mail=is_mail)


def _of_page(url: str, decoded: str, recipient: Recipient, *, is_mail: bool) -> Effect | None:
    """What opening a web page may do. `is_mail`: it is a copy of the e-mail."""
    identifies = _identifies(url, decoded, recipient)
    if is_mail and (identifies or _has_number(url)):
        return Effect.SHOWS_MAIL
    if unwrapped(url) != url or _counts(url):
        return Effect.COUNTS
    return Effect.IDENTIFIES if identifies else None


def says_nothing(label: str) -> bool:
    """Whether a link's label, such as "click here", means nothing without the sentence around it."""
    spoken = plain(label[:_MAX_WORDS]).split()
    return len(spoken) <= 6 and all(word in HERE or len(word) < 2 for word in spoken)


def _normal(url: str) -> str:
    return address(unquote(clean_address(url).strip("<>")))


def _after_scheme(url: str) -> str:
    scheme = _AFTER_SCHEME.match(url)
    return url[scheme.end() :] if scheme else url.removeprefix("//")


def _without_host(text: str) -> str:
    """The URLs without what comes before their paths: shop-preferences.example is only a name."""
    return re.sub(r"(?:https?:)?//(?=([^/?#\s]{0,253}))\1", " ", text, flags=re.IGNORECASE)


def _has_number(url: str) -> bool:
    """Whether something after the host may be an id."""
    return bool(re.search(r"\d", re.sub(r"^[a-z]+://[^/?#]*", "", url, flags=re.IGNORECASE)))


def _counts(url: str) -> bool:
    """Whether the URL leads to its target by way of a server that counts the click."""
    rest = _after_scheme(url)
    if _SHARES.search(rest):
        return False
    if _TRACKERS.search(rest):
        return True
    own = host(url)
    return any(not _is_same_site(own, host(target)) for target in targets(url))


def _is_same_site(first: str, second: str) -> bool:
    """Whether two hosts have their last two names in common: www.shop.example and shop.example."""
    return not second or first.split(".")[-2:] == second.split(".")[-2:]


def _identifies(url: str, decoded: str, recipient: Recipient) -> bool:
    if MARK in marked(url):
        return True
    if _SHARES.search(_after_scheme(url)):
        return _names(decoded, recipient)
    if _names(decoded, recipient) or _EMAIL.search(_without_host(decoded)):
        return True
    pieces, names = _parameters(url)
    is_public = _PUBLIC.search(_after_scheme(url)) is not None
    return bool(names & _PERSONAL) or (not is_public and any(map(_is_token, pieces)))


def _parameters(url: str) -> tuple[list[str], set[str]]:
    """The parts of the path and the values of the parameters, without those of the campaign, and all names."""
    start, _, query = _after_scheme(url).partition("?")
    _, _, path = start.partition("/")
    query, _, fragment = query.partition("#")
    pieces, names = re.split(r"[/;#]", unquote(path)), set()
    for part in [*re.split("[&;]", query), *fragment.split("&")]:
        name, _, value = part.partition("=")
        if name.lower().startswith("utm_"):
            continue
        if value:
            names.add(name.lower().replace("-", "_"))
        pieces.append(unquote(value or name))
    return pieces, names


def _is_token(text: str) -> bool:
    """Whether the text looks like an id that a program made: letters and digits without words."""
    if _UUID.search(text):
        return True
    for run in _RUN.findall(text):
        if run.isdecimal():
            if len(run) >= _MIN_DIGITS:
                return True
        elif (_HEX.fullmatch(run) and not run.isalpha()) or len(
            _KINDS.findall(_WORDS.sub("", run))
        ) > _MIN_CHANGES:
            return True
    return False


def _names(decoded: str, recipient: Recipient) -> bool:
    """Whether the URL holds something that only this customer has: their address or id, or an encoding of it."""
    lower = decoded.lower()
    if recipient.email and recipient.email.strip().lower() in lower:
        return True
    known = _known(recipient)
    if not known:
        return False
    counted = _COUNTING.sub(" ", _without_host(lower))
    return not known.isdisjoint({*_PIECES.split(counted), *_PARTS.split(counted), *_LABELS.findall(lower)})


@lru_cache(maxsize=8)
def _known(recipient: Recipient) -> frozenset[str]:
    """What identifies the customer, and its usual encodings, in lower case."""
    known = set()
    for value in (recipient.email, recipient.customer_id):
        if value and value.strip():
            known.update(_encodings(value.strip()))
    for value in map(str.strip, recipient.values):
        if len(value) >= (_MIN_NUMBER if value.isdecimal() else _MIN_VALUE) and re.search(r"[@\d]", value):
            known.update(_encodings(value))
    return frozenset(known)


def _encodings(value: str) -> set[str]:
    encoded = {value.lower()}
    if len(value) < _MIN_VALUE:
        return encoded
    for text in {value, value.lower()}:
        raw = text.encode("utf-8", "replace")
        encoded.add(raw.hex())
        encoded |= {
            function(raw, usedforsecurity=False).hexdigest()
            for function in (hashlib.md5, hashlib.sha1, hashlib.sha256)
        }
        for written in (base64.b64encode(raw), base64.urlsafe_b64encode(raw)):
            encoded |= {written.decode().lower(), written.decode().rstrip("=").lower()}
    return encoded
