"""Mail programs and devices: what a user agent tells of where a mail was read, or where a link was opened.

Browsers and systems are told by ua-parser, whose rules are maintained. It knows few mail programs, so words of our own
come first. What a proxy fetched tells the mail program and hides the device.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from . import agents
from .machines import REASONS

APPLE_PROXY = "Apple Mail's proxy"
MACHINES = "Machines"
WEBMAIL = "Webmail in a browser"
ANDROID_APP = "Another app on Android"
APPLE_APP = "Another app on an Apple device"
UNKNOWN = "Unknown"


class Device(StrEnum):
    """The kind of device."""

    COMPUTER = "Computer"
    PHONE = "Phone"
    TABLET = "Tablet"
    UNKNOWN = "Unknown"
    HIDDEN = "Hidden by a proxy"
    MACHINE = "Machines"


class Used(NamedTuple):
    """What a mail was opened with, or a link in it, and on which kind of device."""

    opened_in: str
    clicked_in: str
    device: Device


# Names of which it is said that they tell nothing of a person; they stand last.
APART = (APPLE_PROXY, MACHINES, UNKNOWN, Device.HIDDEN, Device.MACHINE)

_PROXIES = {
    "googleimageproxy|ggpht": "Gmail",
    "yahoo": "Yahoo Mail",
    "seznam": "Seznam",
    "fastmail": "Fastmail",
    "shortwave": "Shortwave",
}
# Words of mail programs, the first that stands in an agent counts.
_PROGRAMS = {
    r"outlook-(?:ios|android)|outlook/.*(?:iphone|ipad)|outlook mobile": "Outlook app",
    r"outlook-express|windows ?(?:live ?)?mail|windowsmail": "Windows Mail",
    r"microsoft outlook|macoutlook|ms-?office|\boutlook/\d|outlook \d": "Outlook",
    r"thunderbird|icedove|betterbird": "Thunderbird",
    r"samsung ?e?mail|samsung\.android\.email": "Samsung Email",
    r"gmailmailclient|com\.google\.android\.gm\b|\bgmail/": "Gmail",
    r"yahoo(?:mobile)?(?:%20| )?mail|\bymail": "Yahoo Mail",
    r"aolmail": "AOL Mail",
    r"lotus[- ]?notes|hcl[- ]?notes": "HCL Notes",
    r"airmail": "Airmail",
    r"postbox": "Postbox",
    r"the bat!": "The Bat!",
    r"e ?m ?client": "eM Client",
    r"mailspring": "Mailspring",
    r"mailbird": "Mailbird",
    r"mailmate": "MailMate",
    r"bluemail|typemail": "BlueMail",
    r"foxmail": "Foxmail",
    r"mailmaster": "MailMaster",
    r"navermailapp": "Naver Mail",
    r"proton ?mail": "Proton Mail",
    r"tutanota|tuta/": "Tuta",
    r"\bspark/|readdle": "Spark",
    r"k-9": "K-9 Mail",
    r"fairemail|fair ?email": "FairEmail",
    r"aqua ?mail": "Aqua Mail",
    r"nine ?mail": "Nine",
    r"edison ?mail|easilydo": "Edison Mail",
    r"superhuman": "Superhuman",
    r"mimestream": "Mimestream",
    r"missive": "Missive",
    r"canary ?mail": "Canary Mail",
    r"zimbra": "Zimbra",
    r"roundcube": "Roundcube",
    r"seamonkey": "SeaMonkey",
    r"kmail|kontact": "KMail",
    r"evolution/": "Evolution",
    r"geary": "Geary",
    r"claws[ -]?mail|sylpheed": "Claws Mail",
    r"opera ?mail": "Opera Mail",
    r"eudora": "Eudora",
    r"incredimail": "IncrediMail",
    r"apple-?mail/|mobilemail|^mail/[\d.]+ ": "Apple Mail",
}
_BY_PROXY = [(re.compile(words, re.IGNORECASE), name) for words, name in _PROXIES.items()]
# Apple Mail shows mail with the system's own view: an agent of Safari that does not say Safari.
# A link that an app opens in its own window has the same one.
_APPLE_VIEW = (
    r"^Mozilla/5\.0 \((?:Macintosh|iPhone|iPad|iPod)[^)]*\) "
    r"AppleWebKit/[\d.]+ \(KHTML, like Gecko\)(?: Mobile/\w+)?$"
)
_ANDROID_VIEW = r"; wv\)|\bVersion/\d.* Chrome/.*Mobile Safari/|^Dalvik/"
# The first that fits counts: words, what it is that shows the mail, and what opens its links.
_BY_WORD = [
    *((re.compile(words, re.IGNORECASE), name, name) for words, name in _PROGRAMS.items()),
    (re.compile(_APPLE_VIEW), "Apple Mail", APPLE_APP),
    (re.compile(_ANDROID_VIEW), ANDROID_APP, ANDROID_APP),
    (re.compile("CFNetwork/"), APPLE_APP, APPLE_APP),
]
# What differs from phone to phone and from week to week, and tells neither program nor kind of device.
_VERSION = re.compile(r"(\d+[._]\d+)(?:[._]\d+)+")
_MODEL = re.compile(r"(Android [\d.]+);[^;)]*(?=[;)])")
_COMPUTERS = (
    "Windows",
    "Mac OS",
    "Linux",
    "Ubuntu",
    "Fedora",
    "Debian",
    "Chrome OS",
    "FreeBSD",
    "OpenBSD",
    "Solaris",
)
_PHONES = ("Windows Phone", "BlackBerry", "Symbian", "KaiOS", "Tizen", "Windows Mobile", "Firefox OS")


def used(agent: str | None, reason: str | None = None) -> Used:
    """What an agent tells. `reason` is the rule by which no person did it (docs/machines.md), if one did."""
    if reason == REASONS["apple_privacy"].name:
        return Used(APPLE_PROXY, APPLE_PROXY, Device.HIDDEN)
    if reason:
        return Used(MACHINES, MACHINES, Device.MACHINE)
    agent = (agent or "").strip()
    if agents.is_proxied(agent):
        name = next((name for words, name in _BY_PROXY if words.search(agent)), "Another mail program")
        return Used(name, name, Device.HIDDEN)
    return _used(_MODEL.sub(r"\1; K", _VERSION.sub(r"\1", agent)))


@lru_cache(maxsize=20_000)
def _used(agent: str) -> Used:
    # Imported here: its rules take a while to be read, and no other screen needs them.
    from ua_parser import parse_os, parse_user_agent

    if not agent or agent == agents.BARE:
        return Used(UNKNOWN, UNKNOWN, Device.UNKNOWN)
    system = parse_os(agent)
    device = _device(agent, system.family if system else "")
    if named := next((names for words, *names in _BY_WORD if words.search(agent)), None):
        opened_in, clicked_in = named
    elif browser := parse_user_agent(agent):
        opened_in, clicked_in = WEBMAIL, _browser(browser.family)
    else:
        opened_in = clicked_in = UNKNOWN
    return Used(opened_in, clicked_in, device)


def _browser(family: str) -> str:
    """A browser by its name alone: on a phone it is the same one."""
    plain = re.sub(
        r"^(?:Chrome|Firefox|Opera|Edge|IE|Brave|Vivaldi)\b.*", lambda found: found[0].split()[0], family
    )
    return {"Mobile Safari": "Safari", "IE": "Internet Explorer"}.get(plain, plain)


def _device(agent: str, system: str) -> Device:
    if "iPad" in agent:
        return Device.TABLET
    if system == "iOS" or "iPhone" in agent:
        # Programs that say Darwin only: those of Macs name the processor.
        return Device.COMPUTER if "x86_64" in agent else Device.PHONE
    if system == "Android" or "Android" in agent:
        return Device.PHONE if "Mobile" in agent or "Mozilla" not in agent else Device.TABLET
    if system.startswith(_PHONES):
        return Device.PHONE
    if system.startswith(_COMPUTERS) or "Win32" in agent:
        return Device.COMPUTER
    return Device.UNKNOWN
