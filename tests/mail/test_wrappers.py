"""Wrapped links, in the mail or in the click, lead to the same place as the link inside."""

import base64
import json
import re
import string
import zlib
from collections.abc import Callable, Mapping
from urllib.parse import quote

import pytest
import re2
from hypothesis import given
from hypothesis import strategies as st

from mailsight.mail.links import Matcher, links, outlook_links, shared
from mailsight.mail.unpacking import MAX_LENGTH
from mailsight.mail.wrappers import MAX_NESTED, WRAPPED, WRAPPERS, Wrapper, unwrapped

SALE = "https://shop.example/sale?size=42"
EXAMPLES = [wrapper for wrapper in WRAPPERS if wrapper.example]


@pytest.mark.parametrize("wrapper", EXAMPLES, ids=lambda wrapper: wrapper.name)
def test_a_wrapped_link_is_the_link_inside(wrapper: Wrapper) -> None:
    assert re.search(r", 2026-11-\d\d$", wrapper.source)
    example = wrapper.example
    assert wrapper.target(example) == SALE
    assert unwrapped(example) == unwrapped(example.replace("&", "&amp;")) == SALE
    assert unwrapped(re.sub("^https?://", "HTTP://", example)) == SALE
    assert re2.search(f"(?i){WRAPPED}", example)
    plain, wrapped = (f'<a href="https://other.example/"></a><a href="{url}"></a>' for url in (SALE, example))
    assert Matcher(links(plain)).position(example) == 1
    assert Matcher(links(wrapped)).position(SALE) == 1
    assert Matcher(links(wrapped)).position(example) == 1
    assert Matcher(links(wrapped)).position(f"{SALE}1") is None


@pytest.mark.parametrize(
    "host",
    [
        "eur01.safelinks.protection.outlook.com:443/",
        "eur01.safelinks.protection.outlook.com./",
        "EUR01.SafeLinks.Protection.Outlook.com",
        "ann:secret@eur01.safelinks.protection.outlook.com/",
    ],
)
def test_a_gateway_is_recognized_however_its_host_is_written(host: str) -> None:
    wrapped = f"https://{host}?url=https%3A%2F%2Fshop.example%2Fsale%3Fsize%3D42&data=05"
    assert unwrapped(wrapped) == SALE
    assert re2.search(f"(?i){WRAPPED}", wrapped)


@pytest.mark.parametrize("host", ["outlook.com.evil.example/", "outlook.community/", "outlook.com:x/"])
def test_a_host_that_looks_like_a_gateway_is_none(host: str) -> None:
    wrapped = f"https://eur01.safelinks.protection.{host}?url=https%3A%2F%2Fshop.example%2F"
    assert unwrapped(wrapped) == wrapped


def test_outlook_on_the_web_may_hide_the_link_in_a_reference() -> None:
    reference = in_base64(bytes.fromhex("6610ab1d6d38a392e8aff457d8") + b"\x08\x01h" + SALE.encode())
    assert unwrapped(f"https://webmail.firm.example/owa/redir.aspx?REF={reference}..") == SALE
    other = "https://webmail.firm.example/owa/redir.aspx?C=x&URL=mailto%3aann%40example.com"
    assert unwrapped(other) == other


def test_a_url_that_is_wrapped_as_it_is_stays_encoded() -> None:
    assert unwrapped(f"https://safe.menlosecurity.com/{SALE}%2643") == f"{SALE}%2643"


def in_base64(text: bytes) -> str:
    return base64.urlsafe_b64encode(text).decode().rstrip("=")


def proofpoint_2(url: str) -> str:
    kept = string.ascii_letters + string.digits + "."
    text = "".join(c if c in kept else "_" if c == "/" else f"-{ord(c):02X}" for c in url)
    return f"https://urldefense.proofpoint.com/v2/url?u={text}&d=Dw&c=Vx&r=M&m=Q&s=e&e="


_RUNS = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"


