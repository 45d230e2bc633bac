"""Texts that slow code can't cope with: each kind, repeated to any length."""

from collections.abc import Callable, Mapping

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
}


def repeated(first: str, again: str) -> Callable[[int], str]:
    return lambda length: (first + again * (length // len(again) + 1))[:length]


KINDS: Mapping[str, Callable[[int], str]] = {
    name: repeated(first, again) for name, (first, again) in _REPEATED.items()
}
