"""Regular expressions for user agents, which anyone can write: RE2 takes time linear in the length of the text."""

import re
from collections.abc import Iterable

import re2

_OPTIONS = re2.Options()
_OPTIONS.case_sensitive = False
_OPTIONS.max_mem = 256 << 20  # bytes; with less, a large pattern is searched without its cache of states


def any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    """Matches any of these patterns, in any case. It has the methods of `re.Pattern`, but no lookarounds."""
    pattern: re.Pattern[str] = re2.compile(
        "|".join(f"(?:{pattern})" for pattern in patterns), options=_OPTIONS
    )
    return pattern


def any_line(text: str) -> re.Pattern[str]:
    """Matches any of these patterns, one per line, in any case."""
    return any_of(line.strip() for line in text.strip().splitlines())
