"""Texts that slow code can't cope with: each kind, repeated to any length."""

from collections.abc import Callable, Mapping

from hypothesis import settings

# Two megabytes of each kind take ten minutes in all, so only `make thorough` tries them.
SHORT, LONG = (250_000, 1_000_000) if settings.get_current_profile_name() == "thorough" else (25_000, 100_000)
# Linear is 4. A machine that is busy with other things may double a measurement; a quadratic function takes 16.
MOST = 9
# Below this, a measurement says more about the machine than about the function.
LEAST_SECONDS = 0.03

# What is repeated, and what comes once before it.
_REPEATED: Mapping[str, tuple[str, str]] = {
    "one letter": ("", "a"),
    "one letter beyond ASCII": ("", "é"),
    "spaces": ("", " "),
    "newlines": ("", "\n"),
    "NUL": ("", "\0"),
    "digits": ("", "7"),
    "base64": ("https://x.example/", "eJzAAA-_"),
    "backslashes": ("", "\\"),
    "percent": ("", "%"),
    "percent-encoded": ("https://x.example/", "%40"),
    "ampersands": ("", "&"),
    "references": ("", "&#64;"),
    "a long reference": ("&#", "1"),
    "at signs": ("", "a@"),
    "domains": ("a@", "a."),
    "less-than signs": ("", "<"),
    "opened tags": ("", "<a "),
    "opened quotes": ("", '<a b="'),
    "attribute names": ("<a ", "b1=2 c "),
    "one attribute name": ("<a ", "b"),
    "equals signs": ("<a ", "= "),
    "end tags": ("", "</p></b>"),
    "comments": ("", "<!--"),
    "closed comments": ("", "<!---->"),
    "conditional comments": ("", "<!--[if mso]><a href=x>-->"),
    "meta": ("", "<meta charset "),
    "style": ("", "<style"),
    "divs": ("", "<div>"),
    "formatting": ("", "<b><font size=1><p>"),
    "distinct formatting": ("<p>", "<b id=1><i id=2>x<p>"),
    "tables": ("", "<table><tr><td>"),
    "misnested": ("", "<a href=x><div></a>"),
    "lists": ("", "<ul><li>"),
    "svg": ("<svg>", "<g><a xlink:href=x>"),
    "links": ("", '<a href="https://x.example/">x</a> '),
    "linked pictures": (
        "",
        '<a href="https://x.example/"><img src="https://x.example/a.png" width=1 height=1></a>',
    ),
    "areas": ("<img usemap=#m><map name=m>", '<area coords="0,0,9,9" href="https://x.example/?a={{b}}">'),
    "coordinates": ('<img usemap=#m><map name=m><area href=x shape=poly coords="', "1,"),
    "opened fields": ("", "{{"),
    "named fields": ("", "{{a"),
    "fields": ("https://x.example/", "{{a}}b"),
    "star fields": ("", "*|a"),
    "quotes in fields": ('<a href="', '{{ "x'),
    "quoted fields": ("", '<a href="{{ a "x" }}&b=[[c:""]]">'),
    "encoded fields": ("", "%7Bcontactfield=a%7C"),
    "opened conditions": ("", "*|IF:A|*%IF $A%[if:a]{if $a}{% if a %}{{ if .a }}"),
    "hashes": ("", "##"),
    "brackets": ("", "["),
    "parentheses": ("<style>a{display:", "("),
    "braces": ("<style>", "{"),
    "functions": ("<style>a{display:", "calc("),
    "an open url(": ("<style>a{b:url(", " "),
    "an open url( in an attribute": ('<p style="b:url(', " "),
    "open strings": ("<style>", "'"),
    "strings and newlines": ("<style>", '"\n'),
    "open CSS comments": ("<style>", "/*"),
    "rules": ("<style>", "a,.b c{display:none}"),
    "media": ("<style>", "@media (max-width:1.2.3px){"),
    "declarations": ('<p style="', "display:none;"),
    "widths": ('<img src=https://x.example/ style="', "width :"),
    "URLs": ("", "https://"),
    "redirects": ("https://x.example/", "?u=https%3A%2F%2Fx.example"),
    "paths": ("https://x.example", "/a"),
    "content ids": ("<img src=", "cid:a "),
    "names": ("", "Ann Ann-"),
    "header fields": ("", "Subject: a\n"),
    "a folded field": ("Subject: a", "\n b"),
    "parameters": ("Content-Type: a/b", "; x*0*=a"),
    "an open parameter": ('Content-Type: a/b; x="', "\\;"),
    "encoded words": ("Subject: ", "=?utf-8?q?a?= "),
    "open encoded words": ("Subject: ", "=?utf-8?q?a"),
    "boundaries": ("Content-Type: multipart/mixed; boundary=x\n\n", "--x"),
    "parts": ("Content-Type: multipart/mixed; boundary=x\n\n", "--x\n\na\n"),
    "parts without a boundary": (
        "Content-Type: multipart/mixed\n\n",
        "--x\nContent-Type: multipart/mixed\n\n",
    ),
    "quoted-printable": ("", '<a href=3D"'),
    "uuencoded files": ("Subject: a\n\n", "begin 644 a\nend\n"),
    "open uuencoded files": ("Subject: a\n\n", "begin 644 a\n"),
    "signed texts": ("Subject: a\n\n", "-----BEGIN PGP SIGNED MESSAGE-----\n"),
    "RTF": ("{\\rtf1\\fromhtml1", "{\\f1\\u9?\\'e9"),
    "Japanese": ("", "\x1b$B!"),
}


def repeated(first: str, again: str) -> Callable[[int], str]:
    return lambda length: (first + again * (length // len(again) + 1))[:length]


KINDS: Mapping[str, Callable[[int], str]] = {
    name: repeated(first, again) for name, (first, again) in _REPEATED.items()
}
