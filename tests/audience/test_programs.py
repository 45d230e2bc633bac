"""Mail programs and devices are recognised by their user agents."""

import pytest

from mailsight.audience import programs
from mailsight.audience.programs import Device, Used

_WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/141.0.0.0 Safari/537.36"
)
_IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
CASES = {
    _WINDOWS: Used("Webmail in a browser", "Chrome", Device.COMPUTER),
    f"{_WINDOWS} Edg/141.0.0.0": Used("Webmail in a browser", "Edge", Device.COMPUTER),
    f"{_IPHONE} Version/18.6 Mobile/15E148 Safari/604.1": Used(
        "Webmail in a browser", "Safari", Device.PHONE
    ),
    f"{_IPHONE} Mobile/15E148": Used("Apple Mail", programs.APPLE_APP, Device.PHONE),
    _MAC: Used("Apple Mail", programs.APPLE_APP, Device.COMPUTER),
    "Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148": Used(
        "Apple Mail", programs.APPLE_APP, Device.TABLET
    ),
    (
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile "
        "Safari/537.36"
    ): Used("Webmail in a browser", "Chrome", Device.PHONE),
    "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36": (
        Used("Webmail in a browser", "Chrome", Device.TABLET)
    ),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-S921B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
        "Chrome/140.0.7339.51 Mobile Safari/537.36"
    ): Used(programs.ANDROID_APP, programs.ANDROID_APP, Device.PHONE),
    (
        "Mozilla/5.0 (Linux; Android 14; SM-S921B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
        "Chrome/140.0.7339.51 Mobile Safari/537.36 Outlook-Android/2.0"
    ): Used("Outlook app", "Outlook app", Device.PHONE),
    ("Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"): Used(
        "Gmail", "Gmail", Device.HIDDEN
    ),
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html": Used(
        "Yahoo Mail", "Yahoo Mail", Device.HIDDEN
    ),
    "Mozilla/5.0 (compatible; Example ImageProxy)": Used(
        "Another mail program", "Another mail program", Device.HIDDEN
    ),
    (
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 10.0; Win64; x64; Trident/7.0; .NET4.0C; .NET4.0E; "
        "Microsoft Outlook 16.0.17928; ms-office; MSOffice 16)"
    ): Used("Outlook", "Outlook", Device.COMPUTER),
    "MacOutlook/16.46.21021202 (Intelx64 Mac OS X 11.2.2 (Build 20D80))": Used(
        "Outlook", "Outlook", Device.COMPUTER
    ),
    "Outlook-iOS/709.2042344.prod.iphone (3.21.0)": Used("Outlook app", "Outlook app", Device.PHONE),
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Thunderbird/140.3.0": Used(
        "Thunderbird", "Thunderbird", Device.COMPUTER
    ),
    "Mail/3445.104.11 CFNetwork/978.0.7 Darwin/18.7.0 (x86_64)": Used(
        "Apple Mail", "Apple Mail", Device.COMPUTER
    ),
    "Mozilla/5.0": Used(programs.UNKNOWN, programs.UNKNOWN, Device.UNKNOWN),
    "whatever": Used(programs.UNKNOWN, programs.UNKNOWN, Device.UNKNOWN),
    "": Used(programs.UNKNOWN, programs.UNKNOWN, Device.UNKNOWN),
    None: Used(programs.UNKNOWN, programs.UNKNOWN, Device.UNKNOWN),
}


@pytest.mark.parametrize(("agent", "used"), CASES.items(), ids=str)
def test_an_agent_identifies_program_and_device(agent: str | None, used: Used) -> None:
    assert programs.used(agent) == used


@pytest.mark.parametrize(
    ("agent", "reason", "words"),
    [
        ("Outlook-iOS/2.0", None, "Outlook app · phone"),
        (_WINDOWS, None, "Chrome · computer"),
        (f"{_IPHONE} Mobile/15E148", None, "Apple Mail · phone"),
        (
            "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
            None,
            "Gmail",
        ),
        ("Mozilla/5.0", "apple_privacy", "Apple Mail's proxy"),
        ("Mozilla/5.0", None, "Unknown program"),
        ("Barracuda Sentinel (EE)", "scanner_agent", "Barracuda Sentinel"),
        ("<b>x</b>\u202e" * 400, None, "Unknown program"),
        (" ", None, ""),
        (None, None, ""),
    ],
    ids=str,
)
def test_people_read_a_program_and_a_device(agent: str | None, reason: str | None, words: str) -> None:
    assert programs.described(agent, reason) == words


def test_machines_are_listed_apart_whatever_their_agent() -> None:
    assert programs.used("Mozilla/5.0", "apple_privacy") == Used(
        programs.APPLE_PROXY, programs.APPLE_PROXY, Device.HIDDEN
    )
    assert programs.used(_WINDOWS, "burst") == Used(programs.MACHINES, programs.MACHINES, Device.MACHINE)
    assert {programs.APPLE_PROXY, programs.MACHINES, Device.HIDDEN.value, Device.MACHINE.value} < set(
        programs.APART
    )
