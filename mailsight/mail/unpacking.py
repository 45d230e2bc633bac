"""How the URL inside a wrapped link is read: each function gets what follows the wrapper's address.

All are pure and total: they return the URL, or "" if there is none.
"""

import base64
import binascii
import json
import re
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import unquote

from .values import clean_address, unescape

MAX_LENGTH = 20_000
_WEB = re.compile(r"(https?):/{1,9}(?=[^/\s])", re.IGNORECASE)
_BASE64 = re.compile(r"[A-Za-z0-9_/+-]++={0,2}+")
# A gateway's target in a JSON object, whose strings may themselves be JSON objects (Mandrill).
_MAX_JSON_NESTED = 3

#: Reads the target from what follows the wrapper's address.
Unpack = Callable[[str], str]


def web(text: str) -> str:
    """The text as a web URL, or "" if it isn't one. Mail programs and proxies may make one slash of two."""
    text = clean_address(text)
    for decoded in (text, unquote(text)):
        if scheme := _WEB.match(decoded):
            return f"{scheme[1]}://{decoded[scheme.end() :]}"
    return ""


def _values(query: str, names: tuple[str, ...], *, to_end: bool = False) -> Iterator[str]:
    """The values of the parameters, in the order of the names; with `to_end`, with all that follows."""
    parts = query.split("&")
    for name in names:
        for place, part in enumerate(parts):
            key, _, value = part.removeprefix("amp;").partition("=")
            if key.lower() == name and value:
                yield "&".join([value, *parts[place + 1 :]]) if to_end else value


def parameter(name: str, other: str = "", *, to_end: bool = False) -> Unpack:
    """The target is a parameter, or else the other; with `to_end`, it is the last one and may hold an ampersand."""

    def unpack(rest: str) -> str:
        query, mark, fragment = rest.partition("#")
        for value in _values(query, (name, other), to_end=to_end):
            if target := web(unquote(value)):
                return target if "#" in target else f"{target}{mark}{fragment}"
        return ""

    return unpack


def base64_parameter(name: str) -> Unpack:
    """The target is a parameter in Base64, perhaps compressed."""

    def unpack(rest: str) -> str:
        values = _values(rest.partition("#")[0], (name,))
        return next(filter(None, (web(_decoded(unquote(value), inflate=True)) for value in values)), "")

    return unpack


def outlook_web(rest: str) -> str:
    """The target is the URL, or else the end of REF: Base64 with dots for padding."""
    if target := parameter("url")(rest):
        return target
    for value in _values(rest.partition("#")[0], ("ref",)):
        _, http, tail = _decoded(unquote(value).rstrip(".")).rpartition("http")
        if target := web(http + tail):
            return target
    return ""


def json_parameter(name: str, start: str = "") -> Unpack:
    """The target is the "url" of a JSON object, in Base64 and perhaps compressed, between dots."""

    def unpack(rest: str) -> str:
        for value in _values(rest.partition("#")[0], (name,)):
            if value.startswith(start):
                encoded = unquote(value.removeprefix(start)).partition(".")[0]
                if target := web(_json_url(_decoded(encoded, inflate=True))):
                    return target
        return ""

    return unpack


def signed_json(rest: str) -> str:
    """The target is the "url" in the claims of a JSON Web Token, whose header is in the address."""
    return web(_json_url(_decoded(rest.partition(".")[0])))


def _json_url(text: str) -> str:
    for _ in range(_MAX_JSON_NESTED):
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return ""
        if not isinstance(parsed, dict):
            return ""
        url, inner = parsed.get("url"), parsed.get("p")
        if isinstance(url, str):
            return url
        if not isinstance(inner, str):
            return ""
        text = inner
    return ""


def _decoded(encoded: str, *, inflate: bool = False) -> str:
    """The text in Base64 (either alphabet, with or without padding); with `inflate`, it may be a zlib stream."""
    if not encoded.isascii() or _BASE64.fullmatch(encoded) is None:
        return ""
    text = encoded.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        return ""
    if inflate:
        with suppress(zlib.error):
            raw = zlib.decompressobj().decompress(raw, MAX_LENGTH)
    return raw.decode("utf-8", "replace")


def path(rest: str) -> str:
    """The target is the rest of the path, percent-encoded so that it is one segment, or as it is."""
    return web(rest) if _WEB.match(rest) else web(unquote(rest.partition("/")[0]))


def last_segment(rest: str) -> str:
    return web(_decoded(re.split("[/?#]", rest, maxsplit=1)[0]))


def proofpoint_1(rest: str) -> str:
    return next((web(unescape(unquote(value))) for value in _values(rest, ("u",))), "")


_DASHES = str.maketrans("-_", "%/")


def proofpoint_2(rest: str) -> str:
    values = (unescape(unquote(value.translate(_DASHES))) for value in _values(rest, ("u",)))
    return next(filter(None, map(web, values)), "")


# Proofpoint's own decoder: a * stands for the next character of the Base64 part, ** and a letter for a run of them:
# A for two, B for three, and so on.
_RUN = {
    letter: length
    for length, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", 2)
}
_STARS = re.compile(r"\*(?:\*(.))?", re.DOTALL)


def proofpoint_3(rest: str) -> str:
    text, mark, tail = rest.rpartition("__;")
    encoded = tail.partition("!")[0]
    removed = iter(_decoded(encoded))
    if not mark:
        return ""

    def characters(star: re.Match[str]) -> str:
        length = 1 if star[1] is None else _RUN.get(star[1], 0)
        return "".join(character for _, character in zip(range(length), removed, strict=False))

    return web(_STARS.sub(characters, unquote(text)))


_STAR_ESCAPE = re.compile(r"\*([0-9A-Fa-f]{2})")


def check_point(rest: str) -> str:
    text, mark, tail = rest.rpartition("___")
    start, question, query = (text if mark else rest).partition("?")
    start = _STAR_ESCAPE.sub(r"%\1", start)
    target = web(f"{start}{question}{query}")
    fragment = tail.partition("#")[2]
    return f"{target}#{fragment}" if target and fragment else target


def amp(scheme: str) -> Unpack:
    return lambda rest: web(f"{scheme}://{rest}") if "." in rest.partition("/")[0] else ""


def yahoo(rest: str) -> str:
    return web(unquote(rest.partition("/RK=")[0]))


def postmark(rest: str) -> str:
    return web(f"https://{unquote(rest.partition('/')[0])}")


def mailgun(rest: str) -> str:
    return next((web(unquote(value)) for value in _values(_decoded(f"eJ{rest}", inflate=True), ("l",))), "")