def proofpoint_3(url: str) -> str:
    """As Proofpoint's documentation has it: one * for a character, ** and a letter for a run of 2 to 65."""
    kept = re.escape(string.ascii_letters + string.digits + ".:/-_~&#@?=;,$!'()+[]")

    def star(run: re.Match[str]) -> str:
        return "*" if len(run[0]) == 1 else f"**{_RUNS[len(run[0]) - 2]}"

    removed = "".join(re.findall(f"[^{kept}]", url))
    text = re.sub(f"[^{kept}]{{1,65}}", star, url)
    return f"https://urldefense.com/v3/__{text}__;{in_base64(removed.encode())}!!N3hqHg43uw!6EDT4oh-Zc$"


WRAP: Mapping[str, Callable[[str], str]] = {
    "Safe Links": lambda url: (
        f"https://eur01.safelinks.protection.outlook.com/?url={quote(url, safe='')}&data=05"
    ),
    "Safe Links, government": lambda url: (
        f"https://usg02.safelinks.protection.office365.us/?url={quote(url, safe='')}&data=05%7C&reserved=0"
    ),
    "Proofpoint 1": lambda url: (
        f"https://urldefense.proofpoint.com/v1/url?u={quote(url, safe='')}&k=oI%2B&r=x"
    ),
    "Proofpoint 2": proofpoint_2,
    "Proofpoint 3": proofpoint_3,
    "Barracuda": lambda url: f"https://linkprotect.cudasvc.com/url?a={quote(url, safe='')}&c=E,1&typo=1",
    "Google": lambda url: f"https://www.google.com/url?sa=t&url={quote(url, safe='')}&usg=AOv",
    "Cisco": lambda url: f"https://secure-web.cisco.com/1EH1B-CLV31/{quote(url, safe='')}",
    "Trend Micro": lambda url: (
        f"https://ddec1-0-en-ctp.trendmicro.com:443/wis/clicktime/v1/query?url={quote(url, safe='')}&umid=1"
    ),
    "Sophos": lambda url: f"https://us-west-2.protection.sophos.com/?d=x&u={in_base64(url.encode())}&i=N&h=1",
    "FireEye": lambda url: f"https://protect2.fireeye.com/v1/url?k=84f6&q=1&e=67&u={quote(url, safe='')}",
    "Symantec": lambda url: f"https://clicktime.symantec.com/a/1/T35T4GH=?d=Em-4&u={quote(url, safe='')}",
    "Vade": lambda url: f"https://antiphishing.vadesecure.com/v4?f=U&i=R&k=y&r=Z&s=6&u={quote(url, safe='')}",
    "Inky": lambda url: (
        "https://shared.outlook.inky.com/link?domain=x&t=h."
        + in_base64(zlib.compress(json.dumps({"url": url, "k": "x"}).encode()))
        + ".MEQCI"
    ),
    "Facebook": lambda url: f"https://l.facebook.com/l.php?u={quote(url, safe='')}&h=AT0",
    "Amazon SES": lambda url: f"https://x1.r.eu-west-1.awstrack.me/L0/{quote(url, safe='')}/1/0102/sig=1",
}


@pytest.mark.parametrize(
    "target",
    ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "mailto:a@b.example", "https:", "//x"],
)
@pytest.mark.parametrize("name", sorted(WRAP))
def test_nothing_but_a_web_url_is_unwrapped(name: str, target: str) -> None:
    assert unwrapped(WRAP[name](target)) == WRAP[name](target)


_URLS = st.from_regex(r"https?://[a-z]{1,9}\.example(/[!-~]{0,20})?(\?[!-~]{0,20})?", fullmatch=True).filter(
    lambda url: not re.search(r"&amp|&#|&\w+;?|<|%|#|^https?:///|\\", url)
)


@given(_URLS, st.lists(st.sampled_from(sorted(WRAP)), max_size=4))
def test_a_link_wrapped_again_and_again(url: str, names: list[str]) -> None:
    wrapped = url
    for name in names:
        wrapped = WRAP[name](wrapped)
    assert unwrapped(wrapped) == url, wrapped


