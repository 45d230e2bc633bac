"""What is inside wrapped links: security gateways, webmail and social networks put a URL of their own around links.

Everything is read from the URL itself, never from the network. What hides its target behind a token
(Darktrace, Forcepoint, Intermedia, Mimecast, newer links of Sophos, Vipre) stays as it is.
"""

import re
from dataclasses import dataclass

from .expressions import compiled
from .unpacking import (
    MAX_LENGTH,
    Unpack,
    amp,
    base64_parameter,
    check_point,
    json_parameter,
    last_segment,
    mailgun,
    outlook_web,
    parameter,
    path,
    postmark,
    proofpoint_1,
    proofpoint_2,
    proofpoint_3,
    signed_json,
    yahoo,
)
from .values import clean_address

# Gateways in a row wrap each other's links, two or three at most.
MAX_NESTED = 8


def unwrapped(url: str) -> str:
    """The URL that a wrapped link leads to, however often it is wrapped; any other URL is returned unchanged."""
    for _ in range(MAX_NESTED):
        inner = _inner(url)
        if not inner:
            break
        url = inner
    return url


def _inner(url: str) -> str:
    if len(url) > MAX_LENGTH:
        return ""
    url = clean_address(url)
    if _WRAPPED.match(url) is None:
        return ""
    targets = (wrapper.target(url) for wrapper in WRAPPERS)
    return next(filter(None, targets), "")


@dataclass(frozen=True, slots=True)
class Wrapper:
    """Who wraps links, and how: `address` (an expression) is how their URLs go on after https://.

    `source` is where the format was seen, with the date. `example` leads to `https://shop.example/sale?size=42`.
    """

    name: str
    address: str
    unpack: Unpack
    source: str
    example: str

    def target(self, url: str) -> str:
        """The URL inside, or "" if the URL isn't wrapped in this way."""
        address = _ADDRESSES[self.address].match(url)
        return self.unpack(url[address.end() :]) if address else ""


_ENCODED = "https%3A%2F%2Fshop.example%2Fsale%3Fsize%3D42"
_IN_BASE64 = "aHR0cHM6Ly9zaG9wLmV4YW1wbGUvc2FsZT9zaXplPTQy"
_UNWRAPS = "github.com/macieklamberski/urlpurify, src/unwraps, 2026-11-26"
_IN_THE_WILD = "links in public mail archives and repositories, 2026-11-26"
_IN_REPOSITORIES = "links in public repositories, 2026-11-27"

