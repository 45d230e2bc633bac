"""What a provider's words mean: its documented types of events and reasons, as tables with their source."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Self

from mailsight.vocabulary import EventType

_BLANKS = re.compile("[\t-\r \u00a0]+")


def plain(word: str) -> str:
    """A word as tables have it: in lower case, with single blanks, and none or dots at its ends.

    The twin of the macro `plain_word`. DuckDB writes each capital as one letter, without a look at those around it.
    """
    return "".join(letter.lower()[0] for letter in _BLANKS.sub(" ", word).strip(" ."))


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a word says about an event. What it leaves open stays as other words said."""

    type: EventType | None = None
    reason: str | None = None  # a reject reason, see docs/providers.md
    is_event: bool = True  # False: it is about something else, such as a contact or an account

    def refined(self, other: Self) -> Self:
        """This meaning with what another word adds to it."""
        return type(self)(
            other.type or self.type, other.reason or self.reason, self.is_event and other.is_event
        )


NOT_AN_EVENT = Meaning(is_event=False)
UNKNOWN = Meaning(EventType.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Words:
    """The words at some place in a provider's payloads, as `plain` writes them."""

    name: str  # of the table, for the provider's mapping in SQL
    at: tuple[str, ...]  # paths; the first with a word that means something counts
    means: Mapping[str, Meaning]
    source: str  # the page that lists the words
    read_on: date
    of: frozenset[EventType] | None = None  # the types of events that the words say more about; None: all
    otherwise: Meaning | None = None  # what any other word means

    def meaning(self, given: Iterable[str]) -> Meaning | None:
        """What the words at the paths mean; None if nothing."""
        words = [plain(word) for word in given]
        known = (self.means[word] for word in words if word in self.means)
        return next(known, self.otherwise if words else None)


def types(
    words: Mapping[str, EventType | Meaning | tuple[EventType, str]],
) -> dict[str, Meaning]:
    """A table of words for types of events, each alone or with a reject reason."""
    return {plain(word): _meaning(meaning) for word, meaning in words.items()}


def reasons(words: Mapping[str, str]) -> dict[str, Meaning]:
    """A table of words for reject reasons."""
    return {plain(word): Meaning(reason=reason) for word, reason in words.items()}


def _meaning(given: EventType | Meaning | tuple[EventType, str]) -> Meaning:
    match given:
        case Meaning():
            return given
        case EventType():
            return Meaning(given)
    return Meaning(*given)
