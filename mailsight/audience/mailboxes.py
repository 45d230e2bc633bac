"""Mailbox providers: whose servers take the mail for an address, told by the domain behind the @."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

# What stands where no provider can be told.
NO_ADDRESS = "No address"
NO_DOMAIN = "Not an address"

# The domains of one provider; `yahoo.*` stands for the name with the ending of any country: yahoo.fr, yahoo.co.uk.
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
# hotmail.com, hotmail.nl, hotmail.co.uk, hotmail.com.br; not hotmail.con, which is a mistake and worth seeing.
_ANY_COUNTRY = re.compile(r"([^.]+)\.(?:com|[a-z]{2}|com?\.[a-z]{2})")
# Words with dots between, at most as long as a name in the DNS.
_DOMAIN = re.compile(r"(?=.{1,253}$)[^\s.@]+(?:\.[^\s.@]+)*")
# Addresses that nobody can have (RFC 2606), as in the sample data: gmail.example stands for gmail.com.
_RESERVED = {f"{domain.partition('.')[0]}.example": name for domain, name in _NAMED.items()}


@lru_cache(maxsize=100_000)
def provider(domain: str | None) -> str:
    """Who runs the mailboxes of a domain; the domain itself where no family of domains has it.

    None is no address; what can't be a domain makes an address none.
    """
    if domain is None:
        return NO_ADDRESS
    domain = domain.strip().rstrip(".").lower()
    if not _DOMAIN.fullmatch(domain):
        return NO_DOMAIN
    stem = _ANY_COUNTRY.fullmatch(domain)
    anywhere = f"{stem[1]}.*" if stem else domain
    return _NAMED.get(domain) or _NAMED.get(anywhere) or _RESERVED.get(domain) or domain
