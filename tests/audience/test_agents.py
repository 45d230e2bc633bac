"""User agents: programs that people use are never machines, and nearly all crawlers are."""

from typing import get_args

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA
from hypothesis import given
from hypothesis.strategies import text

from mailsight.audience import agents, mail_programs

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
# From public lists of mail programs and browsers; they contain words that sound like machines.
PEOPLE = (
    (
        "Outlook-Express/7.0 (MSIE 7.0; Windows NT 6.1; WOW64; Trident/6.0; SLCC2; .NET CLR 2.0.50727; "
        "AskTbORJ/5.15.9.29495; TmstmpExt)"
    ),
    (
        "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Win64; x64; Trident/7.0; .NET CLR 2.0.50727; "
        "FDM; Tablet PC 2.0; .NET4.0E; Microsoft Outlook 14.0.7113; ms-office; MSOffice 14)"
    ),
    "Airmail 1.4 rv:238 (Macintosh; Mac OS X 10.9.2; hr_HR)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:24.0) Gecko/20100101 Icedove/24.4.0 Lightning/2.6.5",
    "Mozilla/4.0 (compatible; Lotus-Notes/6.0; Windows-NT)",
    "Barca/2.8.4400",
    "URL/Emacs Emacs/28.2 (X11; x86_64-pc-linux-gnu)",
    "HotJava/1.1.2 FCS",
    "retawq/0.2.6c [en] (text)",
    "Mozilla/4.0 (compatible; DPlus 0.5a)",
    "Opera/9.61 (Windows NT 6.0; U; http://example.com; en-GB) Presto/2.1.1",
    "BarcaPro/1.4 L.1001",
    "Postbox 1.0b14 (Windows/2009072715)",
    "MailBar/1.3.2 (Mac OS X Version 10.11.1 (Build 15B42))",
    "The Bat! Voyager 4.0.18.4",
    "DAVdroid/1.6.2-ose (2017/06/23; dav4android; okhttp3) Android/7.0",
    "Mozilla/5.0 (X11; Linux x86_64; rv:29.0) Gecko/20100101 Firefox/29.0 SeaMonkey/2.26a1 Lightning/3.1a1",
    "Monazilla/1.00 (JaneView/1501150412)",
    (
        "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Mailspring/1.7.4 "
        "Chrome/69.0.3497.128 Electron/4.2.2 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Notion/2.0.8 "
        "Chrome/76.0.3809.146 Electron/6.1.5 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/51.0.2704.103 "
        "Safari/537.36 Mailbird/2.4.30.0/"
    ),
    "MacOutlook/16.46.21021202 (Intelx64 Mac OS X 11.2.2 (Build 20D80))",
    "WindowsMail/17.5.9600.22013",
    "Outlook-iOS/709.2042344.prod.iphone (3.21.0)",
    "Outlook/16.16.18071205 CFNetwork/902.1 Darwin/17.7.0 (x86_64)",
    "Yahoo%20Mail/49268 CFNetwork/1121.2.2 Darwin/19.3.0",
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/55.0.2883.87 Safari/537.36 eM Client/8.2.1659.0"
    ),
    "NaverMailApp/2.2.2 (Android 10; SM-G986N)",
    (
        "Microsoft Office/16.0 (Microsoft Outlook 16.0.12329; Pro), Mozilla/4.0 (compatible; ms-office; "
        "MSOffice 16)"
    ),
    "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.4266; Pro)",
    "Microsoft Office/14.0 (Windows NT 6.1; Microsoft Outlook 14.0.7113; Pro; ms-office; MSOffice 14)",
    "Microsoft Outlook 15.0.4420",
    (
        "Mozilla/5.0 (Windows NT 6.2; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/101.0.4951.67 "
        "Safari/537.36 Foxmail/7.2.25.213"
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/49.0.2623.110 "
        "MailMasterPC/4.15.6.1016 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 15_3_1 like Mac OS X) AppleWebKit/534.46 (KHTML, like Gecko) "
        "Mobile/9B176 YJApp-IOS jp.co.yahoo.ymail/7.4.1"
    ),
    "eMClient/9.3.6041.0",
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) BlueMail/0.10.31 "
        "Chrome/61.0.3163.100 Electron/2.0.18 Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 6.0; CUBOT MAX Build/MRA58K) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/51.0.2704.81 Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 8.0.0; CUBOT_P20) AppleWebKit/537.36 (KHTML, like Gecko) "
        "Chrome/70.0.3538.110 Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Version/4.0 Chrome/142.0.7444.142 Mobile Safari/537.36"
    ),
    (
        "Mozilla/5.0 (Linux; Android 15; Pixel 8 Build/AP3A.240617.008) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/131.0.0.0 Mobile Safari/537.36"
    ),
    (
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Embedded Web Browser from: "
        "http://bsalsa.com/; SLCC2; .NET CLR 2.0.50727)"
    ),
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; Trident/4.0; McAfee; Java 1.6; .NET CLR 1.1.4322)",
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
        "Safari/537.36 Norton/120.0.0.0"
    ),
    (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 "
        "Safari/537.36 Avast/120.0.0.0"
    ),
    (
        "Mozilla/5.0 (Linux; U; Android 2.2; en-us; Java/1.6 Security) AppleWebKit/533.1 (KHTML, like Gecko) "
        "Version/4.0 Mobile Safari/533.1"
    ),
    "Mozilla/5.0 (compatible; Konqueror/4.5; Linux) KHTML/4.5.4 (like Gecko)",
    (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_4_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
        "Version/17.4.1 Mobile/15E148 Safari/604.1 (Ecosia ios@9.2.3.1367)"
    ),
    "Dalvik/2.1.0 (Linux; U; Android 9; SM-G965U Build/PPR1.180610.011)",
    "AppName/1 CFNetwork/758.1.2 Darwin/15.0.0",
    "Mail/3445.104.11 CFNetwork/978.0.7 Darwin/18.7.0 (x86_64)",
    "MobileMail/8619 CFNetwork/1331.0.7 Darwin/21.4.0",
    (
        "SAMSUNG-GT-S5620/1.0 SHP/VPP/R5 Dolfin/1.5 Nextreaming SMM-MMS/1.2.0 profile/MIDP-2.1 "
        "configuration/CLDC-1.1"
    ),
    "BlackBerry8520/5.0.0.681 Profile/MIDP-2.1 Configuration/CLDC-1.1 VendorID/600",
    "Mozilla/4.0 (compatible; MSIE 6.0; AOL 9.0; Windows NT 5.1; SV1; .NET CLR 1.1.4322)",
    "Mozilla/5.0 (X11; U; Linux i686; en-US; rv:1.8.1.14) Gecko/20080421 Thunderbird/2.0.0.14",
    "Apple-Mail/2.3445",
    "Mozilla/5.0 (Macintosh; U; Intel Mac OS X; en-us) AppleWebKit/525.18 (KHTML, like Gecko)",
    "Evolution/2.28.1",
    "KMail/4.13.0",
    "Eudora/7.1",
    "Claws Mail 3.17 (http://www.claws-mail.org/)",
    "GmailMailClient/6.0",
    "com.google.android.gm/62120000 (Linux; U; Android 13)",
    (
        "Mozilla/5.0 (Linux; Android 10; SAMSUNG SM-A505F) AppleWebKit/537.36 (KHTML, like Gecko) "
        "SamsungBrowser/16.0 Chrome/92.0.4515.166 Mobile Safari/537.36"
    ),
    "Samsung Email/6.1",
    "Opera/9.80 (Windows NT 6.1; U; en) Presto/2.10.229 Version/11.62",
    "Opera Mail/1.0 (Win32)",
    "IncrediMail",
    (
        "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; SLCC2; Zune 4.7; InfoPath.3; Creative AutoUpdate "
        "v1.41.07; MSN Optimized;DE; rv:11.0) like Gecko"
    ),
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:102.0) Gecko/20100101 Thunderbird/102.4.1",
    "Spark/2.11 (Macintosh)",
    "ProtonMail/4.0 (iPhone; iOS 16)",
    "YahooMobileMail/1.0 (Android Mail; 1.3.10) (serrano3g;samsung;GT-I9190;4.4.2/KOT49H)",
    "K-9 Mail for Android",
    "Balsa/2.6.4",
    "Microsoft Office/16.0 (Windows NT 10.0; MAPI 16.0.10827; Pro)",
    "Microsoft Office Word/2.44.1211 (iOS/13.7; Tablet; es-MX; AppStore; Apple/iPad11,3)",
)
# Phones, apps and add-ons whose names also name a crawler or a library.
PEOPLES_NAMES = (
    f"Mozilla/5.0 (Linux; Android 7.0; M bot 54) {WEBKIT} Chrome/78.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 7.0; C Bot Tab 70) {WEBKIT} Chrome/78.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 8.1.0; XBot_Senior Build/O11019) {WEBKIT} Chrome/65.0.3325.109 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 5.1; O+ Sonic) {WEBKIT} Chrome/80.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; U; Android 4.3; en-US; ViewSonic A8+ Build/JLS36C) {WEBKIT} Version/4.0 UCBrowser/11.0.5.892",
    f"Mozilla/5.0 (Linux; Android 8.0.0; Expanse) {WEBKIT} Chrome/86.0 Mobile Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 10; Global3 B01; wv) {WEBKIT} Chrome/68.0 SogouMSE,SogouMobileBrowser/5.23",
    f"Mozilla/5.0 (Linux; Android 7.1.2; G011A; wv) {WEBKIT} Version/4.0 Chrome/66.0 Safari/537.36 Viber/11.9.5.8",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) {WEBKIT} Mobile/15E148 MetaIAB Facebook",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} coc_coc_browser/86.0 Chrome/80.0 Safari/537.36",
    f"Mozilla/5.0 (Linux; Android 11; SM-A127F) {WEBKIT} Chrome/96.0 CamScanner/6.1",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Code/1.61.2 Chrome/91.0 Electron/13.5.1",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Slack/4.35 Chrome/118.0 Sonic Slack_SSB/4.35",
    "Nokia311/5.0 (07.36) Profile/MIDP-2.1 UCWEB/2.0 (Java; U; MIDP-2.0; en-US; nokia311) UCBrowser/9.4.1.482 Mobile",
    "TIANQIN61M_11C_HW (MRE/3.1.00(64);MAUI/_K10_20170817;LCD/240320;WAP Browser/MAUI (HTTP PGDL;HTTPS))",
    "SonyEricssonJ20i/R1x Browser/NetFront/3.5 Profile/MIDP-2.1 Configuration/CLDC-1.1 JavaPlatform/JP-8.5",
    "Mozilla/5.0 Linux; Android 7.0; BQ-5511L; wv AppleWebKit/537.36 KHTML, like Gecko Chrome/63.0 YandexSearch/6.45",
    f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/43.0 Safari/537.36 Seznam.cz/2.0.4",
    "Mozilla/5.0 (Windows NT 6.1; Trident/7.0; http://intranet.example; rv:11.0) like Gecko",
    "Mozilla/5.0 (Linux; U; en-US) AppleWebKit/528.5+ (KHTML, like Gecko, Safari/528.5+) Version/4.0 Kindle/3.0",
    # Toolbars and companies add to Internet Explorer's user agent; apps come before what they are built on.
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Trident/4.0; PeoplePal 7.3; .NET CLR 2.0.50727)",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 5.1; .NET CLR 2.0.50727; SynapseWorkstation.3.2.1)",
    "Mozilla/5.0 (Windows; U; Windows NT 6.0; en-US; rv:1.9.2) Gecko/20100722 Ant.com Toolbar 2.0.1 Firefox/3.6.8",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_10_0) {WEBKIT} FluidApp Version/1955 Safari/600.1.25",
    f"Mozilla/5.0 (Linux; Android 7.1.1; NX16; wv) {WEBKIT} Chrome/68.0 Safari/537.36 Blackboard/3.8.0",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_10_5) {WEBKIT} WhatsApp/0.2.4 Chrome/53.0 Electron/1.4 Safari/537.36",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Trae/1.107.1 Chrome/142.0 Electron/39.2.7 Safari/537.36",
    "Reeder/3.2 CFNetwork/672.1.12 Darwin/14.0.0",
    "avast/2.0.3917 (3917;en_GB) ID/null HW/HTC One Android/4.2.2 (JDQ39)",
    "com.google.android.apps.searchlite/94333 (Linux; U; Android 9; bn_IN; LN9910; Cronet/85.0.4183.127)",
    "BBC iPlayer (AndroidApp; 3.1.0.748) HTC Butterfly s (Android 4.3, SDK 18)",
    "TuneIn Radio/18.4 (Android 30; SM-A705FN; Java)",
    "Client/11.0 (org.mozilla.ios.Firefox; build:9935; iOS 11.2.6) Alamofire/4.3.0",
    "UCWEB/2.0 (MIDP-2.0; U; Adr 4.2.2; http://portal.operator.example; AX650) U2/1.0.0 UCBrowser/9.6.0.514 Mobile",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko; QQBrowser/8.2) Chrome/46.0 Edge/13.10586",
    "Opera/9.80 (Windows NT 5.1; Edition Seznam) Presto/2.12.388 Version/12.17",
    "Mozilla/4.0 (compatible;Android;320x480)",
    "Microsoft Office Excel 2014 (16.0.7726) Windows NT 10.0",
    # An address in an app's, a device's or a company's part of the user agent.
    f"Mozilla/5.0 (Linux; Android 8.0.0; G960F Build/R16NW; wv) {WEBKIT} Chrome/71.0 (Acme App, http://www.acme.example)",
    "Acme Radio FM/4.1.1 iOS/16.1.1 +https://www.acme.example/",
    "Acme/0.2.6 Android https://www.acme.example",
    "Acme Browser/1.2 (http://www.acme.example)",
    "(Android)(16)(ann@example.com)(Samsung GT-S6010)(com.example.films)",
    "Mozilla/5.0 (http://corp.acme.example/; Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko",
    "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 5.1; Acme Toolbar (www.acme.example); .NET CLR 1.1.4322)",
    "Mozilla/5.0 (Linux; Android WP7; S5830 - Forum: http://forum.example Build/GRWK74) AppleWebKit/533.1 Safari",
    # Apps and systems of the past.
    f"Mozilla/5.0 (Linux; U; Android 2.0(2.1-update1); xx; i-station Buddy Build/ECLAIR) {WEBKIT} Safari/530.17",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 6_1 like Mac OS X) AppleWebKit/536.26 (KHTML, like Gecko, M5WebKit/1.0) Mobile",
    "NewsBlur iPad App v3.6",
    "SCH-R410",
    "Mozilla/4.01 (Compatible; Acorn Browse 1.25; RISC OS 4.39) Acorn-HTTP/0.84",
    "Mozilla/3.0 (DreamPassport/3.0; SEGA/SAKURA-DP3)",
    "LibreOffice",
    "Microsoft Office Upload Center 2013 (15.0.4693) Windows NT 6.2",
    # Nothing but a browser's or a device's name.
    "Chrome/58.0.3029.83",
    "Safari 5.1",
    "Maxthon/4.0",
    "PANTECH-C740",
    "Lumia 510",
    "Sonos/71.0-37271 (Play:3)",
)
MACHINES = (
    "python-requests/2.32.3",
    "Python-urllib/2.6",
    "Python/3.5 aiohttp/1.0.5",
    "curl/8.5.0",
    "PycURL/7.19.3.1 libcurl/7.26.0 GnuTLS/2.12.20",
    "Wget/1.21.4",
    "Go-http-client/2.0",
    "Go 1.1 package http",
    "Java/1.8.0_321",
    "Java1.1.4",
    "Google-HTTP-Java-Client/1.17.0-rc (gzip)",
    "okhttp/4.12.0",
    "Apache-HttpClient/4.5.14 (Java/17.0.9)",
    "perlclient/1.0",
    "libwww-perl/6.67",
    "Guzzle/3.9.3 curl/7.38.0 PHP/5.6.14",
    "Barracuda Sentinel (EE)",
    "BarracudaCentral/1.0",
    "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
    "Mimecast/1.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) BingPreview/1.0b",
    "Symantec Email Security.cloud",
    "FireEye Email Threat Prevention",
    "Cisco IronPort URL Reputation",
    "TrendMicro Web Reputation",
    "Sophos Email Link Scanner",
    "Mozilla/5.0 (compatible; LinkGuard/3.2; +https://linkguard.example/bot)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "McAfee Link Checker",
    "PostmanRuntime/7.29.0",
    "RestSharp/106.5.4.0",
    "WinHTTP",
    "Dart/3.5 (dart:io)",
    "Deno/2.1.7",
    "Bun/1.2.10",
    "hackney/1.20.1",
    "Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.5737",
    "Yahoo:LinkExpander:Slingstone",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko; Google-BusinessLinkVerification)",
    "SMUrlExpander",
    "WakeletLinkExpander/1.0",
    "Mailpit/1.21",
    "whatsapp/2.2123.8 n",
    "mozilla/5.0 (linux; android 4.0.4; galaxy nexus) applewebkit/537.36 (khtml, like gecko; mediapartners-google)",
    "Mozilla/5.0 (win32) AppleWebKit/537.36 (KHTML, like Gecko) jsdom/15.2.1",
    # Names that nobody has listed, without a system, a browser or a device.
    "AcmeVerdictEngine/3.1",
    "acme",
    "Mozilla/5.0 (compatible; Acme/1.0)",
    f"Mozilla/5.0 (Linux; Android 11; Pixel 5) {WEBKIT} Chrome/90.0 (compatible; AcmeBot/2.0)",
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} acmebot/1.4.8 Chrome/61.0 Electron/2.0.12 Safari/537.36",
    "Mozilla/4.0 (compatible; MSIE 7.0; Windows NT 6.1; Trident/4.0; .NET CLR 2.0.50727; +http://acme.example)",
    "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0; AppInsights)",
    "Mozilla/5.0 (iPhone; U; CPU iPhone OS 3_0 like Mac OS X; en-us; AcmeGatherer; +http://www.acme.example/)",
    "Mozilla/5.0 (Linux; Android 11; Pixel 5) AppleWebKit/537.36 Chrome/90.0 (AcmeGatherer; +https://acme.example)",
    "AcmeGatherer/1.0 (+https://www.acme.example)",
    "URLTester/1 CFNetwork/975.0.3 Darwin/18.2.0 (x86_64)",
    "Acme research (crawl at acme dot example)",
    "Mozilla/5.0 (Windows NT 10.0; http://acme.example; rv:110.0) Gecko/20100101 Firefox/110.0",
    # Within the user agent of Gmail's prefetching.
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/42.0.2311.135 (Acme Crawler) Safari/537.36 Edge/12.246",
)
PROXIES = (
    "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
    "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
    "Mozilla/5.0 SeznamEmailProxy/2.0.174",
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (via secureurl.fwdcdn.com - mail.ukr.net proxy)",
    "FastmailUA/1.0",
)


