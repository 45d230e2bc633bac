"""User agents: a person's program, a picture proxy, or a machine.

Crawlers and libraries are on a maintained list (crawler-user-agents). It does not know what scans mail, and some of its
words stand in the agents of people's programs too. So words of our own stand before and behind it.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from crawleruseragents import is_crawler

Kind = Literal["person", "proxied", "bare", "gmail_prefetch", "scanner_agent"]

# Apple's privacy proxy, when it loads pictures; nothing that a person clicks with.
BARE = "Mozilla/5.0"


def kind(agent: str, *, machines: Sequence[str] = (), people: Sequence[str] = ()) -> Kind:
    """What a user agent is; "person" where nothing speaks against it.

    "proxied" are picture proxies that fetch when a person opens. `machines` and `people` are parts of agents, in any
    case, that are known to be such; of the two, `people` decides.
    """
    agent = agent.strip()
    lower = agent.lower()
    if any(part.lower() in lower for part in people):
        return "person"
    if any(part.lower() in lower for part in machines):
        return "scanner_agent"
    return _kind(agent)


def is_proxied(agent: str | None) -> bool:
    """Whether a picture proxy fetched it for a person: then agent and address tell of no device and no place."""
    return agent is not None and kind(agent) == "proxied"


@lru_cache(maxsize=100_000)
def _kind(agent: str) -> Kind:
    if agent == BARE:
        return "bare"
    if "Chrome/42.0.2311.135" in agent and "Edge/12.246" in agent:
        return "gmail_prefetch"
    if _PROXY.search(agent):
        return "proxied"
    return "scanner_agent" if _is_machine(agent) else "person"


def _is_machine(agent: str) -> bool:
    if _MACHINE.search(agent):
        return True
    if _MAIL_PROGRAM.search(agent):
        return False
    agent = _NO_MARK.sub("", agent)
    if is_crawler(agent) or _CONTACT.search(agent):
        return True
    return bool(_PROGRAM.search(agent) and not _LIKE_A_BROWSER.match(agent))


def _any(
    words: str, *, before: str = "", behind: str = "", flags: re.RegexFlag = re.IGNORECASE
) -> re.Pattern[str]:
    """Any of these patterns, of which each stands on a line."""
    lines = (line.strip() for line in words.strip().splitlines())
    return re.compile(f"{before}(?:{'|'.join(lines)}){behind}", flags)


# They fetch a picture when a person opens the mail.
_PROXY = _any(r"""
    GoogleImageProxy
    YahooMailProxy
    YahooCacheSystem
    SeznamEmailProxy
    (?:e?mail|image)[ _-]?(?:image[ _-]?)?proxy
    \(via [^)]*\bproxy\)
    FastmailUA
    Shortwave Image Fetcher
""")

# In whatever agent it stands, this is a machine.
_MACHINE = _any(r"""
    (?<!cu)bots?(?![a-z])
    (?<!cu)bot[/_-]
    robot
    crawl
    spider(?!man)
    slurp
    scraper
    headless
    phantomjs
    slimerjs
    puppeteer
    playwright
    selenium
    webdriver
    lighthouse
    ptst/
    (?:link|url|web|site|e?mail)[ _-]?(?:scan|check|guard|inspect|analy|sandbox|protect|defen)
    (?:virus|malware|phish|security|vulnerability)[ _-]?(?:scan|check|guard|inspect|analy|protect|defen)
    scanner
    \bscan(?:/|\b)
    prefetch
    link ?preview
    (?:bing|web|uri|url) ?preview
    barracuda
    proofpoint
    mimecast
    safe ?links
    symantec
    message ?labs
    blue ?coat
    fireeye
    trellix
    ironport
    cisco[ _-]?(?:secure|esa|talos|umbrella)
    trend ?micro
    \btmufe
    sophos(?:labs|[ _-]?(?:email|xl|sxl))
    forti(?:mail|guard|sandbox|net)
    zscaler
    avanan
    vade[ _-]?(?:secure|retro)?\b
    forcepoint
    websense
    spamtitan
    titanhq
    hornetsecurity
    check ?point[ _-]?(?:software|harmony|sandblast)
    cloudmark
    egress(?:[ _-]?defend)?/
    ironscales
    abnormal[ _-]?security
    area ?1[ _-]?security
    agari
    perception[ _-]?point
    menlo[ _-]?security
    virustotal
    phishtank
    openphish
    netcraft
    urlhaus
    safebrowsing
    google-safety
    mailscanner
    spamassassin
    rspamd
    clamav
    office (?:existence|protocol) discovery
    python-?(?:requests|urllib|httpx)|aiohttp/|python/\d
    go-http-client
    libwww-perl
    httpclient
    okhttp/
    ^okhttp$
    ^curl/|^wget/|libcurl/
    ^java/?\d
    ^php/
    ^ruby\b
    node-fetch|^axios/|^undici
    guzzle
