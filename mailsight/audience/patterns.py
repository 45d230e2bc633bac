"""Regular expressions for user agents, which anyone can write."""

from collections.abc import Iterable

from mailsight.mail.expressions import Expression, compiled

# With less memory, a large pattern is searched without its cache of states.
_MEMORY_BYTES = 256 << 20


def any_of(patterns: Iterable[str]) -> Expression:
    """Matches any of these patterns, in any case."""
    either = "|".join(f"(?:{pattern})" for pattern in patterns)
    return compiled(either, ignores_case=True, max_memory_bytes=_MEMORY_BYTES)


def any_line(text: str) -> Expression:
    """Matches any of these patterns, one per line, in any case."""
    return any_of(line.strip() for line in text.splitlines() if line.strip())
