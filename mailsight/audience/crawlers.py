"""The published lists of crawlers and libraries: crawler-user-agents and CrawlerDetect, searched as one pattern."""

import re
from collections.abc import Iterable, Sequence
from functools import cache

from crawlerdetect.providers import crawlers as crawler_detect
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from mailsight.mail.expressions import Expression

from .patterns import any_of

# RE2 has no lookarounds. The lists use them to spare apps of people; `agents` leaves these out of the text instead.
_LOOKAROUND = re.compile(r"\(\?<?[!=][^)]*\)")
_FIRST_LETTER, _LAST_LETTER = re.compile(r"^\w"), re.compile(r"(?<!\\)[a-zA-Z]$")


def is_listed(agent: str) -> bool:
    """Whether a crawler or library on one of the lists is named in this text.

    crawler-user-agents spells names exactly, but some logs have all user agents in lower or upper case.
    """
    return bool(_pattern(in_one_case=agent.islower() or agent.isupper()).search(agent))


@cache
def _pattern(*, in_one_case: bool) -> Expression:
    exact = _words(crawler["pattern"] for crawler in CRAWLER_USER_AGENTS_DATA)
    # Its first pattern has no name, only parts of words such as "bot" and "cron", for which `agents` has better rules.
    in_any_case = _words(pattern for pattern in crawler_detect.data if not pattern.startswith("["))
    return any_of([*(exact if in_one_case else _exactly(exact)), *in_any_case])


def _words(patterns: Iterable[str]) -> list[str]:
    """The patterns for RE2. A name is a whole word: "Sonic" is neither in "ViewSonic" nor in "Sonicware"."""
    plain = (_LOOKAROUND.sub("", pattern) for pattern in patterns)
    return [
        _LAST_LETTER.sub(r"\g<0>(?:[^a-z]|$)", _FIRST_LETTER.sub(r"\\b\g<0>", pattern)) for pattern in plain
    ]


def _exactly(patterns: Sequence[str]) -> list[str]:
    return [f"(?-i:{pattern})" for pattern in patterns]