@pytest.mark.parametrize("agent", PEOPLE + PEOPLES_NAMES)
def test_programs_that_people_use_are_not_machines(agent: str) -> None:
    assert {agents.kind(spelling) for spelling in _spellings(agent)} == {"person"}


@pytest.mark.parametrize("agent", MACHINES)
def test_scanners_and_libraries_are_machines(agent: str) -> None:
    assert {agents.kind(spelling) for spelling in _spellings(agent)} == {"scanner_agent"}


def test_the_name_of_a_bot_may_go_on() -> None:
    agent = (
        f"AcmeBotEU/1.0 Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/80.0.3987.122 Safari/537.36"
    )
    assert agents.kind(agent) == "scanner_agent"


def _spellings(agent: str) -> tuple[str, str, str]:
    """Some logs have all user agents in lower or upper case."""
    return agent, agent.lower(), agent.upper()


@pytest.mark.parametrize("agent", PROXIES)
def test_image_proxies_act_for_people(agent: str) -> None:
    assert agents.is_proxied(agent)


def test_crawlers_on_the_maintained_list_are_machines() -> None:
    known = [agent for crawler in CRAWLER_USER_AGENTS_DATA for agent in crawler.get("instances", [])]
    missed = [agent for agent in known if agents.kind(agent) not in ("scanner_agent", "proxied")]
    assert len(known) > 2000
    assert len(missed) < 0.01 * len(known), missed