""")

# Programs in which people read mail. Their agents say okhttp, http, library, client and the like as well.
_MAIL_PROGRAM = _any(r"""
    thunderbird
    icedove
    betterbird
    microsoft outlook
    macoutlook
    outlook[-/ ](?:ios|android|express|\d)
    ms-?office
    lotus[- ]?notes
    hcl[- ]?notes
    airmail
    postbox
    the bat!
    dav(?:droid|x5)
    e ?m ?client
    mailspring
    mailbird
    mailmate
    mailplane
    mailbar
    mailmaster
    mailpilot
    bluemail
    typemail
    foxmail
    navermailapp
    yahoo(?:mobile)?(?:%20| )?mail
    \bymail
    aolmail
    gmail(?!\.com)
    com\.google\.android\.gm
    \bmail/[\d.]+ .*(?:cfnetwork|darwin)
    mobilemail
    windows ?(?:live ?)?mail
    (?:claws|opera|kde|pegasus|proton|spark|samsung|nine|edison|zoho|newton|fair|aqua)[ -]?(?:e?mail|mailer)
    kmail
    evolution/
    geary
    sylpheed
    \bmutt
    eudora
    barca(?:pro)?/
    pocomail
    incredimail
    becky!
    spicebird
    sparrow
    mimestream
    readdle
    superhuman
    polymail
    canary ?mail
    missive
    k-9
    boxer
    cloudmagic
    zimbra
    roundcube
    tutanota|tuta/
    seamonkey
    monazilla
    notion/[\d.]+ chrome
    raindrop\.io/
    franz/
    rambox
    basecamp3?/
    evernote/
    wavebox
    shift/
""")

# What looks like a mark of a machine in agents of people: the build of a phone's system, of which the list takes one
# for a crawler, and the maker of a part of older browsers.
_NO_MARK = re.compile(
    r"\bBuild/[^;)\s]+|(?:Embedded Web Browser from: )?https?://bsalsa\.com/?", re.IGNORECASE
)
_LIKE_A_BROWSER = re.compile(
    r"Mozilla/\d\.\d\d? ?\(.*(?:Gecko|AppleWebKit|MSIE|Trident|Presto|KHTML)"
    r"|Opera/|Dalvik/|BlackBerry|Nokia|SAMSUNG|.*CFNetwork/",
    re.DOTALL,
)
# Who runs a machine leaves an address.
_CONTACT = re.compile(
    r"https?://|\+http|\bwww\.[\w-]+\.|[\w.+-]@[a-z][\w-]*\.[a-z]{2}|[\[(]at[\])]", re.IGNORECASE
)

# Where nothing looks like a browser, these words tell of a program.
_PROGRAM = _any(r"""
    java
    python
    perl
    php
    ruby
    node(?:js)?\b
    golang|^go[ /-]
    curl
    wget
    \bhttp
    https?[ _-]?(?:client|request|lib)
    client/
    lib(?:rary)?\b
    agent/
    fetch
    download
    scan
    check
    monitor
    probe
    valid
    verif
    inspect
    analy[sz]
    security
    protect
    defen[cs]e
    sandbox
    firewall
    gateway
    antivirus|anti-?spam|malware|phish
    mcafee|kaspersky|norton|avast|\bavg\b|bitdefender|\beset\b|comodo|f-secure|webroot
    preview
    feed
    \brss
    archiv
    index
    search
    ping
    ^mozilla/\d\.\d \(compatible;?\)$
    ^-$
    ^(?:test|unknown|user-?agent|custom|anonymous|null|none)$
""")
