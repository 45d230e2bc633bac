"""User agents: a person's program, an image proxy, or a machine.

A machine is known by our own words, by the published lists (`crawlers`), by a form that no browser has, or because it
names nothing that people use: no browser, system, device or mail program. Phones and apps whose names also name
crawlers are left out of the text before it is searched.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

from .crawlers import is_listed
from .mail_programs import is_image_proxy, is_mail_program
from .patterns import any_line, any_of

Kind = Literal["person", "proxied", "bare", "gmail_prefetch", "scanner_agent"]

# The whole user agent of Apple's privacy proxy when it loads pictures. Nobody clicks with it.
BARE = "Mozilla/5.0"
# Only an attacker sends a longer user agent.
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


@lru_cache(maxsize=100_000)
def _kind(agent: str) -> Kind:
    if agent == BARE:
        return "bare"
    if "Chrome/42.0.2311.135" in agent and "Edge/12.246" in agent and not _MACHINE.search(agent):
        return "gmail_prefetch"
    if is_image_proxy(agent):
        return "proxied"
    return "scanner_agent" if _is_machine(agent) else "person"


def _is_machine(agent: str) -> bool:
    text = _PEOPLES_NAMES.sub(" ", agent)
    if _MACHINE.search(text):
        return True
    if is_mail_program(agent):
        return False
    contact = _CONTACT_IN_OLD_BROWSERS if _OLD_BROWSERS.search(agent) else _CONTACT
    if is_listed(_APPS.sub(" ", text)) or _UNLIKE_BROWSERS.search(text) or contact.search(text):
        return True
    if _LIKE_A_BROWSER.search(agent):
        return False
    return bool(_LIBRARY.search(text) or not _PEOPLES_DEVICES.search(agent))


# Names of phones, apps and parts of browsers that also name a crawler, or look like one's.
_PEOPLES_NAMES = any_line(r"""
    (?:Android|Adr) ?[\w.-]*(?:\([^();]*\))?;(?: ?(?:U|[a-z]{2}(?:[-_]\w{2,4})?);)* ?[^;()/@:]*(?: Build/[^;()\s]*)?[;)]
    https?://\S+ Build/
    \bBuild/[^;)\s]+
    ^UCWEB/[\d.]+ \([^()]*
    \bHbbTV/[\d.]+ \([^()]*\)
    \bNetworkingExtension/
    cu ?bot
    spiderman
    https?://(?:www\.)?(?:bsalsa\.com|QtWeb\.net)
    ; ?https?://[^;()]*; rv:11(?:\.0)?\)
    KHTML, like Gecko[,;] ?(?:like|Chrome|Safari|HEVC|\w*Browser|\w*WebKit|googleweblight)
    Ya(?:ndex)?(?:Search|Browser|App)\w*
    com\.yandex\.|ru\.yandex\.|Yandex\.Translate|Edition \w+
    Sogou(?:MSE|Mobile|Search|Android)\w*
    Seznam\.cz/[\d.]+
    baidubox\w*
    MetaIAB Facebook
    \bViber(?:/|$)
    coc_?coc(?:_?browser\b|/|\b)
    CamScanner
    \b(?:Code|Slack|Mattermost|Fluid)/[\d.]+ (?:Chrome/|Safari/|\(|CFNetwork/)
    HTC[ _]Butterfly
    \bSonic Slack_SSB|\bSlack_SSB
    QQDownload
    \bAnt\.com
    FluidApp
    \w+ForMac\b
    \w+ (?:iOS|iPad|iPhone|Android) App\b
    \bApp,? \(?https?://[^\s()]*
    ^\(Android\)\(\d+\)\([^()]*\)
    ^[\w.]+/[\w.-]+ ?\(?android:\S*
    ^(?:\w+ ?){1,3}/[\w.-]*[ /(]*(?:Android|iOS)\b[^();]*\(?(?:https?://|www\.)[^\s()]*
    ^[\w ]*Browser/[\w.]+ \(https?://[^\s()]*\)
    Blackboard/
    AndroidDownloadManager/
    StumbleUpon(?:\.com )?/?[\d.]+
    WhatsApp\+?/[\d.]+ \S+ Device/
    GOGGalaxyClient
    HotJava
    Kobo eReader
    LibWeb\b
    \bXBMC/[^()]*\([^()]*\)
    \w*ExoPlayerLib|LibVLC
    \blibwww(?:-FM)?/
""")

# Parts of user agents in which a crawler's name is another program's: what toolbars and companies add to Internet
# Explorer's, and the names of apps, before what they are built on.
_APPS = any_line(r"""
    \bMSIE \d[^()]*(?:\.NET|SLCC|SV1|GTB|Trident/)[^()]*
    \bTrident/\d[^()]*; rv:11
    \w+/[\w.-]+ Chrome/[\d.]+ Electron/
    ^[^()/]*/[\w.]+ (?:- )?(?:CFNetwork|Dalvik)/
""")

# A user agent with any of these is a machine, whatever else it contains.
_MACHINE = any_line(r"""
    bots?(?:[^a-z]|$)
    (?-i:Bot[A-Z])
    robot
    crawl
    spider
    slurp
    scraper
    archiver|extractor|fetcher|transcoder
    (?:link|site|uptime|web|url)\w*[ -]?(?:check|monitor|valid)
    [a-z]{3,}agent\b
    headless
    phantomjs
    slimerjs
    jsdom
    puppeteer
    playwright
    cypress/
    selenium
    webdriver
    lighthouse
    wkhtmlto
    synthetic
    inspector
    cloudflare
    measurement
    catchpoint|dejaclick|functionize|assetnote|convertify
    ptst[/ ]
    app ?insights|url ?test|partner_monitor|evaliant
    (?:link|url|web|site|e?mail)[ _-]?(?:scan|check|guard|inspect|analy|sandbox|protect|defen|expand|verif|preview)
    (?:virus|malware|phish|security|vulnerability)[ _-]?(?:scan|check|guard|inspect|analy|protect|defen)
    scanner
    \bscan(?:/|\b)
    prefetch
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
    \bmailpit
    office (?:existence|protocol) discovery
    python-?(?:requests|urllib|httpx)|aiohttp/|python/\d
    go-http-client
    libwww-perl
    httpclient
    winhttp
    \bgrpc-|-sdk-java
    powershell
    okhttp/
    ^okhttp$
    ^curl/|^wget/|libcurl/
    ^java/?\d
    ^php/
    ^ruby\b
    node-fetch|^axios/|^undici
    guzzle
    ^whatsapp/|^snapchat/|^pinterest/
    ^anonymous,|burpcollaborator
""")

# Forms that no browser has: a name in the brackets of "(KHTML, like Gecko; ...)", or no name at all.
_UNLIKE_BROWSERS = any_line(r"""
    \(KHTML, like Gecko[;,] ?\w
    ^Mozilla/\d\.\d+ \(compatible;? ?\)$
""")
# Whoever runs a machine leaves contact details in its user agent. Plain addresses in those of Internet Explorer and
# Opera belong to companies, toolbars and their users.
_CONTACTS = r"""
    \+http
    [\w.+-]@[a-z][\w-]*\.[a-z]{2}
    [\[(]at[\])]
    \w at \w+ dot \w
"""
_CONTACT_IN_OLD_BROWSERS = any_line(_CONTACTS)
_CONTACT = any_line(rf"""
    {_CONTACTS}
    https?://
    \bwww\.[\w-]+\.
""")
_OLD_BROWSERS = any_of([r"\bMSIE \d+\.\d+; Windows|\bTrident/\d|^Opera/\d"])
_LIKE_A_BROWSER = any_line(r"""
    \bMozilla/\d\.\d\d? ?\((?s:.*)(?:Gecko|AppleWebKit|MSIE|Trident|Presto|KHTML)
    ^(?:Opera/|BlackBerry|Nokia|SAMSUNG)
    Dalvik/|Cronet/|CFNetwork/|Alamofire/
    \b(?:Android|iOS|iPhone OS|Windows Phone(?: OS)?)[ /:]\d|\biP(?:hone|ad)[;, )]|Android ?App
    browser\b|browser/|\bUC(?:WEB|Browser)
    MIDP-|CLDC-|\bUP\.(?:Browser|Link)|Obigo|NetFront|Symbian|SHP/VPP|\bMAUI|RISC OS|\bRIM\d|Category=PDA
""")

# In a user agent that doesn't look like a browser's, these words mean a machine, even if it names a system.
_LIBRARY = any_line(r"""
    java
    python
    perl
    php
    ruby
    node(?:js)?\b
    golang|^go[ /-]|\bgo/
    \bdart|\bdeno|\bbun/
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
    \bindex
    search
    \bping
""")

# Systems, engines, browsers, devices and players: whatever people use names one of these.
_PEOPLES_DEVICES = any_line(r"""
    Android|iPhone|iPad|iPod|\biOS|\biPh\d|watch ?OS|tvOS|Apple ?(?:TV|Watch)|Darwin|CFNetwork/
    Windows|\bWin(?:16|32|64|9|NT|\d)|Macintosh|Mac[ _]?OS|Mac_PowerPC
    Linux|X11|Ubuntu|BSD|SunOS|OS/2|BeOS|RISC OS|Amiga|Haiku|QNX|SerenityOS|Plan ?9|OpenVMS|Syllable|\bEPOC|\bPsion
    \bDOS x86|Commodore|AveFront|AVE-Front|WorldTALK|Category=PDA|\bCE-HTML\b|Espial|Google Fiber|\bhiptop|\bArachne
    ^Mozilla/3\.\w+ \((?:Dream|Planetweb)|Teleca|Polaris/|Jasmine/|Dolfin/|^AIRNESS|\bRIM\d
    ^[a-z]{2,8}-[a-z]{1,3}\d{2,4}[a-z]?\b|^Watch\d,\d|\bGarmin\b|/msm\d{4}/
    WebKit|Gecko|Trident|Presto|KHTML|MSIE|Opera|\bOPR/|Firefox|Mosaic|NetSurf|LibWeb|Browser|Explorer
    MIDP|CLDC|\bWAP|UP\.|Profile/|Configuration/|Obigo|NetFront|Symbian|Series ?[4689]0|BREW|MAUI|KaiOS|Maemo
    Chrom(?:e|ium)|CriOS|Safari|Maxthon|Pale ?Moon|Iceweasel|\bUC ?Web|\bGSA/
    Konqueror|Galeon|Netscape|OmniWeb|Midori|Sleipnir|BonEcho|Xiino|Inferno|Amaya|\bAOL\b
    ^(?:Acer|Amoi|Archos|Asus|Audiovox|Bird|Lenovo|Motorola|Sanyo|Siemens|TCL|Xiaomi|Oppo|Vivo)\b
    ^LG[A-Z]*\d|^GT-[A-Z]\d|^KWC-|Kyocera|Haier|PANTECH|Lumia|TIANYU|\bSpice [\w-]*\d|\biBall\b
    Nokia|Ericsson|SAMSUNG|\bSEC-|\bSGH|\bLGE?[-/ ]|\bMOT-|\bSIE-|BlackBerry|Palm|Alcatel|\bZTE|Huawei|Philips|Sagem
    DoCoMo|FOMA|DDIPOCKET|KDDI|Vodafone|SoftBank|J-PHONE|Panasonic|Sharp|Sanyo|Toshiba|\bHTC|Sony
    Nintendo|PlayStation|\bPSP|Xbox|Dreamcast|Roku|Chromecast|\bCrKey/|Sonos|\bAFT[A-Z]+\d*\b|\bXBMC/|Kodi/|webOS|SmartTV|HbbTV|Hybridcast|VIZIO|Kindle|AmazonWebAppPlatform
    \bFB(?:AN|AV|_IAB)/|Instagram|iTunes
    Player|VLC|Winamp|Audacious|QuickTime|Music|Radio|Podcast|Video|Clementine|foobar2000|MediaMonkey|\bZune\b
    e?mail
    \b(?:e?lynx|e?links|w3m|dillo|dplus|retawq|HotJava)\b
""")
