"""Regular expressions for text that strangers wrote: RE2 takes time linear in the length of the text."""

import re
from dataclasses import dataclass
from typing import Any

import re2

# Patterns that are no expressions, and those that are too large.
BadExpression = re2.error


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression, without lookarounds. It reads lone surrogates, which RE2 can't, as U+FFFD."""

    _compiled: Any  # google-re2 has no type hints

    def search(self, text: str) -> re.Match[str] | None:
        """The first match."""
        return self._match(self._compiled.search(encodable(text)))

    def match(self, text: str) -> re.Match[str] | None:
        """The match at the start of the text."""
        return self._match(self._compiled.match(encodable(text)))

    def fullmatch(self, text: str) -> re.Match[str] | None:
        """The match of all of the text."""
        return self._match(self._compiled.fullmatch(encodable(text)))

    def sub(self, replacement: str, text: str) -> str:
        """The text with all matches replaced."""
        return str(self._compiled.sub(replacement, encodable(text)))

    @staticmethod
    def _match(match: Any) -> re.Match[str] | None:
        return match  # type: ignore[no-any-return]  # it has the methods of `re.Match`


def compiled(
    pattern: str, *, ignores_case: bool = False, dot_is_any: bool = False, max_memory_bytes: int | None = None
) -> Expression:
    """Compiles a pattern. With `dot_is_any`, a dot matches line ends too. Raises `BadExpression`."""
    options = re2.Options()
    options.case_sensitive = not ignores_case
    options.dot_nl = dot_is_any
    options.log_errors = False
    if max_memory_bytes:
        options.max_mem = max_memory_bytes
    return Expression(re2.compile(encodable(pattern), options))


def escaped(text: str) -> str:
    """A pattern that matches just this text."""
    return str(re2.escape(encodable(text)))


def encodable(text: str) -> str:
    """The text without lone surrogates, as long as before."""
    return _SURROGATE.sub("\ufffd", text)


_SURROGATE = re.compile("[\ud800-\udfff]")
