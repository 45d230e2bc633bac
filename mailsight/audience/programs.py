"""Mail programs and devices: what a mail was read in, or a link opened in, according to the user agent.

`agents` names mail programs and image proxies; ua-parser, whose rules are maintained, names browsers and systems. An
image proxy reveals the mail program but hides the device.
"""

import re
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from . import agents, mail_programs
from .machines import REASONS
from .patterns import any_of

APPLE_PROXY = "Apple Mail's proxy"
MACHINES = "Machines"
WEBMAIL = "Webmail in a browser"
ANDROID_APP = "Another app on Android"
APPLE_APP = "Another app on an Apple device"
UNKNOWN = "Unknown"
UNKNOWN_PROGRAM = "Unknown program"


class Device(StrEnum):
    """The kind of device."""

    COMPUTER = "Computer"
    PHONE = "Phone"
    TABLET = "Tablet"
    UNKNOWN = "Unknown"
    HIDDEN = "Hidden by a proxy"
    MACHINE = "Machines"


class Used(NamedTuple):
    """The program and kind of device with which an e-mail or a link in it was opened."""

    opened_in: str
    clicked_in: str
    device: Device


# Names that say nothing about what people use; they are listed last.
APART = (APPLE_PROXY, MACHINES, UNKNOWN, Device.HIDDEN, Device.MACHINE)

# Apple Mail shows mail in the system's web view, whose user agent is Safari's without the word Safari. Links that an
# app opens in a window of its own have the same user agent.
_APPLE_VIEW = (
    r"^Mozilla/5\.0 \((?:Macintosh|iPhone|iPad|iPod)[^)]*\) "
    r"AppleWebKit/[\d.]+ \(KHTML, like Gecko\)(?: Mobile/\w+)?$"
)
_ANDROID_VIEW = r"; wv\)|\bVersion/\d.* Chrome/.*Mobile Safari/|^Dalvik/"
# Web views and networking libraries of the system: pattern, what shows the mail, and what opens its links.
_SYSTEM_VIEWS = [
    (any_of([_APPLE_VIEW]), "Apple Mail", APPLE_APP),
    (any_of([_ANDROID_VIEW]), ANDROID_APP, ANDROID_APP),
    (any_of(["CFNetwork/"]), APPLE_APP, APPLE_APP),
]
# How programs without a browser's user agent begin: "Barracuda Sentinel (EE)".
_LEADING_NAME = re.compile(r"(?!Mozilla\b)[A-Za-z][A-Za-z0-9 .+-]{1,39}(?=[/(;,]|$)")
# Parts that vary from phone to phone and from week to week without saying anything about program or device.
_VERSION = any_of([r"(\d+[._]\d+)(?:[._]\d+)+"])
_MODEL = any_of([r"(Android [\d.]+);[^;)]*([;)])"])
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
    """The program and device named by a user agent. `reason` is the machine rule that caught the event, or None."""
    if reason == REASONS["apple_privacy"].name:
        return Used(APPLE_PROXY, APPLE_PROXY, Device.HIDDEN)
    if reason:
        return Used(MACHINES, MACHINES, Device.MACHINE)
    agent = (agent or "")[: agents.MAX_LENGTH].strip()
    if agents.is_proxied(agent):
        name = mail_programs.image_proxy(agent) or "Another mail program"
        return Used(name, name, Device.HIDDEN)
    return _used(_MODEL.sub(r"\1; K\2", _VERSION.sub(r"\1", agent)))


def described(agent: str | None, reason: str | None = None) -> str:
    """A user agent as people read it: "Outlook app · phone"; empty if there is none.

    Of webmail, the browser is named. `reason` is the machine rule that caught the event, or None.
    """
    if not agent or not agent.strip():
        return ""
    if reason == REASONS["apple_privacy"].name:
        return APPLE_PROXY
    program, browser, device = used(agent)
    name = browser if program == WEBMAIL else program
    if name == UNKNOWN:
        leading = _LEADING_NAME.match(agent.strip())
        name = leading.group().strip() if leading else UNKNOWN_PROGRAM
    return name if device in (Device.UNKNOWN, Device.HIDDEN) else f"{name} · {device.lower()}"


@lru_cache(maxsize=20_000)
def _used(agent: str) -> Used:
    # Imported here because its rules take a while to load and no other screen needs them.
    from ua_parser import parse_os, parse_user_agent

    if not agent or agent == agents.BARE:
        return Used(UNKNOWN, UNKNOWN, Device.UNKNOWN)
    system = parse_os(agent)
    device = _device(agent, system.family if system else "")
    if program := mail_programs.mail_program(agent):
        opened_in = clicked_in = program
    elif view := next((names for pattern, *names in _SYSTEM_VIEWS if pattern.search(agent)), None):
        opened_in, clicked_in = view
    elif browser := parse_user_agent(agent):
        opened_in, clicked_in = WEBMAIL, _browser(browser.family)
    else:
        opened_in = clicked_in = UNKNOWN
    return Used(opened_in, clicked_in, device)


def _browser(family: str) -> str:
    """The browser's name, the same on a phone as on a computer."""
    plain = re.sub(r"^(Chrome|Firefox|Opera|Edge|IE|Brave|Vivaldi)\b.*", r"\1", family)
    return {"Mobile Safari": "Safari", "IE": "Internet Explorer"}.get(plain, plain)


def _device(agent: str, system: str) -> Device:
    if "iPad" in agent:
        return Device.TABLET
    if system == "iOS" or "iPhone" in agent:
        # Programs that name Darwin only; on a Mac they name the processor too.
        return Device.COMPUTER if "x86_64" in agent else Device.PHONE
    if system == "Android" or "Android" in agent:
        return Device.PHONE if "Mobile" in agent or "Mozilla" not in agent else Device.TABLET
    if system.startswith(_PHONES):
        return Device.PHONE
    if system.startswith(_COMPUTERS) or "Win32" in agent:
        return Device.COMPUTER
    return Device.UNKNOWN
