"""Mailbox providers: who runs the mailbox of an address, judging by its domain."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

# Shown in place of a provider.
NO_ADDRESS = "No address"
NO_DOMAIN = "Not an address"

# The domains of each provider. `yahoo.*` matches any country's ending, such as yahoo.fr or yahoo.co.uk.
FAMILIES: Mapping[str, Sequence[str]] = {
    "Gmail": ("gmail.com", "googlemail.com"),
    "Outlook.com": ("outlook.*", "hotmail.*", "live.*", "msn.*", "windowslive.com", "passport.com"),
    "Yahoo": ("yahoo.*", "ymail.com", "rocketmail.com", "myyahoo.com"),
    "AOL": ("aol.*", "aim.com", "netscape.net"),
    "iCloud": ("icloud.com", "me.com", "mac.com"),
    "GMX": ("gmx.*", "gmx.net", "caramail.com"),
    "WEB.DE": ("web.de", "email.de"),
    "T-Online": ("t-online.de", "magenta.de"),
    "freenet": ("freenet.de",),
    "Proton": ("proton.me", "protonmail.com", "protonmail.ch", "pm.me"),
    "Fastmail": ("fastmail.*", "messagingengine.com"),
    "Zoho": ("zoho.*", "zohomail.*"),
    "Orange": ("orange.fr", "wanadoo.fr"),
    "Free": ("free.fr", "freesbee.fr"),
    "SFR": ("sfr.fr", "neuf.fr", "cegetel.net", "club-internet.fr"),
    "La Poste": ("laposte.net",),
    "Libero": ("libero.it", "iol.it", "inwind.it", "blu.it"),
    "TIM": ("tim.it", "alice.it", "tin.it", "virgilio.it"),
    "KPN": ("kpnmail.nl", "kpnplanet.nl", "planet.nl", "hetnet.nl", "telfort.nl", "xs4all.nl"),
    "Ziggo": ("ziggo.nl", "home.nl", "upcmail.nl", "chello.nl", "casema.nl", "quicknet.nl"),
    "Telenet": ("telenet.be", "pandora.be"),
    "Proximus": ("proximus.be", "skynet.be", "belgacom.net"),
    "BT": ("btinternet.com", "btopenworld.com"),
    "Virgin Media": ("virginmedia.com", "virgin.net", "ntlworld.com", "blueyonder.co.uk"),
    "Comcast": ("comcast.net",),
    "AT&T": ("att.net", "sbcglobal.net", "bellsouth.net", "pacbell.net", "ameritech.net"),
    "Mail.ru": ("mail.ru", "inbox.ru", "list.ru", "bk.ru", "internet.ru"),
    "Yandex": ("yandex.*", "ya.ru"),
    "Seznam": ("seznam.cz", "email.cz", "post.cz"),
    "WP": ("wp.pl", "o2.pl"),
    "Onet": ("onet.pl", "onet.eu", "op.pl", "vp.pl"),
    "UOL": ("uol.com.br", "bol.com.br"),
    "QQ Mail": ("qq.com", "foxmail.com"),
    "NetEase": ("163.com", "126.com", "yeah.net"),
}
_NAMED = {domain: name for name, domains in FAMILIES.items() for domain in domains}
# Matches hotmail.com, hotmail.nl, hotmail.co.uk and hotmail.com.br, but not hotmail.con: typos should be visible.
_ANY_COUNTRY = re.compile(r"([^.]+)\.(?:com|[a-z]{2}|com?\.[a-z]{2})")
# Labels separated by dots, at most as long as a DNS name.
_DOMAIN = re.compile(r"(?=.{1,253}$)[^\s.@]+(?:\.[^\s.@]+)*")
# Reserved domains (RFC 2606), as used by the sample data: gmail.example stands for gmail.com.
_RESERVED = {f"{domain.partition('.')[0]}.example": name for domain, name in _NAMED.items()}


@lru_cache(maxsize=100_000)
def provider(domain: str | None) -> str:
    """The provider that runs a domain's mailboxes, or the domain itself if no known provider does.

    Returns `NO_ADDRESS` for None, and `NO_DOMAIN` for an invalid domain.
    """
    if domain is None:
        return NO_ADDRESS
    domain = domain.strip().rstrip(".").lower()
    if not _DOMAIN.fullmatch(domain):
        return NO_DOMAIN
    stem = _ANY_COUNTRY.fullmatch(domain)
    any_country = f"{stem[1]}.*" if stem else domain
    return _NAMED.get(domain) or _NAMED.get(any_country) or _RESERVED.get(domain) or domain