@given(st.lists(st.sampled_from(sorted(WRAP)), min_size=1, max_size=3), st.booleans())
def test_clicks_and_links_meet_however_they_are_wrapped(names: list[str], in_the_mail: bool) -> None:
    pages = [f"https://shop.example/p{n}?a=1" for n in range(4)]
    wrapped = pages
    for name in names:
        wrapped = [WRAP[name](url) for url in wrapped]
    mail, clicks = (wrapped, pages) if in_the_mail else (pages, wrapped)
    matcher = Matcher(links("".join(f'<a href="{url.replace("&", "&amp;")}">x</a>' for url in mail)))
    assert [matcher.position(url) for url in clicks] == [0, 1, 2, 3]


def test_a_wrapped_link_with_fields_matches_wrapped_clicks() -> None:
    address = WRAP["Google"]("https://shop.example/u/{{id}}").replace("&", "&amp;")
    assert (
        Matcher(links(f'<a href="{address}">x</a>')).position(WRAP["Sophos"]("https://shop.example/u/8")) == 0
    )


def test_links_to_one_place_share_their_clicks_however_they_are_wrapped() -> None:
    urls = [WRAP["Safe Links"](SALE), SALE, WRAP["Proofpoint 2"](SALE), "https://other.example/"]
    mail = links("".join(f'<a href="{url}"></a>' for url in urls))
    assert shared(mail) == {0: 0, 1: 0, 2: 0, 3: 3}
    assert [link.label for link in mail] == ["/sale"] * 3 + ["other.example"]
    outlook = f'<!--[if mso]><v:rect href="{WRAP["Safe Links"](SALE)}"></v:rect><![endif]-->'
    assert [link.url for link in outlook_links(outlook)] == [SALE]


@pytest.mark.parametrize(
    ("wrapped", "url"),
    [
        ("https://urldefense.com/v3/__https:/shop.example/sale__;!!BCl!XHS$", "https://shop.example/sale"),
        ("https://urldefense.us/v3/__https://shop.example/a*b__;eA!!x!y$", "https://shop.example/axb"),
        ("https://urldefense.com/v3/__https://shop.example/a**Bb__;w6nDqcOp!!x!y$", "https://shop.example/aéééb"),
        ("https://url.avanan.click/v2/___https:/shop.example/a*2Fb?c=*2F___.YXAz#top", "https://shop.example/a%2Fb?c=*2F#top"),
        ("https://l.facebook.com/l.php?u=https%3A%2F%2Fshop.example%2F%3Fa%3D1#top", "https://shop.example/?a=1#top"),
        ("https://link.edgepilot.com/s/1/2?u=https://shop.example/?a=1%26b=2", "https://shop.example/?a=1&b=2"),
        ("https://link.zixcentral.com/u/08573078/uLbJvu8j?u=https%3A%2F%2Fshop.example%2F27", "https://shop.example/27"),
        ("https://protect-eu.trellix.com/v1/url?k=1&q=1&e=2&u=https%3A%2F%2Fshop.example%2F", "https://shop.example/"),
        ("https://mail.firm.example/fmlurlsvc/?url=https%3A%2F%2Fshop.example%2F&fewReq=:B:JV", "https://shop.example/"),
        ("https://sonicwall.url-protection.com/v1/r07/url?o=https%3A//shop.example/&g=YTg=", "https://shop.example/"),
        ("https://eu.url-protection.com/v1/url?o=https%3A//shop.example/%3Fa%3D1&g=YTg=", "https://shop.example/?a=1"),
        ("https://ddec1-0-en-ctp.trendmicro.com:443/wis/clicktime/v1/query?url=https%3a%2f%2fa.example&umid=1", "https://a.example"),
        ("https://www.google.com/amp/shop.example/sale", "http://shop.example/sale"),
        ("https://shop-example.cdn.ampproject.org/c/s/shop.example/sale", "https://shop.example/sale"),
        ("https://secure-web.cisco.com/1/https%253A%252F%252Fshop.example", "https://shop.example"),
    ],
)  # fmt: skip
def test_odd_forms(wrapped: str, url: str) -> None:
    assert unwrapped(wrapped) == url