WRAPPERS = (
    Wrapper(
        "Microsoft Safe Links",
        r"(?:[\w-]+\.)*safelinks\.protection\.(?:outlook\.com|office365\.us|(?:partner\.)?outlook\.cn|office365\.cn)"
        r"(?:/[^?#]*)?\?",
        parameter("url"),
        "https://learn.microsoft.com/defender-office-365/safe-links-about, 2026-11-26",
        f"https://nam02.safelinks.protection.outlook.com/?url={_ENCODED}&data=05%7C02&sdata=a%3D&reserved=0",
    ),
    Wrapper(
        "Microsoft Safe Links",
        r"(?:outlook\.office(?:365)?\.com/mail/safelink\.html|statics\.teams\.cdn\.office\.net/[^?#]*safelinks/[^?#]*)\?",
        parameter("url"),
        _UNWRAPS,
        f"https://outlook.office.com/mail/safelink.html?url={_ENCODED}&corid=1b2c",
    ),
    Wrapper(
        "Outlook on the web",
        r"[^/?#]+/owa/(?:[^/?#]+/)?redir\.aspx\?",
        outlook_web,
        _IN_REPOSITORIES,
        "https://webmail.firm.example/owa/redir.aspx?C=4XUGLPtpPU-w_d2L.&URL=https%3a%2f%2fshop.example%2fsale%3fsize%3d42",
    ),
    Wrapper(
        "Proofpoint URL Defense",
        r"urldefense(?:\.proofpoint)?\.(?:com|us)/v1/url\?",
        proofpoint_1,
        "Proofpoint's URLDefenseDecode.py 3.0.1, 2026-11-26",
        f"https://urldefense.proofpoint.com/v1/url?u={_ENCODED}&k=oIvRg1%2B&r=x&m=y&s=d3",
    ),
    Wrapper(
        "Proofpoint URL Defense",
        r"urldefense(?:\.proofpoint)?\.(?:com|us)/v2/url\?",
        proofpoint_2,
        "Proofpoint's URLDefenseDecode.py 3.0.1, 2026-11-26",
        "https://urldefense.proofpoint.com/v2/url?u=https-3A__shop.example_sale-3Fsize-3D42&d=DwMFaQ&c=Vx&r=M&m=Q&s=e&e=",
    ),
    Wrapper(
        "Proofpoint URL Defense",
        r"urldefense(?:\.proofpoint)?\.(?:com|us)/v3/__",
        proofpoint_3,
        "Proofpoint's URLDefenseDecode.py 3.0.1, 2026-11-26",
        "https://urldefense.com/v3/__https://shop.example/sale*size**A2__;Pz00!!N3hqHg43uw!6EDT4oh-7B$",
    ),
    Wrapper(
        "Proofpoint URL Isolation",
        r"urlisolation\.com/browser\?",
        parameter("url"),
        _UNWRAPS,
        f"https://urlisolation.com/browser?clickId=8D1C&traceToken=17%3Bshop&url={_ENCODED}",
    ),
    Wrapper(
        "Barracuda Link Protection",
        r"linkprotect\.cudasvc\.com/url\?",
        parameter("a"),
        _IN_THE_WILD,
        "https://linkprotect.cudasvc.com/url?a=https%3a%2f%2fshop.example%2fsale%3fsize%3d42&c=E,1,6oCq,&typo=1",
    ),
    Wrapper(
        "Google",
        r"(?:(?:www|plus\.url)\.)?google\.(?:com?\.)?[a-z]{2,3}/url\?",
        parameter("q", "url"),
        _UNWRAPS,
        f"https://www.google.com/url?sa=j&q={_ENCODED}&source=gmail&ust=1700000000&usg=AOv",
    ),
    Wrapper(
        "Google Meet",
        r"meet\.google\.com/linkredirect\?",
        parameter("dest"),
        _IN_REPOSITORIES,
        f"https://meet.google.com/linkredirect?authuser=0&dest={_ENCODED}",
    ),
    Wrapper(
        "Google AMP",
        r"(?:(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}/amp|[\w-]+\.cdn\.ampproject\.org/[a-z])/s/",
        amp("https"),
        "https://developers.google.com/amp/cache/overview, 2026-11-26",
        "https://www.google.com/amp/s/shop.example/sale?size=42",
    ),
    Wrapper(
        "Google AMP",
        r"(?:(?:www\.)?google\.(?:com?\.)?[a-z]{2,3}/amp|[\w-]+\.cdn\.ampproject\.org/[a-z])/",
        amp("http"),
        "https://developers.google.com/amp/cache/overview, 2026-11-26",
        "",  # without /s/, the target is an http URL
    ),
    Wrapper(
        "Cisco Secure Email",
        r"secure-web\.cisco\.com/[^/?#]+/",
        path,
        _IN_THE_WILD,
        f"https://secure-web.cisco.com/1EH1B-CLV31IF8vcULmniGDoJim0uL59/{_ENCODED}",
    ),
    Wrapper(
        "Trend Micro",
        r"[\w.-]+\.trendmicro\.(?:com|eu|co\.jp)/(?:wis/clicktime/[^?#]*)?\?",
        parameter("url"),
        _IN_THE_WILD,
        "https://ddec1-0-en-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=https%3a%2f%2fshop.example%2fsale%3f"
        "size%3d42&umid=1110db2&auth=53c7",
    ),
    Wrapper(
        "Sophos Email",
        r"[\w.-]+\.protection\.sophos\.com(?:/[^?#]*)?\?",
        base64_parameter("u"),
        _IN_THE_WILD,
        f"https://eu-central-1.protection.sophos.com/?d=shop.example&u={_IN_BASE64}&i=NWE2&t=Skw=&h=1df6&s=AVNP",
    ),
    Wrapper(
        "FireEye and Trellix",
        r"protect\d*(?:-[\w-]+)?\.(?:fireeye|trellix)\.com/(?:v\d/)?url\?",
        parameter("u", to_end=True),
        _IN_THE_WILD,
        f"https://protect2.fireeye.com/v1/url?k=84f6-e81b&q=1&e=6739af06&u={_ENCODED}",
    ),
    Wrapper(
        "Symantec Click-time Protection",
        r"clicktime\.symantec\.com/[^?#]*\?",
        parameter("u", to_end=True),
        _IN_THE_WILD,
        f"https://clicktime.symantec.com/15xVcHh2qpEgPv5boCzmK?h=QCYVzy=&u={_ENCODED}",
    ),
    Wrapper(
        "Check Point, Avanan and SonicWall",
        r"(?:url\.avanan\.click|protect\.checkpoint\.com)/v2/(?:r\d+/)?___",
        check_point,
        _IN_THE_WILD,
        "https://url.avanan.click/v2/r01/___https://shop.example/sale?size=42___.YXAzOnNhcmE6YTpnOjEzZWY5",
    ),
    Wrapper(
        "Check Point, Avanan and SonicWall",
        r"[\w-]+\.url-protection\.com/v1/(?:r\d+/)?url\?",
        parameter("o"),
        _UNWRAPS,
        "https://checkpoint.url-protection.com/v1/url?o=https%3A//shop.example/sale%3Fsize%3D42&g=NWQ3&h=MTMx&p=YzJl",
    ),
    Wrapper(
        "Hornetsecurity",
        r"(?:[\w-]+\.)+hornetsecurity\.com(?:/[^?#]*)?\?",
        parameter("u", to_end=True),
        _UNWRAPS,
        f"https://atpscan.global.hornetsecurity.com/?d=HzV-&f=rh&i=&k=Eb5a&m=on&n=Ux&r=nf&s=a1b0&u={_ENCODED}",
    ),
    Wrapper(
        "Vade Secure",
        r"(?:[\w-]+\.)+vadesecure\.com/[^?#]*\?",
        parameter("u", to_end=True),
        _UNWRAPS,
        f"https://m365.eu.vadesecure.com/safeproxy/v4?f=oet&i=c8m&k=kAaX&r=3B2&s=b251&u={_ENCODED}",
    ),
    Wrapper(
        "Vade Secure",
        r"antiphishing\.vadesecure\.com/\d/[^/?#]+/",
        amp("https"),
        _IN_REPOSITORIES,
        "https://antiphishing.vadesecure.com/2/YW5uQGdyZWVuLmV4YW1wbGV8VlJDMQ%3D%3D/shop.example/sale?size=42",
    ),
    Wrapper(
        "Zix and AppRiver",
        r"(?:link\.edgepilot|link\.zixcentral)\.com/[^?#]*\?",
        parameter("u", to_end=True),
        _IN_THE_WILD,
        "https://link.edgepilot.com/s/4239f747/ca21cbCpKkOSLI5ZXNqTdQ?u=https://shop.example/sale?size=42",
    ),
    Wrapper(
        "Inky",
        r"(?:[\w-]+\.)*inky\.com/link\?",
        json_parameter("t", "h."),
        _IN_THE_WILD,
        "https://shared.outlook.inky.com/link?domain=shop.example&t=h.eJyrViotylGyUlDKKCkpKLbS1y_OyC_QS61IzC3ISdUvTsx"
        "JtS_OrEq1NTFS0lFQygaprFCqBQD0oBFP.MEQCIEOq",
    ),
    Wrapper(
        "Mailinblack",
        r"[^/?#]+/securelink/\?",
        json_parameter("key"),
        _UNWRAPS,
        "https://mibc-fr-11.mailinblack.com/securelink/?url=https://shop.example&key=eyJsYW5nIjoiRlIiLCJ1cmwiOiJodHRw"
        "czovL3Nob3AuZXhhbXBsZS9zYWxlP3NpemU9NDIifQ",
    ),
    Wrapper(
        "Bitdefender GravityZone",
        r"(?:linkscan\.io|lsems\.gravityzone\.bitdefender\.com)/scan/(?:ux/)?",
        last_segment,
        "https://www.bitdefender.com/business/support/en/77211-294998-working-with-linkscan.html, 2026-11-26",
        f"https://linkscan.io/scan/ux/{_IN_BASE64}/1B2C#ann",
    ),
    Wrapper(
        "Libraesva",
        r"urlsand\.[\w.-]+/?\?",
        parameter("u"),
        _UNWRAPS,
        f"https://urlsand.esvalabs.com/?u={_ENCODED}&e=4935d002&h=2f2f90a5&f=n&p=y",
    ),
    Wrapper(
        "Egress Defend",
        r"links\.[\w-]+\.defend\.egress\.com/[^?#]*\?",
        base64_parameter("base64url"),
        "github.com/authone/knowb4-decode-py, 2026-11-26",
        "https://links.eu1.defend.egress.com/Warning?crId=69f33d43&Domain=green.example&Threat=eNpzrShJLcpLzAEADmkDRA&La"
        "ng=en&Base64Url=eJzLKCkpKLbS1y_OyC_QS61IzC3ISdUvTsxJtS_OrEq1NTECANLvDBE&@OriginalLink=shop.example",
    ),
    Wrapper(
        "Zscaler Isolation",
        r"[\w-]+\.isolation\.zscaler\.com/[^?#]*\?",
        parameter("original_url"),
        _IN_THE_WILD,
        "https://4d1c06dd.isolation.zscaler.com/profile/da20/zia-session/?controls_id=f3&region=cle&tenant=fe&user=16"
        f"&original_url={_ENCODED}&key=sh-1&hmac=4a1b",
    ),
    Wrapper(
        "Menlo Security",
        r"safe\.menlosecurity\.com/",
        path,
        _IN_THE_WILD,
        "https://safe.menlosecurity.com/https://shop.example/sale?size=42",
    ),
    Wrapper(
        "TitanHQ LinkLock",
        r"linklock\.titanhq\.com/[^?#]*\?",
        parameter("url"),
        _UNWRAPS,
        f"https://linklock.titanhq.com/analyse?url={_ENCODED}&data=eJxsykFPgz",
    ),
    Wrapper(
        "Trustwave",
        r"scanmail\.trustwave\.com/?\?",
        parameter("u"),
        _IN_THE_WILD,
        "https://scanmail.trustwave.com/?c=20988&d=n8HL4M&u=https%3a%2f%2fshop%2eexample%2fsale%3fsize%3d42",
    ),
    Wrapper(
        "Fortinet FortiMail",
        r"[^/?#]+/fmlurlsvc/\?",
        parameter("url"),
        _UNWRAPS,
        f"https://gw000151-eu.fortimail.com/fmlurlsvc/?fewReq=:B:JVQwOz85MCx8&url={_ENCODED}",
    ),
    Wrapper(
        "GMX, WEB.DE, mail.com and IONOS webmail",
        r"deref-[\w-]+\.[a-z.]+/mail/client/[^?#]*\?",
        parameter("redirecturl"),
        _UNWRAPS,
        f"https://deref-gmx.net/mail/client/12XJ9x8ZdSA/dereferrer/?redirectUrl={_ENCODED}",
    ),
    Wrapper(
        "Mail.ru",
        r"(?:checklink\.mail\.ru/proxy|clicker?(?:\.my)?\.mail\.ru/redir)\?",
        parameter("url", "u"),
        _UNWRAPS,
        f"https://checklink.mail.ru/proxy?es=x&egid=y&url={_ENCODED}&uidl=178&from=&to=&email=",
    ),
    Wrapper(
        "Yandex",
        r"mail\.yandex\.[a-z.]+/re\.jsx\?",
        base64_parameter("l"),
        _IN_THE_WILD,
        f"https://mail.yandex.ru/re.jsx?uid=776&c=LIZA&cv=24.12.1&mid=174&h=a,cdhvPGk_XO3-eCkXCJGJpQ&l={_IN_BASE64}",
    ),
    Wrapper(
        "Facebook, Messenger, Instagram, Threads and WhatsApp",
        r"(?:lm?\.(?:facebook|instagram|messenger|threads)\.(?:com|net)/|l\.wl\.co/)[^?#]*\?",
        parameter("u"),
        "https://engineering.fb.com/2012/09/14/security/a-faster-better-link-shim/, 2026-11-26",
        f"https://l.facebook.com/l.php?u={_ENCODED}&h=AT0x",
    ),
    Wrapper(
        "Facebook",
        r"(?:www\.|m\.)?facebook\.com/(?:l\.php|flx/warn/?)\?",
        parameter("u"),
        _IN_REPOSITORIES,
        f"https://www.facebook.com/l.php?u={_ENCODED}&h=yAQHZtXxS&s=1",
    ),
    Wrapper(
        "Twitter",
        r"(?:www\.|mobile\.)?(?:twitter|x)\.com/i/redirect\?",
        parameter("url"),
        _IN_REPOSITORIES,
        f"https://twitter.com/i/redirect?url={_ENCODED}&t=1&cn=bG9naW4&sig=ee6d&iid=d245&uid=23&nid=244+1558",
    ),
    Wrapper(
        "Tumblr",
        r"t\.umblr\.com/redirect\?",
        parameter("z"),
        _IN_REPOSITORIES,
        f"https://t.umblr.com/redirect?z={_ENCODED}&t=NjE3",
    ),
    Wrapper(
        "LinkedIn",
        r"(?:[\w-]+\.)?linkedin\.com/(?:redir/[\w-]+/?|comm/redirect/?|safety/go/?)\?",
        parameter("url"),
        _IN_THE_WILD,
        f"https://www.linkedin.com/redir/redirect?url={_ENCODED}&urlhash=x1&trk=p",
    ),
    Wrapper(
        "Yahoo",
        r"[\w-]+\.search\.yahoo\.com/[^?#]*/RU=",
        yahoo,
        _IN_THE_WILD,
        f"https://r.search.yahoo.com/_ylt=Awr/RV=2/RE=1622858596/RO=10/RU={_ENCODED}/RK=2/RS=pl7-",
    ),
    Wrapper(
        "VK",
        r"(?:m\.)?vk\.(?:com|ru)/away(?:\.php)?\?",
        parameter("to"),
        _UNWRAPS,
        f"https://vk.com/away.php?to={_ENCODED}&cc_key=",
    ),
    Wrapper(
        "YouTube",
        r"(?:www\.|m\.)?youtube\.com/redirect\?",
        parameter("q"),
        _UNWRAPS,
        f"https://www.youtube.com/redirect?event=video_description&redir_token=QUFF&q={_ENCODED}",
    ),
    Wrapper(
        "Slack",
        r"slack-redir\.net/link\?",
        parameter("url"),
        _UNWRAPS,
        f"https://slack-redir.net/link?url={_ENCODED}",
    ),
    Wrapper(
        "DuckDuckGo",
        r"(?:www\.|html\.)?duckduckgo\.com/l/\?",
        parameter("uddg"),
        _IN_THE_WILD,
        f"https://duckduckgo.com/l/?uddg={_ENCODED}&rut=abc",
    ),
    Wrapper(
        "Amazon SES",
        r"[^/?#]+/C?L0/",
        path,
        "https://docs.aws.amazon.com/ses/latest/dg/faqs-metrics.html, 2026-11-26",
        f"https://x1.r.eu-west-1.awstrack.me/L0/{_ENCODED}/1/0102018e/sig=1",
    ),
    Wrapper(
        "GovDelivery",
        r"lnks\.gd/l/eyJ[\w-]*\.",
        signed_json,
        _IN_THE_WILD,
        "https://lnks.gd/l/eyJhbGciOiJIUzI1NiJ9.eyJidWxsZXRpbl9saW5rX2lkIjoxMDAsInVyaSI6ImJwMjpjbGljayIsInVyb"
        "CI6Imh0dHBzOi8vc2hvcC5leGFtcGxlL3NhbGU_c2l6ZT00MiJ9.3oRvU4vP/s/1/br/2-l",
    ),
    Wrapper(
        "Mandrill",
        r"mandrillapp\.com/track/click/[^?#]*\?",
        json_parameter("p"),
        _UNWRAPS,
        "https://mandrillapp.com/track/click/1/shop.example?p=eyJwIjogIntcInVybFwiOiBcImh0dHBzOi8vc2hvcC5leGFtcGxlL3Nh"
        "bGU_c2l6ZT00MlwifSJ9",
    ),
    Wrapper(
        "Mailjet",
        r"[^/?#]+/lnk/[\w-]+/\d+/[\w-]+/",
        last_segment,
        _IN_THE_WILD,
        f"http://x4tlp.mjt.lu/lnk/EAAAAYNqkEoAAAAA/1/NSvifgbS3M8GrhOfPYW3Dw/{_IN_BASE64}",
    ),
    Wrapper(
        "Postmark",
        r"click\.pstmrk\.it/\d\w{0,2}/",
        postmark,
        _IN_THE_WILD,
        "https://click.pstmrk.it/3s/shop.example%2Fsale%3Fsize%3D42/I54/omO0AQ/AQ/fc4996d3/5/iK88",
    ),
    Wrapper(
        "Mailgun",
        r"[^/?#]+/c/eJ",
        mailgun,
        "the links of Mailgun's click tracking, 2026-11-26",
        "https://email.mg.example/c/eJzLsDVMVMu0NVLLsc0oKSkoVjV2VDVyA6LijPwCvdSKxNyCnFQQNxFIGbsVZ1YBKRcTIwDuyhF8",
    ),
)

_START = r"^https?://(?:[^/?#@]*@)?"
_FULL_HOST_AND_PORT = r"\.?(?::\d{1,5})?"


def _expression(address: str) -> str:
    """The address with a port and a full host name's dot before its first slash, which isn't one in brackets."""
    return re.sub(r"(?<!\^)/", lambda slash: f"{_FULL_HOST_AND_PORT}{slash[0]}", address, count=1)


_EXPRESSIONS = {wrapper.address: _expression(wrapper.address) for wrapper in WRAPPERS}
_ADDRESSES = {
    address: compiled(_START + expression, ignores_case=True) for address, expression in _EXPRESSIONS.items()
}
#: An expression for RE2 and DuckDB, in any case: the URLs that `unwrapped` may change, and few others.
WRAPPED = f"{_START}(?:{'|'.join(sorted(_EXPRESSIONS.values()))})"
_WRAPPED = compiled(WRAPPED, ignores_case=True)