def test_crawlers_are_machines_in_lower_case_too() -> None:
    known = [agent.lower() for crawler in CRAWLER_USER_AGENTS_DATA for agent in crawler.get("instances", [])]
    missed = [agent for agent in known if agents.kind(agent) not in ("scanner_agent", "proxied")]
    assert len(missed) < 0.01 * len(known), missed


@given(text())
def test_any_text_has_a_kind(agent: str) -> None:
    assert agents.kind(agent) in get_args(agents.Kind)


def test_the_end_of_an_endless_user_agent_does_not_matter() -> None:
    assert agents.kind(PEOPLE[0] + " " * agents.MAX_LENGTH + "curl/8") == "person"


def test_configured_words_come_first_and_people_win() -> None:
    assert agents.kind("AcmeMail/1 curl/8", people=["acmemail"]) == "person"
    assert agents.kind("Mozilla/5.0 (AcmeGuard)", machines=["acmeguard"]) == "scanner_agent"
    assert agents.kind("AcmeMail/1 AcmeGuard", machines=["AcmeGuard"], people=["AcmeMail"]) == "person"
    assert agents.kind(" Mozilla/5.0 ") == "bare"
    assert not agents.is_proxied(None)


@pytest.mark.parametrize(
    ("agent", "program"),
    [
        ("Kontact/5.24 (library; http client)", "KMail"),
        ("EasilyDo/4.1 (http)", "Edison Mail"),
        ("Mutt/2.2 (http client)", None),
    ],
)
def test_a_mail_program_is_a_persons_with_or_without_a_name(agent: str, program: str | None) -> None:
    assert (mail_programs.mail_program(agent), agents.kind(agent)) == (program, "person")


def test_an_image_proxy_belongs_to_a_mail_program_where_that_is_known() -> None:
    assert mail_programs.image_proxy("YahooCacheSystem; YahooWebServiceClient") == "Yahoo Mail"
    assert mail_programs.image_proxy("Mozilla/5.0 (via ggpht.com Proxy)") == "Gmail"
    assert mail_programs.image_proxy("Mozilla/5.0 (compatible; Example ImageProxy)") is None