@pytest.mark.parametrize(
    "url",
    [
        "https://protect-eu.mimecast.com/s/0wSdCVON0gczLDq1tGaO_q?domain=shop.example",
        "https://url.us.m.mimecastprotect.com/s/bHgaCxkxR1hrY8JQhwsksy6opY?domain=shop.example",
        "https://url.emailprotection.link/?bkrcT345E6zVHw_8ljjFpQ-xX1mnPDJ-PmtO0uopQbtNNK2iEErtjk~",
        "https://www.mailcontrol.com/sr/VfMHRVT2LfHGX2PQPOmvUkjDae7bB5IgIMT0o87Yr8XX7dUK1PjRtm==",
        "https://us-east-2.protection.sophos.com/?d=rb.gy&b=990&x=55f&q=4bPLHT591zz1xn7_UUID_731d&i=N&t=V&h=a0",
        "https://l.facebook.com/l.php?u=",
        "https://l.facebook.com/l.php?u=javascript%3Aalert(1)",
        "https://eur01.safelinks.protection.outlook.com/?url=%7B%7Bunsubscribe_url%7D%7D&data=05",
        "https://urldefense.com/v3/__https://shop.example/cut-off",
        "https://www.google.com/search?q=https%3A%2F%2Fshop.example%2F",
        "https://shop.example/url?q=https%3A%2F%2Fother.example%2F",
        "https://shop.example/c/eJwrongbase64",
        "https://shop.example/amp/s/other.example",
        "https://www.google.com/amp/s/",
        "https://l.facebook.com/l.php?u=https%3A%2F%2Fshop.example%2F&h=" + "A" * MAX_LENGTH,
        "mailto:ann@shop.example",
        "",
    ],
)
def test_what_hides_its_target_stays_as_it_is(url: str) -> None:
    assert unwrapped(url) == url


@pytest.mark.parametrize(
    "wrapped",
    [
        "https://links.gateway.example/v1/click?u=https%3A%2F%2Fshop.example%2Fsale%3Fsize%3D42&sig=1",
        "https://gateway.example/scan/https://shop.example/sale?size=42",
        "https://gateway.example/s/aHR0cHM6Ly9zaG9wLmV4YW1wbGUvc2FsZT9zaXplPTQy/1",
    ],
)
def test_clicks_on_links_of_a_gateway_that_is_not_listed_find_their_link(wrapped: str) -> None:
    """As long as they carry the target: GreatHorn, Cyren, Perception Point and others publish no example."""
    assert unwrapped(wrapped) == wrapped
    assert (
        Matcher(links(f'<a href="https://other.example/"></a><a href="{SALE}"></a>')).position(wrapped) == 1
    )


def test_a_link_that_is_wrapped_without_end_is_unwrapped_a_few_times() -> None:
    url = SALE
    for _ in range(MAX_NESTED + 1):
        url = f"https://link.edgepilot.com/s/1/2?u={url}"
    assert unwrapped(url) == f"https://link.edgepilot.com/s/1/2?u={SALE}"


_STARTS = st.sampled_from([wrapper.example[:end] for wrapper in EXAMPLES for end in (40, 70, 100, 999)])
_ENDS = (
    st.text(max_size=30)
    | st.text("*_;!-%=&#?/+aAzZ09é\ud800", max_size=30)
    | st.binary(max_size=30).map(in_base64)
)


@given(_STARTS, _ENDS)
def test_any_text_can_be_unwrapped(start: str, end: str) -> None:
    unwrapped(start + end)
    for wrapper in WRAPPERS:
        wrapper.target(start + end.encode("utf-8", "replace").decode())
    Matcher([]).position(start + end)
