"""User agents: a person's program, an image proxy, or a machine; and the mail programs that people use.

Crawlers and libraries come from a maintained list (crawler-user-agents). That list doesn't know what scans mail, and
some of its words also occur in the user agents of people's programs, so our own words are checked before and after it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Literal

from crawleruseragents import is_crawler

Kind = Literal["person", "proxied", "bare", "gmail_prefetch", "scanner_agent"]

# The whole user agent of Apple's privacy proxy when it loads pictures. Nobody clicks with it.
BARE = "Mozilla/5.0"


# Only an attacker sends a longer user agent, on which the patterns below would take seconds.
MAX_LENGTH = 1_000


def kind(agent: str, *, machines: Sequence[str] = (), people: Sequence[str] = ()) -> Kind:
    """Classifies a user agent; it is a "person" unless something says otherwise.

    "proxied" is an image proxy that loads pictures when a person opens the mail. `machines` and `people` are parts of
    user agents, in any case, that override the rules below; if both match, `people` wins.
    """
    agent = agent[:MAX_LENGTH].strip()
    lower = agent.lower()
    if any(part.lower() in lower for part in people):
        return "person"
    if any(part.lower() in lower for part in machines):
        return "scanner_agent"
    return _kind(agent)


def is_proxied(agent: str | None) -> bool:
    """Whether an image proxy made the request for a person: user agent and IP address then hide device and place."""
    return agent is not None and kind(agent) == "proxied"


def image_proxy(agent: str) -> str | None:
    """The mail program whose image proxy this is, or None if it is an unknown one."""
    return _name(agent, _NAMED_PROXIES)


def mail_program(agent: str) -> str | None:
    """The name of the mail program, or None if there is no name for it here."""
    return _name(agent, _NAMED_PROGRAMS)


def _name(agent: str, named: Sequence[tuple[re.Pattern[str], str]]) -> str | None:
    return next((name for words, name in named if words.search(agent[:MAX_LENGTH])), None)


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
    if _PEOPLES_PROGRAM.search(agent):
        return False
    agent = _NO_MARK.sub("", agent)
    if is_crawler(agent) or _CONTACT.search(agent):
        return True
    return bool(_PROGRAM.search(agent) and not _LIKE_A_BROWSER.match(agent))


def _any(patterns: Iterable[str]) -> re.Pattern[str]:
    """Matches any of these patterns, in any case."""
    return re.compile("|".join(patterns), re.IGNORECASE)


def _any_line(text: str) -> re.Pattern[str]:
    """Matches any of these patterns, one per line, in any case."""
    return _any(line.strip() for line in text.strip().splitlines())


# Image proxies, which load pictures when a person opens the mail, and the mail program each belongs to, if known.
_PROXIES: Mapping[str, str | None] = {
    r"GoogleImageProxy|\(via [^)]*ggpht[^)]*\bproxy\)": "Gmail",
    r"YahooMailProxy|YahooCacheSystem": "Yahoo Mail",
    r"SeznamEmailProxy": "Seznam",
    r"FastmailUA": "Fastmail",
    r"Shortwave Image Fetcher": "Shortwave",
    r"(?:e?mail|image)[ _-]?(?:image[ _-]?)?proxy": None,
    r"\(via [^)]*\bproxy\)": None,
}

# Programs in which people read mail, and what each is called. None of them is a machine, although their user agents
# contain words like okhttp, http, library and client. A program without a name is shown as the browser in its user
# agent. The first match gives the name.
_PROGRAMS: Mapping[str, str | None] = {
    r"outlook-(?:ios|android)|outlook/.*(?:iphone|ipad)|outlook mobile": "Outlook app",
    r"outlook-express|windows ?(?:live ?)?mail": "Windows Mail",
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
    # Other spellings of the programs above, and programs without a name of their own.
    r"outlook[-/ ](?:ios|android|express|\d)": None,
    r"gmail(?!\.com)|com\.google\.android\.gm": None,
    r"\bmail/[\d.]+ .*(?:cfnetwork|darwin)": None,
    r"(?:claws|opera|kde|pegasus|proton|spark|samsung|nine|edison|zoho|newton|fair|aqua)[ -]?(?:e?mail|mailer)": None,
    r"mailplane|mailbar|mailpilot|polymail|pocomail|\bmutt|barca(?:pro)?/|becky!|spicebird|sparrow": None,
    r"boxer|cloudmagic|dav(?:droid|x5)|monazilla|notion/[\d.]+ chrome|raindrop\.io/|franz/|rambox": None,
    r"basecamp3?/|evernote/|wavebox|shift/": None,
}


def _named(table: Mapping[str, str | None]) -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(words, re.IGNORECASE), name) for words, name in table.items() if name]


_NAMED_PROXIES, _NAMED_PROGRAMS = _named(_PROXIES), _named(_PROGRAMS)
_PROXY, _PEOPLES_PROGRAM = _any(_PROXIES), _any(_PROGRAMS)

# A user agent with any of these is a machine, whatever else it contains.
_MACHINE = _any_line(r"""
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

# Parts of people's user agents that look like a machine: the build of a phone's system, which the list takes for a
# crawler, and the address of the maker of a component in older browsers.
_NO_MARK = re.compile(
    r"\bBuild/[^;)\s]+|(?:Embedded Web Browser from: )?https?://bsalsa\.com/?", re.IGNORECASE
)
_LIKE_A_BROWSER = re.compile(
    r"Mozilla/\d\.\d\d? ?\(.*(?:Gecko|AppleWebKit|MSIE|Trident|Presto|KHTML)"
    r"|Opera/|Dalvik/|BlackBerry|Nokia|SAMSUNG|.*CFNetwork/",
    re.DOTALL,
)
# Whoever runs a machine leaves contact details in its user agent.
_CONTACT = re.compile(
    r"https?://|\+http|\bwww\.[\w-]+\.|[\w.+-]@[a-z][\w-]*\.[a-z]{2}|[\[(]at[\])]", re.IGNORECASE
)

# In a user agent that doesn't look like a browser's, these words mean a machine.
_PROGRAM = _any_line(r"""
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
